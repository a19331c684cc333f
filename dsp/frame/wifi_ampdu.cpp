#include "boresight/frame/wifi_ampdu.h"

#include <algorithm>

#include "boresight/fec/bits.h"
#include "boresight/fec/crc.h"
#include "boresight/frame/wifi_phy.h"

namespace boresight::frame {
namespace {

constexpr std::size_t alignment = 4;

std::size_t aligned(std::size_t n) {
  return (n + alignment - 1) / alignment * alignment;
}

// The CRC as a byte of the frame: c7 is sent first and bytes go out from their lowest bit.
std::uint8_t crc_byte(std::uint8_t low, std::uint8_t high) {
  const std::array<std::uint8_t, 2> bytes{low, high};
  std::array<std::uint8_t, 16> bits;
  fec::unpack_lsb_first(bytes, bits);
  const std::uint32_t crc = fec::crc8_of_bits(bits);
  unsigned byte = 0;
  for (unsigned i = 0; i < 8; ++i) byte |= ((crc >> (7 - i)) & 1U) << i;
  return static_cast<std::uint8_t>(byte);
}

}  // namespace

std::array<std::uint8_t, ampdu_delimiter_bytes> encode_ampdu_delimiter(std::uint16_t mpdu_bytes) noexcept {
  const auto low = static_cast<std::uint8_t>((mpdu_bytes & 0xFU) << 4);
  const auto high = static_cast<std::uint8_t>((mpdu_bytes >> 4) & 0xFFU);
  return {low, high, crc_byte(low, high), ampdu_signature};
}

std::optional<std::uint16_t> parse_ampdu_delimiter(
    std::span<const std::uint8_t, ampdu_delimiter_bytes> delimiter) noexcept {
  if (delimiter[3] != ampdu_signature || delimiter[2] != crc_byte(delimiter[0], delimiter[1]))
    return std::nullopt;
  return static_cast<std::uint16_t>((delimiter[0] >> 4) | (delimiter[1] << 4));
}

std::size_t ampdu_bytes(std::span<const std::size_t> mpdu_bytes) noexcept {
  std::size_t sum = 0;
  for (const std::size_t n : mpdu_bytes) sum = aligned(sum) + ampdu_delimiter_bytes + n;
  return sum;
}

std::size_t append_mpdu(std::span<std::uint8_t> psdu, std::size_t used,
                        std::span<const std::uint8_t> mpdu) noexcept {
  const std::size_t begin = aligned(used);
  if (mpdu.empty() || mpdu.size() > ampdu_max_mpdu_bytes || used > psdu.size() || begin > psdu.size() ||
      psdu.size() - begin < ampdu_delimiter_bytes + mpdu.size())
    return used;
  std::fill(psdu.begin() + static_cast<std::ptrdiff_t>(used),
            psdu.begin() + static_cast<std::ptrdiff_t>(begin), std::uint8_t{0});
  const auto delimiter = encode_ampdu_delimiter(static_cast<std::uint16_t>(mpdu.size()));
  std::copy(delimiter.begin(), delimiter.end(), psdu.begin() + static_cast<std::ptrdiff_t>(begin));
  std::copy(mpdu.begin(), mpdu.end(),
            psdu.begin() + static_cast<std::ptrdiff_t>(begin + ampdu_delimiter_bytes));
  return begin + ampdu_delimiter_bytes + mpdu.size();
}

std::size_t split_ampdu(std::span<const std::uint8_t> psdu, std::span<WifiMpdu> mpdus) noexcept {
  std::size_t count = 0;
  std::size_t at = 0;
  while (count < mpdus.size() && psdu.size() - at >= ampdu_delimiter_bytes) {
    const auto length = parse_ampdu_delimiter(psdu.subspan(at).first<ampdu_delimiter_bytes>());
    at += ampdu_delimiter_bytes;
    if (!length || *length == 0 || *length > psdu.size() - at) continue;
    const auto bytes = psdu.subspan(at, *length);
    mpdus[count++] = {bytes, fcs_is_good(bytes)};
    at = std::min(at + aligned(*length), psdu.size());
  }
  return count;
}

}  // namespace boresight::frame
