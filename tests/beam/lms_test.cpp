// Against the theory of excess errors.
#include "boresight/beam/lms.h"

#include <gtest/gtest.h>

#include <limits>

#include "boresight/core/error.h"
#include "filter_link.h"
#include "support/allocation_counter.h"

namespace boresight::beam {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(Lms, MisadjustmentIsWhatTheorySays) {
  // A / (1 - A), A = sum of step g / (2 - step g), exact for independent Gaussian snapshots; the QPSK
  // signal's smaller fourth moment is one of eight eigenvalues. 60,000 samples with a memory of some hundred:
  // 5 %.
  const FilterLink link(8, {{line_steering(8, 40), 3.0}});
  const Eigen::VectorXd g =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXcd>(dense(link.covariance.view())).eigenvalues();
  for (const double share : {0.05, 0.2}) {
    const double step = share * LmsFilter::stable_step(g.sum());
    double a = 0;
    for (const double value : g) a += step * value / (2 - step * value);
    LmsFilter filter({.elements = 8, .rule = LmsFilter::Rule::lms, .step = step});
    EXPECT_NEAR(mean_excess(filter, link, 10000, 60000, 1), a / (1 - a), 0.07 * a / (1 - a)) << share;
    EXPECT_EQ(filter.restarts(), 0U);
  }
}

TEST(Lms, DivergesBeyondItsLimitAndStartsOver) {
  const FilterLink link(8, {{line_steering(8, 40), 3.0}});
  LmsFilter filter({.elements = 8, .rule = LmsFilter::Rule::lms, .step = 6 * LmsFilter::stable_step(40)});
  Random random(2);
  GridBuffer<cf32> x;
  std::vector<cf32> s;
  link.samples(20000, random, x, s);
  std::vector<cf32> y(s.size());
  filter.process(x.view(), s, y);
  EXPECT_GT(filter.restarts(), 0U);
  for (const cf64 w : filter.weights()) EXPECT_TRUE(std::isfinite(std::abs(w)));
}

TEST(Nlms, MisadjustmentInWhiteNoise) {
  // Nothing but noise arrives and s is noise too, so w_opt = 0, and every step is the theory's own: excess =
  // step / (2 - step) E / (E - 1).
  for (const std::size_t n : {4, 16}) {
    for (const double step : {0.1, 1.0}) {
      LmsFilter filter({.elements = n, .step = step});
      Random random(3);
      std::vector<cf64> x(n);
      double sum = 0;
      constexpr int settle = 2000;
      constexpr int count = 60000;
      for (int t = 0; t < settle + count; ++t) {
        for (cf64& value : x) value = cf64(random.complex_normal());
        filter.step(x, cf64(random.complex_normal()));
        if (t < settle) continue;
        for (const cf64 w : filter.weights()) sum += std::norm(w);
      }
      const double expected = step / (2 - step) * static_cast<double>(n) / static_cast<double>(n - 1);
      EXPECT_NEAR(sum / count, expected, 0.07 * expected) << n << ' ' << step;
    }
  }
}

TEST(Lms, NanLeavesNoTraceAndNothingAllocates) {
  const FilterLink link(4, {});
  Random random(9);
  GridBuffer<cf32> x;
  std::vector<cf32> s;
  link.samples(50, random, x, s);
  x(1, 20) = cf32(0, std::numeric_limits<float>::infinity());
  s[30] = cf32(std::numeric_limits<float>::quiet_NaN(), 0);
  std::vector<cf32> y(50);
  LmsFilter filter({.elements = 4});
  const AllocationCounter counter;
  filter.process(x.view(), s, y);
  EXPECT_EQ(counter.count(), 0U);
  EXPECT_EQ(y[20], cf32(0));
  EXPECT_EQ(y[30], cf32(0));
  EXPECT_EQ(filter.skipped(), 2U);
  for (const cf64 w : filter.weights()) EXPECT_TRUE(std::isfinite(std::abs(w)));
}

TEST(Lms, RefusesValuesOutOfRange) {
  EXPECT_THROW(LmsFilter({.elements = 0}), ConfigError);
  EXPECT_THROW(LmsFilter({.elements = 4, .step = 2}), ConfigError);
  EXPECT_THROW(LmsFilter({.elements = 4, .step = 0}), ConfigError);
  EXPECT_THROW(LmsFilter({.elements = 4, .rule = LmsFilter::Rule::lms, .step = nan}), ConfigError);
  EXPECT_NO_THROW(LmsFilter({.elements = 4, .rule = LmsFilter::Rule::lms, .step = 3}));
}

}  // namespace
}  // namespace boresight::beam
