#include "boresight/ofdm/numerology.h"

#include <gtest/gtest.h>

#include <limits>

#include "boresight/core/error.h"

namespace boresight::ofdm {
namespace {

TEST(Numerology, Ku240HasThePublishedNumbers) {
  const Numerology n = ku240();
  EXPECT_DOUBLE_EQ(n.subcarrier_spacing_hz(), 234'375.0);
  EXPECT_EQ(n.symbol_samples(), 1056U);
  EXPECT_EQ(n.used_carriers().size(), 1020U);
  for (const int k : {0, 1, 1022, 1023}) EXPECT_EQ(n.map[k], Carrier::null);
  EXPECT_EQ(n.carriers(Carrier::pilot).size(), 51U);
  EXPECT_EQ(n.carriers(Carrier::data).size(), 969U);
}

TEST(Numerology, CarriersComeInOrderOfFrequency) {
  for (const Numerology& n : {ku20(), wifi20()}) {
    const auto used = n.used_carriers();
    for (std::size_t i = 1; i < used.size(); ++i) {
      EXPECT_LT(n.signed_index(used[i - 1]), n.signed_index(used[i]));
    }
  }
  EXPECT_EQ(wifi20().signed_index(wifi20().used_carriers().front()), -26);
}

TEST(Numerology, Wifi20HasThePublishedNumbers) {
  const Numerology n = wifi20();
  EXPECT_DOUBLE_EQ(n.subcarrier_spacing_hz(), 312'500.0);
  EXPECT_EQ(n.carriers(Carrier::data).size(), 48U);
  EXPECT_EQ(n.carriers(Carrier::pilot), (std::vector<std::uint16_t>{43, 57, 7, 21}));
}

TEST(Numerology, Ku20StandsAtATwelfthOfTheCarrier) {
  EXPECT_DOUBLE_EQ(nominal_ku_carrier_hz(ku20()), 943.75e6);
  EXPECT_DOUBLE_EQ(nominal_ku_carrier_hz(ku240()), 11.325e9);
}

TEST(Numerology, RefusesWhatCannotBe) {
  EXPECT_THROW(ku(0), ConfigError);
  EXPECT_THROW(ku(std::numeric_limits<double>::quiet_NaN()), ConfigError);
  Numerology n = wifi20();
  n.map.pop_back();
  EXPECT_THROW(check(n), ConfigError);
  n = wifi20();
  n.prefix_samples = 65;
  EXPECT_THROW(check(n), ConfigError);
  n = wifi20();
  n.fft_size = 4;
  EXPECT_THROW(check(n), ConfigError);
}

}  // namespace
}  // namespace boresight::ofdm
