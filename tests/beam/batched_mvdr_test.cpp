#include "boresight/beam/batched_mvdr.h"

#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "boresight/beam/robust_capon.h"

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "support/allocation_counter.h"
#include "support/simd_targets.h"

namespace boresight::beam {
namespace {

struct Subbands {
  GridBuffer<cf64> covariances;
  GridBuffer<cf64> steering;
  GridBuffer<cf64> weights;
  std::vector<std::uint8_t> accepted;

  Subbands(std::size_t elements, std::size_t subbands)
      : covariances(subbands, elements * elements),
        steering(subbands, elements),
        weights(subbands, elements),
        accepted(subbands, 7) {}
};

cf64 normal(Random& random) {
  return cf64(random.complex_normal());
}

/// Noise of power 1 and a jammer of `jammer_db` per element, exactly Hermitian.
Subbands scene(std::size_t elements, std::size_t subbands, double jammer_db, std::uint64_t seed) {
  Random random(seed);
  Subbands s(elements, subbands);
  for (std::size_t b = 0; b < subbands; ++b) {
    std::vector<cf64> jammer(elements);
    for (cf64& v : jammer) v = std::polar(std::pow(10, jammer_db / 20), 2 * pi * random.uniform());
    for (std::size_t i = 0; i < elements; ++i) {
      s.steering(b, i) = normal(random);
      for (std::size_t k = 0; k < elements; ++k) {
        s.covariances(b, i * elements + k) = jammer[i] * std::conj(jammer[k]) + (i == k ? 1.0 : 0.0);
      }
    }
  }
  return s;
}

/// The definition, by Eigen in long double.
std::vector<cf64> expected_weights(std::span<const cf64> r, std::span<const cf64> a, double loading) {
  using Number = std::complex<long double>;
  using Matrix = Eigen::Matrix<Number, Eigen::Dynamic, Eigen::Dynamic>;
  using Vector = Eigen::Matrix<Number, Eigen::Dynamic, 1>;
  const auto n = static_cast<Eigen::Index>(a.size());
  Matrix q(n, n);
  Vector steering(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    steering(i) = Number(a[static_cast<std::size_t>(i)]);
    for (Eigen::Index k = 0; k < n; ++k) q(i, k) = Number(r[static_cast<std::size_t>(i * n + k)]);
  }
  q.diagonal().array() += static_cast<long double>(loading) * q.trace() / static_cast<long double>(n);
  const Vector solved = q.llt().solve(steering);
  const Vector w = solved / steering.dot(solved).real();
  std::vector<cf64> result;
  for (Eigen::Index i = 0; i < n; ++i) result.emplace_back(cf64(w(i)));
  return result;
}

TEST(BatchedMvdr, IsTheDefinitionOnEveryTarget) {
  for_each_simd_target([] {
    for (const std::size_t elements : {1, 2, 3, 7, 8, 16, 37}) {
      for (const std::size_t subbands : {1, 3, 8, 13}) {
        for (const double loading : {0.0, 0.01}) {
          Subbands s = scene(elements, subbands, 60, elements + subbands);
          BatchedMvdr mvdr({.elements = elements, .subbands = subbands, .loading = loading});
          EXPECT_EQ(mvdr.solve(s.covariances.view(), s.steering.view(), s.weights.view(), s.accepted),
                    subbands);
          for (std::size_t b = 0; b < subbands; ++b) {
            EXPECT_EQ(s.accepted[b], 1);
            const auto w = expected_weights(s.covariances.row(b), s.steering.row(b), loading);
            double size = 0;
            double error = 0;
            for (std::size_t e = 0; e < elements; ++e) {
              size += std::norm(w[e]);
              error += std::norm(w[e] - s.weights(b, e));
            }
            // Double rounding times the condition, 37e6 at most: about 1e-8; without loading twice as much is
            // seen.
            EXPECT_LT(std::sqrt(error / size), 5e-8) << elements << " elements, subband " << b;
          }
        }
      }
    }
  });
}

/// Sample covariances of 40 products per element: noise of power 1, two jammers of 40 dB and a wanted signal
/// from -10 to 40 dB, the next subband's a little stronger; the steering vector is a few degrees beside it.
Subbands strong_scene(std::size_t elements, std::size_t subbands, std::uint64_t seed) {
  Random random(seed);
  Subbands s(elements, subbands);
  for (std::size_t b = 0; b < subbands; ++b) {
    GridBuffer<cf64> waves(3, elements);
    for (std::size_t e = 0; e < elements; ++e) {
      const double phase = 0.1 * random.normal();
      s.steering(b, e) = std::polar(1.0, 2 * pi * random.uniform());
      waves(0, e) = std::pow(10, (50 * static_cast<double>(b) / static_cast<double>(subbands) - 10) / 20) *
                    std::polar(1.0, phase) * s.steering(b, e);
      for (std::size_t j = 1; j < 3; ++j) waves(j, e) = std::polar(100.0, 2 * pi * random.uniform());
    }
    const std::size_t products = 40 * elements;
    for (std::size_t t = 0; t < products; ++t) {
      const cf64 sent[3] = {normal(random), normal(random), normal(random)};
      std::vector<cf64> x(elements);
      for (std::size_t e = 0; e < elements; ++e) {
        x[e] = normal(random);
        for (std::size_t j = 0; j < 3; ++j) x[e] += waves(j, e) * sent[j];
      }
      for (std::size_t i = 0; i < elements; ++i) {
        for (std::size_t k = 0; k < elements; ++k) {
          s.covariances(b, i * elements + k) += x[i] * std::conj(x[k]) / static_cast<double>(products);
        }
      }
    }
  }
  return s;
}

/// ||d (R + d I)^-1 a||^2 / ||a||^2, by Eigen.
double share(std::span<const cf64> r, std::span<const cf64> a, double d) {
  const auto n = static_cast<Eigen::Index>(a.size());
  Eigen::MatrixXcd q(n, n);
  Eigen::VectorXcd steering(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    steering(i) = a[static_cast<std::size_t>(i)];
    for (Eigen::Index k = 0; k < n; ++k) q(i, k) = r[static_cast<std::size_t>(i * n + k)];
    q(i, i) += d;
  }
  return (d * q.llt().solve(steering)).squaredNorm() / steering.squaredNorm();
}

// The loading fulfills its equation within 1 %, the weights are MVDR with it, and they are those of
// robust_capon(), which finds the root by bisection, for exactly the share that was met.
TEST(BatchedMvdr, RobustIsItsEquationOnEveryTarget) {
  for_each_simd_target([] {
    for (const std::size_t elements : {1, 2, 3, 8, 13}) {
      for (const std::size_t subbands : {1, 3, 8, 13, 50}) {
        for (const double uncertainty : {0.05, 0.3, 0.8}) {
          constexpr double least = 0.5;
          Subbands s = strong_scene(elements, subbands, elements + subbands);
          BatchedMvdr mvdr({.elements = elements, .subbands = subbands});
          std::vector<double> loadings(subbands, least);
          EXPECT_EQ(mvdr.solve_robust(s.covariances.view(), s.steering.view(), uncertainty, loadings,
                                      s.weights.view(), s.accepted),
                    subbands);
          for (std::size_t b = 0; b < subbands; ++b) {
            SCOPED_TRACE(elements);
            const std::span<const cf64> r = std::as_const(s.covariances).row(b);
            const std::span<const cf64> a = std::as_const(s.steering).row(b);
            const double got = share(r, a, loadings[b]);
            EXPECT_EQ(s.accepted[b], 1);
            EXPECT_GE(got, uncertainty * (1 - 1e-6));  // rounding times the condition, 1e6
            EXPECT_LE(loadings[b] == least ? uncertainty : got, uncertainty * (1.01 + 1e-6));
            std::vector<cf64> loaded(r.begin(), r.end());
            for (std::size_t e = 0; e < elements; ++e) loaded[e * elements + e] += loadings[b];
            const std::vector<cf64> w = expected_weights(loaded, a, 0);
            std::vector<cf64> slow(elements);
            robust_capon({r.data(), elements, elements}, a, got * static_cast<double>(elements), slow);
            double size = 0;
            double error = 0;
            double slow_error = 0;
            for (std::size_t e = 0; e < elements; ++e) {
              size += std::norm(w[e]);
              error += std::norm(w[e] - s.weights(b, e));
              slow_error += std::norm(slow[e] - s.weights(b, e));
            }
            EXPECT_LT(std::sqrt(error / size), 5e-8);
            // Its bisection ends at 1e-9 of d, and the share says d to rounding times the condition only.
            EXPECT_LT(std::sqrt(slow_error / size), 1e-6);
          }
        }
      }
    }
  });
}

// White noise: every eigenvalue is g, and so d = g q / (1 - q), q = sqrt(uncertainty), at any scale of R and
// of a. A signal that is where it is thought to be, with nothing else: the same with its eigenvalue.
TEST(BatchedMvdr, RobustLoadingInClosedForm) {
  constexpr std::size_t elements = 6;
  const double odds = std::sqrt(0.3) / (1 - std::sqrt(0.3));
  for (const double scale : {1e-30, 1.0, 1e30}) {
    for (const double gain : {1e-15, 1.0, 1e15}) {
      Subbands s(elements, 2);
      for (std::size_t i = 0; i < elements; ++i) {
        s.steering(0, i) = s.steering(1, i) = gain;
        for (std::size_t k = 0; k < elements; ++k) {
          s.covariances(0, i * elements + k) = i == k ? 2 * scale : 0;
          s.covariances(1, i * elements + k) = scale * (i == k ? 101.0 : 100.0);
        }
      }
      std::vector<double> loadings(2, 1e-3 * scale);
      BatchedMvdr mvdr({.elements = elements, .subbands = 2});
      mvdr.solve_robust(s.covariances.view(), s.steering.view(), 0.3, loadings, s.weights.view(), s.accepted);
      EXPECT_NEAR(loadings[0] / (2 * scale * odds), 1, 1e-9);
      EXPECT_NEAR(loadings[1] / ((elements * 100.0 + 1) * scale * odds), 1, 1e-9);
      for (std::size_t e = 0; e < elements; ++e) {
        EXPECT_NEAR(std::abs(s.weights(1, e) * gain * static_cast<double>(elements) - 1.0), 0, 1e-9);
      }
    }
  }
}

// Twenty-five eigenvalues over 240 dB, which no sky has, stop at the limit of 12 factorizations: too much
// loading, by 7 % of the share, and finite weights.
TEST(BatchedMvdr, RobustEndsWhereEigenvaluesAreSpreadOverEverything) {
  constexpr std::size_t elements = 25;
  Subbands s(elements, 1);
  std::ranges::fill(s.steering.row(0), cf64(1));
  for (std::size_t e = 0; e < elements; ++e) {
    s.covariances(0, e * elements + e) = std::pow(10, static_cast<double>(e));
  }
  std::vector<double> loadings(1, 0.0);
  BatchedMvdr mvdr({.elements = elements, .subbands = 1});
  EXPECT_EQ(
      mvdr.solve_robust(s.covariances.view(), s.steering.view(), 0.3, loadings, s.weights.view(), s.accepted),
      1U);
  const double got =
      share(std::as_const(s.covariances).row(0), std::as_const(s.steering).row(0), loadings[0]);
  EXPECT_GE(got, 0.3);
  EXPECT_LT(got, 0.3 * 1.1);
}

/// Twelve subbands of five elements of which all but 0 and 11 cannot be solved without loading.
Subbands bad_scene() {
  constexpr std::size_t elements = 5;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  Subbands s = scene(elements, 12, 20, 3);
  const auto r = [&](std::size_t b, std::size_t i, std::size_t k) -> cf64& {
    return s.covariances(b, i * elements + k);
  };
  r(1, 2, 1) = cf64(0, nan);
  r(2, 4, 4) = inf;
  r(3, 3, 3) = -1;
  std::ranges::fill(s.covariances.row(4), cf64(0));
  for (std::size_t i = 0; i < elements; ++i) {  // rank one
    for (std::size_t k = 0; k < elements; ++k) r(5, i, k) = 1;
  }
  for (std::size_t i = 0; i < elements; ++i) r(6, i, 2) = r(6, 2, i) = 0;  // a dead element
  s.steering(7, 1) = nan;
  std::ranges::fill(s.steering.row(8), cf64(0));
  s.steering(9, 0) = cf64(inf, 0);
  r(10, 4, 0) = 1e300;
  return s;
}

TEST(BatchedMvdr, RejectsBadSubbandsAndOnlyThese) {
  for_each_simd_target([] {
    constexpr std::size_t elements = 5;
    Subbands s = bad_scene();
    BatchedMvdr mvdr({.elements = elements, .subbands = 12});
    EXPECT_EQ(mvdr.solve(s.covariances.view(), s.steering.view(), s.weights.view(), s.accepted), 2U);
    for (std::size_t b = 0; b < 12; ++b) {
      const bool good = b == 0 || b == 11;
      EXPECT_EQ(s.accepted[b], good ? 1 : 0) << b;
      double power = 0;
      for (const cf64 a : s.steering.row(b)) power += std::norm(a);
      for (std::size_t e = 0; e < elements; ++e) {
        const cf64 w = s.weights(b, e);
        ASSERT_TRUE(std::isfinite(w.real()) && std::isfinite(w.imag())) << b;
        if (good) continue;
        const bool steerable = b < 7 || b == 10;
        EXPECT_NEAR(std::abs(w - (steerable ? s.steering(b, e) / power : cf64(0))), 0, 1e-12) << b;
      }
    }
    // With loading, rank one and the dead element can be solved.
    BatchedMvdr loaded({.elements = elements, .subbands = 12, .loading = 1e-3});
    EXPECT_EQ(loaded.solve(s.covariances.view(), s.steering.view(), s.weights.view(), s.accepted), 4U);
    EXPECT_EQ(s.accepted[5], 1);
    EXPECT_EQ(s.accepted[6], 1);
  });
}

TEST(BatchedMvdr, RobustRejectsWhatNoLoadingMends) {
  for_each_simd_target([] {
    for (const double least : {0.0, 0.1}) {
      Subbands s = bad_scene();
      std::vector<double> loadings(12, least);
      BatchedMvdr mvdr({.elements = 5, .subbands = 12});
      mvdr.solve_robust(s.covariances.view(), s.steering.view(), 0.3, loadings, s.weights.view(), s.accepted);
      for (std::size_t b = 0; b < 12; ++b) {
        // Nothing at all (4) can be solved when there is a least loading; a negative power (3) may be made
        // good by any, and rank one (5) and a dead element (6) are.
        const bool bad = b == 1 || b == 2 || (b == 4 && least == 0) || b == 7 || b == 8 || b == 9;
        if (b != 3 && b != 10) {
          EXPECT_EQ(s.accepted[b], bad ? 0 : 1) << b;
        }
        cf64 gain = 0;
        for (std::size_t e = 0; e < 5; ++e) {
          ASSERT_TRUE(std::isfinite(std::abs(s.weights(b, e)))) << b;
          gain += std::conj(s.weights(b, e)) * s.steering(b, e);
        }
        if (b < 7 || b > 9) {
          EXPECT_NEAR(std::abs(gain - 1.0), 0, 1e-9) << b;
        } else {
          EXPECT_EQ(s.weights(b, 0), cf64(0)) << b;
        }
      }
    }
  });
}

TEST(BatchedMvdr, WeightsMayReplaceTheSteeringAndNothingIsAllocated) {
  Subbands s = scene(8, 10, 40, 4);
  s.covariances(3, 0) = -1;
  BatchedMvdr mvdr({.elements = 8, .subbands = 10});
  const AllocationCounter counter;
  mvdr.solve(s.covariances.view(), s.steering.view(), s.weights.view(), s.accepted);
  mvdr.solve(s.covariances.view(), s.steering.view(), s.steering.view(), s.accepted);
  EXPECT_EQ(counter.count(), 0U);
  for (std::size_t b = 0; b < 10; ++b) {
    for (std::size_t e = 0; e < 8; ++e) EXPECT_EQ(s.steering(b, e), s.weights(b, e));
  }
  Subbands strong = strong_scene(8, 10, 5);
  std::vector<double> loadings(10, 0.5);
  std::vector<double> same(10, 0.5);
  const AllocationCounter robust;
  mvdr.solve_robust(strong.covariances.view(), strong.steering.view(), 0.3, loadings, strong.weights.view(),
                    strong.accepted);
  mvdr.solve_robust(strong.covariances.view(), strong.steering.view(), 0.3, same, strong.steering.view(),
                    strong.accepted);
  EXPECT_EQ(robust.count(), 0U);
  EXPECT_EQ(loadings, same);
  for (std::size_t b = 0; b < 10; ++b) {
    for (std::size_t e = 0; e < 8; ++e) EXPECT_EQ(strong.steering(b, e), strong.weights(b, e));
  }
}

TEST(BatchedMvdr, RefusesValuesOutOfRange) {
  EXPECT_THROW(BatchedMvdr({.elements = 0, .subbands = 1}), ConfigError);
  EXPECT_THROW(BatchedMvdr({.elements = 65, .subbands = 1}), ConfigError);
  EXPECT_THROW(BatchedMvdr({.elements = 4, .subbands = 0}), ConfigError);
  EXPECT_THROW(BatchedMvdr({.elements = 4, .subbands = 65537}), ConfigError);
  for (const double bad : {-1e-9, 1.1e6, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW(BatchedMvdr({.elements = 4, .subbands = 2, .loading = bad}), ConfigError) << bad;
  }
}

}  // namespace
}  // namespace boresight::beam
