#include "device_clock.h"

#include <limits>
#include <stdexcept>
#include <string>

namespace boresight::sdr {

namespace {
constexpr std::int64_t second_ns = 1'000'000'000;

// Raw time is never negative, so that this rounds down.
std::int64_t last_pulse(std::int64_t raw_ns) {
  return raw_ns / second_ns * second_ns;
}

// Half of what fits: raw time, which is less than the other half, can be added and subtracted.
constexpr std::int64_t largest_ns = std::int64_t{1} << 62;

void require_time(std::int64_t time_ns) {
  if (time_ns <= largest_ns && time_ns >= -largest_ns) return;
  throw std::runtime_error("boresight: hardware time " + std::to_string(time_ns) +
                           " ns: must be within +-2^62 ns");
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

std::int64_t DeviceClock::raw_ns(std::int64_t time_ns) const {
  using Limits = std::numeric_limits<std::int64_t>;
  if (offset_ns_ < 0 && time_ns > Limits::max() + offset_ns_) return Limits::max();
  if (offset_ns_ > 0 && time_ns < Limits::min() + offset_ns_) return Limits::min();
  return time_ns - offset_ns_;
}

void DeviceClock::set(std::int64_t raw_ns, std::int64_t time_ns) {
  require_time(time_ns);
  pending_.reset();
  offset_ns_ = time_ns - raw_ns;
}

void DeviceClock::set_at_next_pulse(std::int64_t raw_ns, std::int64_t time_ns) {
  require_time(time_ns);
  apply_pending(raw_ns);
  const std::int64_t pulse_ns = last_pulse(raw_ns) + second_ns;
  pending_ = Pending{pulse_ns, time_ns - pulse_ns};
}

}  // namespace boresight::sdr
