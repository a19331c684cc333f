// Equalized symbols to soft bits.
#pragma once

#include <span>

#include "boresight/core/types.h"
#include "boresight/modem/constellation.h"
#include "boresight/modem/llr.h"

namespace boresight::modem {

/// Max-log LLR of every bit (Viterbi 1998; exact for one bit per axis):
///   L(b) = (min over levels with b = 1 of (y - s)^2 - min over levels with b = 0 of (y - s)^2) / variance
/// where `variance` is the complex noise variance E|n|^2 of that symbol, so that each axis has half of it.
/// symbols, variance [n] -> llr [n * bits], symbol by symbol. Infinite, NaN or zero variance, and NaN
/// symbols, give LLR 0.
void soft_demap(const Constellation& constellation, std::span<const cf32> symbols,
                std::span<const float> variance, std::span<Llr> llr) noexcept;

}  // namespace boresight::modem
