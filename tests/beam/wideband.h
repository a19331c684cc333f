// Waves over the whole band on a line of elements, each with its exact delays, for tests of the wideband
// beamformer.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/beam/subband_beamformer.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "fft/fft.h"

namespace boresight::beam::wideband {

inline constexpr double carrier_hz = 11e9;
inline constexpr double rate_hz = 240e6;
inline constexpr double wavelength_m = speed_of_light_m_s / carrier_hz;

inline Vec3 off(double angle_deg) {
  return {std::sin(rad_from_deg(angle_deg)), 0, std::cos(rad_from_deg(angle_deg))};
}

struct Wave {
  double angle_deg = 0;
  double power_db = 0;
};

/// Noise of power 1 and waves of white noise over the whole band, each with its exact delays: the spectrum of
/// one long period times exp(j 2 pi (f0 + f) T).
inline GridBuffer<cf32> sky(const array::Geometry& geometry, const std::vector<Wave>& waves,
                            std::size_t count, std::uint64_t seed, bool noise = true) {
  Random random(seed);
  GridBuffer<cf32> x(geometry.elements(), count);
  const fft::Fft inverse(count, fft::Direction::inverse);
  std::vector<cf32> spectrum(count);
  std::vector<cf32> delayed(count);
  for (const Wave& wave : waves) {
    std::ranges::fill(spectrum, cf32(0));
    random.add_noise(spectrum, static_cast<float>(power_from_db(wave.power_db) / static_cast<double>(count)));
    for (std::size_t e = 0; e < geometry.elements(); ++e) {
      const double lead_s = dot(geometry.positions_m[e], off(wave.angle_deg)) / speed_of_light_m_s;
      for (std::size_t k = 0; k < count; ++k) {
        const double n =
            k < count / 2 ? static_cast<double>(k) : static_cast<double>(k) - static_cast<double>(count);
        const double turns = (carrier_hz + n * rate_hz / static_cast<double>(count)) * lead_s;
        delayed[k] = spectrum[k] * cf32(std::polar(1.0, 2 * pi * (turns - std::round(turns))));
      }
      inverse.run(delayed, delayed);
      for (std::size_t t = 0; t < count; ++t) x(e, t) += delayed[t];
    }
  }
  for (std::size_t e = 0; noise && e < geometry.elements(); ++e) random.add_noise(x.row(e), 1);
  return x;
}

inline SubbandBeamformer::Config config(std::size_t elements) {
  return {.geometry = array::Geometry::line(elements, wavelength_m / 2),
          .carrier_hz = carrier_hz,
          .sample_rate_hz = rate_hz,
          .fft_size = 256,
          .subbands = 256,
          .loading_over_noise_db = -10,
          .update_interval_samples = 16384,
          .forgetting = 0.9,
          .covariance_decimation = 1};
}

}  // namespace boresight::beam::wideband
