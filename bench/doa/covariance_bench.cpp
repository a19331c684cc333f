// Sample covariance beside a plain Eigen version on the same samples. The counter is snapshots per second, so
// samples per second and element.
#include "boresight/doa/covariance.h"

#include <benchmark/benchmark.h>

#include <Eigen/Core>

#include "boresight/core/random.h"

namespace boresight::doa {
namespace {

constexpr std::size_t snapshots = 4096;

GridBuffer<cf32> noise(std::size_t elements) {
  GridBuffer<cf32> x(elements, snapshots);
  Random random(1);
  for (std::size_t e = 0; e < elements; ++e) random.add_noise(x.row(e), 1.0F);
  return x;
}

void count(benchmark::State& state) {
  state.counters["snapshots/s"] =
      benchmark::Counter(static_cast<double>(snapshots), benchmark::Counter::kIsIterationInvariantRate);
}

void boresight_covariance(benchmark::State& state) {
  const auto elements = static_cast<std::size_t>(state.range(0));
  const GridBuffer<cf32> x = noise(elements);
  SampleCovariance covariance({.elements = elements, .forgetting = 0.5});
  for (auto _ : state) {
    covariance.update(x.view());
    benchmark::ClobberMemory();
  }
  count(state);
}

void eigen_rank_update(benchmark::State& state) {
  const auto elements = static_cast<std::size_t>(state.range(0));
  const GridBuffer<cf32> x = noise(elements);
  using RowMajor = Eigen::Matrix<cf32, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const RowMajor, 0, Eigen::OuterStride<>> samples(
      x.row(0).data(), static_cast<Eigen::Index>(elements), static_cast<Eigen::Index>(snapshots),
      Eigen::OuterStride<>(static_cast<Eigen::Index>(x.view().row_stride())));
  Eigen::MatrixXcf sum =
      Eigen::MatrixXcf::Zero(static_cast<Eigen::Index>(elements), static_cast<Eigen::Index>(elements));
  for (auto _ : state) {
    sum *= 0.5F;
    sum.selfadjointView<Eigen::Lower>().rankUpdate(samples);
    benchmark::ClobberMemory();
  }
  count(state);
}

BENCHMARK(boresight_covariance)->Arg(4)->Arg(8)->Arg(16)->Arg(64);
BENCHMARK(eigen_rank_update)->Arg(4)->Arg(8)->Arg(16)->Arg(64);

}  // namespace
}  // namespace boresight::doa
