#include "boresight/rx/pilot_receiver.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "support/ku_downlink.h"

namespace boresight::rx {
namespace {

constexpr double rate = 2.5e6;
constexpr double center = 115.2e6;
constexpr double tuned = 11'325'117'187.5 + center;

PilotReceiver::Config receiver_config() {
  PilotReceiver::Config c;
  c.search.sample_rate_hz = rate;
  c.search.center_hz = center;
  c.tuned_hz = tuned;
  return c;
}

test::KuDownlink satellite(double doppler_hz, double start_s, std::uint64_t seed, bool pilots = true,
                           std::vector<bool> occupied = {true}) {
  return test::KuDownlink({.sample_rate_hz = rate,
                           .center_hz = center,
                           .tuned_hz = tuned,
                           .doppler_hz = doppler_hz,
                           .doppler_rate_hz_s = -4000,
                           .start_s = start_s,
                           .occupied = std::move(occupied),
                           .seed = seed,
                           .edge_pilots = pilots});
}

float amplitude(double snr_db) {
  return static_cast<float>(amplitude_from_db(snr_db) * std::sqrt(240e6 / rate));
}

// Two satellites at once, -13 and -18 dB, for 0.2 s: every frame of either has a line, and errors near the
// bound (27 and 48 Hz; 0.05 and 0.1 samples) with a rate of -4 kHz/s. The DC spike is there as well.
TEST(PilotReceiver, FollowsTwoSatellites) {
  test::KuDownlink first = satellite(200e3, 0.3e-3, 1);
  test::KuDownlink second = satellite(-90e3, 0.9e-3, 2);
  PilotReceiver receiver(receiver_config());
  Random random(1);
  std::vector<cf32> x(3333);
  std::map<std::uint32_t, std::size_t> frames;
  double square = 0;
  std::size_t of_first = 0;
  for (int f = 0; f < 150; ++f) {
    std::fill(x.begin(), x.end(), cf32(3, 3));
    first.add(x, amplitude(-13));
    second.add(x, amplitude(-18));
    random.add_noise(x, 1);
    receiver.push(x, [&](const KuDetection& d) {
      ++frames[d.track];
      const bool is_first = d.carrier_hz > 0;
      const test::KuDownlink& one = is_first ? first : second;
      const double number = std::round((d.sample_index / rate - (is_first ? 0.3e-3 : 0.9e-3)) * 750);
      EXPECT_NEAR(d.sample_index, one.frame_start(static_cast<std::int64_t>(number)), is_first ? 0.4 : 0.8);
      const double error = d.doppler_hz - one.doppler_at(d.sample_index + 0.5 * 3333);
      EXPECT_NEAR(error, 0, 6 * d.doppler_sigma_hz + 10);
      EXPECT_NEAR(d.snr_db, is_first ? -13 : -18, 3);
      if (is_first) {
        square += error * error;
        ++of_first;
      }
    });
  }
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_GE(frames[1], 146U);
  EXPECT_GE(frames[2], 110U) << "the second satellite, found at -18 dB in one of the first searches";
  EXPECT_LT(std::sqrt(square / static_cast<double>(of_first)), 40);
}

// A satellite of which every other slot is empty keeps its track; without pilots there is none.
TEST(PilotReceiver, EmptySlotsDoNotEndATrack) {
  for (const bool pilots : {true, false}) {
    test::KuDownlink downlink = satellite(-250e3, 0.5e-3, 3, pilots, {true, false, false, true});
    PilotReceiver receiver(receiver_config());
    Random random(2);
    std::vector<cf32> x(3333);
    std::size_t frames = 0;
    std::uint32_t last_track = 0;
    for (int f = 0; f < 130; ++f) {
      std::fill(x.begin(), x.end(), cf32(0));
      downlink.add(x, amplitude(-8));
      random.add_noise(x, 1);
      receiver.push(x, [&](const KuDetection& d) {
        ++frames;
        last_track = std::max(last_track, d.track);
      });
    }
    if (pilots) {
      EXPECT_GE(frames, 60U);
      EXPECT_LE(frames, 66U);
      EXPECT_EQ(last_track, 1U);
    } else {
      EXPECT_LE(frames, 1U);
    }
  }
}

TEST(PilotReceiver, SkipsAndRefuses) {
  auto config = receiver_config();
  config.search.max_carrier_offset_hz = 5e3;
  PilotReceiver receiver(config);
  std::vector<cf32> x(150'000, cf32(1, 0));
  std::size_t frames = 0;
  const PilotReceiver::Handler handler = [&frames](const KuDetection&) { ++frames; };
  receiver.push(x, handler);
  receiver.skip(1'000'000'007);
  receiver.push(x, handler);
  EXPECT_EQ(frames, 0U);
  EXPECT_GT(receiver.stats().searches, 0U);
  config.search_every = 0;
  EXPECT_THROW(PilotReceiver{config}, ConfigError);
  config = receiver_config();
  config.tuned_hz = 0;
  EXPECT_THROW(PilotReceiver{config}, ConfigError);
}

}  // namespace
}  // namespace boresight::rx
