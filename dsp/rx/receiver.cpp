#include "boresight/rx/receiver.h"

namespace boresight::rx {

Receiver::Receiver(const Config& config) : front_end_(config.front_end), ku_(config.ku) {}

void Receiver::skip(std::uint64_t count, const Handler& handler) {
  flush(handler);
  if (count > 0) {
    ku_.skip(count, handler);
  } else {
    ku_.restart();
  }
}

void Receiver::flush(const Handler& handler) {
  front_end_.flush([&](std::span<const cf32> beam) { ku_.push(beam, handler); });
}

}  // namespace boresight::rx
