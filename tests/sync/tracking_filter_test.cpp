#include "boresight/sync/tracking_filter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "boresight/core/random.h"

namespace boresight::sync {
namespace {

// Without walk the filter is the least-squares line: after n measurements of variance r the rate is known to
// 12 r / n^3 (n large), and its errors must have that spread.
TEST(TrackingFilter, IsTheLeastSquaresLineWithoutWalk) {
  Random random(1);
  const int n = 200;
  const double r = 0.01;
  double square = 0;
  double claimed = 0;
  const int trials = 2000;
  for (int trial = 0; trial < trials; ++trial) {
    TrackingFilter filter({});
    filter.reset(0, 1e3, 0, 1e3);
    for (int i = 0; i < n; ++i) {
      filter.predict();
      const double truth = 0.3 + 0.02 * i;
      filter.correct(truth + std::sqrt(r) * random.normal() - filter.value(), r);
    }
    square += std::pow(filter.rate() - 0.02, 2);
    claimed = filter.rate_variance();
  }
  const double theory = 12 * r / (std::pow(n, 3) - n);
  EXPECT_NEAR(claimed / theory, 1.0, 0.02);
  EXPECT_NEAR(square / trials / theory, 1.0, 6 * std::sqrt(2.0 / trials));
}

// With walk on the value only, the steady-state variance solves p^2 = q (p + r): the Riccati equation.
TEST(TrackingFilter, ReachesTheRiccatiSteadyState) {
  const double q = 1e-3;
  const double r = 0.02;
  TrackingFilter filter({.value_walk_variance = q});
  filter.reset(0, 1, 0, 0);
  for (int i = 0; i < 500; ++i) {
    filter.predict();
    filter.correct(0, r);
  }
  const double predicted = 0.5 * (q + std::sqrt(q * q + 4 * q * r));
  EXPECT_NEAR(filter.value_variance(), predicted * r / (predicted + r), 1e-9);
}

// A quadratic phase (Doppler rate) is followed with a bounded lag.
TEST(TrackingFilter, FollowsAnAcceleration) {
  TrackingFilter filter({.value_walk_variance = 1e-4, .rate_walk_variance = 1e-7});
  filter.reset(0, 1e-2, 0, 1e-2);
  double lag = 0;
  for (int i = 1; i <= 2000; ++i) {
    filter.predict();
    const double truth = 0.5 * 1e-5 * i * i;
    lag = truth - filter.value();
    filter.correct(lag, 1e-3);
  }
  // In the steady state the rate gains the acceleration each step: lag = acceleration / (gain of the rate),
  // which for q1 = 1e-4, q2 = 1e-7, r = 1e-3 is 1.19e-3 (the Riccati equation iterated in double precision).
  EXPECT_NEAR(lag, 1.19e-3, 1e-4);
}

TEST(TrackingFilter, IgnoresWhatIsNoMeasurement) {
  TrackingFilter filter({});
  filter.reset(1, 1, 0, 1);
  filter.correct(std::numeric_limits<double>::quiet_NaN(), 1);
  filter.correct(1, 0);
  filter.correct(1, std::numeric_limits<double>::infinity());
  EXPECT_EQ(filter.value(), 1);
}

// Parts of a step add up to steps; the rate's own walk within them is what differs, which is none here.
TEST(TrackingFilter, PartsOfAStepMakeAStep) {
  TrackingFilter whole({.value_walk_variance = 0.1});
  TrackingFilter parts({.value_walk_variance = 0.1});
  for (TrackingFilter* filter : {&whole, &parts}) {
    filter->reset(1, 0.2, 0.3, 0.04);
    filter->predict();
    filter->correct(0.1, 0.5);
  }
  whole.predict();
  whole.predict();
  for (const double part : {0.0, 0.5, 0.25, 1.25}) parts.predict(part);
  EXPECT_NEAR(parts.value(), whole.value(), 1e-12);
  EXPECT_NEAR(parts.value_variance(), whole.value_variance(), 1e-12);
  whole.correct(0.2, 0.1);
  parts.correct(0.2, 0.1);
  EXPECT_NEAR(parts.rate(), whole.rate(), 1e-12);
  EXPECT_NEAR(parts.rate_variance(), whole.rate_variance(), 1e-12);
}

}  // namespace
}  // namespace boresight::sync
