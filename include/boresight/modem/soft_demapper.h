// Equalized symbols to soft bits.
#pragma once

#include <span>

#include "boresight/core/types.h"
#include "boresight/modem/constellation.h"
#include "boresight/modem/llr.h"

namespace boresight::modem {

// The three entries say the same in three ways, for what an equalizer has at hand. With r = H s + n and
// E|n|^2 = sigma^2 on a subcarrier:
//
//   entry                  takes                            and
//   soft_demap             y = r / H                        variance  sigma^2 / |H|^2
//   soft_demap_weighted    y = r / H                        weight    |H|^2 / sigma^2
//   soft_demap_matched     z = conj(H) r / sigma^2 = y w    weight    |H|^2 / sigma^2    (no division by H)
//
// All write llr [n * bits], symbol by symbol, bit by bit in the order of the map, in the steps of
// modem/llr.h. The results do not depend on the SIMD target or on how n is cut. They are within one step of
// the formula in exact arithmetic, rounded and clipped, while 16 half_distance^2 / variance < 10^6 (78 dB of
// SNR with QPSK, 51 dB with 1024-QAM); beyond that rounding in single precision makes bits that lie within
// 1e-6 of a decision boundary uncertain, all others are clipped at +-127.
//
// What cannot be a measurement gives LLR 0 (unknown): a variance that is NaN, infinite, zero, negative, or so
// small that 16 half_distance / variance exceeds 1e30; a weight that is the reciprocal of such a one; a
// symbol with a component that is NaN, infinite, or beyond 1e35 times the variance (bpsk on I does not look
// at Q).

/// Max-log LLR of every bit (Viterbi 1998; exact for one bit per axis):
///   L(b) = (min over points with b = 1 of |y - s|^2 - min over points with b = 0 of |y - s|^2) / variance
/// where `variance` is the complex noise variance E|n|^2 of that symbol, so that each axis has half of it.
/// symbols, variance [n].
void soft_demap(const Constellation& constellation, std::span<const cf32> symbols,
                std::span<const float> variance, std::span<Llr> llr) noexcept;

/// The same with weight x factor = 1 / variance. The factor is common to all symbols: what changes while the
/// channel stays.
void soft_demap_weighted(const Constellation& constellation, std::span<const cf32> symbols,
                         std::span<const float> weight, std::span<Llr> llr, float factor = 1) noexcept;

/// The same with weight = 1 / variance and matched = y * weight, the output of a matched filter divided by
/// the noise: maximum-ratio combining is a sum of these over the antennas.
void soft_demap_matched(const Constellation& constellation, std::span<const cf32> matched,
                        std::span<const float> weight, std::span<Llr> llr) noexcept;

/// Exact LLR (log-MAP) of every bit in nats, all points considered, in double precision and as slow as that:
///   L(b) = ln (sum over points with b = 0 of exp(-|y - s|^2 / variance))
///        - ln (sum over points with b = 1 of exp(-|y - s|^2 / variance))
/// For studies, and as the measure of the fast ones. symbols [n], variance [n] -> nats [n * bits]. A variance
/// that is not positive and finite, or a symbol that is not finite, gives 0.
void soft_demap_exact(const Constellation& constellation, std::span<const cf32> symbols,
                      std::span<const float> variance, std::span<double> nats) noexcept;

}  // namespace boresight::modem
