#include "boresight/sync/delay_track.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "boresight/core/error.h"
#include "boresight/core/random.h"

namespace boresight::sync {
namespace {

constexpr double period = 320'000;
constexpr double carrier = 11.325e9;

// Frame starts of a satellite at `doppler` (at frame 0) that falls by `rate` Hz per frame.
double start_of(double n, double doppler, double rate) {
  return 1000 + period * (n - (doppler * n + 0.5 * rate * n * n) / carrier);
}

TEST(DelayTrack, ExactStartsGiveTheDopplerOfTheLastFrame) {
  DelayTrack track({.period_samples = period, .carrier_hz = carrier});
  for (int n = 0; n < 80; ++n) {
    if (n % 7 == 3) continue;  // empty slots
    track.add(start_of(n, 200e3, -5), 0.03);
  }
  // The curvature of a parabola is its own; rounding of samples at 2.6e7: 4e-9 of them.
  EXPECT_NEAR(track.doppler_hz(), 200e3 - 5 * 79, 0.1);
  EXPECT_NEAR(track.predict(start_of(81, 200e3, -5) + 20), start_of(81, 200e3, -5), 1e-3);
}

// 75 frames with 0.03 samples of noise each. The slope of a parabola at its end has the variance
// 192 sigma^2 / N^3 (per frame, N large); within a tenth of 400 trials' worth.
TEST(DelayTrack, ErrorIsThatOfTheParabola) {
  Random random(1);
  double square = 0;
  double sigma = 0;
  constexpr int trials = 400;
  for (int trial = 0; trial < trials; ++trial) {
    DelayTrack track({.period_samples = period, .carrier_hz = carrier});
    for (int n = 0; n < 75; ++n) track.add(start_of(n, -150e3, -5) + 0.03 * random.normal(), 0.03);
    square += std::pow(track.doppler_hz() - (-150e3 - 5 * 74), 2);
    sigma = track.doppler_sigma_hz();
  }
  const double theory = std::sqrt(192 / std::pow(75, 3)) * 0.03 * carrier / period;
  EXPECT_NEAR(sigma / theory, 1, 0.05);
  EXPECT_NEAR(std::sqrt(square / trials) / sigma, 1, 0.12);
}

TEST(DelayTrack, FirstFramesAreGatedByWhatIsKnown) {
  DelayTrack track({.period_samples = period, .carrier_hz = carrier});
  EXPECT_EQ(track.doppler_sigma_hz(), std::numeric_limits<double>::infinity());
  track.add(5000, 0.1);
  track.set_first_doppler_hz(226.5e3);  // 2e-5: 6.4 samples earlier
  EXPECT_NEAR(track.predict(325'000), 325'000 - 6.4, 1e-6);
  EXPECT_NEAR(track.gate(325'000, 3e-6), 1.3 + 0.96, 1e-3);
  EXPECT_NEAR(track.gate(965'000, 3e-6), 1.3 + 3 * 0.96, 1e-3);
}

TEST(DelayTrack, WhatIsNoNumberIsLeftOut) {
  DelayTrack track({.period_samples = period, .carrier_hz = carrier});
  for (int n = 0; n < 5; ++n) track.add(start_of(n, 1e3, 0), 0.1);
  track.add(std::numeric_limits<double>::quiet_NaN(), 0.1);
  track.add(2e6, std::numeric_limits<double>::infinity());
  EXPECT_EQ(track.frames(), 5U);
  EXPECT_NEAR(track.doppler_hz(), 1e3, 1e-3);
}

// The same track counted from a later sample: the same answers, to the rounding of samples at 2.6e7.
TEST(DelayTrack, TheOriginMayMove) {
  DelayTrack track({.period_samples = period, .carrier_hz = carrier});
  DelayTrack moved({.period_samples = period, .carrier_hz = carrier});
  double origin = 0;
  for (int n = 0; n < 60; ++n) {
    track.add(start_of(n, 1e5, -5), 0.05);
    moved.add(start_of(n, 1e5, -5) - origin, 0.05);
    if (n % 20 != 7) continue;
    moved.move_origin(1e6 * (n + 1));
    origin += 1e6 * (n + 1);
  }
  EXPECT_NEAR(moved.last_start(), track.last_start() - origin, 1e-6);
  EXPECT_NEAR(moved.doppler_hz(), track.doppler_hz(), 1e-2);
  const double next = start_of(60, 1e5, -5);
  EXPECT_NEAR(moved.predict(next - origin), track.predict(next) - origin, 1e-6);
}

TEST(DelayTrack, RefusesWhatCannotBe) {
  EXPECT_THROW(DelayTrack({.period_samples = 0}), ConfigError);
  EXPECT_THROW(DelayTrack({.carrier_hz = 1}), ConfigError);
  EXPECT_THROW(DelayTrack({.window = 2}), ConfigError);
}

}  // namespace
}  // namespace boresight::sync
