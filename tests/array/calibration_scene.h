// Receive channels with known faults, fed with a common source or a plane wave.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>
#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/core/grid.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "fft/fft.h"

namespace boresight::array {

inline constexpr double scene_rate_hz = 20e6;

struct SceneChannel {
  double gain = 1;
  double phase_rad = 0;
  double delay_s = 0;
  double lead_s = 0;       ///< of a plane wave, with its carrier phase
  double noise_power = 1;  ///< per sample
  std::function<cf64(double)> shape = {};
};

inline double wrapped(double rad) {
  return rad - 2 * pi * std::round(rad / (2 * pi));
}

/// Gains of +-2 dB, any phases, delays of +-2 samples.
inline std::vector<SceneChannel> faults(std::size_t channels, std::uint64_t seed) {
  Random random(seed);
  std::vector<SceneChannel> result(channels);
  for (SceneChannel& c : result) {
    c.gain = amplitude_from_db(2 * (2 * random.uniform() - 1));
    c.phase_rad = 2 * pi * (random.uniform() - 0.5);
    c.delay_s = (4 * random.uniform() - 2) / scene_rate_hz;
  }
  return result;
}

/// Noise of `signal_power` per sample over the whole band through each channel, exact by the spectrum of one
/// long period, plus the channels' own noise.
inline GridBuffer<cf32> scene(const std::vector<SceneChannel>& channels, double signal_power,
                              std::size_t count, std::uint64_t seed, double carrier_hz = 0) {
  Random random(seed);
  std::vector<cf32> source(count);
  random.add_noise(source, static_cast<float>(signal_power));
  std::vector<cf32> spectrum(count);
  std::vector<cf32> received(count);
  fft::Fft(count, fft::Direction::forward).run(source, spectrum);
  const fft::Fft inverse(count, fft::Direction::inverse);
  GridBuffer<cf32> x(channels.size(), count);
  for (std::size_t e = 0; e < channels.size(); ++e) {
    const SceneChannel& c = channels[e];
    for (std::size_t k = 0; k < count; ++k) {
      const double n =
          k < count / 2 ? static_cast<double>(k) : static_cast<double>(k) - static_cast<double>(count);
      const double f = n * scene_rate_hz / static_cast<double>(count);
      const cf64 h = std::polar(c.gain / static_cast<double>(count),
                                c.phase_rad - 2 * pi * f * c.delay_s + 2 * pi * (carrier_hz + f) * c.lead_s) *
                     (c.shape ? c.shape(f) : cf64(1));
      received[k] = cf32(cf64(spectrum[k]) * h);
    }
    inverse.run(received, x.row(e));
    random.add_noise(x.row(e), static_cast<float>(c.noise_power));
  }
  return x;
}

}  // namespace boresight::array
