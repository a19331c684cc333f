#include "boresight/frame/wifi_ht.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "boresight/core/random.h"
#include "support/wifi_oracle.h"

namespace boresight::frame {
namespace {

std::string text(std::span<const std::uint8_t> bits) {
  std::string s;
  for (const std::uint8_t bit : bits) s += bit != 0 ? '1' : '0';
  return s;
}

TEST(WifiHt, SignalFieldOfTheStandardsExample) {
  // 802.11-2020 19.3.9.4.4: the 34 bits and their CRC, c7 first.
  const std::string m = "1111000100100110000000001110000000";
  const std::string crc = "10101000";
  const HtSignal signal{.mcs = 15, .wide = true, .length = 100};
  const auto bits = encode_ht_signal(signal);
  EXPECT_EQ(text(bits), m + crc + "000000");
  EXPECT_EQ(parse_ht_signal(bits), signal);
}

TEST(WifiHt, SignalFieldsRoundTripAndAreThoseOfTheOracle) {
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    HtSignal signal{.mcs = static_cast<std::uint8_t>(random.below(128)),
                    .wide = random.below(2) != 0,
                    .length = static_cast<std::uint16_t>(random.below(65536)),
                    .smoothing = random.below(2) != 0,
                    .sounding = random.below(2) != 0,
                    .aggregated = random.below(2) != 0,
                    .stbc = static_cast<std::uint8_t>(random.below(4)),
                    .ldpc = random.below(2) != 0,
                    .short_guard = random.below(2) != 0,
                    .extension_streams = static_cast<std::uint8_t>(random.below(4))};
    ASSERT_EQ(parse_ht_signal(encode_ht_signal(signal)), signal);
    signal.wide = signal.sounding = false;
    signal.smoothing = true;
    signal.stbc = signal.extension_streams = 0;
    const auto bits = encode_ht_signal(signal);
    const auto expected =
        oracle::ht_signal_bits(signal.mcs, signal.length, signal.aggregated, signal.ldpc, signal.short_guard);
    ASSERT_TRUE(std::equal(bits.begin(), bits.end(), expected.begin(), expected.end()));
  }
}

TEST(WifiHt, OneAndTwoWrongBitsAreSeen) {
  const auto good = encode_ht_signal({.mcs = 5, .length = 1500, .aggregated = true, .short_guard = true});
  for (std::size_t a = 0; a < good.size(); ++a) {
    for (std::size_t b = a; b < good.size(); ++b) {
      auto bits = good;
      bits[a] ^= 1U;
      if (b != a) bits[b] ^= 1U;
      EXPECT_FALSE(parse_ht_signal(bits).has_value()) << a << ' ' << b;
    }
  }
  // A reserved bit of 0 under a right CRC; the bit is number 26.
  auto expected = oracle::ht_signal_bits(0, 100, false, false, false);
  std::array<std::uint8_t, ht_signal_bits> bits{};
  std::copy(expected.begin(), expected.end(), bits.begin());
  ASSERT_TRUE(parse_ht_signal(bits).has_value());
  bits[26] = 0;
  // x^15 mod x^8 + x^2 + x + 1: what the CRC changes by when bit 26 does.
  unsigned remainder = 1;
  for (int i = 0; i < 15; ++i) remainder = (remainder << 1) ^ ((remainder & 0x80U) != 0 ? 0x107U : 0U);
  for (unsigned i = 0; i < 8; ++i) bits[34 + i] ^= static_cast<std::uint8_t>((remainder >> (7 - i)) & 1U);
  EXPECT_FALSE(parse_ht_signal(bits).has_value());
}

TEST(WifiHt, RatesAndLengths) {
  constexpr std::array<double, 8> long_guard{6.5, 13, 19.5, 26, 39, 52, 58.5, 65};  // table 19-27
  constexpr std::array<double, 8> short_guard{7.2, 14.4, 21.7, 28.9, 43.3, 57.8, 65.0, 72.2};
  for (std::uint8_t m = 0; m < 8; ++m) {
    EXPECT_NEAR(ht_mbps({.mcs = m}), long_guard[m], 1e-9);
    EXPECT_NEAR(ht_mbps({.mcs = m, .short_guard = true}), short_guard[m], 0.05);
    const HtMcs& mcs = ht_mcs(m);
    EXPECT_EQ(mcs.coded_bits_per_symbol, 52 * modem::bits_per_symbol(mcs.modulation));
    const auto ratio = fec::wlan_ldpc_ratio(mcs.ldpc_rate);
    EXPECT_EQ(mcs.data_bits_per_symbol * ratio.denominator, mcs.coded_bits_per_symbol * ratio.numerator);
    EXPECT_EQ(fec::punctured_bits(2 * mcs.data_bits_per_symbol, mcs.code_rate), mcs.coded_bits_per_symbol);
  }
  // 16 + 8 * 138 + 6 bits in 26s: 44 symbols; on the air 20 + 16 + 176 us, so LENGTH = 3 * 48 - 3.
  const HtSignal frame{.mcs = 0, .length = 138};
  EXPECT_EQ(ht_data_symbols(frame), 44U);
  EXPECT_EQ(ht_frame_samples(frame), 4240U);
  EXPECT_EQ(ht_legacy_length(frame), 141);
  // 44 * 3.6 us = 158.4 us, which count as 160.
  EXPECT_EQ(ht_frame_samples({.mcs = 0, .length = 138, .short_guard = true}), 320U + 5 * 80 + 44 * 72);
  EXPECT_EQ(ht_legacy_length({.mcs = 0, .length = 138, .short_guard = true}), 3 * 44 - 3);
  // The longest that 12 bits of LENGTH allow: 1362 symbols behind HT-LTF.
  EXPECT_EQ(ht_legacy_length({.mcs = 0, .length = 4423}), 4095);
  EXPECT_FALSE(ht_legacy_length({.mcs = 0, .length = 4424}).has_value());
  // And nothing else fits into the buffers' sizes less tightly.
  for (std::uint8_t m = 0; m < 8; ++m) {
    for (const bool guard : {false, true}) {
      for (const bool ldpc : {false, true}) {
        for (unsigned length = 1; length < 65536; length += 13) {
          const HtSignal s{
              .mcs = m, .length = static_cast<std::uint16_t>(length), .ldpc = ldpc, .short_guard = guard};
          if (!ht_legacy_length(s)) continue;
          ASSERT_LE(ht_data_symbols(s), ht_max_data_symbols);
          ASSERT_LE(length, ht_max_psdu_bytes);
        }
      }
    }
  }
}

TEST(WifiHt, OnlySingleStreamsHaveALength) {
  for (const HtSignal& s :
       {HtSignal{.mcs = 8, .length = 10}, HtSignal{.mcs = 127, .length = 10}, HtSignal{.mcs = 0, .length = 0},
        HtSignal{.wide = true, .length = 10}, HtSignal{.length = 10, .stbc = 1},
        HtSignal{.length = 10, .extension_streams = 2}}) {
    EXPECT_FALSE(ht_is_single_stream(s));
    EXPECT_EQ(ht_data_symbols(s), 0U);
    EXPECT_FALSE(ht_legacy_length(s).has_value());
  }
}

TEST(WifiHt, TrainingAndPilotsAsPrinted) {
  // 19.3.9.4.6, from subcarrier -28 to 28.
  const std::string expected = "++++--++-+-++++++--++-+-++++0+--++-+-+-----++--+-+-++++--";
  const WifiSpectrum& s = ht_long_training();
  for (int k = -32; k < 32; ++k) {
    const float value = s[static_cast<std::size_t>(k + 64) % 64].real();
    const char sign = k < -28 || k > 28 ? '0' : expected[static_cast<std::size_t>(k + 28)];
    EXPECT_EQ(value, sign == '+' ? 1.0F : sign == '-' ? -1.0F : 0.0F) << k;
  }
  // 19.3.11.10: 1 1 1 -1 goes round; the polarities from p_3 on are 1 -1 -1 -1 1 (equation 17-25 begins
  // 1 1 1 1 -1 -1 -1 1).
  const int first[5][4] = {{1, 1, 1, -1}, {-1, -1, 1, -1}, {-1, 1, -1, -1}, {1, -1, -1, -1}, {1, 1, 1, -1}};
  for (std::size_t n = 0; n < 5; ++n) {
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(ht_pilot(n, i), static_cast<float>(first[n][i])) << n << i;
  }
}

}  // namespace
}  // namespace boresight::frame
