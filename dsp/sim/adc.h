// The converter at the end of every channel.
#pragma once

#include <cstddef>
#include <span>

#include "boresight/core/types.h"

namespace boresight::sim {

/// Rounds every rail to the nearest multiple of 2^-(bits - 1) (ties to even) within two's complement limits,
/// -1 .. 1 - 2^-(bits - 1). Returns how many rails were outside. `bits` 2..16; samples are finite.
std::size_t convert(std::span<cf32> samples, unsigned bits);

}  // namespace boresight::sim
