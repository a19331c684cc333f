// Max-log soft bits of square Gray constellations; modem/soft_demapper.cpp is the only user.
#pragma once

#include <cstddef>
#include <cstdint>

namespace boresight::kernels {

// On one axis in steps of half the distance between neighbors (points at -M+1, ..., -1, 1, ..., M-1,
// M = 2^bits) with x = y / step and NR's map, folding takes one bit after the other:
//
//   x_0 = x,  x_{j+1} = M_j / 2 - |x_j|,  M_j = M / 2^j        the sign of x_j decides bit j
//
// Behind the fold lies a PAM of M_j / 2 points, so bit j is the sign bit of a PAM of M_j points. Its max-log
// LLR is odd and, in units of 4 step^2 / variance, for x_j >= 0 the largest of the lines that the point next
// to x_j and the first point of the other side give:
//
//   F_j = max over s = 1, 3, .. M_j - 1 of ((x + 1)^2 - (x - s)^2) / 4
//       = |x_j| + sum over i = 1 .. M_j / 2 - 1 of max(|x_j| - 2i, 0)
//
// The sum is not walked: its terms lie symmetrically about the fold, and those of i and M_j / 2 - i together
// are x_{j+1} and a term of F_{j+1}. With n = M_j / 4 what comes out is
//
//   F_j = F_{j+1} - max(x_{j+1}, 0) + n (|x_j| - (n - 1)),  F_last = |x_last|
//
// six operations a bit for any alphabet, and the true max-log, not the linear approximation. All of it is
// kept multiplied by the weight, so that nothing is divided and nothing multiplied at the end.
//
// Every product but those of symbol, weight and step is by a power of two, hence exact, and this file is
// compiled without contraction: fused or not, all targets give the same bits.

struct SoftDemapInput {
  /// What `scale` holds for each symbol: the noise variance, its reciprocal, or the reciprocal with symbols
  /// that are already multiplied by it.
  enum class Kind : std::uint8_t { variance, weight, matched } kind;
  const float* rails;  ///< [2 n]: I, Q, I, Q, ...
  const float* scale;  ///< [n]
  std::size_t symbols;
  float factor;  ///< common to all: weights are multiplied by it, variances divided
};

/// Which bits follow each other, and the sign: NR alternates between the axes (I bit 0, Q bit 0, I bit 1,
/// ...) and has bit 0 on the positive side; Wi-Fi sends all of I first and has every bit inverted.
enum class SoftDemapOrder : std::uint8_t { alternating, by_axis };

/// The line through bpsk's two points: I (Wi-Fi, a 0 on its negative side) or the diagonal (NR, positive
/// side).
enum class SoftDemapLine : std::uint8_t { real, diagonal };

/// Squares of 4^axis_bits points, axis_bits 1 .. 5; `step` is half the distance between neighbors.
/// llr [2 axis_bits n], steps of a quarter nat, +-127.
void soft_demap_square(const SoftDemapInput& input, unsigned axis_bits, SoftDemapOrder order, float step,
                       std::int8_t* llr) noexcept;
/// Four points on the axes: u = y e^{j pi/4} is NR's QPSK.
void soft_demap_axis_qpsk(const SoftDemapInput& input, std::int8_t* llr) noexcept;
/// llr [n].
void soft_demap_bpsk(const SoftDemapInput& input, SoftDemapLine line, std::int8_t* llr) noexcept;

namespace soft_demap {

// LLR steps: L = 4 steps per nat * 4 step^2 / variance * F. With t = 16 step / variance the weighted axis is
// y t, and one unit of it t step.
inline constexpr float llr_factor = 16;
inline constexpr float llr_limit = 127;
// Beyond these a weight or a weighted axis is no number to compute with; what is below stays finite.
inline constexpr float largest_weight = 1e30F;
inline constexpr float largest_axis = 1e36F;

/// What a symbol goes through before it becomes axes: nothing, or times e^{j pi/4} sqrt(2).
enum class Turn : std::uint8_t { none, eighth };

}  // namespace soft_demap

}  // namespace boresight::kernels
