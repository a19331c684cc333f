#include "boresight/beam/wiener.h"

#include <gtest/gtest.h>

#include <limits>

#include "boresight/core/error.h"
#include "boresight/sync/ku_sequences.h"
#include "filter_link.h"
#include "support/allocation_counter.h"

namespace boresight::beam {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(Wiener, PlainAndTrained) {
  const FilterLink link(8, {{line_steering(8, 40), 1e4}});
  std::vector<cf64> w(8);
  wiener(link.covariance.view(), link.steering, 0.0, w);
  EXPECT_LT((dense(w) - link.wiener).norm(), 1e-10 * link.wiener.norm());
  EXPECT_THROW(wiener(link.covariance.view(), link.steering, -1.0, w), ConfigError);
  EXPECT_THROW(wiener(link.covariance.view(), std::vector<cf64>(8, cf64(nan)), 1.0, w), ConfigError);
  EXPECT_THROW(wiener(GridBuffer<cf64>(8, 8).view(), link.steering, 0.0, w), ConfigError);
}

TEST(KnownSequenceTrainer, OnePssIsEnough) {
  // 1056 samples at -5 dB per element under 40 dB of jammer, the array's phases anything: within E / K plus
  // the loading's share of the optimum, 0.3 dB.
  const std::size_t n = 8;
  Random random(8);
  std::vector<cf64> a(n);
  std::vector<cf64> v(n);
  for (std::size_t e = 0; e < n; ++e) {
    a[e] = std::polar(1.0, 2 * pi * random.uniform());
    v[e] = std::polar(1.0, 2 * pi * random.uniform());
  }
  const double amplitude = amplitude_from_db(-5);
  GridBuffer<cf32> x = snapshots({{v, 1e4}}, n, sync::pss_samples, random);
  for (std::size_t t = 0; t < sync::pss_samples; ++t) {
    for (std::size_t e = 0; e < n; ++e) x(e, t) += cf32(amplitude * a[e]) * sync::pss()[t];
  }
  KnownSequenceTrainer trainer({.elements = n});
  std::vector<cf64> w(n);
  EXPECT_FALSE(trainer.solve(w));
  const AllocationCounter counter;
  trainer.update(x.view().columns(0, 500), sync::pss().first(500));
  trainer.update(x.view().columns(500, 556), sync::pss().subspan(500));
  ASSERT_TRUE(trainer.solve(w));
  EXPECT_EQ(counter.count(), 0U);
  const GridBuffer<cf64> interference = theory_covariance({{v, 1e4}}, n);
  const double best = power_from_db(-5) * optimum_sinr(interference.view(), a);
  const double reached = power_from_db(-5) * sinr(interference.view(), w, a);
  EXPECT_GT(db_from_power(reached), db_from_power(best) - 0.3);
  EXPECT_LE(reached, best * (1 + 1e-9));
  EXPECT_NEAR(trainer.error(), 1 / (1 + best), 0.15 / (1 + best));

  x(3, 7) = cf32(std::numeric_limits<float>::quiet_NaN(), 0);
  const std::vector<cf64> before = w;
  trainer.update(x.view(), sync::pss());
  EXPECT_FALSE(trainer.solve(w));
  EXPECT_EQ(trainer.rejected(), 1U);
  EXPECT_EQ(w, before);
  trainer.reset();
  EXPECT_FALSE(trainer.solve(w));
  EXPECT_THROW(KnownSequenceTrainer({.elements = 2000}), ConfigError);
}

}  // namespace
}  // namespace boresight::beam
