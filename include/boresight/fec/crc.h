// Cyclic redundancy checks of the two standards the modem speaks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace boresight::fec {

// In all of them a bit lane's lowest bit counts, and any number of bits or bytes is allowed. The results do
// not depend on the instruction set.

// 3GPP TS 38.212 5.1. The register starts at zero and nothing is inverted, so a run of zeros (of any length,
// none included) has the CRC zero. The first bit is the highest power of the polynomial; bytes are read most
// significant bit first; the result has the first transmitted parity bit (p_0) as its highest bit. Because
// nothing is inverted, the CRC of a block followed by its own CRC is zero.

inline constexpr unsigned crc24_bits = 24;
inline constexpr unsigned crc16_bits = 16;
inline constexpr unsigned crc11_bits = 11;
inline constexpr unsigned crc6_bits = 6;

/// g_CRC24A(D) = 0x1864CFB: transport blocks above 3824 bits.
std::uint32_t crc24a_of_bytes(std::span<const std::uint8_t> bytes) noexcept;
std::uint32_t crc24a_of_bits(std::span<const std::uint8_t> bits) noexcept;
/// g_CRC24B(D) = 0x1800063: code blocks.
std::uint32_t crc24b_of_bytes(std::span<const std::uint8_t> bytes) noexcept;
std::uint32_t crc24b_of_bits(std::span<const std::uint8_t> bits) noexcept;
/// g_CRC24C(D) = 0x1B2B117: broadcast and downlink control channel (which start its register with ones by
/// prepending 24 ones to the bits, 7.3.2).
std::uint32_t crc24c_of_bytes(std::span<const std::uint8_t> bytes) noexcept;
std::uint32_t crc24c_of_bits(std::span<const std::uint8_t> bits) noexcept;
/// g_CRC16(D) = 0x11021: transport blocks up to 3824 bits.
std::uint32_t crc16_of_bytes(std::span<const std::uint8_t> bytes) noexcept;
std::uint32_t crc16_of_bits(std::span<const std::uint8_t> bits) noexcept;
/// g_CRC11(D) = 0xE21 and g_CRC6(D) = 0x61: uplink control.
std::uint32_t crc11_of_bits(std::span<const std::uint8_t> bits) noexcept;
std::uint32_t crc6_of_bits(std::span<const std::uint8_t> bits) noexcept;

// IEEE 802.11-2020: the register starts with ones and the result is inverted.

inline constexpr unsigned crc8_bits = 8;
inline constexpr unsigned crc32_bits = 32;

/// HT-SIG (19.3.9.4.4) and VHT-SIG-A (21.3.8.3.3): D^8 + D^2 + D + 1. The highest bit of the result is c7,
/// the first to be transmitted.
std::uint32_t crc8_of_bits(std::span<const std::uint8_t> bits) noexcept;

/// The frame check sequence of IEEE 802.3 and 802.11 (802.11-2020 9.2.4.8): polynomial 0x04C11DB7, bits in
/// order of transmission (bytes least significant bit first). The value is the usual one of "CRC-32": its
/// four bytes, least significant byte first, follow the frame.
std::uint32_t crc32_of_bytes(std::span<const std::uint8_t> bytes) noexcept;
/// `bits` in order of transmission.
std::uint32_t crc32_of_bits(std::span<const std::uint8_t> bits) noexcept;

/// Which CRC ends a block, for those who check it.
enum class Crc : std::uint8_t { none, crc16, crc24a, crc24b, crc24c, crc6, crc8, crc11, crc32 };

/// True if the last bits of `bits`, in order of transmission, are the CRC of those before them; false for
/// Crc::none and if there are fewer bits than the CRC has.
bool crc_holds(Crc crc, std::span<const std::uint8_t> bits) noexcept;

}  // namespace boresight::fec
