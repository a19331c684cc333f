// The receiver's local oscillator: common to all channels.
#pragma once

#include <cstdint>
#include <span>

#include "boresight/core/random.h"
#include "boresight/core/types.h"
#include "boresight/sim/scenario.h"
#include "sim/time_base.h"

namespace boresight::sim {

/// Variance of the phase per second of the Wiener process whose one-sided-band density is L at f:
/// L(f) = c / (4 pi^2 f^2), so c = 4 pi^2 f^2 10^(L / 10).
double wiener_rate_rad2_s(double phase_noise_dbc_hz, double offset_hz);

/// Multiplies signals by exp(-j 2 pi f_lo t + j phi(t)), phi a Wiener process.
class Oscillator {
 public:
  Oscillator(const Receiver& receiver, const TimeBase& time_base, Random random);

  /// False when it has neither offset nor noise: there is nothing to multiply by.
  bool turns() const { return lo_offset_hz_ != 0 || step_rad_ > 0; }

  /// Phasors of the chunk whose first sample has index `first`; chunks are asked for in order.
  void generate(std::int64_t first, std::span<cf32> out);

 private:
  double lo_offset_hz_;
  double step_rad_;  // standard deviation of the phase's step from sample to sample of the fine grid
  TimeBase time_base_;
  Random random_;
  cf64 noise_{1.0, 0.0};
};

}  // namespace boresight::sim
