// Signals with a closed form, so that what the sky makes of them can be computed.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/types.h"
#include "boresight/core/units.h"
#include "boresight/sim/scenario.h"
#include "boresight/sim/signal.h"

namespace boresight::sim::testing {

inline cf64 phasor(double cycles) {
  return std::polar(1.0, 2.0 * pi * (cycles - std::floor(cycles)));
}

/// A sum of tones of equal power and random phases, unit mean power in all.
struct Tones {
  std::vector<double> frequencies_hz;
  std::vector<double> phases_cycles;

  /// `count` tones evenly over +-edge_hz.
  static Tones comb(std::size_t count, double edge_hz, std::uint64_t seed = 7) {
    Random random(seed);
    Tones tones;
    for (std::size_t i = 0; i < count; ++i) {
      const double share = count == 1 ? 1.0 : static_cast<double>(i) / static_cast<double>(count - 1);
      tones.frequencies_hz.push_back(edge_hz * (2.0 * share - 1.0));
      tones.phases_cycles.push_back(random.uniform());
    }
    return tones;
  }

  /// The signal at `time_s` after its first sample.
  cf64 at(double time_s) const {
    cf64 sum = 0;
    for (std::size_t i = 0; i < frequencies_hz.size(); ++i) {
      sum += phasor(frequencies_hz[i] * time_s + phases_cycles[i]);
    }
    return sum / std::sqrt(static_cast<double>(frequencies_hz.size()));
  }

  /// The same as a Signal in frames of `frame_samples`.
  Signal signal(double sample_rate_hz, std::size_t frame_samples = 4096) const {
    return {frame_samples, [*this, sample_rate_hz, frame_samples](std::uint64_t number, std::span<cf32> out) {
              for (std::size_t i = 0; i < out.size(); ++i) {
                const auto n = static_cast<double>(number * frame_samples + i);
                const cf64 x = at(n / (signal_oversampling * sample_rate_hz));
                out[i] = cf32(static_cast<float>(x.real()), static_cast<float>(x.imag()));
              }
            }};
  }
};

/// Silence.
inline Signal silence() {
  return {1024, [](std::uint64_t, std::span<cf32> out) {
            for (cf32& x : out) x = 0;
          }};
}

/// One satellite at the zenith, a line of `elements` half a wavelength apart, 16-bit ADC. Thermal noise is
/// `snr_db` below the satellite and the satellite 15 dB below full scale.
inline Scenario still_scene(std::size_t elements = 2, double snr_db = 90) {
  Scenario scenario;
  for (std::size_t e = 0; e < elements; ++e) {
    scenario.positions_wavelengths.push_back({0.5 * static_cast<double>(e), 0, 0});
  }
  scenario.satellites = {Satellite{.snr_db = snr_db, .motion = Track{.elevation_rad = pi / 2}}};
  scenario.receiver.adc = {.bits = 16, .noise_floor_dbfs = -15 - snr_db, .gain_db = 0};
  return scenario;
}

inline double mean_power(std::span<const cf32> x) {
  double sum = 0;
  for (const cf32 v : x) sum += std::norm(cf64(v));
  return sum / static_cast<double>(x.size());
}

}  // namespace boresight::sim::testing
