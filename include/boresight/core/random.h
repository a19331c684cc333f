// Deterministic random numbers: the same seed gives the same samples on every machine and compiler.
// (std::normal_distribution does not: its algorithm is left to each standard library.)
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "boresight/core/types.h"

namespace boresight {

/// xoshiro256++ 1.0 (Blackman and Vigna, 2019), seeded through SplitMix64.
class Random {
 public:
  /// Generators with different (seed, stream) are independent for every practical purpose.
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0);

  std::uint64_t next();
  /// Uniform in [0, 1).
  double uniform();
  /// Uniform integer in [0, bound); bound 0 gives 0.
  std::uint32_t below(std::uint32_t bound);
  /// Standard normal, mean 0 and variance 1 (Ziggurat of Marsaglia and Tsang, 2000, 256 layers).
  double normal();
  /// Circular complex normal with E|x|^2 = `power`.
  cf32 complex_normal(float power = 1.0F);
  /// Adds circular complex normal noise with E|x|^2 = `power` to every sample.
  void add_noise(std::span<cf32> x, float power);
  /// Uniform bytes.
  void fill(std::span<std::uint8_t> bytes);

  using result_type = std::uint64_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }
  result_type operator()() { return next(); }

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace boresight
