#include "boresight/beam/batched_mvdr.h"

#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <cmath>
#include <limits>
#include <vector>

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

TEST(BatchedMvdr, RejectsBadSubbandsAndOnlyThese) {
  for_each_simd_target([] {
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
