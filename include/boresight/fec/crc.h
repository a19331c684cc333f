// Cyclic redundancy checks of the two standards the modem speaks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace boresight::fec {

// 3GPP TS 38.212 5.1. The register starts at zero and nothing is inverted, so a run of zeros (of any length,
// none included) has the CRC zero. The first bit is the highest power of the polynomial; bytes are read most
// significant bit first; the result has the first transmitted parity bit (p_0) as its highest bit. Because
// nothing is inverted, the CRC of a block followed by its own CRC is zero.

inline constexpr unsigned crc24_bits = 24;
inline constexpr unsigned crc16_bits = 16;

/// g_CRC24A(D) = 0x1864CFB.
std::uint32_t crc24a_of_bytes(std::span<const std::uint8_t> bytes) noexcept;
std::uint32_t crc24a_of_bits(std::span<const std::uint8_t> bits) noexcept;
/// g_CRC24B(D) = 0x1800063.
std::uint32_t crc24b_of_bytes(std::span<const std::uint8_t> bytes) noexcept;
std::uint32_t crc24b_of_bits(std::span<const std::uint8_t> bits) noexcept;
/// g_CRC16(D) = 0x11021.
std::uint32_t crc16_of_bytes(std::span<const std::uint8_t> bytes) noexcept;
std::uint32_t crc16_of_bits(std::span<const std::uint8_t> bits) noexcept;

/// Which CRC ends a block, for those who check it.
enum class Crc : std::uint8_t { none, crc16, crc24a, crc24b };

/// True if the last bits of `bits` are the CRC of those before them; false for Crc::none.
bool crc_holds(Crc crc, std::span<const std::uint8_t> bits) noexcept;

/// The frame check sequence of IEEE 802.3 and 802.11 (802.11-2020 9.2.4.8): polynomial 0x04C11DB7, register
/// of ones, result inverted, bits in order of transmission (bytes least significant bit first). The value is
/// the usual one of "CRC-32": its four bytes, least significant byte first, follow the frame.
std::uint32_t crc32_of_bytes(std::span<const std::uint8_t> bytes) noexcept;
/// `bits` in order of transmission.
std::uint32_t crc32_of_bits(std::span<const std::uint8_t> bits) noexcept;

}  // namespace boresight::fec
