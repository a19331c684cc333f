#include "device_clock.h"

namespace boresight::sdr {

namespace {
constexpr std::int64_t second_ns = 1'000'000'000;

// Raw time is never negative, so that this rounds down.
std::int64_t last_pulse(std::int64_t raw_ns) {
  return raw_ns / second_ns * second_ns;
}
}  // namespace

void DeviceClock::apply_pending(std::int64_t raw_ns) {
  if (!pending_ || raw_ns < pending_->pulse_raw_ns) return;
  offset_ns_ = pending_->offset_ns;
  pending_.reset();
}

std::int64_t DeviceClock::time_ns(std::int64_t raw_ns) {
  apply_pending(raw_ns);
  return raw_ns + offset_ns_;
}

std::int64_t DeviceClock::time_at_last_pulse_ns(std::int64_t raw_ns) {
  apply_pending(raw_ns);
  return last_pulse(raw_ns) + offset_ns_;
}

void DeviceClock::set(std::int64_t raw_ns, std::int64_t time_ns) {
  pending_.reset();
  offset_ns_ = time_ns - raw_ns;
}

void DeviceClock::set_at_next_pulse(std::int64_t raw_ns, std::int64_t time_ns) {
  apply_pending(raw_ns);
  const std::int64_t pulse_ns = last_pulse(raw_ns) + second_ns;
  pending_ = Pending{pulse_ns, time_ns - pulse_ns};
}

}  // namespace boresight::sdr
