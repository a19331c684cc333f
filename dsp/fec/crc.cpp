#include "boresight/fec/crc.h"

#include <algorithm>
#include <array>

#include "boresight/fec/bits.h"
#include "kernels/crc.h"

namespace boresight::fec {
namespace {

/// A CRC of 38.212 or 802.11: its polynomial without the highest power, and what its register starts from.
template <std::uint32_t polynomial, unsigned width, bool starts_with_ones = false>
struct Code {
  static constexpr unsigned shift = 32 - width;
  static constexpr std::uint32_t start = starts_with_ones ? ~std::uint32_t{0} << shift : 0;
  static constexpr kernels::CrcPolynomial aligned = kernels::make_crc_polynomial(polynomial << shift);

  static std::uint32_t of_bytes(std::span<const std::uint8_t> bytes) {
    return kernels::crc_of_bytes(aligned, start, bytes) >> shift;
  }

  // What is no whole byte goes bit by bit, the rest is packed piece by piece.
  static std::uint32_t of_bits(std::span<const std::uint8_t> bits) {
    std::uint32_t r = start;
    for (const std::uint8_t bit : bits.first(bits.size() % 8)) {
      const std::uint32_t feedback = (r >> 31) ^ (bit & 1U);
      r = (r << 1) ^ (feedback != 0 ? aligned.generator : 0);
    }
    bits = bits.subspan(bits.size() % 8);
    std::array<std::uint8_t, 2048> piece;
    while (!bits.empty()) {
      const auto bytes = std::span(piece).first(std::min(bits.size() / 8, piece.size()));
      pack_msb_first(bits.first(8 * bytes.size()), bytes);
      r = kernels::crc_of_bytes(aligned, r, bytes);
      bits = bits.subspan(8 * bytes.size());
    }
    return r >> shift;
  }
};

using Code6 = Code<0x21, 6>;
using Code8 = Code<0x07, 8, true>;
using Code11 = Code<0x621, 11>;
using Code16 = Code<0x1021, 16>;
using Code24a = Code<0x864CFB, 24>;
using Code24b = Code<0x800063, 24>;
using Code24c = Code<0xB2B117, 24>;
using Code32 = Code<0x04C11DB7, 32, true>;

// The usual number of CRC-32 has the first transmitted bit lowest.
std::uint32_t reverse(std::uint32_t x) {
  std::uint32_t r = 0;
  for (int i = 0; i < 32; ++i) r = (r << 1) | ((x >> i) & 1U);
  return r;
}

// True if `bits` end with `width` bits that are crc(those before), the highest first.
template <typename Function>
bool ends_with(std::span<const std::uint8_t> bits, unsigned width, Function crc) {
  if (bits.size() < width) return false;
  std::uint32_t read = 0;
  for (const std::uint8_t bit : bits.last(width)) read = (read << 1) | (bit & 1U);
  return read == crc(bits.first(bits.size() - width));
}

}  // namespace

std::uint32_t crc24a_of_bytes(std::span<const std::uint8_t> bytes) noexcept {
  return Code24a::of_bytes(bytes);
}
std::uint32_t crc24a_of_bits(std::span<const std::uint8_t> bits) noexcept {
  return Code24a::of_bits(bits);
}
std::uint32_t crc24b_of_bytes(std::span<const std::uint8_t> bytes) noexcept {
  return Code24b::of_bytes(bytes);
}
std::uint32_t crc24b_of_bits(std::span<const std::uint8_t> bits) noexcept {
  return Code24b::of_bits(bits);
}
std::uint32_t crc24c_of_bytes(std::span<const std::uint8_t> bytes) noexcept {
  return Code24c::of_bytes(bytes);
}
std::uint32_t crc24c_of_bits(std::span<const std::uint8_t> bits) noexcept {
  return Code24c::of_bits(bits);
}
std::uint32_t crc16_of_bytes(std::span<const std::uint8_t> bytes) noexcept {
  return Code16::of_bytes(bytes);
}
std::uint32_t crc16_of_bits(std::span<const std::uint8_t> bits) noexcept {
  return Code16::of_bits(bits);
}
std::uint32_t crc11_of_bits(std::span<const std::uint8_t> bits) noexcept {
  return Code11::of_bits(bits);
}
std::uint32_t crc6_of_bits(std::span<const std::uint8_t> bits) noexcept {
  return Code6::of_bits(bits);
}

std::uint32_t crc8_of_bits(std::span<const std::uint8_t> bits) noexcept {
  return Code8::of_bits(bits) ^ 0xFFU;
}

std::uint32_t crc32_of_bytes(std::span<const std::uint8_t> bytes) noexcept {
  return ~reverse(kernels::crc_of_reversed_bytes(Code32::aligned, Code32::start, bytes));
}
std::uint32_t crc32_of_bits(std::span<const std::uint8_t> bits) noexcept {
  return ~reverse(Code32::of_bits(bits));
}

bool crc_holds(Crc crc, std::span<const std::uint8_t> bits) noexcept {
  // Without inversion, a block followed by its CRC has the CRC zero.
  switch (crc) {
    case Crc::crc6:
      return bits.size() >= crc6_bits && crc6_of_bits(bits) == 0;
    case Crc::crc8:
      return ends_with(bits, crc8_bits, crc8_of_bits);
    case Crc::crc11:
      return bits.size() >= crc11_bits && crc11_of_bits(bits) == 0;
    case Crc::crc16:
      return bits.size() >= crc16_bits && crc16_of_bits(bits) == 0;
    case Crc::crc24a:
      return bits.size() >= crc24_bits && crc24a_of_bits(bits) == 0;
    case Crc::crc24b:
      return bits.size() >= crc24_bits && crc24b_of_bits(bits) == 0;
    case Crc::crc24c:
      return bits.size() >= crc24_bits && crc24c_of_bits(bits) == 0;
    case Crc::crc32:
      return ends_with(bits, crc32_bits, [](auto body) { return reverse(crc32_of_bits(body)); });
    case Crc::none:
      break;
  }
  return false;
}

}  // namespace boresight::fec
