// What theory says of the codes that error_rates.cpp measures: BPSK in white Gaussian noise.
#pragma once

#include <array>
#include <cstddef>

#include "boresight/fec/convolutional.h"

namespace boresight {

/// Block error rate of the best code with `information_bits` in `sent_bits`, up to terms of the order
/// 1 / sent_bits: the normal approximation of Polyanskiy, Poor and Verdu (IEEE Trans. Inf. Theory 56 (2010)
/// 2307), equation 223 with (log2 n) / 2, for amplitude 1 and noise of the given variance.
double normal_approximation(std::size_t information_bits, std::size_t sent_bits, double noise_variance);

/// The Eb/N0 at which it is `block_error_rate`.
double normal_approximation_db(std::size_t information_bits, std::size_t sent_bits, double block_error_rate);

/// Paths of the punctured K = 7 code that leave the zero path and come back to it, per information bit at
/// which they may leave: how many have a distance d, and how many wrong bits they have together.
struct ConvolutionalSpectrum {
  static constexpr std::size_t max_distance = 32;
  std::array<double, max_distance + 1> paths{};
  std::array<double, max_distance + 1> wrong_bits{};

  explicit ConvolutionalSpectrum(fec::PuncturedRate rate);

  /// Union bound of the bit error rate, less the terms above max_distance (which matter where it is far from
  /// the truth anyway).
  double bit_error_rate(double noise_variance) const;
  /// The same of blocks of `information_bits`.
  double block_error_rate(double noise_variance, std::size_t information_bits) const;
};

}  // namespace boresight
