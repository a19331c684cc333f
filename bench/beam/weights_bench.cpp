// One set of MVDR weights from a measured covariance. The solver also estimates the noise floor from all
// eigenvalues; the plain Eigen version is given its loading and does one LL^H solve.
#include "boresight/beam/weights.h"

#include <benchmark/benchmark.h>

#include <Eigen/Cholesky>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/doa/covariance.h"

namespace boresight::beam {
namespace {

GridBuffer<cf64> measured_covariance(std::size_t elements) {
  GridBuffer<cf32> x(elements, 4 * elements);
  Random random(1);
  for (std::size_t e = 0; e < elements; ++e) random.add_noise(x.row(e), 1.0F);
  doa::SampleCovariance covariance({.elements = elements});
  covariance.update(x.view());
  GridBuffer<cf64> r(elements, elements);
  covariance.matrix(r.view());
  return r;
}

void boresight_mvdr_solver(benchmark::State& state) {
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
  const auto elements = static_cast<std::size_t>(state.range(0));
  const auto n = static_cast<Eigen::Index>(elements);
  const GridBuffer<cf64> r = measured_covariance(elements);
  Eigen::MatrixXcd loaded(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index k = 0; k < n; ++k) {
      loaded(i, k) = r(static_cast<std::size_t>(i), static_cast<std::size_t>(k));
    }
    loaded(i, i) += 10.0;
  }
  const Eigen::VectorXcd steering = Eigen::VectorXcd::Ones(n);
  Eigen::VectorXcd weights(n);
  for (auto _ : state) {
    weights = loaded.llt().solve(steering);
    weights /= steering.dot(weights).real();
    benchmark::DoNotOptimize(weights.data());
    benchmark::ClobberMemory();
  }
}

BENCHMARK(boresight_mvdr_solver)->Arg(8)->Arg(16)->Arg(64);
BENCHMARK(eigen_llt)->Arg(8)->Arg(16)->Arg(64);

}  // namespace
}  // namespace boresight::beam
