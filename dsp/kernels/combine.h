// Combining of antennas per subcarrier; contracts in boresight/ofdm/combiner.h.
#pragma once

#include <cstddef>
#include <span>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::kernels {

inline constexpr std::size_t max_combined = 16;

/// noise [B x K] or, for the same on all subcarriers, [B x 1].
void combine(Grid<const cf32> received, Grid<const cf32> channel, Grid<const float> noise,
             std::span<cf32> symbols, std::span<float> variance) noexcept;

/// received, channel: pointers to the K values of each of n antennas, n at most max_combined. whitener: L^-1
/// row by row, columns 0 .. row, re and im.
void combine_white(std::span<const cf32* const> received, std::span<const cf32* const> channel,
                   const float* whitener, std::span<cf32> symbols, std::span<float> variance) noexcept;

}  // namespace boresight::kernels
