#include "boresight/fec/convolutional.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "boresight/core/random.h"

namespace boresight::fec {
namespace {

using Bits = std::vector<std::uint8_t>;
using Llrs = std::vector<modem::Llr>;

Bits random_bits(Random& random, std::size_t n) {
  Bits bits(n);
  for (auto& bit : bits) bit = random.next() & 1U;
  return bits;
}

// Convolution with the generators as 17.3.5.6 prints them: 133 = 1011011, 171 = 1111001, newest bit first.
// bit_at(n - d) is what the encoder holds d bits after it came.
template <typename BitAt>
Bits convolved(std::size_t n, const BitAt& bit_at) {
  constexpr std::string_view a = "1011011";
  constexpr std::string_view b = "1111001";
  Bits coded;
  for (std::size_t i = 0; i < n; ++i) {
    unsigned sum_a = 0;
    unsigned sum_b = 0;
    for (std::size_t d = 0; d < 7; ++d) {
      const unsigned bit = bit_at(static_cast<long>(i) - static_cast<long>(d));
      sum_a += (a[d] - '0') * bit;
      sum_b += (b[d] - '0') * bit;
    }
    coded.push_back(sum_a % 2);
    coded.push_back(sum_b % 2);
  }
  return coded;
}

TEST(ConvolutionalEncoder, IsTheConvolutionWithBothGenerators) {
  Random random(7);
  for (const std::size_t n : {0, 1, 5, 6, 7, 40, 200}) {
    const Bits bits = random_bits(random, n);
    Bits coded(2 * n);
    convolutional_encode(bits, coded);
    EXPECT_EQ(coded, convolved(n, [&](long i) { return i < 0 ? 0U : bits[static_cast<std::size_t>(i)]; }));
  }
}

TEST(ConvolutionalEncoder, TailBitingIsTheCyclicConvolution) {
  Random random(8);
  for (std::size_t n = 0; n < 40; ++n) {
    const Bits bits = random_bits(random, n);
    Bits coded(2 * n);
    convolutional_encode_tail_biting(bits, coded);
    const auto cyclic = [&](long i) {
      const auto size = static_cast<long>(n);
      return unsigned{bits[static_cast<std::size_t>(((i % size) + size) % size)]};
    };
    EXPECT_EQ(coded, convolved(n, cyclic)) << n;
  }
}

TEST(ConvolutionalEncoder, LooksAtTheLowestBitOfALaneOnly) {
  Random random(9);
  Bits lanes(50);
  random.fill(lanes);
  Bits bits = lanes;
  for (auto& bit : bits) bit &= 1U;
  Bits of_lanes(100);
  Bits of_bits(100);
  convolutional_encode(lanes, of_lanes);
  convolutional_encode(bits, of_bits);
  EXPECT_EQ(of_lanes, of_bits);
  convolutional_encode_tail_biting(lanes, of_lanes);
  convolutional_encode_tail_biting(bits, of_bits);
  EXPECT_EQ(of_lanes, of_bits);
}

// Figures 17-9 and 17-10: 2/3 sends A0 B0 A1, 3/4 sends A0 B0 A1 B2; figure 19-11: 5/6 sends A0 B0 A1 B2 A3
// B4. Lanes are labelled by their index.
TEST(Puncturing, PatternsAreThoseOfTheFigures) {
  Bits lanes(12);
  for (std::size_t i = 0; i < lanes.size(); ++i) lanes[i] = static_cast<std::uint8_t>(i);
  Bits two_thirds(9);
  puncture(lanes, PuncturedRate::two_thirds, two_thirds);
  EXPECT_THAT(two_thirds, testing::ElementsAre(0, 1, 2, 4, 5, 6, 8, 9, 10));
  Bits three_quarters(8);
  puncture(lanes, PuncturedRate::three_quarters, three_quarters);
  EXPECT_THAT(three_quarters, testing::ElementsAre(0, 1, 2, 5, 6, 7, 8, 11));
  Bits five_sixths(8);
  puncture(lanes, PuncturedRate::five_sixths, five_sixths);
  EXPECT_THAT(five_sixths, testing::ElementsAre(0, 1, 2, 5, 6, 9, 10, 11));
}

TEST(Puncturing, DepuncturePutsZerosBackForAnyLength) {
  for (const auto rate : {PuncturedRate::half, PuncturedRate::two_thirds, PuncturedRate::three_quarters,
                          PuncturedRate::five_sixths}) {
    for (std::size_t n = 0; n < 65; ++n) {
      Bits coded(n);
      for (std::size_t i = 0; i < n; ++i) coded[i] = static_cast<std::uint8_t>(i + 1);
      Bits sent(punctured_bits(n, rate));
      puncture(coded, rate, sent);
      const Llrs received(sent.begin(), sent.end());
      Llrs back(n);
      depuncture(received, rate, back);
      std::size_t kept = 0;
      for (std::size_t i = 0; i < n; ++i) {
        EXPECT_TRUE(back[i] == 0 || back[i] == static_cast<modem::Llr>(i + 1));
        kept += back[i] != 0;
      }
      EXPECT_EQ(kept, sent.size());
    }
  }
}

// IEEE 802.11-2020 tables 17-4 and 19-27: coded bits of a symbol and the data bits that they carry.
TEST(Puncturing, RatesAreExactOverWholeSymbols) {
  EXPECT_EQ(punctured_bits(2 * std::size_t{24}, PuncturedRate::half), 48U);
  EXPECT_EQ(punctured_bits(2 * std::size_t{192}, PuncturedRate::two_thirds), 288U);
  EXPECT_EQ(punctured_bits(2 * std::size_t{216}, PuncturedRate::three_quarters), 288U);
  EXPECT_EQ(punctured_bits(2 * std::size_t{260}, PuncturedRate::five_sixths), 312U);
}

}  // namespace
}  // namespace boresight::fec
