#include "boresight/sync/ku_preamble.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/units.h"
#include "support/ku_downlink.h"

namespace boresight::sync {
namespace {

TEST(KuPreamble, ChannelsHaveThePublishedCenters) {
  EXPECT_DOUBLE_EQ(ku_channel_center_hz(1), 10'825'117'187.5);
  EXPECT_DOUBLE_EQ(ku_channel_center_hz(3), 11'325'117'187.5);
  EXPECT_DOUBLE_EQ(ku_channel_center_hz(6), 12'075'117'187.5);
  EXPECT_DOUBLE_EQ(ku_channel_center_hz(8), 12'575'117'187.5);
}

// The library's table against the shift register and integers of the tests, sample by sample; float rounding.
TEST(KuPreamble, IsThatOfTheIndependentGenerator) {
  const auto frame = test::downlink::frame_samples({});
  const auto x = ku_preamble(PreamblePart::both);
  ASSERT_EQ(x.size(), 2112U);
  for (std::size_t n = 0; n < x.size(); ++n) EXPECT_NEAR(std::abs(x[n] - frame[n]), 0, 2e-5) << n;
  EXPECT_EQ(ku_preamble(PreamblePart::pss).size(), 1056U);
}

// The spectrum against the Fourier sum, and its energy in a slice against the slice's samples made by the
// generator (which cuts the slice out of a whole frame): the same preamble but for what its neighbors leak
// into it.
TEST(KuPreamble, SliceIsWhatAReceiverSees) {
  const auto x = ku_preamble(PreamblePart::both);
  std::vector<cf32> one(1);
  for (const double f : {0.0, 3.3e6, -119e6}) {
    cf64 sum = 0;
    for (std::size_t n = 0; n < x.size(); ++n)
      sum += cf64(x[n]) * std::polar(1.0, -2 * pi * f * static_cast<double>(n) / 240e6);
    ku_preamble_spectrum(PreamblePart::both, 20e6, f, 1, one);
    EXPECT_NEAR(std::abs(cf64(one[0]) - std::sqrt(20.0 / 240) * sum), 0, 1e-4 * std::abs(sum) + 1e-3);
  }
  ku_preamble_spectrum(PreamblePart::both, 20e6, 121e6, 1, one);
  EXPECT_EQ(one[0], cf32(0));

  const double rate = 20e6;
  const double center = 40.5e6;
  constexpr std::size_t n = 1024;
  std::vector<cf32> spectrum(n);
  ku_preamble_spectrum(PreamblePart::both, rate, center - rate / 2, rate / n, spectrum);
  // In time, by the plain inverse transform.
  std::vector<cf64> t(176);
  for (std::size_t m = 0; m < t.size(); ++m) {
    for (std::size_t k = 0; k < n; ++k) {
      const double turns = (static_cast<double>(k) - n / 2) * static_cast<double>(m) / n;
      t[m] += cf64(spectrum[k]) * std::polar(1.0 / n, 2 * pi * (turns - std::floor(turns)));
    }
  }
  test::KuDownlink downlink({.sample_rate_hz = rate, .center_hz = center, .variants = 1});
  std::vector<cf32> seen(t.size());
  downlink.add(seen, 1);
  cf64 match = 0;
  double own = 0;
  double other = 0;
  for (std::size_t m = 0; m < t.size(); ++m) {
    match += cf64(seen[m]) * std::conj(t[m]);
    own += std::norm(t[m]);
    other += std::norm(cf64(seen[m]));
  }
  EXPECT_GT(std::norm(match) / (own * other), 0.98);
  EXPECT_NEAR(own, 176, 9);  // samples of unit power: 8.8 us of 20 MHz
}

}  // namespace
}  // namespace boresight::sync
