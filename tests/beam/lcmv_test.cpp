#include "boresight/beam/lcmv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "boresight/beam/sidelobe_canceller.h"
#include "boresight/beam/weights.h"
#include "boresight/core/error.h"
#include "boresight/doa/covariance.h"
#include "scenario.h"
#include "support/allocation_counter.h"

namespace boresight::beam {
namespace {

using Outcome = ConstraintSet::Outcome;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

GridBuffer<cf64> rows_of(const std::vector<std::vector<cf64>>& rows) {
  GridBuffer<cf64> grid(rows.size(), rows[0].size());
  for (std::size_t k = 0; k < rows.size(); ++k) std::ranges::copy(rows[k], grid.row(k).begin());
  return grid;
}

/// R^-1 C (C^H R^-1 C)^-1 f in 64-bit mantissas.
std::vector<cf64> lcmv_oracle(Grid<const cf64> r, Grid<const cf64> constraints, const std::vector<cf64>& f) {
  using Real = long double;
  using Matrix = Eigen::Matrix<std::complex<Real>, Eigen::Dynamic, Eigen::Dynamic>;
  const Matrix c = dense(constraints).transpose().cast<std::complex<Real>>();
  const Matrix solved = dense(r).cast<std::complex<Real>>().ldlt().solve(c);
  const Matrix w = solved * (c.adjoint() * solved).ldlt().solve(dense(f).cast<std::complex<Real>>());
  std::vector<cf64> out(f.empty() ? 0 : r.rows());
  for (std::size_t e = 0; e < out.size(); ++e) out[e] = cf64(w(static_cast<Eigen::Index>(e), 0));
  return out;
}

TEST(Lcmv, ReachesTheOptimumUnderSixtyDecibels) {
  // A look direction, a null between two jammers of 60 dB, one right on a jammer: the least power that meets
  // the constraints, to 1e-3 dB. With 37 elements R's condition is 10^7.9.
  for (const std::size_t n : {8, 16, 37}) {
    const GridBuffer<cf64> r = theory_covariance(
        {{line_steering(n, 25), 1e6}, {line_steering(n, -40), 1e6}, {line_steering(n, 61), 1e6}}, n);
    const GridBuffer<cf64> c = rows_of({line_steering(n, 3), line_steering(n, 40), line_steering(n, 25)});
    const std::vector<cf64> f = {1, 0, 0};
    std::vector<cf64> w(n);
    lcmv(r.view(), c.view(), f, 0.0, w);
    const std::vector<cf64> expected = lcmv_oracle(r.view(), c.view(), f);
    EXPECT_NEAR(db_from_power(output_power(r.view(), w)), db_from_power(output_power(r.view(), expected)),
                1e-3);
    EXPECT_NEAR(std::abs(response(w, line_steering(n, 3)) - 1.0), 0, 1e-12);
    EXPECT_LT(std::abs(response(w, line_steering(n, 40))), 1e-12);

    // Only the look direction: MVDR and its optimum.
    const std::vector<cf64> a = line_steering(n, 3);
    lcmv(r.view(), rows_of({a}).view(), std::vector<cf64>{1}, 0.0, w);
    EXPECT_NEAR(db_from_power(sinr(r.view(), w, a)), db_from_power(optimum_sinr(r.view(), a)), 1e-3);
  }
}

TEST(Lcmv, SinglePrecisionSamplesAndWeightsAreEnough) {
  // What the stream has: R rounded to float (about what SampleCovariance's float products leave), weights
  // rounded to float before they meet samples. 0.02 dB at 60 dB of jammer.
  for (const std::size_t n : {8, 16, 37}) {
    const GridBuffer<cf64> r =
        theory_covariance({{line_steering(n, 25), 1e6}, {line_steering(n, -40), 1e6}}, n);
    GridBuffer<cf64> rounded(n, n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < n; ++k) rounded(i, k) = cf64(cf32(r(i, k)));
    }
    const std::vector<cf64> a = line_steering(n, 3);
    std::vector<cf64> w(n);
    for (const bool constrained : {false, true}) {
      if (constrained) {
        lcmv(rounded.view(), rows_of({a}).view(), std::vector<cf64>{1}, 1.0, w);
      } else {
        mvdr(rounded.view(), a, 1.0, w);
      }
      for (cf64& value : w) value = cf64(cf32(value));
      EXPECT_NEAR(db_from_power(sinr(r.view(), w, a)), db_from_power(optimum_sinr(r.view(), a)), 0.02) << n;
    }
  }
}

TEST(Lcmv, RefusesWhatHasNoAnswer) {
  const std::size_t n = 4;
  const GridBuffer<cf64> r = theory_covariance({}, n);
  std::vector<cf64> w(n);
  const std::vector<cf64> a = line_steering(n, 10);
  const std::vector<cf64> b = line_steering(n, 50);
  const auto refused = [&](const std::vector<std::vector<cf64>>& c, const std::vector<cf64>& f,
                           double loading) {
    EXPECT_THROW(lcmv(r.view(), rows_of(c).view(), f, loading, w), ConfigError);
  };
  refused({a, a}, {1, 0}, 0);  // contradiction
  refused({a, b, line_steering(n, -20), line_steering(n, -50), line_steering(n, 0)}, {1, 0, 0, 0, 1}, 0);
  refused({a, std::vector<cf64>(n)}, {1, 1}, 0);  // nothing can be 1
  refused({a, std::vector<cf64>(n, cf64(nan))}, {1, 0}, 0);
  refused({a}, {cf64(nan)}, 0);
  refused({a}, {1}, -1);
  refused({a}, {1}, nan);
  EXPECT_THROW(lcmv(GridBuffer<cf64>(n, n).view(), rows_of({a}).view(), std::vector<cf64>{1}, 0.0, w),
               ConfigError);
  GridBuffer<cf64> bad = theory_covariance({}, n);
  bad(2, 1) = nan;
  EXPECT_THROW(lcmv(bad.view(), rows_of({a}).view(), std::vector<cf64>{1}, 0.0, w), ConfigError);

  lcmv(r.view(), rows_of({a, a}).view(), std::vector<cf64>{1, 1}, 0.0, w);  // said twice: fine
  for (std::size_t e = 0; e < n; ++e) EXPECT_NEAR(std::abs(w[e] - a[e] / 4.0), 0, 1e-12);
  lcmv(r.view(), {}, {}, 0.0, w);
  EXPECT_EQ(w, std::vector<cf64>(n));
}

TEST(ConstraintSet, KnowsWhatItCannotDo) {
  const std::size_t n = 3;
  ConstraintSet set({.elements = n, .max_constraints = 2});
  EXPECT_EQ(set.look(line_steering(n, 0)), Outcome::added);
  EXPECT_EQ(set.look(line_steering(n, 0)), Outcome::redundant);
  EXPECT_EQ(set.null(line_steering(n, 0)), Outcome::contradictory);
  EXPECT_EQ(set.null(line_steering(n, 1e-7)), Outcome::contradictory);  // too close to tell
  EXPECT_EQ(set.null(line_steering(n, 40)), Outcome::added);
  EXPECT_EQ(set.null(line_steering(n, -40)), Outcome::full);
  EXPECT_EQ(set.null(std::vector<cf64>(n)), Outcome::redundant);
  EXPECT_EQ(set.add(line_steering(n, 3), nan), Outcome::unusable);
  EXPECT_EQ(set.size(), 2U);
  std::vector<cf64> w(n);
  set.quiescent(w);
  std::vector<cf64> expected(n);
  const std::vector<cf64> null = line_steering(n, 40);
  null_steering(line_steering(n, 0), Grid<const cf64>(null.data(), 1, n), expected);
  for (std::size_t e = 0; e < n; ++e) EXPECT_NEAR(std::abs(w[e] - expected[e]), 0, 1e-13);
  EXPECT_THROW(ConstraintSet({.elements = 3, .max_constraints = 4}), ConfigError);
  EXPECT_THROW(ConstraintSet({.elements = 3, .max_constraints = 0}), ConfigError);
  EXPECT_THROW(ConstraintSet({.elements = 0, .max_constraints = 1}), ConfigError);
}

TEST(DerivativeConstraints, FlattenTheBeamAndWidenTheNull) {
  const array::Geometry geometry = array::Geometry::from_positions([] {
    std::vector<Vec3> r =
        array::Geometry::rectangle(4, 4, test_wavelength_m / 2, test_wavelength_m / 2).positions_m;
    for (Vec3& p : r) p = p + Vec3{3, -2, 1};  // wherever the origin is
    return r;
  }());
  const std::size_t n = geometry.elements();
  const auto towards = [&](double degrees) {
    std::vector<cf64> a(n);
    const double angle_rad = rad_from_deg(degrees);
    array::steering_vector(geometry, {std::sin(angle_rad), 0, std::cos(angle_rad)}, test_frequency_hz, a);
    return a;
  };
  const auto derivative = [&](double degrees) {
    std::vector<cf64> d(n);
    const double angle_rad = rad_from_deg(degrees);
    steering_derivative(geometry, {std::sin(angle_rad), 0, std::cos(angle_rad)},
                        {std::cos(angle_rad), 0, -std::sin(angle_rad)}, test_frequency_hz, d);
    return d;
  };
  const GridBuffer<cf64> r = theory_covariance({{towards(14), 1e4}}, n);  // pulls at the beam's flank
  ConstraintSet set({.elements = n, .max_constraints = 4});
  set.look(towards(0));
  set.null(derivative(0));
  set.null(towards(50));
  set.null(derivative(50));
  ASSERT_EQ(set.size(), 4U);
  CovarianceFactor factor({.elements = n});
  ASSERT_TRUE(factor.factor(r.view()));
  LcmvSolver solver({.elements = n, .max_constraints = 4});
  std::vector<cf64> w(n);
  ASSERT_TRUE(solver.solve(factor, set, w));
  // The magnitude's slope at the look direction is zero: the error at h falls as h^2, or 100 times from 0.1
  // to 0.01 degrees; so does the amplitude beside the null.
  const auto error = [&](double h) {
    return std::abs(std::abs(response(w, towards(h))) - 1) + std::abs(std::abs(response(w, towards(-h))) - 1);
  };
  EXPECT_NEAR(error(0.1) / error(0.01), 100, 10);
  const auto beside = [&](double h) { return std::abs(response(w, towards(50 + h))); };
  EXPECT_NEAR(beside(0.1) / beside(0.01), 100, 10);
}

TEST(LcmvSolver, KeepsWhatItCanWithDeadElements) {
  const std::size_t n = 4;
  GridBuffer<cf64> r = theory_covariance({}, n);
  ConstraintSet set({.elements = n, .max_constraints = 3});
  set.look(line_steering(n, 0));
  set.null(line_steering(n, 30));
  set.null(line_steering(n, -50));
  CovarianceFactor factor({.elements = n});
  LcmvSolver solver({.elements = n, .max_constraints = 3});
  std::vector<cf64> w(n);
  r(0, 0) = r(2, 2) = 0;  // two elements left, so one null
  ASSERT_TRUE(factor.factor(r.view()));
  ASSERT_TRUE(solver.solve(factor, set, w));
  EXPECT_EQ(solver.dropped(), 1U);
  EXPECT_EQ(w[0], cf64(0));
  EXPECT_EQ(w[2], cf64(0));
  EXPECT_NEAR(std::abs(response(w, line_steering(n, 0)) - 1.0), 0, 1e-12);
  EXPECT_NEAR(std::abs(response(w, line_steering(n, 30))), 0, 1e-12);

  ASSERT_TRUE(factor.factor(GridBuffer<cf64>(n, n).view()));  // silence
  ASSERT_TRUE(solver.solve(factor, set, w));
  EXPECT_NEAR(std::abs(response(w, line_steering(n, -50))), 0, 1e-12);
  set.clear();
  EXPECT_FALSE(solver.solve(factor, set, w));
}

TEST(SidelobeCanceller, IsLcmv) {
  Random random(5);
  for (const std::size_t n : {3, 8, 16}) {
    ConstraintSet set({.elements = n, .max_constraints = 2});
    set.look(line_steering(n, 4));
    set.null(line_steering(n, 55));
    const SidelobeCanceller canceller(set, {});
    const Eigen::MatrixXcd blocking = dense(canceller.blocking());  // rows are columns of B
    EXPECT_LT((blocking.conjugate() * dense(set.basis()).transpose()).norm(), 1e-13);
    EXPECT_LT((blocking.conjugate() * blocking.transpose() -
               Eigen::MatrixXcd::Identity(blocking.rows(), blocking.rows()))
                  .norm(),
              1e-13);

    const GridBuffer<cf64> r =
        theory_covariance({{line_steering(n, 25), 1e4}, {line_steering(n, -40), 1e3}}, n);
    std::vector<cf64> w(n);
    std::vector<cf64> expected(n);
    canceller.solve(r.view(), 2.0, w);
    lcmv(r.view(), rows_of({line_steering(n, 4), line_steering(n, 55)}).view(), std::vector<cf64>{1, 0}, 2.0,
         expected);
    for (std::size_t e = 0; e < n; ++e) EXPECT_NEAR(std::abs(w[e] - expected[e]), 0, 1e-11);
  }
}

TEST(SidelobeCanceller, WithRlsIsLcmvOfTheSamplesSoFar) {
  // Recursive least squares without forgetting minimizes the sum of |y|^2 plus loading ||w_a||^2; with
  // orthonormal B that is LCMV with R the sum of the snapshots and the same loading.
  const std::size_t n = 8;
  Random random(6);
  const GridBuffer<cf32> x =
      snapshots({{line_steering(n, 25), 1e4}, {line_steering(n, -40), 1e2}}, n, 200, random);
  ConstraintSet set({.elements = n, .max_constraints = 1});
  set.look(line_steering(n, 0));
  SidelobeCanceller canceller(set, {.forgetting = 1.0, .loading = 0.5});
  std::vector<cf32> y(x.columns());
  canceller.process(x.view(), y);
  GridBuffer<cf64> r(n, n);
  for (std::size_t t = 0; t < x.columns(); ++t) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < n; ++k) r(i, k) += cf64(x(i, t)) * std::conj(cf64(x(k, t)));
    }
  }
  std::vector<cf64> w(n);
  std::vector<cf64> expected(n);
  canceller.weights(w);
  canceller.solve(r.view(), 0.5, expected);
  for (std::size_t e = 0; e < n; ++e) EXPECT_NEAR(std::abs(w[e] - expected[e]), 0, 1e-8);
  // The first sample is by the quiescent weights, and a NaN is silence that leaves no trace.
  cf64 first = 0;
  for (std::size_t e = 0; e < n; ++e) first += std::conj(canceller.quiescent()[e]) * cf64(x(e, 0));
  EXPECT_NEAR(std::abs(cf64(y[0]) - first), 0, 1e-5 * std::abs(first));
  GridBuffer<cf32> spoiled(n, 1);
  spoiled(2, 0) = cf32(std::numeric_limits<float>::quiet_NaN(), 0);
  canceller.process(spoiled.view(), std::span(y).first(1));
  EXPECT_EQ(y[0], cf32(0));
  EXPECT_EQ(canceller.skipped(), 1U);
  std::vector<cf64> after(n);
  canceller.weights(after);
  EXPECT_EQ(after, w);
}

TEST(SidelobeCanceller, RefusesWhatLeavesNothingToAdapt) {
  ConstraintSet set({.elements = 2, .max_constraints = 2});
  EXPECT_THROW(SidelobeCanceller(set, {}), ConfigError);
  set.look(line_steering(2, 0));
  EXPECT_NO_THROW(SidelobeCanceller(set, {}));
  EXPECT_THROW(SidelobeCanceller(set, {.forgetting = 0}), ConfigError);
  EXPECT_THROW(SidelobeCanceller(set, {.rule = SidelobeCanceller::Rule::nlms, .step = 2}), ConfigError);
  set.null(line_steering(2, 50));
  EXPECT_THROW(SidelobeCanceller(set, {}), ConfigError);
}

TEST(LcmvSolver, NeverAllocates) {
  const std::size_t n = 16;
  GridBuffer<cf64> r = theory_covariance({{line_steering(n, 25), 1e4}}, n);
  ConstraintSet set({.elements = n, .max_constraints = 3});
  CovarianceFactor factor({.elements = n});
  LcmvSolver solver({.elements = n, .max_constraints = 3});
  std::vector<cf64> w(n);
  const std::vector<cf64> a = line_steering(n, 0);
  const std::vector<cf64> b = line_steering(n, 40);
  const AllocationCounter counter;
  for (int pass = 0; pass < 2; ++pass) {
    set.clear();
    set.look(a);
    set.null(b);
    factor.factor(r.view());
    solver.solve(factor, set, w);
    r(3, 3) = 0;
  }
  EXPECT_EQ(counter.count(), 0U);
}

}  // namespace
}  // namespace boresight::beam
