#include "kernels/crc.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/crc.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {

constexpr auto reversed_bytes = [] {
  std::array<std::uint8_t, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned r = 0;
    for (unsigned k = 0; k < 8; ++k) r |= ((byte >> k) & 1U) << (7 - k);
    table[byte] = static_cast<std::uint8_t>(r);
  }
  return table;
}();

// Eight bytes at a time (Kounavis and Berry, ISCC 2005).
template <bool kReversed>
HWY_INLINE std::uint32_t by_tables(const CrcPolynomial& polynomial, std::uint32_t r, const std::uint8_t* p,
                                   std::size_t n) {
  const auto& tables = polynomial.tables;
  const auto at = [&p](std::size_t i) -> std::uint32_t { return kReversed ? reversed_bytes[p[i]] : p[i]; };
  for (; n >= 8; n -= 8, p += 8) {
    r ^= (at(0) << 24) | (at(1) << 16) | (at(2) << 8) | at(3);
    r = tables[7][r >> 24] ^ tables[6][(r >> 16) & 0xFFU] ^ tables[5][(r >> 8) & 0xFFU] ^
        tables[4][r & 0xFFU] ^ tables[3][at(4)] ^ tables[2][at(5)] ^ tables[1][at(6)] ^ tables[0][at(7)];
  }
  for (; n > 0; --n, ++p) r = (r << 8) ^ tables[0][(r >> 24) ^ at(0)];
  return r;
}

// Highway multiplies without carries on every target, but in software on those not named here.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_SSE4

namespace hn = hwy::HWY_NAMESPACE;

// Blocks of 128 bits are folded over 512 bits, four at a time (Gopal et al., "Fast CRC Computation for
// Generic Polynomials Using PCLMULQDQ Instruction", Intel, 2009). The bound is two multiplications, of one
// per cycle, for 16 bytes.
using Words = hn::CappedTag<std::uint64_t, 2>;
using Block = hn::Vec<Words>;
constexpr std::size_t block_bytes = 16;
constexpr std::size_t blocks_at_once = 4;
constexpr std::size_t min_bytes = 2 * block_bytes;

// The first bit of the block becomes the highest of the second word.
template <bool kReversed>
HWY_INLINE Block load(const std::uint8_t* p) {
  const hn::CappedTag<std::uint8_t, block_bytes> d;
  auto x = hn::LoadU(d, p);
  if constexpr (kReversed) {
    HWY_ALIGN static constexpr std::uint8_t nibbles[block_bytes] = {0x0, 0x8, 0x4, 0xC, 0x2, 0xA, 0x6, 0xE,
                                                                    0x1, 0x9, 0x5, 0xD, 0x3, 0xB, 0x7, 0xF};
    const auto table = hn::Load(d, nibbles);
    const auto low = hn::And(x, hn::Set(d, std::uint8_t{15}));
    const auto high =
        hn::BitCast(d, hn::ShiftRight<4>(hn::BitCast(Words(), hn::AndNot(hn::Set(d, std::uint8_t{15}), x))));
    const auto low_turned =
        hn::BitCast(d, hn::ShiftLeft<4>(hn::BitCast(Words(), hn::TableLookupBytes(table, low))));
    x = hn::Or(low_turned, hn::TableLookupBytes(table, high));
  }
  const auto backwards = hn::Xor(hn::Iota(d, 0), hn::Set(d, std::uint8_t{15}));
  return hn::BitCast(Words(), hn::TableLookupBytes(x, backwards));
}

// The block, moved on by as many bits as the factors say, in front of the next.
HWY_INLINE Block fold(Block block, Block factors, Block next) {
  return hn::Xor3(hn::CLMulLower(block, factors), hn::CLMulUpper(block, factors), next);
}

HWY_INLINE std::uint32_t remainder(const CrcPolynomial& polynomial, Block block) {
  const Words d;
  const auto low_half = [](Block x) HWY_ATTR { return hn::And(x, hn::Set(Words(), 0xFFFFFFFFU)); };
  // 96 bits, then 64, then Barrett's division: the quotient by G is the upper half times its reciprocal.
  auto x = fold(block, hn::LoadU(d, polynomial.by_32.data()), hn::Zero(d));
  x = hn::Xor(hn::CLMulUpper(x, hn::Set(d, polynomial.x64)), x);
  const auto upper = hn::ShiftRight<32>(x);
  const auto reciprocal = hn::Set(d, std::uint64_t{polynomial.reciprocal});
  const auto quotient = hn::Xor(upper, hn::ShiftRight<32>(hn::CLMulLower(upper, reciprocal)));
  const auto product = hn::CLMulLower(quotient, hn::Set(d, std::uint64_t{polynomial.generator}));
  return static_cast<std::uint32_t>(hn::GetLane(low_half(hn::Xor(x, product))));
}

template <bool kReversed>
HWY_INLINE std::uint32_t crc(const CrcPolynomial& polynomial, std::uint32_t r, const std::uint8_t* p,
                             std::size_t n) {
  if (n < min_bytes) return by_tables<kReversed>(polynomial, r, p, n);
  const Words d;
  const auto by_128 = hn::LoadU(d, polynomial.by_128.data());
  const auto by_512 = hn::LoadU(d, polynomial.by_512.data());

  // Zeros in front make whole blocks of an odd length. The register is added to the first four bytes.
  const std::size_t odd = n % block_bytes;
  HWY_ALIGN std::array<std::uint8_t, 2 * block_bytes> head{};
  std::memcpy(head.data() + (block_bytes - odd), p, block_bytes);
  std::memcpy(head.data() + block_bytes, p + odd, block_bytes);
  for (std::size_t k = 0; k < 4; ++k) {
    const auto byte = static_cast<std::uint8_t>(r >> (24 - 8 * k));
    auto& first = head[block_bytes - odd + k];
    first = static_cast<std::uint8_t>(first ^ (kReversed ? reversed_bytes[byte] : byte));
  }
  auto x = fold(load<kReversed>(head.data()), by_128, load<kReversed>(head.data() + block_bytes));
  p += odd + block_bytes;
  std::size_t blocks = (n - odd) / block_bytes - 1;

  for (; blocks % blocks_at_once != 0; --blocks, p += block_bytes) x = fold(x, by_128, load<kReversed>(p));
  if (blocks > 0) {
    auto a = hn::Zero(d);
    auto b = hn::Zero(d);
    auto c = hn::Zero(d);
    for (; blocks > 0; blocks -= blocks_at_once, p += blocks_at_once * block_bytes) {
      a = fold(a, by_512, load<kReversed>(p));
      b = fold(b, by_512, load<kReversed>(p + block_bytes));
      c = fold(c, by_512, load<kReversed>(p + 2 * block_bytes));
      x = fold(x, by_512, load<kReversed>(p + 3 * block_bytes));
    }
    x = fold(fold(fold(a, by_128, b), by_128, c), by_128, x);
  }
  return remainder(polynomial, x);
}

#else

template <bool kReversed>
HWY_INLINE std::uint32_t crc(const CrcPolynomial& polynomial, std::uint32_t r, const std::uint8_t* p,
                             std::size_t n) {
  return by_tables<kReversed>(polynomial, r, p, n);
}

#endif

std::uint32_t crc_forward(const CrcPolynomial& polynomial, std::uint32_t r, const std::uint8_t* p,
                          std::size_t n) {
  return crc<false>(polynomial, r, p, n);
}

std::uint32_t crc_reversed(const CrcPolynomial& polynomial, std::uint32_t r, const std::uint8_t* p,
                           std::size_t n) {
  return crc<true>(polynomial, r, p, n);
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {
HWY_EXPORT(crc_forward);
HWY_EXPORT(crc_reversed);
}  // namespace

std::uint32_t crc_of_bytes(const CrcPolynomial& polynomial, std::uint32_t r,
                           std::span<const std::uint8_t> bytes) noexcept {
  return BORESIGHT_DISPATCH(crc_forward)(polynomial, r, bytes.data(), bytes.size());
}

std::uint32_t crc_of_reversed_bytes(const CrcPolynomial& polynomial, std::uint32_t r,
                                    std::span<const std::uint8_t> bytes) noexcept {
  return BORESIGHT_DISPATCH(crc_reversed)(polynomial, r, bytes.data(), bytes.size());
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
