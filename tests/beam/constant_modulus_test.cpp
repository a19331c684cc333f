#include "boresight/beam/constant_modulus.h"

#include <gtest/gtest.h>

#include <limits>

#include "boresight/beam/weights.h"
#include "boresight/core/error.h"
#include "filter_link.h"
#include "support/allocation_counter.h"

namespace boresight::beam {
namespace {

TEST(ConstantModulus, CapturesQpskUnderNoiseJammers) {
  // Nothing known but |s| = 1: from the conventional beam, with array errors, through two noise jammers of 10
  // dB, to within 1 dB of the best SINR.
  const std::size_t n = 8;
  FilterLink link(n, {{line_steering(n, 35), 10.0}, {line_steering(n, -50), 10.0}});
  Random random(7);
  GridBuffer<cf32> x;
  std::vector<cf32> s;
  link.samples(30000, random, x, s);
  ConstantModulusFilter filter({.elements = n, .step = 0.02});
  std::vector<cf64> start(n);
  conventional(line_steering(n, 2), start);
  filter.set_weights(start);
  std::vector<cf32> y(s.size());
  filter.process(x.view(), y);
  const GridBuffer<cf64> interference = theory_covariance(link.jammers, n);
  const std::vector<cf64> w(filter.weights().begin(), filter.weights().end());
  EXPECT_GT(db_from_power(sinr(interference.view(), w, link.steering)),
            db_from_power(optimum_sinr(interference.view(), link.steering)) - 1);
  EXPECT_LT(db_from_power(sinr(interference.view(), start, link.steering)),
            db_from_power(optimum_sinr(interference.view(), link.steering)) - 3);
  double spread = 0;
  for (std::size_t t = 25000; t < y.size(); ++t) spread += std::pow(std::abs(y[t]) - 1, 2);
  EXPECT_LT(spread / 5000, 0.1);
  filter.reset();
  EXPECT_EQ(std::vector<cf64>(filter.weights().begin(), filter.weights().end()), start);
}

TEST(ConstantModulus, NanLeavesNoTraceAndNothingAllocates) {
  const FilterLink link(4, {});
  Random random(9);
  GridBuffer<cf32> x;
  std::vector<cf32> s;
  link.samples(50, random, x, s);
  x(1, 20) = cf32(0, std::numeric_limits<float>::infinity());
  std::vector<cf32> y(50);
  ConstantModulusFilter filter({.elements = 4});
  const AllocationCounter counter;
  filter.process(x.view(), y);
  EXPECT_EQ(counter.count(), 0U);
  EXPECT_EQ(y[20], cf32(0));
  EXPECT_EQ(filter.skipped(), 1U);
  for (const cf64 w : filter.weights()) EXPECT_TRUE(std::isfinite(std::abs(w)));
  filter.set_weights(std::vector<cf64>(4));
  EXPECT_EQ(filter.weights()[0], cf64(1));
}

// Samples whose square vanishes have no direction to go: the weights start anew instead of exploding.
TEST(ConstantModulus, TinySamplesDoNotMakeEnormousWeights) {
  ConstantModulusFilter filter({.elements = 2});
  for (const double tiny : {1e-45, 1e-160, 1e-300, 5e-324}) {
    for (int i = 0; i < 3; ++i) filter.step(std::vector<cf64>{tiny, cf64(0, tiny)});
    for (const cf64 w : filter.weights()) EXPECT_LT(std::abs(w), 1e15) << tiny;
  }
  EXPECT_GT(filter.restarts(), 0U);
  filter.reset();
  EXPECT_EQ(filter.restarts(), 0U);
}

TEST(ConstantModulus, RefusesValuesOutOfRange) {
  EXPECT_THROW(ConstantModulusFilter({.elements = 4, .step = 2}), ConfigError);
  EXPECT_THROW(ConstantModulusFilter({.elements = 4, .modulus = 0}), ConfigError);
}

}  // namespace
}  // namespace boresight::beam
