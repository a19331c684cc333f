// The physical-layer header of a ku frame: what the receiver must know before it can read the payload.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace boresight::frame {

/// Modulation and coding of a payload. The value is what the header carries.
enum class Mcs : std::uint8_t {
  qpsk_1_3 = 0,
  qpsk_1_2 = 1,
  qpsk_3_4 = 2,
  qam16_1_2 = 3,
  qam16_3_4 = 4,
  qam64_2_3 = 5,
  qam64_5_6 = 6,
  qam256_3_4 = 7,
  qam256_5_6 = 8,
  qam1024_3_4 = 9,
};
inline constexpr std::size_t mcs_count = 10;
inline constexpr unsigned mcs_max_bits_per_symbol = 10;

/// Both the rate and the threshold rise from each entry to the next.
struct McsInfo {
  std::string_view name;     ///< "qpsk_1_2"
  unsigned bits_per_symbol;  ///< 2, 4, 6, 8 or 10
  double code_rate;          ///< the highest rate of a full frame; shorter payloads get more redundancy
  /// SNR per subcarrier (Es/N0), dB, at which one full frame of a hundred is lost in white noise with the
  /// channel and the noise known: `bench_mcs_thresholds`, table in docs/error-rates.md. Deframer's defaults.
  double threshold_snr_db;
};

const McsInfo& mcs_info(Mcs mcs);
/// The Mcs of that name, or nothing.
std::optional<Mcs> mcs_from_name(std::string_view name);
/// The longest payload of one frame, bytes.
std::size_t max_payload_bytes(Mcs mcs);

/// Header fields as they travel.
struct Header {
  Mcs mcs = Mcs::qpsk_1_2;
  std::uint32_t payload_bytes = 0;  ///< 0 .. max_payload_bytes(mcs)
  std::uint32_t sequence = 0;       ///< counts frames, modulo 2^32
  bool operator==(const Header&) const = default;
};

/// 10 bytes on the air: version and MCS, length (24 bit), sequence (32 bit), CRC-16 over all before it.
inline constexpr std::size_t header_bytes = 10;

std::array<std::uint8_t, header_bytes> pack(const Header& header);

/// Nothing if the CRC fails, the version is unknown, or a field is out of its range.
std::optional<Header> unpack(std::span<const std::uint8_t, header_bytes> bytes);

}  // namespace boresight::frame
