#include "boresight/rx/receiver.h"

#include <string>

#include "boresight/core/error.h"

namespace boresight::rx {
namespace {

const Receiver::Config& checked(const Receiver::Config& config) {
  const auto same = [&config](const char* name, double rate_hz) {
    require(rate_hz == config.ku.sample_rate_hz,
            std::string("receiver: front_end.") + name + ".sample_rate_hz " + std::to_string(rate_hz) +
                " must be that of the ku receiver, " + std::to_string(config.ku.sample_rate_hz));
  };
  if (config.front_end.subband) same("subband", config.front_end.subband->sample_rate_hz);
  if (config.front_end.calibration) same("calibration", config.front_end.calibration->sample_rate_hz);
  return config;
}

}  // namespace

Receiver::Receiver(const Config& config) : front_end_(checked(config).front_end), ku_(config.ku) {}

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
