#include "boresight/sync/wifi_pilot_tracker.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"

namespace boresight::sync {
namespace {

constexpr std::array<float, 4> carriers{-21, -7, 7, 21};

struct Pilots {
  std::array<cf32, 4> matched;
  std::array<float, 4> gain;
};

Pilots pilots(double phase, double delay, const std::array<float, 4>& gain, double noise, Random& random) {
  Pilots p{{}, gain};
  for (std::size_t i = 0; i < 4; ++i) {
    const cf64 h(std::sqrt(double{gain[i]}));
    const cf64 received = h * std::polar(1.0, phase - 2 * pi * double{carriers[i]} * delay / 64) +
                          std::sqrt(noise) * cf64(random.complex_normal());
    p.matched[i] = cf32(received * std::conj(h));
  }
  return p;
}

PilotTracker::State update(PilotTracker& tracker, Pilots p, double noise) {
  const auto expected = tracker.predict();
  for (std::size_t i = 0; i < 4; ++i) {
    const double turn = expected.phase_rad - 2 * pi * double{carriers[i]} * expected.delay_samples / 64;
    p.matched[i] *= cf32(std::polar(1.0, -turn));
  }
  return tracker.correct(carriers, p.matched, p.gain, noise);
}

TEST(PilotTracker, FollowsAFrequencyAndAClockOffsetOverTheLongestFrame) {
  // 40 ppm of the clock and a frequency error of two standard deviations of the training symbols.
  for (const double snr_db : {3.0, 10.0, 30.0}) {
    const double noise = power_from_db(-snr_db);
    PilotTracker tracker({});
    tracker.start(1 / noise);
    Random random(1);
    const double per_symbol = 2.0 * 1.25 / std::sqrt(64.0 / noise);
    double phase_error = 0;
    double delay_error = 0;
    for (int s = 1; s <= 1366; ++s) {
      const Pilots p = pilots(per_symbol * s, 0.0032 * s, {1, 1, 1, 1}, noise, random);
      const auto now = update(tracker, p, noise);
      const double error = now.phase_rad - per_symbol * s;
      phase_error = std::max(phase_error, std::abs(error));
      delay_error = std::max(delay_error, std::abs(now.delay_samples - 0.0032 * s));
    }
    // The first symbol alone measures the phase to sqrt(noise / 8); four of these over 1366 symbols.
    EXPECT_LT(phase_error, 4.5 * std::sqrt(noise / 8) + 0.01) << snr_db;
    // A delay of 0.1 samples turns the outermost subcarrier by 0.26 rad, 0.3 samples by 0.77 rad.
    EXPECT_LT(delay_error, snr_db < 5 ? 0.3 : 0.1) << snr_db;
    EXPECT_NEAR(tracker.frequency_rad(), per_symbol, 0.01);
    EXPECT_NEAR(tracker.drift_samples(), 0.0032, 0.0005);
  }
}

TEST(PilotTracker, ANotchAtOnePilotDoesNotTiltTheLine) {
  PilotTracker tracker({});
  tracker.start(100);
  Random random(2);
  double phase = 0;
  double delay = 0;
  for (int s = 1; s <= 300; ++s) {
    const Pilots p = pilots(0.02 * s, 0.003 * s, {0.001F, 1, 0.5F, 1}, 0.01, random);
    const auto now = update(tracker, p, 0.01);
    phase = now.phase_rad - 0.02 * s;
    delay = now.delay_samples - 0.003 * s;
  }
  EXPECT_NEAR(phase, 0, 0.1);
  EXPECT_NEAR(delay, 0, 0.1);
}

TEST(PilotTracker, BridgesSymbolsWithoutPilots) {
  PilotTracker tracker({});
  tracker.start(1e4);
  Random random(3);
  PilotTracker::State now;
  for (int s = 1; s <= 200; ++s) {
    Pilots p = pilots(0.02 * s, 0, {1, 1, 1, 1}, 1e-4, random);
    if (s % 10 == 0) p.matched.fill(0);
    if (s % 10 == 5) p.matched.fill(std::numeric_limits<float>::quiet_NaN());
    if (s % 10 == 7) p.gain.fill(0);
    now = update(tracker, p, 1e-4);
  }
  EXPECT_NEAR(now.phase_rad, 4.0, 0.03);
}

TEST(PilotTracker, ConfigIsChecked) {
  EXPECT_THROW(PilotTracker({.fft_size = 0}), ConfigError);
  EXPECT_THROW(PilotTracker({.phase_noise_rad = std::nan("")}), ConfigError);
  EXPECT_THROW(PilotTracker({.clock_offset_limit = -1}), ConfigError);
}

}  // namespace
}  // namespace boresight::sync
