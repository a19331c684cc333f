// Bytes to bit lanes and back. A bit lane is one std::uint8_t that is 0 or 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace boresight::fec {

// In all four: `bits` holds 8 x bytes.size() lanes. The pack functions look at the lowest bit of a lane only.

/// bits[8 i] is the most significant bit of bytes[i] (3GPP, Ethernet addresses as drawn, most of the
/// library).
void unpack_msb_first(std::span<const std::uint8_t> bytes, std::span<std::uint8_t> bits) noexcept;
void pack_msb_first(std::span<const std::uint8_t> bits, std::span<std::uint8_t> bytes) noexcept;

/// bits[8 i] is the least significant bit of bytes[i] (IEEE 802.11-2020 9.2.2: the order of transmission).
void unpack_lsb_first(std::span<const std::uint8_t> bytes, std::span<std::uint8_t> bits) noexcept;
void pack_lsb_first(std::span<const std::uint8_t> bits, std::span<std::uint8_t> bytes) noexcept;

}  // namespace boresight::fec
