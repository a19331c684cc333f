#include "boresight/beam/rls.h"

#include <gtest/gtest.h>

#include <limits>

#include "boresight/core/error.h"
#include "filter_link.h"
#include "support/allocation_counter.h"

namespace boresight::beam {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(Rls, IsTheLeastSquaresSolutionOfAllSamples) {
  // (loading I + sum x x^H)^-1 sum x s*, to rounding, with a jammer of 60 dB.
  const FilterLink link(8, {{line_steering(8, 40), 1e6}});
  Random random(4);
  GridBuffer<cf32> x;
  std::vector<cf32> s;
  link.samples(300, random, x, s);
  RlsFilter filter({.elements = 8, .forgetting = 1.0, .loading = 0.01});
  std::vector<cf32> y(s.size());
  filter.process(x.view(), s, y);
  Eigen::MatrixXcd r = 0.01 * Eigen::MatrixXcd::Identity(8, 8);
  Eigen::VectorXcd p = Eigen::VectorXcd::Zero(8);
  for (std::size_t t = 0; t < s.size(); ++t) {
    Eigen::VectorXcd v(8);
    for (std::size_t e = 0; e < 8; ++e) v(static_cast<Eigen::Index>(e)) = cf64(x(e, t));
    r += v * v.adjoint();
    p += v * std::conj(cf64(s[t]));
  }
  const Eigen::VectorXcd expected = r.ldlt().solve(p);
  EXPECT_LT((dense(filter.weights()) - expected).norm(), 1e-6 * expected.norm());
}

TEST(Rls, ConvergesToWienerUnderAStrongJammer) {
  // Excess E / n after n samples without forgetting, whatever the eigenvalues (Haykin): 40 dB of jammer. Mean
  // of 200 runs, each with a relative spread of (2 / E)^1/2: 4 standard errors are 10 %; 1 / (n - E) is the
  // exact form for Gaussian samples.
  const FilterLink link(8, {{line_steering(8, 40), 1e4}});
  double sum = 0;
  for (std::uint64_t run = 0; run < 200; ++run) {
    RlsFilter filter({.elements = 8, .forgetting = 1.0});
    sum += mean_excess(filter, link, 199, 1, 50 + run);
  }
  EXPECT_NEAR(sum / 200, 8.0 / (200 - 8), 0.1 * 8.0 / (200 - 8));
  // With forgetting: E (1 - f) / (1 + f), to first order in E (1 - f).
  RlsFilter filter({.elements = 8, .forgetting = 0.998});
  const double expected = 8 * 0.002 / 1.998;
  EXPECT_NEAR(mean_excess(filter, link, 5000, 40000, 5), expected, 0.1 * expected);
}

TEST(Rls, WhereNothingIsHeardNothingGrows) {
  // Element 2 is dead and elements 0 and 1 are one: a million samples' worth of forgetting.
  RlsFilter filter({.elements = 4, .forgetting = 0.9});
  Random random(6);
  std::vector<cf64> x(4);
  double error = 0;
  for (int t = 0; t < 20000; ++t) {
    const cf64 s(random.complex_normal());
    x[0] = x[1] = s + 0.1 * cf64(random.complex_normal());
    x[3] = 0.1 * cf64(random.complex_normal());
    const cf64 y = filter.step(x, s);
    if (t > 10000) error += std::norm(s - y);
  }
  EXPECT_EQ(filter.restarts(), 0U);
  EXPECT_EQ(filter.weights()[2], cf64(0));
  for (const cf64 w : filter.weights()) EXPECT_LT(std::abs(w), 2);
  EXPECT_LT(error / 10000, 0.03);  // 0.01 is what the noise leaves
}

TEST(Rls, NanLeavesNoTraceAndNothingAllocates) {
  const FilterLink link(4, {});
  Random random(9);
  GridBuffer<cf32> x;
  std::vector<cf32> s;
  link.samples(50, random, x, s);
  x(1, 20) = cf32(0, std::numeric_limits<float>::infinity());
  s[30] = cf32(std::numeric_limits<float>::quiet_NaN(), 0);
  std::vector<cf32> y(50);
  RlsFilter filter({.elements = 4});
  const AllocationCounter counter;
  filter.process(x.view(), s, y);
  EXPECT_EQ(counter.count(), 0U);
  EXPECT_EQ(y[20], cf32(0));
  EXPECT_EQ(y[30], cf32(0));
  EXPECT_EQ(filter.skipped(), 2U);
  for (const cf64 w : filter.weights()) EXPECT_TRUE(std::isfinite(std::abs(w)));
}

TEST(Rls, RefusesValuesOutOfRange) {
  EXPECT_THROW(RlsFilter({.elements = 4, .forgetting = 1.1}), ConfigError);
  EXPECT_THROW(RlsFilter({.elements = 4, .forgetting = nan}), ConfigError);
  EXPECT_THROW(RlsFilter({.elements = 4, .loading = 0}), ConfigError);
}

}  // namespace
}  // namespace boresight::beam
