// One-tap equalization with the noise that remains on every subcarrier.
#pragma once

#include <cstdint>
#include <span>

#include "boresight/core/types.h"

namespace boresight::ofdm {

/// Noise variance of a subcarrier about which nothing is known; the demapper turns it into LLR 0.
inline constexpr float erased_variance = 1e30F;

/// Zero forcing on chosen subcarriers: symbol = received / (channel), variance = noise / |channel|^2.
/// received, channel, noise_variance [fft_size]; carriers [n] are indices into them; symbols, variance [n].
/// Where the channel or the noise is zero or not finite the symbol is 0 and the variance `erased_variance`
/// (a noise of exactly 0 says "unknown", not "perfect").
void equalize(std::span<const cf32> received, std::span<const cf32> channel,
              std::span<const float> noise_variance, std::span<const std::uint16_t> carriers,
              std::span<cf32> symbols, std::span<float> variance) noexcept;

}  // namespace boresight::ofdm
