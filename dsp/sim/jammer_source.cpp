#include "sim/jammer_source.h"

#include <algorithm>
#include <cmath>

#include "boresight/core/units.h"
#include "sim/phasor.h"

namespace boresight::sim {
namespace {

cf32 narrow(cf64 x) {
  return {static_cast<float>(x.real()), static_cast<float>(x.imag())};
}

}  // namespace

JammerSource::JammerSource(const Jammer& jammer, const TimeBase& time_base, Random random)
    : jammer_(jammer),
      amplitude_(amplitude_from_db(jammer.power_db)),
      time_base_(time_base),
      random_(random) {}

bool JammerSource::is_on(double time_s) const {
  if (jammer_.type != JammerType::pulsed_noise) return true;
  const double periods = time_s / jammer_.period_s;
  return periods - std::floor(periods) < jammer_.duty;
}

void JammerSource::generate(std::int64_t first, std::span<cf32> out) {
  const double time_s = time_base_.time_s(first);
  const double fine_rate_hz = time_base_.fine_rate_hz();
  switch (jammer_.type) {
    case JammerType::cw: {
      Phasor tone(amplitude_, {jammer_.offset_hz * time_s, jammer_.offset_hz / fine_rate_hz, 0});
      for (cf32& sample : out) sample = narrow(tone.next());
      break;
    }
    case JammerType::swept:
      generate_sweep(first, out);
      break;
    case JammerType::noise:
    case JammerType::pulsed_noise: {
      std::fill(out.begin(), out.end(), cf32{});
      random_.add_noise(out, static_cast<float>(amplitude_ * amplitude_ / noise_mask_share));
      if (jammer_.type == JammerType::noise) break;
      for (std::size_t k = 0; k < out.size(); ++k) {
        if (!is_on(time_base_.time_s(first + static_cast<std::int64_t>(k)))) out[k] = cf32{};
      }
      break;
    }
  }
}

void JammerSource::generate_sweep(std::int64_t first, std::span<cf32> out) const {
  const double fine_rate_hz = time_base_.fine_rate_hz();
  const double period_s = jammer_.period_s;
  const double slope_hz_s = (jammer_.to_hz - jammer_.from_hz) / period_s;
  const double cycles_per_sweep = 0.5 * (jammer_.from_hz + jammer_.to_hz) * period_s;
  for (std::size_t done = 0; done < out.size();) {
    const double time_s = time_base_.time_s(first + static_cast<std::int64_t>(done));
    const double sweep = std::floor(time_s / period_s);
    const double into_s = time_s - sweep * period_s;
    // Samples up to the jump back; at least one, whatever rounding says.
    const double left = std::ceil((period_s - into_s) * fine_rate_hz);
    const auto count =
        static_cast<std::size_t>(std::clamp(left, 1.0, static_cast<double>(out.size() - done)));
    // The phase runs on through the jump: whole sweeps, then f t + slope t^2 / 2.
    const double start = sweep * cycles_per_sweep + into_s * (jammer_.from_hz + 0.5 * slope_hz_s * into_s);
    Phasor chirp(amplitude_, {start, (jammer_.from_hz + slope_hz_s * into_s) / fine_rate_hz,
                              0.5 * slope_hz_s / (fine_rate_hz * fine_rate_hz)});
    for (std::size_t k = 0; k < count; ++k) out[done + k] = narrow(chirp.next());
    done += count;
  }
}

}  // namespace boresight::sim
