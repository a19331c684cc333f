#include "boresight/fec/scrambler.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "boresight/core/random.h"

namespace boresight::fec {
namespace {

std::string wlan_sequence(std::uint8_t state, int n) {
  WlanScrambler scrambler(state);
  std::string s;
  for (int i = 0; i < n; ++i) s += static_cast<char>('0' + scrambler.next());
  return s;
}

// IEEE 802.11-2020 17.3.5.5: the sequence the all-ones state generates.
TEST(WlanScrambler, PublishedSequenceOfTheAllOnesState) {
  EXPECT_EQ(wlan_sequence(0x7F, 127),
            "00001110"
            "11110010"
            "11001001"
            "00000010"
            "00100110"
            "00101110"
            "10110110"
            "00001100"
            "11010100"
            "11100111"
            "10110100"
            "00101010"
            "11111010"
            "01010001"
            "10111000"
            "1111111");
}

TEST(WlanScrambler, EveryStateHasPeriod127AndReturnsToItself) {
  for (unsigned state = 1; state < 128; ++state) {
    WlanScrambler scrambler(static_cast<std::uint8_t>(state));
    int ones = 0;
    for (int i = 0; i < 127; ++i) {
      ones += scrambler.next();
      if (i < 126) {
        ASSERT_NE(scrambler.state(), state) << i;
      }
    }
    EXPECT_EQ(scrambler.state(), state);
    EXPECT_EQ(ones, 64);
  }
}

TEST(WlanScrambler, InitialStateIsRecoveredFromTheServiceField) {
  for (unsigned state = 0; state < 128; ++state) {
    std::array<std::uint8_t, 7> service{};
    WlanScrambler(static_cast<std::uint8_t>(state)).apply(service);
    EXPECT_EQ(WlanScrambler::recover_initial_state(service), state);
  }
}

TEST(WlanScrambler, LlrsAndBitsFlipAlike) {
  std::vector<std::uint8_t> bits(300, 0);
  std::vector<modem::Llr> llrs(300, 100);
  WlanScrambler a(0x5D);
  WlanScrambler b(0x5D);
  a.apply(bits);
  b.apply(std::span(llrs).first(101));
  b.apply(std::span(llrs).subspan(101));
  for (std::size_t i = 0; i < bits.size(); ++i) EXPECT_EQ(llrs[i], bits[i] ? -100 : 100);
}

// 38.211 5.2.1, letter by letter.
std::vector<std::uint8_t> slow_gold(std::uint32_t c_init, std::size_t length) {
  const std::size_t n_c = 1600;
  std::vector<std::uint8_t> x1(n_c + length + 31, 0);
  std::vector<std::uint8_t> x2(n_c + length + 31, 0);
  x1[0] = 1;
  for (unsigned i = 0; i < 31; ++i) x2[i] = (c_init >> i) & 1U;
  for (std::size_t n = 0; n < n_c + length; ++n) {
    x1[n + 31] = (x1[n + 3] + x1[n]) % 2;
    x2[n + 31] = (x2[n + 3] + x2[n + 2] + x2[n + 1] + x2[n]) & 1;
  }
  std::vector<std::uint8_t> c(length);
  for (std::size_t n = 0; n < length; ++n) c[n] = (x1[n + n_c] + x2[n + n_c]) % 2;
  return c;
}

TEST(GoldSequence, MatchesTheClause) {
  for (const std::uint32_t c_init : {0U, 1U, 0x12345U, 0x7FFFFFFFU, 0x5A5A5A5AU}) {
    const auto expected = slow_gold(c_init, 2000);
    GoldSequence gold(c_init);
    for (std::size_t n = 0; n < expected.size(); ++n) ASSERT_EQ(gold.next(), expected[n]) << n;
  }
}

TEST(GoldSequence, BlocksOfAnySizeContinueTheSequence) {
  const auto expected = slow_gold(0xBEEF, 3000);
  Random random(5);
  GoldSequence on_bits(0xBEEF);
  GoldSequence on_llrs(0xBEEF);
  std::vector<std::uint8_t> bits(3000, 0);
  std::vector<modem::Llr> llrs(3000);
  for (auto& l : llrs) l = static_cast<modem::Llr>(static_cast<int>(random.below(255)) - 127);
  const auto original = llrs;
  for (std::size_t begin = 0; begin < bits.size();) {
    const std::size_t n = std::min<std::size_t>(random.below(600), bits.size() - begin);
    on_bits.apply(std::span(bits).subspan(begin, n));
    on_llrs.apply(std::span(llrs).subspan(begin, n));
    begin += n;
  }
  EXPECT_EQ(bits, expected);
  for (std::size_t i = 0; i < llrs.size(); ++i) {
    ASSERT_EQ(llrs[i], expected[i] ? -original[i] : original[i]);
  }
}

TEST(GoldSequence, TheLlrNoDemapperMakesSaturates) {
  std::vector<modem::Llr> llrs(64, -128);
  GoldSequence gold(1);
  gold.apply(llrs);
  for (const auto l : llrs) EXPECT_EQ(std::abs(l), 127);
}

}  // namespace
}  // namespace boresight::fec
