#include "boresight/doa/batched_eigen.h"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "support/allocation_counter.h"
#include "support/simd_targets.h"

namespace boresight::doa {
namespace {

struct Batch {
  GridBuffer<cf64> r;
  GridBuffer<double> values;
  GridBuffer<cf64> vectors;
  std::vector<std::uint8_t> accepted;

  Batch(std::size_t elements, std::size_t matrices)
      : r(matrices, elements * elements),
        values(matrices, elements),
        vectors(matrices, elements * elements),
        accepted(matrices, 7) {}

  std::size_t solve(BatchedEigen& eigen) {
    return eigen.solve(r.view(), values.view(), vectors.view(), accepted);
  }
};

using Matrix = Eigen::MatrixXcd;

Matrix matrix(std::span<const cf64> r, std::size_t elements) {
  const auto n = static_cast<Eigen::Index>(elements);
  Matrix m(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index k = 0; k <= i; ++k) {
      m(i, k) = r[static_cast<std::size_t>(i * n + k)];
      m(k, i) = std::conj(m(i, k));
    }
    m(i, i) = m(i, i).real();
  }
  return m;
}

/// Noise of power 1 from `snapshots` of it, and two waves of `wave_db`.
Batch sampled(std::size_t elements, std::size_t matrices, double wave_db, std::size_t snapshots,
              std::uint64_t seed) {
  Random random(seed);
  Batch batch(elements, matrices);
  for (std::size_t m = 0; m < matrices; ++m) {
    std::vector<cf64> waves[2];
    for (auto& wave : waves) {
      for (std::size_t e = 0; e < elements; ++e) {
        wave.push_back(std::pow(10, wave_db / 20) * cf64(random.complex_normal()));
      }
    }
    for (std::size_t t = 0; t < snapshots; ++t) {
      std::vector<cf64> x;
      for (std::size_t e = 0; e < elements; ++e) x.push_back(cf64(random.complex_normal()));
      for (auto& wave : waves) {
        const cf64 s = cf64(random.complex_normal());
        for (std::size_t e = 0; e < elements; ++e) x[e] += s * wave[e];
      }
      for (std::size_t i = 0; i < elements; ++i) {
        for (std::size_t k = 0; k < elements; ++k) batch.r(m, i * elements + k) += x[i] * std::conj(x[k]);
      }
    }
    // What is not to be read.
    for (std::size_t i = 0; i < elements; ++i) {
      for (std::size_t k = i + 1; k < elements; ++k) batch.r(m, i * elements + k) = 1e300;
      batch.r(m, i * elements + i).imag(-7);
    }
  }
  return batch;
}

TEST(BatchedEigen, IsEigensDecompositionOnEveryTarget) {
  for_each_simd_target([] {
    for (const std::size_t elements : {1, 2, 3, 4, 7, 8, 16, 33}) {
      for (const std::size_t matrices : {1, 3, 8, 13}) {
        for (const double wave_db : {-100.0, 60.0}) {
          const std::size_t snapshots = elements % 2 == 0 ? 3 * elements : elements / 2 + 1;  // or singular
          Batch batch = sampled(elements, matrices, wave_db, snapshots, elements + matrices);
          BatchedEigen eigen({.elements = elements, .matrices = matrices});
          EXPECT_EQ(batch.solve(eigen), matrices);
          for (std::size_t m = 0; m < matrices; ++m) {
            const Matrix r = matrix(batch.r.row(m), elements);
            const Eigen::SelfAdjointEigenSolver<Matrix> expected(r);
            const auto n = static_cast<Eigen::Index>(elements);
            // Rounding of some hundred rotations: 1e-15 each, with the root of their number.
            const double tolerance = 1e-14 * static_cast<double>(n) * expected.eigenvalues()(n - 1);
            Matrix v(n, n);
            for (Eigen::Index i = 0; i < n; ++i) {
              EXPECT_NEAR(batch.values(m, static_cast<std::size_t>(i)), expected.eigenvalues()(n - 1 - i),
                          tolerance);
              for (Eigen::Index e = 0; e < n; ++e)
                v(e, i) = batch.vectors(m, static_cast<std::size_t>(i * n + e));
            }
            EXPECT_LT((v.adjoint() * v - Matrix::Identity(n, n)).norm(), 1e-14 * static_cast<double>(n));
            const Eigen::Map<const Eigen::VectorXd> values(batch.values.row(m).data(), n);
            EXPECT_LT((r * v - v * values.asDiagonal()).norm(), 2 * tolerance) << elements << ' ' << wave_db;
          }
          Batch only = batch;
          BatchedEigen without({.elements = elements, .matrices = matrices, .vectors = false});
          EXPECT_EQ(without.solve(only.r.view(), only.values.view(), {}, only.accepted), matrices);
          for (std::size_t m = 0; m < matrices; ++m) {
            EXPECT_TRUE(std::ranges::equal(only.values.row(m), batch.values.row(m)));
          }
        }
      }
    }
  });
}

TEST(BatchedEigen, HardMatricesAreEasy) {
  for_each_simd_target([] {
    constexpr std::size_t n = 6;
    Batch batch(n, 7);
    const auto r = [&](std::size_t m, std::size_t i, std::size_t k) -> cf64& {
      return batch.r(m, i * n + k);
    };
    for (std::size_t i = 0; i < n; ++i) {
      r(1, i, i) = 3;                                              // all eigenvalues equal
      for (std::size_t k = 0; k < n; ++k) r(2, i, k) = 1e200;      // rank one, large
      for (std::size_t k = 0; k < n; ++k) r(3, i, k) = 1e-300;     // and small
      r(4, i, i) = std::pow(10.0, -4.0 * static_cast<double>(i));  // graded, and coupled a little
      if (i > 0) r(4, i, i - 1) = cf64(0, 1e-22);
      r(5, i, n - 1 - i) = cf64(0, i > n - 1 - i ? 1 : -1);  // eigenvalues +-1, nothing on the diagonal
      r(6, i, i) = i == 2 ? -5 : 1;                          // negative ones come last
    }
    BatchedEigen eigen({.elements = n, .matrices = 7});
    EXPECT_EQ(batch.solve(eigen), 7U);
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_EQ(batch.values(0, i), 0);
      EXPECT_DOUBLE_EQ(batch.values(1, i), 3);
      EXPECT_NEAR(batch.values(2, i) / 6e200, i == 0 ? 1 : 0, 1e-14);
      EXPECT_NEAR(batch.values(3, i) / 6e-300, i == 0 ? 1 : 0, 1e-14);
      EXPECT_NEAR(batch.values(4, i), std::pow(10.0, -4.0 * static_cast<double>(i)), 1e-15);
      EXPECT_NEAR(batch.values(5, i), i < 3 ? 1 : -1, 1e-14);
      EXPECT_DOUBLE_EQ(batch.values(6, i), i < 5 ? 1 : -5);
    }
    EXPECT_NEAR(std::abs(batch.vectors(6, 5 * n + 2)), 1, 1e-15);
  });
}

TEST(BatchedEigen, RejectsBadMatricesAndOnlyThese) {
  for_each_simd_target([] {
    Batch batch = sampled(4, 9, 20, 12, 1);
    Batch good = batch;
    batch.r(2, 5) = std::numeric_limits<double>::quiet_NaN();
    batch.r(4, 4) = cf64(0, std::numeric_limits<double>::infinity());
    batch.r(8, 15) = -std::numeric_limits<double>::infinity();
    BatchedEigen eigen({.elements = 4, .matrices = 9});
    EXPECT_EQ(batch.solve(eigen), 6U);
    EXPECT_EQ(good.solve(eigen), 9U);
    for (std::size_t m = 0; m < 9; ++m) {
      const bool bad = m == 2 || m == 4 || m == 8;
      EXPECT_EQ(batch.accepted[m], bad ? 0 : 1);
      for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(batch.values(m, i), bad ? 0 : good.values(m, i));
        for (std::size_t e = 0; e < 4; ++e) {
          const cf64 expected = bad ? cf64(i == e ? 1 : 0) : good.vectors(m, 4 * i + e);
          EXPECT_EQ(batch.vectors(m, 4 * i + e), expected);
        }
      }
    }
  });
}

TEST(BatchedEigen, DoesNotAllocateAndRefusesValuesOutOfRange) {
  Batch batch = sampled(8, 10, 20, 12, 2);
  BatchedEigen eigen({.elements = 8, .matrices = 10});
  const AllocationCounter counter;
  batch.solve(eigen);
  EXPECT_EQ(counter.count(), 0U);
  EXPECT_THROW(BatchedEigen({.elements = 0, .matrices = 1}), ConfigError);
  EXPECT_THROW(BatchedEigen({.elements = 65, .matrices = 1}), ConfigError);
  EXPECT_THROW(BatchedEigen({.elements = 4, .matrices = 0}), ConfigError);
  EXPECT_THROW(BatchedEigen({.elements = 4, .matrices = 65537}), ConfigError);
}

}  // namespace
}  // namespace boresight::doa
