// Aggregated MPDUs (A-MPDU) of IEEE 802.11n: 802.11-2020 9.7.
//
//  ┌───────────┬──────────────┬─────┬───────────┬─────────┬──
//  │ delimiter │ MPDU         │ pad │ delimiter │ MPDU    │ ..    pad: to a multiple of 4, none after the
//  last └───────────┴──────────────┴─────┴───────────┴─────────┴──
//    4 bytes: 4 bits reserved (EOF and two length bits in VHT), 12 bits length, CRC-8 of these 16, 0x4E
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace boresight::frame {

struct WifiMpdu {
  std::span<const std::uint8_t> bytes;  ///< with the FCS
  bool fcs_ok = false;
};

inline constexpr std::size_t ampdu_delimiter_bytes = 4;
inline constexpr std::uint8_t ampdu_signature = 0x4E;
inline constexpr std::size_t ampdu_max_mpdu_bytes = 4095;  ///< 12 bits

/// Only the low twelve bits of the length count.
std::array<std::uint8_t, ampdu_delimiter_bytes> encode_ampdu_delimiter(std::uint16_t mpdu_bytes) noexcept;
/// Length of the MPDU behind it, 0 for a delimiter that only pads; nothing if CRC or signature is wrong.
std::optional<std::uint16_t> parse_ampdu_delimiter(
    std::span<const std::uint8_t, ampdu_delimiter_bytes> delimiter) noexcept;

/// Bytes of an A-MPDU whose MPDUs have these lengths.
std::size_t ampdu_bytes(std::span<const std::size_t> mpdu_bytes) noexcept;
/// Appends an MPDU (1..4095 bytes) behind the `used` bytes of `psdu` and returns how many are used then;
/// `used` itself if it does not fit.
std::size_t append_mpdu(std::span<std::uint8_t> psdu, std::size_t used,
                        std::span<const std::uint8_t> mpdu) noexcept;

/// Finds the MPDUs of a PSDU that may hold anything and returns how many of `mpdus` it has written; those
/// that find no room there are dropped. Where no delimiter is valid the search goes on four bytes further
/// (9.7.3); a length that exceeds the rest is no valid delimiter. Every byte is looked at twice at most. An
/// MPDU that fails its FCS is listed as well and passed over as a whole.
std::size_t split_ampdu(std::span<const std::uint8_t> psdu, std::span<WifiMpdu> mpdus) noexcept;

}  // namespace boresight::frame
