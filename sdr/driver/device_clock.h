// The clock of the simulated device: raw nanoseconds that only go forward, and the time they are called.
#pragma once

#include <cstdint>
#include <optional>

namespace boresight::sdr {

/// Raw time is the device's own; pulses per second come at its whole seconds. Device time is raw time plus an
/// offset that set() chooses at once and set_at_next_pulse() at the next pulse, as on a radio.
class DeviceClock {
 public:
  std::int64_t time_ns(std::int64_t raw_ns);
  std::int64_t time_at_last_pulse_ns(std::int64_t raw_ns);
  /// The raw time at which the device time is `time_ns`, as things stand.
  /// The nearest there is when it cannot be represented.
  std::int64_t raw_ns(std::int64_t time_ns) const;

  // Times beyond +-2^62 ns (146 years) throw a std::runtime_error, and nothing is set.
  void set(std::int64_t raw_ns, std::int64_t time_ns);
  void set_at_next_pulse(std::int64_t raw_ns, std::int64_t time_ns);

 private:
  struct Pending {
    std::int64_t pulse_raw_ns;
    std::int64_t offset_ns;
  };
  void apply_pending(std::int64_t raw_ns);

  std::int64_t offset_ns_ = 0;
  std::optional<Pending> pending_;
};

}  // namespace boresight::sdr
