#include "boresight/sync/tone_search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"

namespace boresight::sync {
namespace {

// Nine tones around half a subcarrier below the channel's center, on a carrier that moves.
void add_comb(std::span<cf32> x, double rate_hz, double center_hz, double doppler_hz, double rate_hz_s,
              double tone_power, double start_s = 0) {
  for (int m = -4; m <= 4; ++m) {
    const double f = -117'187.5 + m * 43'949.5 - center_hz + doppler_hz;
    for (std::size_t n = 0; n < x.size(); ++n) {
      const double t = start_s + static_cast<double>(n) / rate_hz;
      const double turns = f * t + 0.5 * rate_hz_s * t * t + 0.1 * m;
      x[n] += cf32(std::polar(std::sqrt(tone_power), 2 * pi * (turns - std::floor(turns))));
    }
  }
}

template <typename Fill>
std::vector<ToneSearch::Found> after_learning(ToneSearch& search, const Fill& fill, std::uint64_t seed = 1) {
  Random random(seed);
  std::vector<ToneSearch::Found> last;
  for (std::size_t w = 0; w < ToneSearch::learning_windows + 4; ++w) {
    std::vector<cf32> x(search.window_samples());
    fill(std::span(x));
    random.add_noise(x, 1);
    const auto found = search.process(x);
    last.assign(found.begin(), found.end());
  }
  return last;
}

// 1000 expected of 10^6 sums of nine exponential values cut at 6; the standard error is 32. Without the cut
// the tail would be that of Erlang: e^-c (1 + c + ... + c^8 / 8!), which is more.
TEST(ToneSearch, ThresholdIsThatOfNineCutExponentials) {
  const double c = ToneSearch::threshold_for(1e-3);
  Random random(1);
  int above = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    double sum = 0;
    for (int m = 0; m < 9; ++m) sum += std::min(6.0, -std::log1p(-random.uniform()));
    above += sum > c;
  }
  EXPECT_NEAR(above, 1000, 110);
  double sum = 0, term = 1;
  for (int k = 0; k < 9; ++k) {
    sum += term;
    term *= c / (k + 1);
  }
  EXPECT_GT(std::exp(-c) * sum, 1e-3);
}

// Tones of 27 dB-Hz to 33 dB-Hz each: 1e-4 of the noise in 2.5 MHz is 24 dB-Hz.
TEST(ToneSearch, FindsTheCombAndItsCarrier) {
  for (const double doppler : {-280e3, 0.0, 123.45e3}) {
    ToneSearch search({});
    const double power = 2e-3;
    const auto found = after_learning(
        search, [&](std::span<cf32> x) { add_comb(x, 2.5e6, -117'187.5, doppler, -4000, power); });
    ASSERT_EQ(found.size(), 1U) << doppler;
    // At the window's middle it has moved by 4000 / 2 of a window; four deviations.
    const double middle = doppler - 4000 * 0.5 / search.bin_hz();
    EXPECT_NEAR(found[0].carrier_hz, middle, 4 * found[0].carrier_sigma_hz + 2) << doppler;
    EXPECT_LT(found[0].carrier_sigma_hz, 20);
    EXPECT_NEAR(found[0].cn0_db_hz, db_from_power(9 * power * 2.5e6), 1.5);
  }
}

TEST(ToneSearch, FindsSeveralSatellites) {
  ToneSearch search({});
  const auto found = after_learning(search, [](std::span<cf32> x) {
    add_comb(x, 2.5e6, -117'187.5, 100e3, -4000, 2e-3);
    add_comb(x, 2.5e6, -117'187.5, -77e3, -3000, 1e-3);
    add_comb(x, 2.5e6, -117'187.5, 21e3, 0, 1e-3);
  });
  EXPECT_EQ(found.size(), 3U);
}

// The DC spike, 40 dB above the noise, and a spur at every place it likes: no satellite.
TEST(ToneSearch, DcAndSpursAreNotTones) {
  ToneSearch search({});
  const auto found = after_learning(search, [](std::span<cf32> x) {
    for (std::size_t n = 0; n < x.size(); ++n) {
      x[n] += 100.0F;
      x[n] += 10.0F * cf32(std::polar(1.0, 2 * pi * std::fmod(0.0234 * static_cast<double>(n), 1.0)));
    }
  });
  EXPECT_TRUE(found.empty());
}

// 1e-2 per window: 3 expected of 300, 10 have probability 1e-3; and no scale.
TEST(ToneSearch, FalseAlarmsAreKeptOnAnyScale) {
  for (const float power : {1e-6F, 1e4F}) {
    ToneSearch search({.sample_rate_hz = 1e6, .max_carrier_offset_hz = 200e3, .false_alarm = 1e-2});
    Random random(5);
    std::size_t alarms = 0;
    std::vector<cf32> x(search.window_samples());
    for (int w = 0; w < 300; ++w) {
      std::fill(x.begin(), x.end(), cf32(0));
      random.add_noise(x, power);
      alarms += search.process(x).size();
    }
    EXPECT_LE(alarms, 9U);
  }
}

TEST(ToneSearch, WhatIsNoNumberIsForgotten) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), infinity, 1e20F}) {
    ToneSearch search({});
    std::size_t window = 0;
    const auto found = after_learning(search, [&](std::span<cf32> x) {
      add_comb(x, 2.5e6, -117'187.5, 50e3, -4000, 2e-3);
      if (window % 3 == 0) x[x.size() / 2] = cf32(bad, 0);
      ++window;
    });
    ASSERT_EQ(found.size(), window % 3 == 1 ? 0U : 1U) << bad;
  }
}

TEST(ToneSearch, SilenceHasNone) {
  ToneSearch search({});
  const std::vector<cf32> x(search.window_samples());
  for (int w = 0; w < 12; ++w) EXPECT_TRUE(search.process(x).empty());
}

TEST(ToneSearch, RefusesWhatCannotBe) {
  EXPECT_THROW(ToneSearch({.sample_rate_hz = 1e5}), ConfigError);
  EXPECT_THROW(ToneSearch({.sample_rate_hz = 1e6, .center_hz = 1e6}), ConfigError);
  EXPECT_THROW(ToneSearch({.false_alarm = 0}), ConfigError);
}

}  // namespace
}  // namespace boresight::sync
