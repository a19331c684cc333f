#include "boresight/fec/wlan_ldpc_format.h"

#include <gtest/gtest.h>

#include <limits>

namespace boresight::fec {
namespace {

constexpr auto half = WlanLdpcRate::half;
constexpr auto two_thirds = WlanLdpcRate::two_thirds;
constexpr auto three_quarters = WlanLdpcRate::three_quarters;
constexpr auto five_sixths = WlanLdpcRate::five_sixths;

struct Worked {
  std::size_t psdu_bytes;
  WlanLdpcRate rate;
  std::size_t coded_bits_per_symbol;
  bool stbc;
  // What 19.3.11.7.5 gives by hand.
  std::size_t payload, available, codewords;
  unsigned length;
  std::size_t shortened, punctured, repeated;
  bool extra;
};

constexpr Worked worked[] = {
    // MCS 4 of 20 MHz, N_DBPS = 156: six symbols; 1248 >= 816 + 366. Puncturing is heavy, 54 > 48.6, but
    // 642 >= 1.2 * 54 * 3.
    {100, three_quarters, 208, false, 816, 1248, 1, 1944, 642, 54, 0, false},
    {140, three_quarters, 208, false, 1136, 1664, 1, 1944, 322, 0, 42, false},
    // 2288 < 1616 + 729.
    {200, three_quarters, 208, false, 1616, 2288, 2, 1296, 328, 0, 24, false},
    // MCS 0: 52 < 24 + 456; 296 of 324 parity bits is heavy and 300 < 1.2 * 296, so a second symbol.
    {1, half, 52, false, 24, 104, 1, 648, 300, 244, 0, true},
    // Two symbols at once: 300 >= 1.2 * 244, but 244 > 0.3 * 324.
    {1, half, 52, true, 24, 208, 1, 648, 300, 140, 0, true},
    // MCS 2: 462 >= 1.2 * 82 * 3, but 82 > 0.3 * 162; the second symbol then leaves room to repeat.
    {1, three_quarters, 104, false, 24, 208, 1, 648, 462, 0, 22, true},
    // MCS 5, N_DBPS = 208: 624 < 416 + 304; 8 <= 21.6.
    {50, two_thirds, 312, false, 416, 624, 1, 648, 16, 8, 0, false},
    // MCS 7, N_DBPS = 260: 624 >= 336 + 152.
    {40, five_sixths, 312, false, 336, 624, 1, 1296, 744, 0, 72, false},
    // 2184 >= 1616 + 486; 80 > 64.8, but 1624 >= 1.2 * 80 * 5.
    {200, five_sixths, 312, false, 1616, 2184, 2, 1944, 1624, 80, 0, false},
    // 47 symbols; ceil(12016 / 1620) = 8 codewords.
    {1500, five_sixths, 312, false, 12016, 14664, 8, 1944, 944, 0, 56, false},
    // MCS 0: 463 symbols; ceil(12016 / 972) = 13 codewords; 576 < 1263.6.
    {1500, half, 52, false, 12016, 24076, 13, 1944, 620, 576, 0, false},
};

TEST(WlanLdpcFormat, NumbersWorkedByHand) {
  for (const Worked& w : worked) {
    SCOPED_TRACE(testing::Message() << w.psdu_bytes << " bytes, N_CBPS " << w.coded_bits_per_symbol);
    const auto f = wlan_ldpc_format(w.psdu_bytes, w.rate, w.coded_bits_per_symbol, w.stbc);
    EXPECT_EQ(f.rate, w.rate);
    EXPECT_EQ(f.payload_bits, w.payload);
    EXPECT_EQ(f.available_bits, w.available);
    EXPECT_EQ(f.symbols, w.available / w.coded_bits_per_symbol);
    EXPECT_EQ(f.codewords, w.codewords);
    EXPECT_EQ(f.codeword_bits, w.length);
    EXPECT_EQ(f.shortened_bits, w.shortened);
    EXPECT_EQ(f.punctured_bits, w.punctured);
    EXPECT_EQ(f.repeated_bits, w.repeated);
    EXPECT_EQ(f.extra_symbols, w.extra);
  }
}

TEST(WlanLdpcFormat, FirstCodewordsGetTheRemainders) {
  // 620 = 13 * 47 + 9 shortened, 576 = 13 * 44 + 4 punctured.
  const auto f = wlan_ldpc_format(1500, half, 52);
  for (std::size_t i = 0; i < 13; ++i) {
    const auto s = f.share(i);
    EXPECT_EQ(s.shortened_bits, i < 9 ? 48U : 47U);
    EXPECT_EQ(s.information_bits, i < 9 ? 924U : 925U);
    EXPECT_EQ(s.punctured_bits, i < 4 ? 45U : 44U);
    EXPECT_EQ(s.parity_bits, i < 4 ? 927U : 928U);
    EXPECT_EQ(s.repeated_bits, 0U);
  }
  EXPECT_EQ(f.share(13).transmitted_bits(), 0U);
  EXPECT_EQ(f.share(13).shortened_bits, 0U);
  const auto repeated = wlan_ldpc_format(1500, five_sixths, 312);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(repeated.share(i).repeated_bits, 7U);
}

// Every length up to 5000 and some beyond, all N_CBPS of one stream at 20 and 40 MHz and of four at 40 MHz:
// what is encoded fills the symbols exactly, and the information bits are the payload.
TEST(WlanLdpcFormat, CodewordsFillTheSymbolsExactly) {
  struct Scheme {
    WlanLdpcRate rate;
    std::size_t coded_bits_per_symbol;
  };
  constexpr Scheme schemes[] = {{half, 52},
                                {half, 104},
                                {three_quarters, 104},
                                {half, 208},
                                {three_quarters, 208},
                                {two_thirds, 312},
                                {three_quarters, 312},
                                {five_sixths, 312},
                                {half, 108},
                                {half, 216},
                                {three_quarters, 216},
                                {half, 432},
                                {three_quarters, 432},
                                {two_thirds, 648},
                                {three_quarters, 648},
                                {five_sixths, 648},
                                {half, 432},
                                {three_quarters, 1728},
                                {two_thirds, 2592},
                                {five_sixths, 2592}};
  for (const Scheme& scheme : schemes) {
    for (const bool stbc : {false, true}) {
      for (std::size_t bytes = 1; bytes <= wlan_ldpc_max_psdu_bytes; bytes += bytes < 5000 ? 1 : 997) {
        const auto f = wlan_ldpc_format(bytes, scheme.rate, scheme.coded_bits_per_symbol, stbc);
        ASSERT_EQ(f.payload_bits, 8 * bytes + 16);
        ASSERT_EQ(f.symbols * scheme.coded_bits_per_symbol, f.available_bits);
        ASSERT_EQ(f.symbols % (stbc ? 2 : 1), 0U);
        ASSERT_TRUE(f.punctured_bits == 0 || f.repeated_bits == 0);
        const auto [r, d] = wlan_ldpc_ratio(scheme.rate);
        const std::size_t fewest = f.available_bits / d * r;
        const std::size_t step = scheme.coded_bits_per_symbol / d * r * (stbc ? 2 : 1);
        ASSERT_GE(fewest, f.payload_bits);
        ASSERT_LT(fewest, f.payload_bits + step * (f.extra_symbols ? 2 : 1));
        std::size_t information = 0;
        std::size_t transmitted = 0;
        for (std::size_t i = 0; i < f.codewords; ++i) {
          const auto s = f.share(i);
          ASSERT_EQ(s.information_bits + s.shortened_bits, f.codeword_bits / d * r);
          ASSERT_EQ(s.information_bits + s.shortened_bits + s.parity_bits + s.punctured_bits,
                    f.codeword_bits);
          information += s.information_bits;
          transmitted += s.transmitted_bits();
        }
        ASSERT_EQ(information, f.payload_bits);
        ASSERT_EQ(transmitted, f.available_bits);
      }
    }
  }
}

TEST(WlanLdpcFormat, WhatCannotBeIsNoPayload) {
  constexpr auto most = std::numeric_limits<std::size_t>::max();
  for (const auto& f :
       {wlan_ldpc_format(0, half, 52), wlan_ldpc_format(65536, half, 52), wlan_ldpc_format(most, half, 52),
        wlan_ldpc_format(100, half, 0), wlan_ldpc_format(100, half, 53), wlan_ldpc_format(100, half, most),
        wlan_ldpc_format(100, half, 65538), wlan_ldpc_format(100, five_sixths, 52)}) {
    EXPECT_EQ(f.payload_bits, 0U);
    EXPECT_EQ(f.codewords, 0U);
    EXPECT_EQ(f.available_bits, 0U);
    EXPECT_EQ(f.share(0).transmitted_bits(), 0U);
  }
}

}  // namespace
}  // namespace boresight::fec
