#include "boresight/beam/robust_capon.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "boresight/beam/subspace_projection.h"
#include "boresight/beam/weights.h"
#include "boresight/core/error.h"
#include "boresight/doa/covariance.h"
#include "scenario.h"
#include "support/allocation_counter.h"

namespace boresight::beam {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// ||(I + lambda R)^-1 a||^2 = uncertainty by bisection over lambda on the eigenvalues, then (R + I /
/// lambda)^-1 a (Li, Stoica and Wang 2003, eqs. 25 and 29).
Eigen::VectorXcd robust_oracle(Grid<const cf64> r, const std::vector<cf64>& a, double uncertainty) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXcd> eigen(dense(r));
  const Eigen::VectorXcd shares = eigen.eigenvectors().adjoint() * dense(a);
  const auto distance = [&](double lambda) {
    double sum = 0;
    for (Eigen::Index i = 0; i < shares.size(); ++i) {
      sum += std::norm(shares(i)) / std::pow(1 + lambda * eigen.eigenvalues()(i), 2);
    }
    return sum;
  };
  double low = -300;
  double high = 300;
  for (int i = 0; i < 200; ++i) {
    const double middle = 0.5 * (low + high);
    (distance(std::exp(middle)) > uncertainty ? low : high) = middle;
  }
  Eigen::MatrixXcd loaded = dense(r);
  loaded.diagonal().array() += std::exp(-low);
  const Eigen::VectorXcd w = loaded.ldlt().solve(dense(a));
  return w / w.dot(dense(a));
}

TEST(RobustCapon, IsThePapersSolution) {
  Random random(1);
  for (const std::size_t n : {2, 8, 16, 37}) {
    const std::vector<cf64> a = line_steering(n, 2);
    const GridBuffer<cf64> r = theory_covariance({{line_steering(n, 0), 10}, {line_steering(n, 30), 1e4}}, n);
    for (const double share : {1e-3, 0.1, 0.3, 0.9}) {
      const double uncertainty = share * static_cast<double>(n);
      std::vector<cf64> w(n);
      robust_capon(r.view(), a, uncertainty, w);
      const Eigen::VectorXcd expected = robust_oracle(r.view(), a, uncertainty);
      EXPECT_LT((dense(w) - expected).norm(), 1e-6 * expected.norm()) << n << ' ' << share;
      EXPECT_NEAR(std::abs(response(w, a) - 1.0), 0, 1e-12);
    }
  }
}

/// The wanted signal is in the training data, its steering vector is not quite what is believed.
struct Mismatch {
  double gain_db = 0;
  double phase_deg = 0;
  double pointing_deg = 0;  ///< rms
};
using Rule = std::function<void(CovarianceFactor&, std::span<const cf64>, std::span<cf64>)>;

/// Mean over trials of SINR / optimum, in dB: 16 elements, jammers of 40 dB at 25 and -40 degrees.
double efficiency_db(double snr_db, std::size_t snapshot_count, const Mismatch& mismatch, const Rule& rule) {
  constexpr std::size_t n = 16;
  constexpr std::size_t trials = 60;
  Random random(2003);
  CovarianceFactor factor({.elements = n, .loading_over_noise_db = 10});
  doa::SampleCovariance covariance({.elements = n});
  GridBuffer<cf64> r(n, n);
  std::vector<cf64> w(n);
  double sum = 0;
  for (std::size_t trial = 0; trial < trials; ++trial) {
    const auto real = [&](double degrees) {
      return with_errors(line_steering(n, degrees), mismatch.gain_db, mismatch.phase_deg, random);
    };
    const std::vector<cf64> a = real(mismatch.pointing_deg * random.normal());
    const std::vector<PlaneWave> jammers = {{real(25), 1e4}, {real(-40), 1e4}};
    std::vector<PlaneWave> seen = jammers;
    seen.push_back({a, power_from_db(snr_db)});
    covariance.reset();
    covariance.update(snapshots(seen, n, snapshot_count, random).view());
    covariance.matrix(r.view());
    EXPECT_TRUE(factor.factor(r.view()));
    rule(factor, line_steering(n, 0), w);
    const GridBuffer<cf64> interference = theory_covariance(jammers, n);
    sum += sinr(interference.view(), w, a) / optimum_sinr(interference.view(), a);
  }
  return db_from_power(sum / trials);
}

// 0.5 dB and 5 degrees per element, and a twentieth of the half-power beamwidth (6.4 degrees), all rms.
constexpr Mismatch realistic = {.gain_db = 0.5, .phase_deg = 5, .pointing_deg = 0.32};

Rule robust(double share) {
  return [share](auto& factor, auto a, auto w) {
    ASSERT_TRUE(robust_capon(factor, a, share * static_cast<double>(a.size()), w));
  };
}
const Rule loaded = [](auto& factor, auto a, auto w) { ASSERT_TRUE(mvdr(factor, a, w)); };
const Rule eigenspace = [](auto& factor, auto a, auto w) {
  const SubspaceResult result = subspace_projection(factor, a, 3, w);
  ASSERT_TRUE(result.ok);
  ASSERT_EQ(result.rank, 3U);
};

TEST(SignalInTraining, TenDecibelsPerElementCostLessThanOne) {
  // 100 snapshots per element and a steering vector that is right. What is left is common to all rules: the
  // signal correlates by chance with each of M strong jammers, and letting a little of them through lowers
  // the power: a loss of 1 + M SINR_opt / K, here 1 + 2 * 160 / 1600 = 0.79 dB. 60 trials scatter by 0.05 dB.
  const double expected_db = -db_from_power(1 + 2 * 160.0 / 1600);
  for (const Rule& rule : {loaded, robust(0.1), robust(0.3), eigenspace}) {
    const double reached_db = efficiency_db(10, 1600, {}, rule);
    EXPECT_GT(reached_db, -1);
    EXPECT_NEAR(reached_db, expected_db, 0.1);
  }
}

TEST(SignalInTraining, RealErrorsNeedTheUncertaintySet) {
  // With errors of the elements and of the pointing, MVDR takes the signal for a jammer even with 10 dB of
  // loading; the uncertainty set and the subspace do not.
  EXPECT_LT(efficiency_db(10, 1600, realistic, loaded), -4);
  EXPECT_GT(efficiency_db(10, 1600, realistic, robust(0.3)), -1);
  EXPECT_GT(efficiency_db(10, 1600, realistic, eigenspace), -1);
  // Too small a set loses 1 + error / uncertainty on top; the error is 0.011 E for the elements and 0.0066 E
  // for the pointing, and its tails weigh more than its mean.
  EXPECT_NEAR(efficiency_db(10, 1600, realistic, robust(0.1)),
              -db_from_power(1.2) - db_from_power(1 + 0.0176 / 0.1), 0.3);
  // A weak signal pays nothing for it, and few snapshots do not change that.
  EXPECT_GT(efficiency_db(-3, 1600, realistic, robust(0.3)), -0.5);
  EXPECT_GT(efficiency_db(-3, 160, realistic, robust(0.3)), -1);
}

TEST(SubspaceProjection, IsTheProjectedCapon) {
  const std::size_t n = 8;
  const GridBuffer<cf64> r = theory_covariance({{line_steering(n, 0), 10}, {line_steering(n, 30), 1e4}}, n);
  const std::vector<cf64> a = line_steering(n, 1);
  CovarianceFactor factor({.elements = n});
  ASSERT_TRUE(factor.factor(r.view()));
  std::vector<cf64> w(n);
  const SubspaceResult result = subspace_projection(factor, a, 3, w);
  ASSERT_TRUE(result.ok);
  EXPECT_EQ(result.rank, 2U);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXcd> eigen(dense(r.view()));
  const Eigen::MatrixXcd signals = eigen.eigenvectors().rightCols(2);
  Eigen::VectorXcd expected =
      signals * eigen.eigenvalues().tail(2).cwiseInverse().asDiagonal() * (signals.adjoint() * dense(a));
  expected /= expected.dot(dense(a));
  EXPECT_LT((dense(w) - expected).norm(), 1e-10 * expected.norm());

  // Looking where nobody is: MVDR.
  const std::vector<cf64> elsewhere = line_steering(n, -50);
  std::vector<cf64> plain(n);
  const SubspaceResult fallback = subspace_projection(factor, elsewhere, 3, w);
  EXPECT_TRUE(fallback.ok);
  EXPECT_EQ(fallback.rank, 0U);
  mvdr(factor, elsewhere, plain);
  EXPECT_EQ(w, plain);

  EXPECT_FALSE(subspace_projection(factor, a, -1, w).ok);
  EXPECT_FALSE(subspace_projection(factor, a, nan, w).ok);
  EXPECT_FALSE(subspace_projection(factor, std::vector<cf64>(n, cf64(nan)), 3, w).ok);
  EXPECT_EQ(w, plain);
}

TEST(RobustCapon, BadInputHasADefinedResult) {
  const std::size_t n = 4;
  const std::vector<cf64> a = line_steering(n, 10);
  std::vector<cf64> w(n);
  GridBuffer<cf64> r = theory_covariance({{line_steering(n, 40), 1e4}}, n);
  for (const double uncertainty : {0.0, -1.0, 4.0, nan}) {
    EXPECT_THROW(robust_capon(r.view(), a, uncertainty, w), ConfigError);
  }
  EXPECT_THROW(robust_capon(GridBuffer<cf64>(n, n).view(), a, 0.4, w), ConfigError);
  r(1, 0) = nan;
  EXPECT_THROW(robust_capon(r.view(), a, 0.4, w), ConfigError);

  // One snapshot; two elements that are one; a dead element; silence.
  for (const int kind : {0, 1, 2, 3}) {
    GridBuffer<cf64> odd = theory_covariance({}, n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < n; ++k) {
        if (kind == 0) odd(i, k) = 1e4;
        if (kind == 3) odd(i, k) = 0;
      }
    }
    if (kind == 1) odd(1, 2) = odd(2, 1) = 1;
    if (kind == 2) odd(2, 2) = 0;
    CovarianceFactor factor({.elements = n});
    ASSERT_TRUE(factor.factor(odd.view()));
    ASSERT_TRUE(robust_capon(factor, a, 0.4, w)) << kind;
    cf64 gain = 0;
    for (std::size_t e = 0; e < n; ++e) gain += std::conj(w[e]) * a[e];
    EXPECT_NEAR(std::abs(gain - 1.0), 0, 1e-9) << kind;
    EXPECT_EQ(w[2] == cf64(0), kind == 2);
    ASSERT_TRUE(subspace_projection(factor, a, 3, w).ok);
    for (const cf64 value : w) EXPECT_TRUE(std::isfinite(std::abs(value))) << kind;
    const std::vector<cf64> before = w;
    EXPECT_FALSE(robust_capon(factor, std::vector<cf64>(n, cf64(nan)), 0.4, w));
    EXPECT_EQ(w, before);
  }
}

TEST(RobustCapon, NeverAllocates) {
  const std::size_t n = 16;
  const GridBuffer<cf64> r = theory_covariance({{line_steering(n, 0), 10}, {line_steering(n, 30), 1e4}}, n);
  const std::vector<cf64> a = line_steering(n, 1);
  std::vector<cf64> w(n);
  CovarianceFactor factor({.elements = n});
  const AllocationCounter counter;
  factor.factor(r.view());
  robust_capon(factor, a, 1.6, w);
  subspace_projection(factor, a, 3, w);
  mvdr(factor, a, w);
  EXPECT_EQ(counter.count(), 0U);
}

// Fewer snapshots than elements, summed in single precision: the lower eigenvalues are rounding and no
// signals.
TEST(SubspaceProjection, RoundingIsNoSignal) {
  constexpr std::size_t n = 16;
  for (const std::size_t count : {4, 8, 12}) {
    Random random(count);
    GridBuffer<cf64> r(n, n);
    const auto x = snapshots({}, n, count, random);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < n; ++k) {
        cf32 sum = 0;
        for (std::size_t t = 0; t < count; ++t) sum += x(i, t) * std::conj(x(k, t));
        r(i, k) = cf64(sum);
      }
    }
    CovarianceFactor factor({.elements = n});
    ASSERT_TRUE(factor.factor(r.view()));
    std::vector<cf64> w(n);
    const SubspaceResult result = subspace_projection(factor, line_steering(n, 10), 3, w);
    EXPECT_TRUE(result.ok);
    EXPECT_LE(result.rank, count);
  }
}

}  // namespace
}  // namespace boresight::beam
