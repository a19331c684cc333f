// Device samples to cf32, and the one place where samples that are no numbers are cleaned. The results are
// the same to the bit on every processor.
#pragma once

#include <cstddef>
#include <span>

#include "boresight/core/types.h"

namespace boresight {

/// out = in / 32768; sizes must agree. Returns 0: integers are always numbers.
std::size_t to_cf32(std::span<const cs16> in, std::span<cf32> out) noexcept;
/// out = in / 128.
std::size_t to_cf32(std::span<const cs8> in, std::span<cf32> out) noexcept;
/// Copies; samples with a NaN, an infinity or a rail beyond +-65536 become zero. Returns how many.
std::size_t to_cf32(std::span<const cf32> in, std::span<cf32> out) noexcept;

/// Rounds to nearest and saturates; 1.0 is 32768 or 128. NaN becomes 0.
void from_cf32(std::span<const cf32> in, std::span<cs16> out) noexcept;
void from_cf32(std::span<const cf32> in, std::span<cs8> out) noexcept;

}  // namespace boresight
