// Bit lanes to bytes and back, and lanes flipped by packed bits; contract in boresight/fec/bits.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace boresight::kernels {

// In all four: bits.size() = 8 bytes.size().
void pack_msb_first(std::span<const std::uint8_t> bits, std::span<std::uint8_t> bytes) noexcept;
void pack_lsb_first(std::span<const std::uint8_t> bits, std::span<std::uint8_t> bytes) noexcept;
void unpack_msb_first(std::span<const std::uint8_t> bytes, std::span<std::uint8_t> bits) noexcept;
void unpack_lsb_first(std::span<const std::uint8_t> bytes, std::span<std::uint8_t> bits) noexcept;

// Bit i mod 64 of flips[i / 64] belongs to lane i.

/// Lanes whose bit is one change.
void flip_bits(const std::uint64_t* flips, std::span<std::uint8_t> bits) noexcept;
/// Numbers whose bit is one change their sign; -128 becomes 127 or, without a change, -127.
void flip_signs(const std::uint64_t* flips, std::span<std::int8_t> llrs) noexcept;

}  // namespace boresight::kernels
