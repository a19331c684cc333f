#include "boresight/beam/covariance_factor.h"

#include <gtest/gtest.h>

#include <limits>

#include "boresight/beam/weights.h"
#include "boresight/core/error.h"
#include "scenario.h"
#include "support/allocation_counter.h"

namespace boresight::beam {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// A random Hermitian matrix with `rank` Gaussian snapshots of power `power` in it.
GridBuffer<cf64> random_covariance(std::size_t n, std::size_t rank, double power, Random& random) {
  GridBuffer<cf64> r(n, n);
  std::vector<cf64> x(n);
  for (std::size_t t = 0; t < rank; ++t) {
    for (cf64& value : x) value = cf64(random.complex_normal());
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < n; ++k) r(i, k) += power * x[i] * std::conj(x[k]);
    }
  }
  return r;
}

std::vector<cf64> random_vector(std::size_t n, Random& random) {
  std::vector<cf64> x(n);
  for (cf64& value : x) value = cf64(random.complex_normal());
  return x;
}

TEST(CovarianceFactor, SolvesAsADenseFactorizationDoes) {
  Random random(1);
  for (const std::size_t n : {1, 2, 3, 8, 37}) {
    CovarianceFactor factor({.elements = n});
    for (const double power : {1.0, 1e-120, 1e120}) {
      const GridBuffer<cf64> r = random_covariance(n, 2 * n, power, random);
      ASSERT_TRUE(factor.factor(r.view()));
      const Eigen::VectorXd values =
          Eigen::SelfAdjointEigenSolver<Eigen::MatrixXcd>(dense(r.view())).eigenvalues();
      for (std::size_t i = 0; i < n; ++i) {
        EXPECT_NEAR(factor.eigenvalues()[i], values(static_cast<Eigen::Index>(i)),
                    1e-12 * factor.eigenvalues()[n - 1]);
      }
      for (const double loading : {0.0, 0.1 * power, 1e4 * power}) {
        std::vector<cf64> b = random_vector(n, random);
        Eigen::MatrixXcd loaded = dense(r.view());
        loaded.diagonal().array() += loading;
        const Eigen::VectorXcd expected = loaded.ldlt().solve(dense(b));
        ASSERT_TRUE(factor.solve(b, loading, b));  // in place
        EXPECT_LT((dense(b) - expected).norm(), 1e-10 * expected.norm()) << n;
      }
    }
  }
}

TEST(CovarianceFactor, LeavesDeadElementsOut) {
  Random random(2);
  const std::size_t n = 7;
  GridBuffer<cf64> r = random_covariance(n, 20, 1, random);
  const std::vector<cf64> b = random_vector(n, random);
  const std::vector<std::size_t> live = {1, 2, 4, 6};
  GridBuffer<cf64> r_live(4, 4);
  std::vector<cf64> b_live(4);
  for (std::size_t i = 0; i < 4; ++i) {
    b_live[i] = b[live[i]];
    for (std::size_t k = 0; k < 4; ++k) r_live(i, k) = r(live[i], live[k]);
  }
  for (const std::size_t dead : {0, 3, 5}) r(dead, dead) = 0;  // what else stands in the row is not believed
  CovarianceFactor factor({.elements = n});
  ASSERT_TRUE(factor.factor(r.view()));
  EXPECT_EQ(factor.live_elements(), 4U);
  EXPECT_FALSE(factor.alive(3));
  std::vector<cf64> x(n, cf64(9));
  ASSERT_TRUE(factor.solve(b, 0.0, x));  // without loading too
  const Eigen::VectorXcd expected = dense(r_live.view()).ldlt().solve(dense(b_live));
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(std::abs(x[live[i]] - expected(static_cast<Eigen::Index>(i))), 0, 1e-12);
  }
  for (const std::size_t dead : {0, 3, 5}) EXPECT_EQ(x[dead], cf64(0));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(factor.eigenvalues()[i], 0, 1e-14);
}

// Jammers that leave one degree of freedom or two: what is left is the noise, not half of the eigenvalues.
TEST(CovarianceFactor, FindsTheNoiseBehindJammersThatNearlyFillTheArray) {
  for (const std::size_t n : {2, 3, 4, 5, 8}) {
    std::vector<PlaneWave> waves;
    for (std::size_t j = 0; j + 1 < n; ++j) {
      waves.push_back({line_steering(n, -60 + 20 * static_cast<double>(j)), 1e5});
    }
    const auto r = theory_covariance(waves, n);
    CovarianceFactor factor({.elements = n});
    ASSERT_TRUE(factor.factor(r.view()));
    EXPECT_NEAR(factor.noise_power(), 1, 1e-6) << n;
    const auto a = line_steering(n, 85);
    std::vector<cf64> w(n);
    ASSERT_TRUE(mvdr(factor, a, w));
    // Loading by 10 dB over the noise costs little of it. (As if jammers were noise: 30 to 40 dB.)
    EXPECT_NEAR(db_from_power(sinr(r.view(), w, a) / optimum_sinr(r.view(), a)), 0, 0.5) << n;
  }
}

// A quiet channel looks like a good one to MVDR: without the test nearly all weight would go there.
TEST(CovarianceFactor, TakesAChannelFarBelowTheOthersForDead) {
  constexpr std::size_t n = 4;
  const auto a = line_steering(n, 20);
  auto r = theory_covariance({{a, 10}}, n);
  for (std::size_t k = 0; k < n; ++k) {
    r(2, k) *= 1e-3;
    r(k, 2) *= 1e-3;
  }
  CovarianceFactor factor({.elements = n});
  ASSERT_TRUE(factor.factor(r.view()));
  EXPECT_EQ(factor.live_elements(), 3U);
  std::vector<cf64> w(n);
  ASSERT_TRUE(mvdr(factor, a, w));
  EXPECT_EQ(w[2], cf64(0));
  EXPECT_NEAR(std::abs(response(w, a)), 1, 1e-9);
  // One channel that is too loud does not silence the others.
  for (std::size_t k = 0; k < n; ++k) {
    r(2, k) *= 1e8;
    r(k, 2) *= 1e8;
  }
  ASSERT_TRUE(factor.factor(r.view()));
  EXPECT_EQ(factor.live_elements(), n);
}

TEST(CovarianceFactor, SaysNoToWhatHasNoAnswer) {
  Random random(3);
  const std::size_t n = 5;
  CovarianceFactor factor({.elements = n});
  const std::vector<cf64> b = random_vector(n, random);
  std::vector<cf64> x(n, cf64(7));
  const std::vector<cf64> before = x;
  EXPECT_FALSE(factor.solve(b, 1.0, x));  // nothing factored yet

  GridBuffer<cf64> r = random_covariance(n, 20, 1, random);
  ASSERT_TRUE(factor.factor(r.view()));
  EXPECT_FALSE(factor.solve(b, nan, x));
  EXPECT_FALSE(factor.solve(b, -1e6, x));
  std::vector<cf64> bad = b;
  bad[2] = nan;
  EXPECT_FALSE(factor.solve(bad, 1.0, x));
  EXPECT_EQ(x, before);

  const double noise = factor.noise_power();
  r(3, 1) = nan;
  EXPECT_FALSE(factor.factor(r.view()));
  r(3, 1) = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(factor.factor(r.view()));
  EXPECT_EQ(factor.rejected(), 2U);
  EXPECT_EQ(factor.noise_power(), noise);
  ASSERT_TRUE(factor.solve(b, 1.0, x));  // of the last good one

  // Fewer snapshots than elements: singular, and its own loading keeps it solvable.
  r = random_covariance(n, 2, 1, random);
  ASSERT_TRUE(factor.factor(r.view()));
  EXPECT_GT(factor.loading(), 0);
  EXPECT_TRUE(factor.solve(b, factor.loading(), x));

  EXPECT_THROW(CovarianceFactor({.elements = 0}), ConfigError);
  EXPECT_THROW(CovarianceFactor({.elements = 1025}), ConfigError);
  EXPECT_THROW(CovarianceFactor({.elements = 4, .loading_over_noise_db = 61}), ConfigError);
  EXPECT_THROW(CovarianceFactor({.elements = 4, .loading_over_noise_db = nan}), ConfigError);
}

TEST(CovarianceFactor, NeverAllocates) {
  Random random(4);
  for (const std::size_t n : {1, 8, 100}) {
    CovarianceFactor factor({.elements = n});
    const GridBuffer<cf64> r = random_covariance(n, n, 1, random);
    std::vector<cf64> b = random_vector(n, random);
    const AllocationCounter counter;
    factor.factor(r.view());
    factor.solve(b, 1.0, b);
    EXPECT_EQ(counter.count(), 0U) << n;
  }
}

}  // namespace
}  // namespace boresight::beam
