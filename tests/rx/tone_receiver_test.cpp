#include "boresight/rx/tone_receiver.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"

namespace boresight::rx {
namespace {

// Two satellites whose tones cross the band with -4.3 and -2 kHz/s, and a receiver with a DC spike: two
// tracks, each within a bin of the truth at all times.
TEST(ToneReceiver, FollowsTwoSatellites) {
  const double rate = 1e6;
  ToneReceiver::Config config;
  config.search.sample_rate_hz = rate;
  config.search.max_carrier_offset_hz = 200e3;
  ToneReceiver receiver(config);
  const double doppler[] = {60e3, -71e3};
  const double drift[] = {-4300, -2000};
  Random random(1);
  std::vector<cf32> x(20'000);
  std::map<std::uint32_t, std::size_t> tracks;
  std::size_t wrong = 0;
  for (int piece = 0; piece < 60; ++piece) {
    for (std::size_t n = 0; n < x.size(); ++n) {
      const double t = (piece * 20'000 + static_cast<double>(n)) / rate;
      cf64 sum = 1;  // DC, 0 dB over all noise
      for (int s = 0; s < 2; ++s) {
        const double turns = doppler[s] * t + 0.5 * drift[s] * t * t;
        const cf64 middle = std::polar(0.05, 2 * pi * (turns - std::floor(turns)));
        for (int m = -4; m <= 4; ++m) {
          const double more = m * 43'949.5 * t;
          sum += middle * std::polar(1.0, 2 * pi * (more - std::floor(more)));
        }
      }
      x[n] = cf32(sum);
    }
    random.add_noise(x, 1);
    receiver.push(x, [&](const KuDetection& d) {
      ++tracks[d.track];
      const double t = d.start_samples() / rate;
      double apart = 1e9;
      for (int s = 0; s < 2; ++s) apart = std::min(apart, std::abs(d.doppler_hz - doppler[s] - drift[s] * t));
      wrong += apart > receiver.search().bin_hz();
    });
  }
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(tracks.size(), 2U);
  for (const auto& [track, count] : tracks)
    EXPECT_GE(count, 120U);  // 146 half windows less those of learning
}

// Samples of one satellite; every window in half a second has a satellite in it.
std::vector<cf32> comb(std::size_t count) {
  std::vector<cf32> x(count);
  for (std::size_t n = 0; n < count; ++n) {
    const double t = static_cast<double>(n) / 1e6;
    for (int m = -4; m <= 4; ++m) {
      const double turns = (60e3 + m * 43'949.5) * t;
      x[n] += cf32(std::polar(0.05, 2 * pi * (turns - std::floor(turns))));
    }
  }
  Random(2).add_noise(x, 1);
  return x;
}

ToneReceiver::Config narrow() {
  ToneReceiver::Config config;
  config.search.sample_rate_hz = 1e6;
  config.search.max_carrier_offset_hz = 200e3;
  return config;
}

// 7,000 years on the results are the same, and the numbers exact; beyond 2^62 they stay there.
TEST(ToneReceiver, NumbersOfSamplesMayBeLarge) {
  const auto x = comb(200'000);
  std::vector<KuDetection> near, far;
  ToneReceiver receiver(narrow());
  receiver.push(x, [&](const KuDetection& d) { near.push_back(d); });
  ToneReceiver another(narrow());
  constexpr std::int64_t lost = (std::int64_t{1} << 57) + 1;
  another.skip(lost);
  another.push(x, [&](const KuDetection& d) { far.push_back(d); });
  ASSERT_GE(near.size(), 10U);
  ASSERT_EQ(far.size(), near.size());
  for (std::size_t i = 0; i < near.size(); ++i) {
    EXPECT_EQ(far[i].sample_index - lost, near[i].sample_index);
    EXPECT_EQ(far[i].carrier_hz, near[i].carrier_hz);
    EXPECT_EQ(far[i].track, near[i].track);
  }
  for (int i = 0; i < 3; ++i) {
    far.clear();
    another.skip(std::numeric_limits<std::uint64_t>::max());
    another.push(x, [&](const KuDetection& d) { far.push_back(d); });
    ASSERT_FALSE(far.empty());
    EXPECT_GE(far[0].sample_index, std::int64_t{1} << 62);
    EXPECT_LT(far[0].sample_index, (std::int64_t{1} << 62) + 200'000);
  }
}

TEST(ToneReceiver, WhatIsNoNumberCostsNothing) {
  auto x = comb(300'000);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), 1e20F}) {
    x[1000] = cf32(bad, 0);
    x[100'000] = cf32(0, bad);
    ToneReceiver receiver(narrow());
    std::size_t found = 0;
    receiver.push(x, [&](const KuDetection&) { ++found; });
    EXPECT_EQ(receiver.stats().cleaned_samples, 2U);
    EXPECT_EQ(receiver.stats().detections, found);
    EXPECT_GE(found, receiver.stats().windows - sync::ToneSearch::learning_windows - 2);
  }
}

TEST(ToneReceiver, RefusesWhatCannotBe) {
  ToneReceiver::Config config;
  config.track_timeout_s = 0;
  EXPECT_THROW(ToneReceiver{config}, ConfigError);
}

}  // namespace
}  // namespace boresight::rx
