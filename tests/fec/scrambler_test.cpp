#include "boresight/fec/scrambler.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/fec/bits.h"
#include "support/simd_targets.h"

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

TEST(WlanScrambler, BlocksOfAnySizeContinueTheSequence) {
  Random random(7);
  WlanScrambler slow(0x35);
  WlanScrambler fast(0x35);
  for (int block = 0; block < 200; ++block) {
    std::vector<std::uint8_t> bits(random.below(300), 0);
    fast.apply(bits);
    for (const auto bit : bits) ASSERT_EQ(bit, slow.next());
    ASSERT_EQ(fast.state(), slow.state());
  }
  WlanScrambler none(0);
  std::vector<std::uint8_t> bits(100, 1);
  none.apply(bits);
  EXPECT_EQ(bits, std::vector<std::uint8_t>(100, 1));
}

std::vector<std::uint8_t> first_bytes(AdditiveScrambler scrambler, std::size_t n) {
  std::vector<std::uint8_t> bits(8 * n, 0);
  std::vector<std::uint8_t> bytes(n);
  scrambler.apply(bits);
  pack_msb_first(bits, bytes);
  return bytes;
}

// CCSDS 131.0-B prints the first 40 bits; the rest is its 255-bit period as published implementations have
// it.
TEST(AdditiveScrambler, TheRandomizerOfCcsds) {
  const std::vector<std::uint8_t> expected{0xFF, 0x48, 0x0E, 0xC0, 0x9A, 0x0D, 0x70, 0xBC,
                                           0x8E, 0x2C, 0x93, 0xAD, 0xA7, 0xB7, 0x46, 0xCE};
  EXPECT_EQ(first_bytes(AdditiveScrambler::ccsds(), 16), expected);
  auto scrambler = AdditiveScrambler::ccsds();
  const std::uint32_t start = scrambler.history() & 0xFFU;
  for (int i = 1; i <= 255; ++i) {
    scrambler.next();
    ASSERT_EQ((scrambler.history() & 0xFFU) == start, i == 255);
  }
}

// The PRBS that ETSI EN 300 421 draws, from its loading sequence on.
TEST(AdditiveScrambler, TheEnergyDispersalOfDvb) {
  const std::vector<std::uint8_t> expected{0x03, 0xF6, 0x08, 0x34, 0x30, 0xB8, 0xA3, 0x93,
                                           0xC9, 0x68, 0xB7, 0x73, 0xB3, 0x29, 0xAA, 0xF5};
  EXPECT_EQ(first_bytes(AdditiveScrambler::dvb(), 16), expected);
}

// The recursion of the header, bit by bit.
std::vector<std::uint8_t> slow_recursion(std::uint32_t taps, std::uint32_t history, std::size_t n) {
  std::vector<std::uint8_t> s(32 + n, 0);
  for (unsigned k = 1; k <= 32; ++k) s[32 - k] = (history >> (k - 1)) & 1U;
  for (std::size_t i = 32; i < s.size(); ++i) {
    unsigned sum = 0;
    for (unsigned k = 1; k <= 32; ++k) sum += ((taps >> (k - 1)) & 1U) * s[i - k];
    s[i] = sum % 2;
  }
  return {s.begin() + 32, s.end()};
}

TEST(AdditiveScrambler, AnyTapsAndAnyBlocksFollowTheRecursion) {
  Random random(8);
  std::vector<std::uint32_t> all_taps{0,    1,           2, 3, 0x8000'0000U, 0x8000'0001U, 0xFFFF'FFFFU,
                                      0x48, 0x9000'0000U};
  for (int i = 0; i < 200; ++i) {
    all_taps.push_back(static_cast<std::uint32_t>(random.next() >> (32 + random.below(32))));
  }
  for (const std::uint32_t taps : all_taps) {
    const auto history = static_cast<std::uint32_t>(random.next());
    const auto expected = slow_recursion(taps, history, 600);
    AdditiveScrambler one_by_one(taps, history);
    AdditiveScrambler in_blocks(taps, history);
    for (const auto bit : expected) ASSERT_EQ(one_by_one.next(), bit) << std::hex << taps;
    std::vector<std::uint8_t> bits(expected.size(), 0);
    for (std::size_t begin = 0; begin < bits.size();) {
      const std::size_t n = std::min<std::size_t>(random.below(150), bits.size() - begin);
      in_blocks.apply(std::span(bits).subspan(begin, n));
      begin += n;
    }
    ASSERT_EQ(bits, expected) << std::hex << taps;
    ASSERT_EQ(in_blocks.history(), one_by_one.history());
    if (taps != 0) {
      std::uint32_t last = 0;
      for (unsigned k = 1; k <= 32; ++k) last |= std::uint32_t{expected[expected.size() - k]} << (k - 1);
      ASSERT_EQ(in_blocks.history(), last);
    }
  }
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

TEST(GoldSequence, BlocksOfAnySizeContinueTheSequenceOnEveryTarget) {
  const auto expected = slow_gold(0xBEEF, 9000);
  Random random(5);
  std::vector<modem::Llr> original(expected.size());
  for (auto& l : original) l = static_cast<modem::Llr>(static_cast<int>(random.below(256)) - 128);
  for_each_simd_target([&] {
    GoldSequence on_bits(0xBEEF);
    GoldSequence on_llrs(0xBEEF);
    std::vector<std::uint8_t> bits(expected.size(), 0);
    auto llrs = original;
    for (std::size_t begin = 0; begin < bits.size();) {
      const std::size_t n =
          std::min<std::size_t>(random.below(2) ? random.below(70) : random.below(3000), bits.size() - begin);
      on_bits.apply(std::span(bits).subspan(begin, n));
      on_llrs.apply(std::span(llrs).subspan(begin, n));
      begin += n;
    }
    EXPECT_EQ(bits, expected);
    for (std::size_t i = 0; i < llrs.size(); ++i) {
      const int limited = std::max<int>(original[i], -127);
      ASSERT_EQ(llrs[i], expected[i] ? -limited : limited) << i;
    }
  });
}

}  // namespace
}  // namespace boresight::fec
