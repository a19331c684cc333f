// The plain soft demapper: max-log as its formula says, one symbol and one level after the other, in double
// precision. What the kernel must agree with to one step; only tests and benchmarks use it. Contract:
// boresight/modem/soft_demapper.h.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

#include "boresight/modem/constellation.h"
#include "boresight/modem/llr.h"

namespace boresight::modem::reference {

// LLRs of the `bits` bits of one axis in nats.
inline void demap_axis(std::span<const float> levels, unsigned bits, double y, double precision,
                       std::span<double> nats) {
  constexpr double far = std::numeric_limits<double>::max();
  std::array<double, 5> best0;
  std::array<double, 5> best1;
  best0.fill(far);
  best1.fill(far);
  for (std::size_t value = 0; value < levels.size(); ++value) {
    const double offset = y - static_cast<double>(levels[value]);
    for (unsigned b = 0; b < bits; ++b) {
      double& best = (value >> (bits - 1 - b)) & 1U ? best1[b] : best0[b];
      best = std::min(best, offset * offset);
    }
  }
  for (unsigned b = 0; b < bits; ++b) nats[b] = (best1[b] - best0[b]) * precision;
}

/// In nats, neither rounded nor clipped. Symbols must be finite, variances positive and finite.
inline void soft_demap(const Constellation& constellation, std::span<const cf32> symbols,
                       std::span<const float> variance, std::span<double> nats) {
  const unsigned bits = constellation.bits();
  const unsigned i_bits = constellation.i_bits();
  const unsigned q_bits = constellation.q_bits();
  for (std::size_t n = 0; n < symbols.size(); ++n) {
    const double precision = 1 / static_cast<double>(variance[n]);
    cf64 y(symbols[n]);
    if (constellation.bit_map() == BitMap::axis) y *= std::polar(1.0, std::atan(1.0));
    if (constellation.modulation() == Modulation::bpsk && constellation.bit_map() == BitMap::nr) {
      y = y.real() + y.imag();  // the other diagonal is as far from both points
    }
    std::array<double, 5> axis;
    double* out = nats.data() + n * bits;
    demap_axis(constellation.levels(), i_bits, y.real(), precision, axis);
    for (unsigned b = 0; b < i_bits; ++b) out[constellation.bit_position(0, b)] = axis[b];
    demap_axis(constellation.levels(), q_bits, y.imag(), precision, axis);
    for (unsigned b = 0; b < q_bits; ++b) out[constellation.bit_position(1, b)] = axis[b];
  }
}

/// Rounded and clipped.
inline Llr quantize(double nats) {
  return static_cast<Llr>(std::lrint(std::clamp(nats * static_cast<double>(llr_scale), -127.0, 127.0)));
}

}  // namespace boresight::modem::reference
