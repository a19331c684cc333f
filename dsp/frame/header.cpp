#include "boresight/frame/header.h"

#include <cmath>

#include "boresight/fec/crc.h"
#include "boresight/frame/ku_frame.h"

namespace boresight::frame {
namespace {

constexpr std::uint8_t version_bits = 0x10;  // upper half of the first byte; the lower half is the MCS

// Thresholds: bench_mcs_thresholds, seed 1; docs/error-rates.md.
constexpr McsInfo table[mcs_count] = {
    {"qpsk_1_3", 2, 1.0 / 3, -1.01},  {"qpsk_1_2", 2, 0.5, 1.23},     {"qpsk_3_4", 2, 0.75, 4.29},
    {"qam16_1_2", 4, 0.5, 6.55},      {"qam16_3_4", 4, 0.75, 10.36},  {"qam64_2_3", 6, 2.0 / 3, 13.91},
    {"qam64_5_6", 6, 5.0 / 6, 17.22}, {"qam256_3_4", 8, 0.75, 20.52}, {"qam256_5_6", 8, 5.0 / 6, 22.54},
    {"qam1024_3_4", 10, 0.75, 25.41},
};

}  // namespace

const McsInfo& mcs_info(Mcs mcs) {
  return table[static_cast<std::size_t>(mcs)];
}

std::optional<Mcs> mcs_from_name(std::string_view name) {
  for (std::size_t i = 0; i < mcs_count; ++i) {
    if (table[i].name == name) return static_cast<Mcs>(i);
  }
  return std::nullopt;
}

std::size_t max_payload_bytes(Mcs mcs) {
  const McsInfo& info = mcs_info(mcs);
  const double code_bits =
      std::floor(static_cast<double>(ku_payload_carriers * info.bits_per_symbol) * info.code_rate);
  // Each code block of base graph 1 holds 8448 bits, 24 of them its own CRC; the whole has a CRC-24 too.
  const double blocks = std::ceil(code_bits / 8448.0);
  return static_cast<std::size_t>((code_bits - 24.0 - 24.0 * blocks) / 8.0);
}

std::array<std::uint8_t, header_bytes> pack(const Header& header) {
  std::array<std::uint8_t, header_bytes> bytes{};
  bytes[0] = static_cast<std::uint8_t>(version_bits | static_cast<unsigned>(header.mcs));
  for (int i = 0; i < 3; ++i) bytes[1 + i] = static_cast<std::uint8_t>(header.payload_bytes >> (16 - 8 * i));
  for (int i = 0; i < 4; ++i) bytes[4 + i] = static_cast<std::uint8_t>(header.sequence >> (24 - 8 * i));
  const std::uint32_t crc = fec::crc16_of_bytes(std::span(bytes).first(8));
  bytes[8] = static_cast<std::uint8_t>(crc >> 8);
  bytes[9] = static_cast<std::uint8_t>(crc);
  return bytes;
}

std::optional<Header> unpack(std::span<const std::uint8_t, header_bytes> bytes) {
  const std::uint32_t crc = static_cast<std::uint32_t>(bytes[8]) << 8 | bytes[9];
  if (fec::crc16_of_bytes(bytes.first(8)) != crc) return std::nullopt;
  if ((bytes[0] & 0xF0U) != version_bits || (bytes[0] & 0x0FU) >= mcs_count) return std::nullopt;
  Header header;
  header.mcs = static_cast<Mcs>(bytes[0] & 0x0FU);
  for (int i = 0; i < 3; ++i) header.payload_bytes = header.payload_bytes << 8 | bytes[1 + i];
  for (int i = 0; i < 4; ++i) header.sequence = header.sequence << 8 | bytes[4 + i];
  if (header.payload_bytes > max_payload_bytes(header.mcs)) return std::nullopt;
  return header;
}

}  // namespace boresight::frame
