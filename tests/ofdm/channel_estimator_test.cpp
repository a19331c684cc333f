#include "boresight/ofdm/channel_estimator.h"

#include <gtest/gtest.h>

#include <cmath>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"

namespace boresight::ofdm {
namespace {

ChannelEstimator::Config ku_config(std::size_t taps) {
  ChannelEstimator::Config config{.numerology = ku20(), .known = aligned_vector<cf32>(1024), .taps = taps};
  Random random(5);
  for (const auto k : config.numerology.used_carriers()) {
    config.known[k] = cf32(std::polar(1.0, pi / 2 * random.below(4)));
  }
  return config;
}

struct Errors {
  double channel = 0;  // mean |H^ - H|^2 over the used subcarriers
  double noise = 0;    // mean of the estimated noise variance
};

Errors measure(std::size_t taps, std::size_t repeats, double delay_samples, double noise_power, int trials) {
  const auto config = ku_config(taps);
  const Numerology& n = config.numerology;
  ChannelEstimator estimator(config);
  Random random(6);
  GridBuffer<cf32> received(repeats, n.fft_size);
  std::vector<cf32> channel(n.fft_size);
  std::vector<float> noise(n.fft_size);
  Errors errors;
  for (int trial = 0; trial < trials; ++trial) {
    const double phase = 2 * pi * random.uniform();
    const auto truth = [&](std::size_t k) {
      return cf32(std::polar(1.0, phase - 2 * pi * n.signed_index(k) * delay_samples / 1024.0));
    };
    for (std::size_t r = 0; r < repeats; ++r) {
      for (const auto k : n.used_carriers()) {
        received(r, k) = truth(k) * config.known[k] + random.complex_normal(static_cast<float>(noise_power));
      }
    }
    estimator.process(received.view(), channel, noise);
    for (const auto k : n.used_carriers()) {
      errors.channel += std::norm(channel[k] - truth(k));
      errors.noise += static_cast<double>(noise[k]);
    }
  }
  errors.channel /= 1020.0 * trials;
  errors.noise /= 1020.0 * trials;
  return errors;
}

// Least squares has the error of the noise itself.
TEST(ChannelEstimator, LeastSquaresHasTheErrorOfTheNoise) {
  const Errors e = measure(0, 1, 3.3, 0.1, 40);
  EXPECT_NEAR(e.channel, 0.1, 0.1 * 6 / std::sqrt(1020.0 * 40));
  EXPECT_EQ(e.noise, 0.0);
}

// Keeping 32 of 1024 taps leaves 32/1024 of the noise; 0.4 dB is allowed for the four interpolated gutter
// subcarriers and the measured delay. Integer and half-sample delays alike.
TEST(ChannelEstimator, DftSmoothingGainsFifteenDecibels) {
  for (const double delay : {0.0, 4.5, -7.25}) {
    const Errors e = measure(32, 1, delay, 0.1, 100);
    EXPECT_NEAR(db_from_power(e.channel / (0.1 * 32 / 1024)), 0.0, 0.4) << delay;
    EXPECT_NEAR(db_from_power(e.noise / 0.1), 0.0, 0.1) << delay;
  }
}

// A second path 20 dB below the first: what 32 taps lose of it, without noise, is what the header says.
TEST(ChannelEstimator, SecondPathLosesWhatTheHeaderSays) {
  const auto config = ku_config(32);
  const Numerology& n = config.numerology;
  ChannelEstimator estimator(config);
  const struct {
    double excess_samples;
    double lost;
  } cases[] = {{0.5, 0.009}, {5.5, 0.013}, {10.5, 0.030}, {13.5, 0.054}, {20.5, 0.98}};
  for (const auto& [excess, lost] : cases) {
    GridBuffer<cf32> received(1, 1024);
    std::vector<cf32> truth(1024);
    for (const auto k : n.used_carriers()) {
      const double turn = -2 * pi * n.signed_index(k) / 1024.0;
      truth[k] = cf32(std::polar(1.0, turn * 16) + std::polar(0.1, 1.0 + turn * (16 + excess)));
      received(0, k) = truth[k] * config.known[k];
    }
    std::vector<cf32> channel(1024);
    std::vector<float> noise(1024);
    estimator.process(received.view(), channel, noise);
    double error = 0;
    for (const auto k : n.used_carriers()) error += static_cast<double>(std::norm(channel[k] - truth[k]));
    EXPECT_NEAR(error / 1020 / 0.01, lost, 0.2 * lost + 0.005) << excess;
  }
}

// The estimate survives where the phase between neighbours is lost in noise: at -12 dB all of 200 estimates
// keep the delay, so that the error is that of 32 taps.
TEST(ChannelEstimator, KeepsTheDelayFarBelowTheNoise) {
  const Errors e = measure(32, 1, 7.3, power_from_db(12), 200);
  EXPECT_NEAR(db_from_power(e.channel / (power_from_db(12) * 32 / 1024)), 0.0, 1.0);
}

TEST(ChannelEstimator, RepeatsAverageAndTellTheNoise) {
  const Errors e = measure(0, 2, 1.0, 0.2, 40);
  EXPECT_NEAR(db_from_power(e.channel / 0.1), 0.0, 0.15);
  EXPECT_NEAR(db_from_power(e.noise / 0.2), 0.0, 0.15);
}

// Noise that is stronger in one half of the band is seen there.
TEST(ChannelEstimator, NoiseFollowsTheSubcarrier) {
  const auto config = ku_config(32);
  const Numerology& n = config.numerology;
  ChannelEstimator estimator(config);
  Random random(8);
  GridBuffer<cf32> received(1, 1024);
  std::vector<cf32> channel(1024);
  std::vector<float> noise(1024);
  for (const auto k : n.used_carriers()) {
    received(0, k) = config.known[k] + random.complex_normal(k < 512 ? 1.0F : 0.01F);
  }
  estimator.process(received.view(), channel, noise);
  // 65 exponential values are averaged: their mean is within a factor 2 with overwhelming probability.
  EXPECT_NEAR(noise[256], 1.0F, 0.5F);
  EXPECT_NEAR(noise[768], 0.01F, 0.005F);
}

// A carrier 25 dB above the signal on one subcarrier: that one is given up, the others keep the noise that
// they have. The estimate of the channel takes in taps / 1024 of the jammer next to it.
TEST(ChannelEstimator, AJammedSubcarrierIsSeenAlone) {
  const auto config = ku_config(32);
  const Numerology& n = config.numerology;
  ChannelEstimator estimator(config);
  Random random(9);
  GridBuffer<cf32> received(1, 1024);
  std::vector<cf32> channel(1024);
  std::vector<float> noise(1024);
  for (const auto k : n.used_carriers()) received(0, k) = config.known[k] + random.complex_normal(0.1F);
  received(0, 300) += cf32(0, 17.8F);
  estimator.process(received.view(), channel, noise);
  EXPECT_GT(noise[300], 150);
  for (const auto k : n.used_carriers()) {
    const int distance = std::abs(n.signed_index(k) - 300);
    if (distance > 16) {
      EXPECT_LT(noise[k], 2.5F) << k;
    }
    if (distance > 80) {
      EXPECT_NEAR(noise[k], 0.1F, 0.08F) << k;
    }
  }
}

TEST(ChannelEstimator, ZeroInGivesZeroOut) {
  ChannelEstimator estimator(ku_config(32));
  GridBuffer<cf32> received(1, 1024);
  std::vector<cf32> channel(1024, cf32(1));
  std::vector<float> noise(1024, 1.0F);
  estimator.process(received.view(), channel, noise);
  for (int k = 0; k < 1024; ++k) {
    EXPECT_EQ(channel[k], cf32(0));
    EXPECT_EQ(noise[k], 0.0F);
  }
}

TEST(ChannelEstimator, RefusesWhatCannotBe) {
  auto config = ku_config(2000);
  EXPECT_THROW(ChannelEstimator{config}, ConfigError);
  config = ku_config(32);
  config.known.resize(10);
  EXPECT_THROW(ChannelEstimator{config}, ConfigError);
  config = ku_config(32);
  config.noise_window = 64;
  EXPECT_THROW(ChannelEstimator{config}, ConfigError);
}

}  // namespace
}  // namespace boresight::ofdm
