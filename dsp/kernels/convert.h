// Sample conversion; contracts in boresight/core/convert.h, definition in core/convert_reference.h.
#pragma once

#include <cstddef>
#include <span>

#include "boresight/core/types.h"

namespace boresight::kernels {

// `out` has at least in.size() samples. No alignment is needed beyond that of the types.
void to_cf32(std::span<const cs16> in, std::span<cf32> out) noexcept;
void to_cf32(std::span<const cs8> in, std::span<cf32> out) noexcept;
/// Returns how many samples became zero. `in` and `out` may be the same samples.
std::size_t to_cf32(std::span<const cf32> in, std::span<cf32> out) noexcept;

void from_cf32(std::span<const cf32> in, std::span<cs16> out) noexcept;
void from_cf32(std::span<const cf32> in, std::span<cs8> out) noexcept;

}  // namespace boresight::kernels
