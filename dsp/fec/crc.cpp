#include "boresight/fec/crc.h"

#include <array>

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

template <std::uint32_t polynomial, unsigned width>
std::uint32_t of_bytes(std::span<const std::uint8_t> bytes) {
  static constexpr Table table = make_table(polynomial << (32 - width));
  std::uint32_t r = 0;
  for (const std::uint8_t byte : bytes) r = (r << 8) ^ table[(r >> 24) ^ byte];
  return r >> (32 - width);
}

// Eight lanes make a byte for the table; what is left over goes bit by bit.
template <std::uint32_t polynomial, unsigned width>
std::uint32_t of_bits(std::span<const std::uint8_t> bits) {
  static constexpr Table table = make_table(polynomial << (32 - width));
  std::uint32_t r = 0;
  std::size_t i = 0;
  for (; i + 8 <= bits.size(); i += 8) {
    std::uint32_t byte = 0;
    for (std::size_t k = 0; k < 8; ++k) byte = (byte << 1) | (bits[i + k] & 1U);
    r = (r << 8) ^ table[(r >> 24) ^ byte];
  }
  for (; i < bits.size(); ++i) {
    const std::uint32_t feedback = (r >> 31) ^ (bits[i] & 1U);
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
