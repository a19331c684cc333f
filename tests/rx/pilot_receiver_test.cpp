#include "boresight/rx/pilot_receiver.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>
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
      const double number = std::round((d.start_samples() / rate - (is_first ? 0.3e-3 : 0.9e-3)) * 750);
      EXPECT_NEAR(d.start_samples(), one.frame_start(static_cast<std::int64_t>(number)),
                  is_first ? 0.4 : 0.8);
      const double error = d.doppler_hz - one.doppler_at(d.start_samples() + 0.5 * 3333);
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

// Two satellites whose carriers approach each other by 10 kHz/s, 2.4 kHz apart at first, with frames that
// begin together. One falls silent 0.06 s before they would meet; its track goes on and comes to look where
// the other's frames are. Each frame is reported once, by the older track.
TEST(PilotReceiver, TracksThatMeetBecomeOne) {
  const auto mover = [](double doppler_hz, double rate_hz_s, std::uint64_t seed) {
    return test::KuDownlink({.sample_rate_hz = rate,
                             .center_hz = center,
                             .tuned_hz = tuned,
                             .doppler_hz = doppler_hz,
                             .doppler_rate_hz_s = rate_hz_s,
                             .start_s = 0.3e-3,
                             .seed = seed,
                             .edge_pilots = true});
  };
  test::KuDownlink stays = mover(101.2e3, -5000, 1);
  test::KuDownlink leaves = mover(98.8e3, 5000, 2);
  auto config = receiver_config();
  config.search_every = 16;
  PilotReceiver receiver(config);
  Random random(3);
  std::vector<cf32> x(3333);
  std::map<std::uint32_t, std::size_t> before, behind;
  for (int f = 0; f < 300; ++f) {
    std::fill(x.begin(), x.end(), cf32(0));
    stays.add(x, amplitude(-5));
    if (f < 135) leaves.add(x, amplitude(-8));
    random.add_noise(x, 1);
    receiver.push(x, [&](const KuDetection& d) { ++(f < 130 ? before : behind)[d.track]; });
  }
  ASSERT_GE(before.size(), 2U) << "both were followed";
  EXPECT_GE(before[1], 120U);
  EXPECT_GE(before[2], 100U);
  EXPECT_GE(behind[1] + behind[2], 160U);
  EXPECT_LE(behind[1] + behind[2], 182U) << "170 frames, and 12 of the satellite that has left";
  EXPECT_EQ(receiver.stats().tracks, 1U);
}

// As PreambleReceiver's: numbers far into a stream, samples that are no numbers, a handler that throws.
TEST(PilotReceiver, LargeNumbersBadSamplesAndExceptions) {
  test::KuDownlink downlink = satellite(50e3, 0.3e-3, 1);
  std::vector<cf32> x(60 * 3333);
  downlink.add(x, amplitude(-8));
  Random(4).add_noise(x, 1);
  auto config = receiver_config();
  config.search.max_carrier_offset_hz = 100e3;
  PilotReceiver receiver(config);
  std::vector<KuDetection> near;
  receiver.push(x, [&](const KuDetection& d) { near.push_back(d); });
  ASSERT_GE(near.size(), 50U);
  for (const std::int64_t lost : {(std::int64_t{1} << 53) + 1, (std::int64_t{1} << 61) + 12'345}) {
    PilotReceiver another(config);
    std::vector<KuDetection> far;
    another.skip(static_cast<std::uint64_t>(lost));
    another.push(x, [&](const KuDetection& d) { far.push_back(d); });
    ASSERT_EQ(far.size(), near.size());
    for (std::size_t i = 0; i < near.size(); ++i) {
      EXPECT_EQ(far[i].sample_index - lost, near[i].sample_index);
      EXPECT_EQ(far[i].sample_fraction, near[i].sample_fraction);
      EXPECT_EQ(far[i].track, near[i].track);
    }
  }

  near.clear();
  receiver.skip(std::numeric_limits<std::uint64_t>::max());
  receiver.skip(std::numeric_limits<std::uint64_t>::max());
  x[500] = cf32(std::numeric_limits<float>::quiet_NaN(), 0);
  x[100'000] = cf32(1e20F, 0);
  const auto thrower = [](const KuDetection&) { throw std::runtime_error("enough"); };
  EXPECT_THROW(receiver.push(x, thrower), std::runtime_error);
  receiver.push(x, [&](const KuDetection& d) { near.push_back(d); });
  EXPECT_GE(near.size(), 50U);
  EXPECT_GE(near[0].sample_index, std::int64_t{1} << 62);
  EXPECT_EQ(receiver.stats().cleaned_samples, 4U) << "both are in what was taken before the exception";
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
