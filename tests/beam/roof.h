// A roof panel with element errors under a jammer, for tests of the adaptive beamformer.
#pragma once

#include <algorithm>
#include <vector>

#include "boresight/array/direction.h"
#include "boresight/beam/adaptive_beamformer.h"
#include "scenario.h"

namespace boresight::beam {

using Mode = AdaptiveBeamformer::Mode;

inline constexpr std::size_t block_samples = 4096;

/// A 4x4 half-wave roof panel with element errors of 0.5 dB and 5 deg, a weak signal high up and one strong
/// jammer near the horizon, with every part kept apart so that the test can measure what came out.
struct Roof {
  static constexpr std::size_t elements = 16;
  static constexpr double signal_power = 0.5012;              // -3 dB over the noise, per element
  static constexpr double jammer_power = 1e4 * signal_power;  // 40 dB above the signal
  const array::Geometry geometry =
      array::Geometry::rectangle(4, 4, test_wavelength_m / 2, test_wavelength_m / 2);
  const Vec3 signal_direction = array::enu_from_sky({rad_from_deg(160), rad_from_deg(55)});
  const Vec3 jammer_direction = array::enu_from_sky({rad_from_deg(40), rad_from_deg(6)});
  std::vector<cf64> signal_steering = std::vector<cf64>(elements);
  std::vector<cf64> jammer_steering = std::vector<cf64>(elements);
  GridBuffer<cf32> x;
  std::vector<cf32> signal;

  Roof(std::size_t samples, std::uint64_t seed) : x(elements, samples), signal(samples) {
    Random random(seed);
    array::steering_vector(geometry, signal_direction, test_frequency_hz, signal_steering);
    array::steering_vector(geometry, jammer_direction, test_frequency_hz, jammer_steering);
    for (std::size_t e = 0; e < elements; ++e) {
      const cf64 error =
          std::polar(amplitude_from_db(0.5 * random.normal()), rad_from_deg(5 * random.normal()));
      signal_steering[e] *= error;
      jammer_steering[e] *= error;
    }
    for (std::size_t t = 0; t < samples; ++t) {
      signal[t] = random.complex_normal(static_cast<float>(signal_power));
      const cf64 jammer = random.complex_normal(static_cast<float>(jammer_power));
      for (std::size_t e = 0; e < elements; ++e) {
        x(e, t) = random.complex_normal() +
                  cf32(cf64(signal[t]) * signal_steering[e] + jammer * jammer_steering[e]);
      }
    }
  }

  AdaptiveBeamformer::Config config(Mode mode) const {
    AdaptiveBeamformer::Config config;
    config.geometry = geometry;
    config.carrier_hz = test_frequency_hz;
    config.mode = mode;
    config.update_interval_samples = 4 * block_samples;
    config.max_block_samples = block_samples;
    return config;
  }

  /// Best possible: the true steering vectors and the true covariance are known.
  double optimum_sinr_db() const {
    const GridBuffer<cf64> r = theory_covariance({{jammer_steering, jammer_power}}, elements);
    return db_from_power(signal_power * optimum_sinr(r.view(), signal_steering));
  }
};

/// Runs the whole recording through in blocks.
inline std::vector<cf32> run(AdaptiveBeamformer& beamformer, Grid<const cf32> x) {
  std::vector<cf32> y(x.columns());
  for (std::size_t first = 0; first < x.columns(); first += block_samples) {
    const std::size_t n = std::min(block_samples, x.columns() - first);
    beamformer.process(x.columns(first, n), std::span(y).subspan(first, n));
  }
  return y;
}

/// SINR of `y` by projection on the signal that is known to be in it: what correlates is signal, the rest is
/// not.
inline double measured_sinr_db(std::span<const cf32> y, std::span<const cf32> signal) {
  cf64 correlation = 0;
  double signal_energy = 0;
  double energy = 0;
  for (std::size_t t = 0; t < y.size(); ++t) {
    correlation += cf64(y[t]) * std::conj(cf64(signal[t]));
    signal_energy += std::norm(cf64(signal[t]));
    energy += std::norm(cf64(y[t]));
  }
  const double kept = std::norm(correlation) / signal_energy;
  return db_from_power(kept / (energy - kept));
}

}  // namespace boresight::beam
