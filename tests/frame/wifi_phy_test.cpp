#include "boresight/frame/wifi_phy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace boresight::frame {
namespace {

using Field = std::array<std::uint8_t, wifi_signal_bits>;

TEST(WifiPhy, SignalFieldOfTheStandardsExample) {
  // 802.11-2020 annex I.1.4: 36 Mbit/s, 100 bytes.
  const Field expected{1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(encode_signal_field({WifiRate::r36, 100}), expected);
  EXPECT_EQ(wifi_data_symbols(WifiRate::r36, 100), 6U);
}

TEST(WifiPhy, SignalFieldRoundTripsAtEveryRateAndLength) {
  for (std::size_t r = 0; r < wifi_rate_count; ++r) {
    for (unsigned length = 1; length <= wifi_max_psdu_bytes; ++length) {
      const WifiSignal signal{static_cast<WifiRate>(r), static_cast<std::uint16_t>(length)};
      ASSERT_EQ(parse_signal_field(encode_signal_field(signal)), signal);
    }
  }
}

TEST(WifiPhy, EveryPossibleSignalFieldIsReadOrRefusedByTheRules) {
  // All 2^18 values in front of a zero tail: 8 rates x 4095 lengths x the one parity are legal.
  std::size_t accepted = 0;
  for (std::uint32_t value = 0; value < (1U << 18); ++value) {
    Field bits{};
    for (unsigned i = 0; i < 18; ++i) bits[i] = (value >> i) & 1U;
    const auto signal = parse_signal_field(bits);
    if (!signal) continue;
    ++accepted;
    ASSERT_EQ(encode_signal_field(*signal), bits);
  }
  EXPECT_EQ(accepted, wifi_rate_count * wifi_max_psdu_bytes);
}

TEST(WifiPhy, ATailThatIsNotZeroIsRefused) {
  for (unsigned i = 18; i < wifi_signal_bits; ++i) {
    Field bits = encode_signal_field({WifiRate::r6, 14});
    bits[i] = 1;
    EXPECT_FALSE(parse_signal_field(bits)) << "tail bit " << i;
  }
}

TEST(WifiPhy, PolarityIsTheStandardsSequence) {
  // Equation 17-25, its first 24 elements.
  const std::vector<float> first{1, 1, 1,  1, -1, -1, -1, 1, -1, -1, -1, -1,
                                 1, 1, -1, 1, -1, -1, 1,  1, -1, 1,  1,  -1};
  for (std::size_t n = 0; n < first.size(); ++n) EXPECT_EQ(wifi_pilot_polarity(n), first[n]) << n;
  EXPECT_EQ(wifi_pilot_polarity(127), wifi_pilot_polarity(0));
}

TEST(WifiPhy, TrainingSequencesHaveThePowerOf52Subcarriers) {
  for (const WifiSpectrum* s : {&wifi_short_training(), &wifi_long_training()}) {
    double power = 0;
    for (const cf32 x : *s) power += std::norm(cf64(x));
    EXPECT_NEAR(power, 52.0, 1e-5);
    EXPECT_EQ((*s)[0], cf32(0));
  }
  for (std::size_t k = 0; k < wifi_fft_size; ++k) {
    if (k % 4 != 0) {
      EXPECT_EQ(wifi_short_training()[k], cf32(0)) << k;
    }
  }
}

TEST(WifiPhy, LongestFramesOfEveryRate) {
  // (16 + 8 x 4095 + 6) / N_DBPS rounded up.
  const std::array<std::size_t, wifi_rate_count> expected{1366, 911, 683, 456, 342, 228, 171, 152};
  for (std::size_t r = 0; r < wifi_rate_count; ++r) {
    EXPECT_EQ(wifi_data_symbols(static_cast<WifiRate>(r), wifi_max_psdu_bytes), expected[r]);
  }
  EXPECT_EQ(wifi_frame_samples(WifiRate::r6, 14), 880U);
}

TEST(WifiPhy, FrameCheckSequenceOfTheStandardsExample) {
  // Annex I.1.3: MAC header, "Joy, bright spark of divinity, ...", FCS 67 33 21 b6.
  const std::array<std::uint8_t, 24> header{0x04, 0x02, 0x00, 0x2e, 0x00, 0x60, 0x08, 0xcd,
                                            0x37, 0xa6, 0x00, 0x20, 0xd6, 0x01, 0x3c, 0xf1,
                                            0x00, 0x60, 0x08, 0xad, 0x3b, 0xaf, 0x00, 0x00};
  const std::string text = "Joy, bright spark of divinity,\nDaughter of Elysium,\nFire-insired we trea";
  std::vector<std::uint8_t> psdu(header.begin(), header.end());
  psdu.insert(psdu.end(), text.begin(), text.end());
  psdu.insert(psdu.end(), {0x67, 0x33, 0x21, 0xb6});
  ASSERT_EQ(psdu.size(), 100U);
  EXPECT_TRUE(fcs_is_good(psdu));
  std::vector<std::uint8_t> again = psdu;
  std::fill(again.end() - 4, again.end(), std::uint8_t{0});
  write_fcs(again);
  EXPECT_EQ(again, psdu);
  again[50] ^= 1;
  EXPECT_FALSE(fcs_is_good(again));
  EXPECT_FALSE(fcs_is_good(std::span(psdu).first(3)));
  EXPECT_FALSE(fcs_is_good(std::vector<std::uint8_t>(4)));
}

}  // namespace
}  // namespace boresight::frame
