// Cyclic redundancy checks by carry-less multiplication, and by tables where there is none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace boresight::kernels {

/// A generator G of degree up to 32, multiplied by the power of x that makes it 32: registers of every width
/// are then 32-bit numbers whose highest bits count, and one kernel serves all. x^32 itself is not stored.
struct CrcPolynomial {
  /// Low and high factor that move a block of 128 bits on by some bits.
  using Factors = std::array<std::uint64_t, 2>;

  std::uint32_t generator = 0;
  std::uint32_t reciprocal = 0;  ///< floor(x^64 / G) without its x^32, for the division at the end
  Factors by_512{};              ///< x^512 and x^(512 + 64) mod G
  Factors by_128{};
  Factors by_32{};
  std::uint64_t x64 = 0;  ///< x^64 mod G
  /// tables[k][b]: what byte b does to the register when k more bytes follow it.
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
};

namespace detail {

constexpr std::uint32_t crc_shift(std::uint32_t r, std::uint32_t generator) {
  return (r << 1) ^ ((r >> 31) != 0 ? generator : 0);
}

/// x^n mod G for n >= 32.
constexpr std::uint64_t crc_power(unsigned n, std::uint32_t generator) {
  std::uint32_t r = generator;
  for (unsigned i = 32; i < n; ++i) r = crc_shift(r, generator);
  return r;
}

}  // namespace detail

constexpr CrcPolynomial make_crc_polynomial(std::uint32_t generator) {
  const auto factors = [generator](unsigned n) {
    return CrcPolynomial::Factors{detail::crc_power(n, generator), detail::crc_power(n + 64, generator)};
  };
  CrcPolynomial p;
  p.generator = generator;
  p.by_512 = factors(512);
  p.by_128 = factors(128);
  p.by_32 = factors(32);
  p.x64 = detail::crc_power(64, generator);
  // Long division of x^64: the quotient's bits below x^32 are those that leave the register.
  std::uint32_t remainder = generator;
  for (int i = 0; i < 32; ++i) {
    p.reciprocal = (p.reciprocal << 1) | (remainder >> 31);
    remainder = detail::crc_shift(remainder, generator);
  }
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t r = byte << 24;
    for (int i = 0; i < 8; ++i) r = detail::crc_shift(r, generator);
    p.tables[0][byte] = r;
  }
  for (std::size_t k = 1; k < p.tables.size(); ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t r = p.tables[k - 1][byte];
      p.tables[k][byte] = (r << 8) ^ p.tables[0][r >> 24];
    }
  }
  return p;
}

/// The register after `bytes`, most significant bit first, when it was `r` before.
std::uint32_t crc_of_bytes(const CrcPolynomial& polynomial, std::uint32_t r,
                           std::span<const std::uint8_t> bytes) noexcept;
/// The same for bytes that go least significant bit first.
std::uint32_t crc_of_reversed_bytes(const CrcPolynomial& polynomial, std::uint32_t r,
                                    std::span<const std::uint8_t> bytes) noexcept;

}  // namespace boresight::kernels
