// Values of an oversampled signal between its samples.
#pragma once

#include <array>
#include <cstddef>

#include "boresight/core/types.h"

namespace boresight::sim {

/// Windowed sinc of 12 taps (Kaiser, beta 8.3) for signals within +-0.26 of the sampling rate: images begin
/// at 0.74, so the transition is almost half the rate wide. 128 stored phases, taps interpolated linearly
/// between them. Error below -75 dB over the band.
class Interpolator {
 public:
  static constexpr std::size_t taps = 12;
  static constexpr std::size_t before = taps / 2 - 1;  ///< samples needed before floor(position)
  static constexpr std::size_t after = taps / 2;       ///< samples needed after floor(position)

  Interpolator();

  /// Value at x[0] + fraction; reads x[-before] .. x[after]. `fraction` in [0, 1).
  cf32 at(const cf32* x, double fraction) const;

 private:
  static constexpr std::size_t phases = 128;
  static constexpr std::size_t floats = 2 * taps;
  struct Phase {
    alignas(16) std::array<float, floats> tap;    // every tap twice: for re and im of interleaved samples
    alignas(16) std::array<float, floats> slope;  // to the next phase
  };
  std::array<Phase, phases> table_;
};

/// Modified Bessel function of the first kind, order zero (its power series).
double bessel_i0(double x);

inline cf32 Interpolator::at(const cf32* x, double fraction) const {
  const double scaled = fraction * static_cast<double>(phases);
  const auto index = static_cast<std::size_t>(scaled);
  const auto between = static_cast<float>(scaled - static_cast<double>(index));
  const Phase& phase = table_[index];
  const auto* samples = reinterpret_cast<const float*>(x - before);
  // Products first, then sums of halves: loops of fixed length that compilers turn into vectors.
  std::array<float, floats> product;
  for (std::size_t i = 0; i < floats; ++i) {
    product[i] = (phase.tap[i] + between * phase.slope[i]) * samples[i];
  }
  std::array<float, floats / 2> half;
  for (std::size_t i = 0; i < floats / 2; ++i) half[i] = product[i] + product[i + floats / 2];
  std::array<float, 4> sum;
  for (std::size_t i = 0; i < 4; ++i) sum[i] = half[i] + half[i + 4] + half[i + 8];
  return {sum[0] + sum[2], sum[1] + sum[3]};
}

}  // namespace boresight::sim
