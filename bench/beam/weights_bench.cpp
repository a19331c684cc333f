// Weights from a measured covariance. Eigen's plain LL^H solve is given its loading; MvdrSolver also
// estimates the noise floor from all eigenvalues. beam_* are what one more beam costs once the covariance is
// factored.
#include "boresight/beam/weights.h"

#include <benchmark/benchmark.h>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <vector>

#include "boresight/beam/constraints.h"
#include "boresight/beam/lcmv.h"
#include "boresight/beam/rls.h"
#include "boresight/beam/robust_capon.h"
#include "boresight/beam/subspace_projection.h"
#include "boresight/core/random.h"
#include "boresight/doa/covariance.h"

namespace boresight::beam {
namespace {

/// Noise, and a signal of 10 dB per element from the boresight.
GridBuffer<cf64> measured_covariance(std::size_t elements) {
  GridBuffer<cf32> x(elements, 4 * elements);
  Random random(1);
  for (std::size_t e = 0; e < elements; ++e) random.add_noise(x.row(e), 1.0F);
  for (std::size_t t = 0; t < x.columns(); ++t) {
    const cf32 signal = random.complex_normal(10.0F);
    for (std::size_t e = 0; e < elements; ++e) x(e, t) += signal;
  }
  doa::SampleCovariance covariance({.elements = elements});
  covariance.update(x.view());
  GridBuffer<cf64> r(elements, elements);
  covariance.matrix(r.view());
  return r;
}

Eigen::MatrixXcd dense(Grid<const cf64> r) {
  const auto n = static_cast<Eigen::Index>(r.rows());
  Eigen::MatrixXcd out(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index k = 0; k < n; ++k) {
      out(i, k) = r(static_cast<std::size_t>(i), static_cast<std::size_t>(k));
    }
  }
  return out;
}

void mvdr_solver(benchmark::State& state) {
  const auto elements = static_cast<std::size_t>(state.range(0));
  const GridBuffer<cf64> r = measured_covariance(elements);
  const std::vector<cf64> steering(elements, cf64(1));
  std::vector<cf64> weights(elements);
  MvdrSolver solver({.elements = elements});
  for (auto _ : state) {
    solver.solve(r.view(), steering, weights);
    benchmark::DoNotOptimize(weights.data());
    benchmark::ClobberMemory();
  }
}

void eigen_llt(benchmark::State& state) {
  const GridBuffer<cf64> r = measured_covariance(static_cast<std::size_t>(state.range(0)));
  Eigen::MatrixXcd loaded = dense(r.view());
  loaded.diagonal().array() += 10.0;
  const Eigen::VectorXcd steering = Eigen::VectorXcd::Ones(loaded.rows());
  Eigen::VectorXcd weights(loaded.rows());
  for (auto _ : state) {
    weights = loaded.llt().solve(steering);
    weights /= steering.dot(weights).real();
    benchmark::DoNotOptimize(weights.data());
    benchmark::ClobberMemory();
  }
}

/// The same task as mvdr_solver with Eigen alone: eigenvalues for the noise floor, then a solve.
void eigen_eigenvalues_and_llt(benchmark::State& state) {
  const GridBuffer<cf64> r = measured_covariance(static_cast<std::size_t>(state.range(0)));
  const Eigen::MatrixXcd plain = dense(r.view());
  const Eigen::VectorXcd steering = Eigen::VectorXcd::Ones(plain.rows());
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXcd> eigen(plain.rows());
  Eigen::MatrixXcd loaded = plain;
  Eigen::VectorXcd weights(plain.rows());
  for (auto _ : state) {
    eigen.compute(plain, Eigen::EigenvaluesOnly);
    loaded = plain;
    loaded.diagonal().array() += 10 * eigen.eigenvalues().head(plain.rows() / 2).mean();
    weights = loaded.llt().solve(steering);
    weights /= steering.dot(weights).real();
    benchmark::DoNotOptimize(weights.data());
    benchmark::ClobberMemory();
  }
}

template <typename Rule>
void one_more_beam(benchmark::State& state, Rule rule) {
  const auto elements = static_cast<std::size_t>(state.range(0));
  const GridBuffer<cf64> r = measured_covariance(elements);
  const std::vector<cf64> steering(elements, cf64(1));
  std::vector<cf64> weights(elements);
  CovarianceFactor factor({.elements = elements});
  factor.factor(r.view());
  for (auto _ : state) {
    rule(factor, steering, weights);
    benchmark::DoNotOptimize(weights.data());
    benchmark::ClobberMemory();
  }
}

void beam_mvdr(benchmark::State& state) {
  one_more_beam(state, [](auto& factor, const auto& a, auto& w) { mvdr(factor, a, w); });
}
void beam_robust_capon(benchmark::State& state) {
  one_more_beam(state, [](auto& factor, const auto& a, auto& w) {
    robust_capon(factor, a, 0.3 * static_cast<double>(a.size()), w);
  });
}
void beam_subspace(benchmark::State& state) {
  one_more_beam(state, [](auto& factor, const auto& a, auto& w) { subspace_projection(factor, a, 3, w); });
}
void beam_lcmv_three_constraints(benchmark::State& state) {
  const auto elements = static_cast<std::size_t>(state.range(0));
  ConstraintSet set({.elements = elements, .max_constraints = 3});
  LcmvSolver solver({.elements = elements, .max_constraints = 3});
  Random random(2);
  std::vector<cf64> null(elements);
  for (int k = 0; k < 3; ++k) {
    for (cf64& value : null) value = cf64(random.complex_normal());
    set.add(null, k == 0 ? 1.0 : 0.0);
  }
  one_more_beam(state, [&](auto& factor, const auto&, auto& w) { solver.solve(factor, set, w); });
}

/// One sample.
void rls_step(benchmark::State& state) {
  const auto elements = static_cast<std::size_t>(state.range(0));
  RlsFilter filter({.elements = elements});
  Random random(3);
  std::vector<cf64> x(64 * elements);
  for (cf64& value : x) value = cf64(random.complex_normal());
  std::size_t t = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(filter.step(std::span(x).subspan(t * elements, elements), x[t]));
    t = (t + 1) % 64;
  }
}

BENCHMARK(mvdr_solver)->Arg(8)->Arg(16)->Arg(64);
BENCHMARK(eigen_eigenvalues_and_llt)->Arg(8)->Arg(16)->Arg(64);
BENCHMARK(eigen_llt)->Arg(8)->Arg(16)->Arg(64);
BENCHMARK(beam_mvdr)->Arg(8)->Arg(16)->Arg(64);
BENCHMARK(beam_robust_capon)->Arg(8)->Arg(16)->Arg(64);
BENCHMARK(beam_subspace)->Arg(8)->Arg(16)->Arg(64);
BENCHMARK(beam_lcmv_three_constraints)->Arg(8)->Arg(16)->Arg(64);
BENCHMARK(rls_step)->Arg(8)->Arg(16)->Arg(64);

}  // namespace
}  // namespace boresight::beam
