#include "boresight/fec/crc.h"

#include <gtest/gtest.h>
#include <liquid/liquid.h>

#include <string_view>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/fec/bits.h"
#include "support/simd_targets.h"

namespace boresight::fec {
namespace {

std::vector<std::uint8_t> bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

// The check values of the CRC catalogue (CRC-24/LTE-A, CRC-24/LTE-B, CRC-16/XMODEM, CRC-32/ISO-HDLC).
TEST(Crc, PublishedCheckValues) {
  const auto check = bytes_of("123456789");
  EXPECT_EQ(crc24a_of_bytes(check), 0xCDE703U);
  EXPECT_EQ(crc24b_of_bytes(check), 0x23EF52U);
  EXPECT_EQ(crc16_of_bytes(check), 0x31C3U);
  EXPECT_EQ(crc32_of_bytes(check), 0xCBF43926U);
}

// Long division of D^L a(D) by the polynomial as the clause writes it, exponents copied from there. `invert`
// as 802.11 words it: the first L bits are inverted before and the remainder after.
std::uint32_t divide(std::vector<std::uint8_t> a, const std::vector<unsigned>& exponents,
                     bool invert = false) {
  const unsigned width = exponents.front();
  const std::size_t n = a.size();
  a.resize(n + width, 0);
  if (invert) {
    for (unsigned i = 0; i < width; ++i) a[i] ^= 1;
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (a[i] == 0) continue;
    for (const unsigned e : exponents) a[i + width - e] ^= 1;
  }
  std::uint32_t remainder = 0;
  for (std::size_t i = n; i < a.size(); ++i) remainder = (remainder << 1) | (a[i] ^ (invert ? 1 : 0));
  return remainder;
}

// 38.212 5.1.
const std::vector<unsigned> g24a{24, 23, 18, 17, 14, 11, 10, 7, 6, 5, 4, 3, 1, 0};
const std::vector<unsigned> g24b{24, 23, 6, 5, 1, 0};
const std::vector<unsigned> g24c{24, 23, 21, 20, 17, 15, 13, 12, 8, 4, 2, 1, 0};
const std::vector<unsigned> g16{16, 12, 5, 0};
const std::vector<unsigned> g11{11, 10, 9, 5, 0};
const std::vector<unsigned> g6{6, 5, 0};
// 802.11-2020 19.3.9.4.4 and 9.2.4.8.
const std::vector<unsigned> g8{8, 2, 1, 0};
const std::vector<unsigned> g32{32, 26, 23, 22, 16, 12, 11, 10, 8, 7, 5, 4, 2, 1, 0};

std::uint32_t reverse32(std::uint32_t x) {
  std::uint32_t r = 0;
  for (int i = 0; i < 32; ++i) r |= ((x >> i) & 1U) << (31 - i);
  return r;
}

// Around every length that a block, a group of blocks or a piece of the kernels has.
std::vector<std::size_t> lengths() {
  std::vector<std::size_t> all;
  for (std::size_t n = 0; n < 2200; n += n < 700 ? 1 : 37) all.push_back(n);
  for (const std::size_t n : {4095, 8424, 8448, 16383, 16384, 16385, 16400, 40001}) all.push_back(n);
  return all;
}

TEST(Crc, BitsOfAnyNumberMatchLongDivisionOnEveryTarget) {
  for (const std::size_t n : lengths()) {
    Random random(2, n);
    std::vector<std::uint8_t> clean(n);
    for (auto& bit : clean) bit = random.next() & 1U;
    std::vector<std::uint8_t> bits(clean);
    for (auto& bit : bits) bit = static_cast<std::uint8_t>(bit | (random.next() & 0xFEU));
    const std::uint32_t expected[] = {divide(clean, g24a),     divide(clean, g24b),
                                      divide(clean, g24c),     divide(clean, g16),
                                      divide(clean, g11),      divide(clean, g6),
                                      divide(clean, g8, true), reverse32(divide(clean, g32, true))};
    for_each_simd_target([&] {
      const std::uint32_t found[] = {crc24a_of_bits(bits), crc24b_of_bits(bits), crc24c_of_bits(bits),
                                     crc16_of_bits(bits),  crc11_of_bits(bits),  crc6_of_bits(bits),
                                     crc8_of_bits(bits),   crc32_of_bits(bits)};
      for (std::size_t i = 0; i < std::size(found); ++i) ASSERT_EQ(found[i], expected[i]) << n << ' ' << i;
    });
  }
}

TEST(Crc, BytesAndBitsAgreeOnEveryTarget) {
  Random random(3);
  std::vector<std::uint8_t> all(5003);
  random.fill(all);
  for_each_simd_target([&] {
    for (std::size_t n = 0; n <= 5000; n += n < 300 ? 1 : 47) {
      const auto bytes = std::span(all).subspan(n % 3, n);
      std::vector<std::uint8_t> bits(8 * n);
      unpack_msb_first(bytes, bits);
      ASSERT_EQ(crc24a_of_bytes(bytes), crc24a_of_bits(bits)) << n;
      ASSERT_EQ(crc24b_of_bytes(bytes), crc24b_of_bits(bits)) << n;
      ASSERT_EQ(crc24c_of_bytes(bytes), crc24c_of_bits(bits)) << n;
      ASSERT_EQ(crc16_of_bytes(bytes), crc16_of_bits(bits)) << n;
      unpack_lsb_first(bytes, bits);
      ASSERT_EQ(crc32_of_bytes(bytes), crc32_of_bits(bits)) << n;
    }
  });
}

// The example of 802.11-2020 19.3.9.4.4: m0 .. m33, then c7 .. c0.
TEST(Crc, TheStandardsHtSigExample) {
  const std::vector<std::uint8_t> m{1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0,
                                    0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(crc8_of_bits(m), 0b1010'1000U);
}

TEST(Crc, HoldsOnlyForTheBitsItWasMadeOf) {
  struct Kind {
    Crc crc;
    unsigned width;
    std::uint32_t (*of)(std::span<const std::uint8_t>) noexcept;
  };
  const Kind kinds[] = {{Crc::crc6, 6, crc6_of_bits},      {Crc::crc8, 8, crc8_of_bits},
                        {Crc::crc11, 11, crc11_of_bits},   {Crc::crc16, 16, crc16_of_bits},
                        {Crc::crc24a, 24, crc24a_of_bits}, {Crc::crc24b, 24, crc24b_of_bits},
                        {Crc::crc24c, 24, crc24c_of_bits}, {Crc::crc32, 32, crc32_of_bits}};
  Random random(5);
  for (const Kind& kind : kinds) {
    for (const std::size_t n : {0, 1, 34, 500}) {
      std::vector<std::uint8_t> bits(n);
      for (auto& bit : bits) bit = random.next() & 1U;
      // The frame check sequence goes out as its number's lowest bit first.
      const std::uint32_t crc = kind.crc == Crc::crc32 ? reverse32(kind.of(bits)) : kind.of(bits);
      for (unsigned i = 0; i < kind.width; ++i) bits.push_back((crc >> (kind.width - 1 - i)) & 1U);
      EXPECT_TRUE(crc_holds(kind.crc, bits)) << kind.width << ' ' << n;
      EXPECT_FALSE(crc_holds(Crc::none, bits));
      for (auto& bit : bits) {
        bit ^= 1;
        EXPECT_FALSE(crc_holds(kind.crc, bits)) << kind.width << ' ' << n;
        bit ^= 1;
      }
    }
    EXPECT_FALSE(crc_holds(kind.crc, std::vector<std::uint8_t>(kind.width - 1, 0)));
    EXPECT_FALSE(crc_holds(kind.crc, {}));
  }
}

TEST(Crc, ZerosHaveTheNrCrcZero) {
  const std::vector<std::uint8_t> zeros(77, 0);
  EXPECT_EQ(crc24a_of_bits(zeros), 0U);
  EXPECT_EQ(crc24b_of_bits(zeros), 0U);
  EXPECT_EQ(crc24c_of_bits(zeros), 0U);
  EXPECT_EQ(crc16_of_bits(zeros), 0U);
  EXPECT_EQ(crc11_of_bits(zeros), 0U);
  EXPECT_EQ(crc6_of_bits(zeros), 0U);
}

TEST(Crc, Crc32MatchesLiquidDsp) {
  Random random(4);
  for (const std::size_t n : {1, 14, 100, 1500}) {
    std::vector<std::uint8_t> bytes(n);
    random.fill(bytes);
    EXPECT_EQ(crc32_of_bytes(bytes),
              crc_generate_key(LIQUID_CRC_32, bytes.data(), static_cast<unsigned>(bytes.size())));
  }
}

// A receiver that runs on over the FCS finds the residue 0x2144DF1C whatever the frame was.
TEST(Crc, Crc32OverFrameAndItsFcsIsTheResidue) {
  auto frame = bytes_of("the frame");
  const std::uint32_t fcs = crc32_of_bytes(frame);
  for (int i = 0; i < 4; ++i) frame.push_back(static_cast<std::uint8_t>(fcs >> (8 * i)));
  EXPECT_EQ(crc32_of_bytes(frame), 0x2144DF1CU);
}

}  // namespace
}  // namespace boresight::fec
