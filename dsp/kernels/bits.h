// Bit lanes to bytes; contract in boresight/fec/bits.h.
#pragma once

#include <cstdint>
#include <span>

namespace boresight::kernels {

/// bits.size() = 8 bytes.size().
void pack_msb_first(std::span<const std::uint8_t> bits, std::span<std::uint8_t> bytes) noexcept;

}  // namespace boresight::kernels
