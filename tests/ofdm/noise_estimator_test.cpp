#include "boresight/ofdm/noise_estimator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "support/allocation_counter.h"

namespace boresight::ofdm {
namespace {

constexpr std::size_t carriers = 1020;

std::vector<float> noise(Random& random, float power) {
  std::vector<float> p(carriers);
  for (float& x : p) x = std::norm(random.complex_normal(power));
  return p;
}

// Plain noise: the false alarms that were asked for (2,040,000 chances at 1e-3 each, of which neighbours
// share windows; 10 % allowed for that, the background of windows cut at the band's edges and the second
// judgement) and an unbiased background.
TEST(NoiseEstimator, KeepsItsFalseAlarmsAndIsUnbiased) {
  NoiseEstimator estimator({.carriers = carriers, .false_alarm = 1e-3});
  Random random(1);
  std::vector<float> variance(carriers);
  double sum = 0;
  double background = 0;
  std::size_t alarms = 0;
  constexpr int trials = 2000;
  for (int t = 0; t < trials; ++t) {
    const auto power = noise(random, 0.3F);
    estimator.process(power, variance);
    alarms += estimator.outliers();
    background += static_cast<double>(variance[500] < 1 ? variance[500] : 0.3F);
    for (const float v : variance) sum += static_cast<double>(v);
  }
  EXPECT_NEAR(static_cast<double>(alarms) / (carriers * trials), 1e-3, 1e-4);
  // 2000 windows of 65: one standard error is 0.28 %.
  EXPECT_NEAR(background / trials / 0.3, 1, 0.012);
  // With the false alarms, which keep their own power, a little more.
  EXPECT_NEAR(sum / (carriers * trials) / 0.3, 1, 0.012);
}

// A carrier 40 dB above the noise between two subcarriers leaks as 1 / distance^2 through the FFT's window:
// the subcarriers that it drowns are found, those 40 and more away know nothing of it.
TEST(NoiseEstimator, AJammedSubcarrierDoesNotSpoilItsNeighbours) {
  NoiseEstimator estimator({.carriers = carriers});
  Random random(2);
  std::vector<float> variance(carriers);
  double far = 0;
  int trials = 200;
  for (int t = 0; t < trials; ++t) {
    auto power = noise(random, 1.0F);
    const double place = 400.3;
    const cf64 amplitude = std::polar(100.0, 6.28 * random.uniform());
    for (std::size_t k = 0; k < carriers; ++k) {
      const double x = 3.14159265358979 * (place - static_cast<double>(k));
      power[k] =
          static_cast<float>(std::norm(amplitude * std::sin(x) / x + cf64(random.complex_normal(1.0F))));
    }
    estimator.process(power, variance);
    EXPECT_GT(variance[400], 1000);
    EXPECT_GT(variance[401], 500);
    EXPECT_GT(variance[398], 30);
    far += static_cast<double>(variance[450] + variance[350]) / 2;
  }
  // What leaks 50 subcarriers away is 10^4 / (pi 50)^2 = 0.27 of the noise: it belongs to it.
  EXPECT_NEAR(far / trials, 1.35, 0.15);
}

// Interference over 20 of 65 subcarriers, 20 dB: it stands out, and its neighbours keep their background.
TEST(NoiseEstimator, FindsABandOfInterference) {
  NoiseEstimator estimator({.carriers = carriers});
  Random random(3);
  std::vector<float> variance(carriers);
  double inside = 0;
  double beside = 0;
  constexpr int trials = 200;
  for (int t = 0; t < trials; ++t) {
    auto power = noise(random, 1.0F);
    for (std::size_t k = 500; k < 520; ++k) power[k] = std::norm(random.complex_normal(100.0F));
    estimator.process(power, variance);
    for (std::size_t k = 500; k < 520; ++k) inside += static_cast<double>(variance[k]) / 20;
    beside += static_cast<double>(variance[495] + variance[525]) / 2;
  }
  // The larger of an exponential value and its mean with two neighbours is 1.3 times the mean on average; one
  // in ten falls below the threshold.
  EXPECT_NEAR(inside / trials / 100, 1.2, 0.25);
  // Some interference below the threshold joins the background: 20 x 0.1 values of 5 among 45 of 1.
  EXPECT_NEAR(beside / trials, 1.2, 0.15);
}

TEST(NoiseEstimator, FollowsAStep) {
  NoiseEstimator estimator({.carriers = carriers});
  Random random(4);
  std::vector<float> variance(carriers);
  auto power = noise(random, 0.01F);
  for (std::size_t k = 512; k < carriers; ++k) power[k] *= 100;
  estimator.process(power, variance);
  EXPECT_NEAR(variance[256], 0.01, 0.005);
  EXPECT_NEAR(variance[768], 1, 0.5);
}

TEST(NoiseEstimator, WhatIsNoNumberIsNotBelieved) {
  NoiseEstimator estimator({.carriers = carriers});
  Random random(5);
  auto power = noise(random, 1.0F);
  power[7] = std::numeric_limits<float>::quiet_NaN();
  power[8] = std::numeric_limits<float>::infinity();
  power[9] = -1;
  estimator.process(power, power);
  for (const int k : {7, 8, 9}) EXPECT_EQ(power[k], std::numeric_limits<float>::infinity());
  EXPECT_NEAR(power[10], 1, 0.5);
  std::vector<float> nothing(carriers, std::numeric_limits<float>::quiet_NaN());
  estimator.process(nothing, nothing);
  EXPECT_EQ(estimator.outliers(), carriers);
  EXPECT_EQ(nothing[100], std::numeric_limits<float>::infinity());
  std::vector<float> silence(carriers);
  estimator.process(silence, silence);
  EXPECT_EQ(silence, std::vector<float>(carriers));
}

TEST(NoiseEstimator, TakesAnySize) {
  for (const std::size_t n : {1UL, 2UL, 64UL, 65UL, 66UL, 131UL}) {
    NoiseEstimator estimator({.carriers = n});
    std::vector<float> power(n, 2.0F);
    estimator.process(power, power);
    for (const float v : power) EXPECT_NEAR(v, 2.0F, 0.01F) << n;
  }
}

TEST(NoiseEstimator, DoesNotAllocate) {
  NoiseEstimator estimator({.carriers = carriers});
  Random random(6);
  auto power = noise(random, 1.0F);
  const AllocationCounter counter;
  estimator.process(power, power);
  EXPECT_EQ(counter.count(), 0U);
}

TEST(NoiseEstimator, RefusesWhatCannotBe) {
  EXPECT_THROW(NoiseEstimator({.carriers = 0}), ConfigError);
  EXPECT_THROW(NoiseEstimator({.carriers = 10, .window = 4}), ConfigError);
  EXPECT_THROW(NoiseEstimator({.carriers = 10, .false_alarm = 0.5}), ConfigError);
  EXPECT_THROW(NoiseEstimator({.carriers = 10, .false_alarm = std::nan("")}), ConfigError);
}

}  // namespace
}  // namespace boresight::ofdm
