#include "boresight/core/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace boresight {
namespace {

TEST(Random, SameSeedSameNumbersOtherStreamOthers) {
  Random a(5, 1);
  Random b(5, 1);
  Random c(5, 2);
  int same = 0;
  for (int i = 0; i < 100; ++i) {
    const auto x = a.next();
    EXPECT_EQ(x, b.next());
    same += x == c.next();
  }
  EXPECT_EQ(same, 0);
}

// Moments of 2e6 normals: the standard errors are sqrt({1, 2, 15, 96}/n); six of them are allowed.
TEST(Random, NormalHasTheMomentsOfANormal) {
  Random random(42);
  const int n = 2'000'000;
  double m1 = 0, m2 = 0, m3 = 0, m4 = 0;
  for (int i = 0; i < n; ++i) {
    const double x = random.normal();
    m1 += x, m2 += x * x, m3 += x * x * x, m4 += x * x * x * x;
  }
  EXPECT_NEAR(m1 / n, 0.0, 6 * std::sqrt(1.0 / n));
  EXPECT_NEAR(m2 / n, 1.0, 6 * std::sqrt(2.0 / n));
  EXPECT_NEAR(m3 / n, 0.0, 6 * std::sqrt(15.0 / n));
  EXPECT_NEAR(m4 / n, 3.0, 6 * std::sqrt(96.0 / n));
}

// The share of |x| beyond k sigma against erfc, five binomial standard errors; covers layers and tail.
TEST(Random, NormalTailsMatchTheErrorFunction) {
  Random random(7);
  const int n = 4'000'000;
  const double edges[] = {0.5, 1.0, 2.0, 3.0, 3.6541528853610088, 4.0};
  std::vector<int> beyond(std::size(edges));
  for (int i = 0; i < n; ++i) {
    const double x = std::abs(random.normal());
    for (std::size_t e = 0; e < std::size(edges); ++e) beyond[e] += x > edges[e];
  }
  for (std::size_t e = 0; e < std::size(edges); ++e) {
    const double p = std::erfc(edges[e] / std::sqrt(2.0));
    EXPECT_NEAR(beyond[e] / static_cast<double>(n), p, 5 * std::sqrt(p * (1 - p) / n)) << edges[e];
  }
}

TEST(Random, ComplexNoiseHasTheAskedPowerAndIsCircular) {
  Random random(3);
  std::vector<cf32> x(400'000);
  random.add_noise(x, 4.0F);
  double power = 0;
  std::complex<double> pseudo = 0;
  for (const cf32 s : x) power += std::norm(s), pseudo += std::complex<double>(s * s);
  const double n = static_cast<double>(x.size());
  EXPECT_NEAR(power / n, 4.0, 6 * 4.0 / std::sqrt(n));
  EXPECT_LT(std::abs(pseudo) / n, 6 * 4.0 * std::sqrt(2.0 / n));
}

TEST(Random, BelowStaysBelow) {
  Random random(9);
  for (int i = 0; i < 1000; ++i) EXPECT_LT(random.below(7), 7U);
  EXPECT_EQ(random.below(0), 0U);
}

}  // namespace
}  // namespace boresight
