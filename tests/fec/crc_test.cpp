#include "boresight/fec/crc.h"

#include <gtest/gtest.h>
#include <liquid/liquid.h>

#include <string_view>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/fec/bits.h"

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

// Long division of D^L a(D) by the polynomial as 38.212 5.1 writes it, exponents copied from the clause.
std::uint32_t divide(std::vector<std::uint8_t> a, const std::vector<unsigned>& exponents) {
  const unsigned width = exponents.front();
  const std::size_t n = a.size();
  a.resize(n + width, 0);
  for (std::size_t i = 0; i < n; ++i) {
    if (a[i] == 0) continue;
    for (const unsigned e : exponents) a[i + width - e] ^= 1;
  }
  std::uint32_t remainder = 0;
  for (std::size_t i = n; i < a.size(); ++i) remainder = (remainder << 1) | a[i];
  return remainder;
}

TEST(Crc, BitsOfAnyNumberMatchLongDivision) {
  Random random(2);
  for (std::size_t n = 0; n < 100; ++n) {
    std::vector<std::uint8_t> bits(n);
    for (auto& bit : bits) bit = random.next() & 1U;
    EXPECT_EQ(crc24a_of_bits(bits), divide(bits, {24, 23, 18, 17, 14, 11, 10, 7, 6, 5, 4, 3, 1, 0})) << n;
    EXPECT_EQ(crc24b_of_bits(bits), divide(bits, {24, 23, 6, 5, 1, 0})) << n;
    EXPECT_EQ(crc16_of_bits(bits), divide(bits, {16, 12, 5, 0})) << n;
  }
}

TEST(Crc, BytesAndBitsAgree) {
  Random random(3);
  for (const std::size_t n : {0, 1, 2, 7, 64, 1501}) {
    std::vector<std::uint8_t> bytes(n);
    std::vector<std::uint8_t> bits(8 * n);
    random.fill(bytes);
    unpack_msb_first(bytes, bits);
    EXPECT_EQ(crc24a_of_bytes(bytes), crc24a_of_bits(bits));
    EXPECT_EQ(crc24b_of_bytes(bytes), crc24b_of_bits(bits));
    EXPECT_EQ(crc16_of_bytes(bytes), crc16_of_bits(bits));
    unpack_lsb_first(bytes, bits);
    EXPECT_EQ(crc32_of_bytes(bytes), crc32_of_bits(bits));
  }
}

TEST(Crc, ZerosHaveTheNrCrcZero) {
  const std::vector<std::uint8_t> zeros(77, 0);
  EXPECT_EQ(crc24a_of_bits(zeros), 0U);
  EXPECT_EQ(crc24b_of_bits(zeros), 0U);
  EXPECT_EQ(crc16_of_bits(zeros), 0U);
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
