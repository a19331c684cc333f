#include "sim/oscillator.h"

#include <cmath>

#include "boresight/core/units.h"
#include "sim/phasor.h"

namespace boresight::sim {

double wiener_rate_rad2_s(double phase_noise_dbc_hz, double offset_hz) {
  return 4.0 * pi * pi * offset_hz * offset_hz * power_from_db(phase_noise_dbc_hz);
}

Oscillator::Oscillator(const Receiver& receiver, const TimeBase& time_base, Random random)
    : lo_offset_hz_(receiver.lo_offset_hz),
      step_rad_(receiver.phase_noise ? std::sqrt(wiener_rate_rad2_s(receiver.phase_noise_dbc_hz,
                                                                    receiver.phase_noise_offset_hz) /
                                                 time_base.fine_rate_hz())
                                     : 0.0),
      time_base_(time_base),
      random_(random) {}

void Oscillator::generate(std::int64_t first, std::span<cf32> out) {
  const double time_s = time_base_.time_s(first);
  Phasor tone(1.0, {-lo_offset_hz_ * time_s, -lo_offset_hz_ / time_base_.fine_rate_hz(), 0});
  for (cf32& sample : out) {
    const cf64 value = multiply(tone.next(), noise_);
    sample = cf32(static_cast<float>(value.real()), static_cast<float>(value.imag()));
    if (step_rad_ > 0) {
      // Series of cos and sin: steps stay below 0.3 rad (validate() bounds their deviation at 0.05).
      const double step = step_rad_ * random_.normal();
      const double square = step * step;
      noise_ = multiply(noise_, cf64(1.0 - square * (0.5 - square / 24.0), step * (1.0 - square / 6.0)));
    }
  }
  noise_ /= std::abs(noise_);
}

}  // namespace boresight::sim
