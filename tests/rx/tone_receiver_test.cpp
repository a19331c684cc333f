#include "boresight/rx/tone_receiver.h"

#include <gtest/gtest.h>

#include <cmath>
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
      const double t = d.sample_index / rate;
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

TEST(ToneReceiver, RefusesWhatCannotBe) {
  ToneReceiver::Config config;
  config.track_timeout_s = 0;
  EXPECT_THROW(ToneReceiver{config}, ConfigError);
}

}  // namespace
}  // namespace boresight::rx
