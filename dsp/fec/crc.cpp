#include "boresight/fec/crc.h"

#include <algorithm>
#include <array>

#include "boresight/fec/bits.h"
#include "kernels/crc.h"

namespace boresight::fec {
namespace {

using Table = std::array<std::uint32_t, 256>;

// Polynomials of every width are held left-aligned in 32 bits, so one loop serves them all.
constexpr Table make_table(std::uint32_t left_aligned_polynomial) {
  Table table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t r = byte << 24;
    for (int i = 0; i < 8; ++i) r = (r << 1) ^ ((r >> 31) != 0 ? left_aligned_polynomial : 0);
    table[byte] = r;
  }
  return table;
}

constexpr Table make_reflected_table(std::uint32_t reflected_polynomial) {
  Table table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t r = byte;
    for (int i = 0; i < 8; ++i) r = (r >> 1) ^ ((r & 1U) != 0 ? reflected_polynomial : 0);
    table[byte] = r;
  }
  return table;
}

// tables[k][x]: what byte x does to the register when k more bytes follow it.
using Tables = std::array<Table, 8>;

constexpr Tables make_tables(std::uint32_t left_aligned_polynomial) {
  Tables tables{make_table(left_aligned_polynomial)};
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::size_t x = 0; x < 256; ++x) {
      const std::uint32_t r = tables[k - 1][x];
      tables[k][x] = (r << 8) ^ tables[0][r >> 24];
    }
  }
  return tables;
}

// x^n modulo x^32 + the left-aligned polynomial.
constexpr std::uint64_t power_of_x(unsigned n, std::uint32_t left_aligned_polynomial) {
  std::uint32_t r = 1;
  for (unsigned i = 0; i < n; ++i) r = (r << 1) ^ ((r >> 31) != 0 ? left_aligned_polynomial : 0);
  return r;
}

// The register, left-aligned, after `bytes`: long runs folded to 16 bytes where the processor multiplies
// without carries, the rest eight at a time (Kounavis and Berry, ISCC 2005).
template <std::uint32_t polynomial, unsigned width>
std::uint32_t update(std::uint32_t r, std::span<const std::uint8_t> bytes) {
  static constexpr std::uint32_t left_aligned = polynomial << (32 - width);
  static constexpr Tables tables = make_tables(left_aligned);
  static constexpr kernels::CrcFold by{power_of_x(192, left_aligned), power_of_x(128, left_aligned)};
  if (std::array<std::uint8_t, 16> folded; bytes.size() >= 64) {
    if (const std::size_t done = kernels::crc_fold(bytes, r, by, folded); done > 0) {
      r = update<polynomial, width>(0, folded);
      bytes = bytes.subspan(done);
    }
  }
  const std::uint8_t* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, p += 8) {
    r ^= (std::uint32_t{p[0]} << 24) | (std::uint32_t{p[1]} << 16) | (std::uint32_t{p[2]} << 8) | p[3];
    r = tables[7][r >> 24] ^ tables[6][(r >> 16) & 0xFFU] ^ tables[5][(r >> 8) & 0xFFU] ^
        tables[4][r & 0xFFU] ^ tables[3][p[4]] ^ tables[2][p[5]] ^ tables[1][p[6]] ^ tables[0][p[7]];
  }
  for (; left > 0; --left, ++p) r = (r << 8) ^ tables[0][(r >> 24) ^ *p];
  return r;
}

template <std::uint32_t polynomial, unsigned width>
std::uint32_t of_bytes(std::span<const std::uint8_t> bytes) {
  return update<polynomial, width>(0, bytes) >> (32 - width);
}

// Packed piece by piece; what is left over goes bit by bit.
template <std::uint32_t polynomial, unsigned width>
std::uint32_t of_bits(std::span<const std::uint8_t> bits) {
  std::array<std::uint8_t, 2048> piece;
  std::uint32_t r = 0;
  while (bits.size() >= 8) {
    const auto bytes = std::span(piece).first(std::min(bits.size() / 8, piece.size()));
    pack_msb_first(bits.first(8 * bytes.size()), bytes);
    r = update<polynomial, width>(r, bytes);
    bits = bits.subspan(8 * bytes.size());
  }
  for (const std::uint8_t bit : bits) {
    const std::uint32_t feedback = (r >> 31) ^ (bit & 1U);
    r = (r << 1) ^ (feedback != 0 ? polynomial << (32 - width) : 0);
  }
  return r >> (32 - width);
}

constexpr std::uint32_t crc32_reflected = 0xEDB88320U;
constexpr Table crc32_table = make_reflected_table(crc32_reflected);

}  // namespace

std::uint32_t crc24a_of_bytes(std::span<const std::uint8_t> bytes) noexcept {
  return of_bytes<0x864CFB, 24>(bytes);
}
std::uint32_t crc24a_of_bits(std::span<const std::uint8_t> bits) noexcept {
  return of_bits<0x864CFB, 24>(bits);
}
std::uint32_t crc24b_of_bytes(std::span<const std::uint8_t> bytes) noexcept {
  return of_bytes<0x800063, 24>(bytes);
}
std::uint32_t crc24b_of_bits(std::span<const std::uint8_t> bits) noexcept {
  return of_bits<0x800063, 24>(bits);
}
std::uint32_t crc16_of_bytes(std::span<const std::uint8_t> bytes) noexcept {
  return of_bytes<0x1021, 16>(bytes);
}
std::uint32_t crc16_of_bits(std::span<const std::uint8_t> bits) noexcept {
  return of_bits<0x1021, 16>(bits);
}

bool crc_holds(Crc crc, std::span<const std::uint8_t> bits) noexcept {
  switch (crc) {
    case Crc::crc16:
      return bits.size() >= crc16_bits && crc16_of_bits(bits) == 0;
    case Crc::crc24a:
      return bits.size() >= crc24_bits && crc24a_of_bits(bits) == 0;
    case Crc::crc24b:
      return bits.size() >= crc24_bits && crc24b_of_bits(bits) == 0;
    case Crc::none:
      break;
  }
  return false;
}

std::uint32_t crc32_of_bytes(std::span<const std::uint8_t> bytes) noexcept {
  std::uint32_t r = ~std::uint32_t{0};
  for (const std::uint8_t byte : bytes) r = (r >> 8) ^ crc32_table[(r ^ byte) & 0xFFU];
  return ~r;
}

std::uint32_t crc32_of_bits(std::span<const std::uint8_t> bits) noexcept {
  std::uint32_t r = ~std::uint32_t{0};
  for (const std::uint8_t bit : bits) r = (r >> 1) ^ (((r ^ bit) & 1U) != 0 ? crc32_reflected : 0);
  return ~r;
}

}  // namespace boresight::fec
