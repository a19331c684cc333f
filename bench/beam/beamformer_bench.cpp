// Narrowband beamformer beside a plain Eigen product on the same samples. Arguments: elements, beams, samples
// per call (4096: the samples of 16 elements fill half of a second-level cache; 1048576: from memory).
#include "boresight/beam/beamformer.h"

#include <benchmark/benchmark.h>

#include <Eigen/Core>

#include "boresight/core/random.h"

namespace boresight::beam {
namespace {

GridBuffer<cf32> noise(std::size_t rows, std::size_t columns) {
  GridBuffer<cf32> x(rows, columns);
  Random random(1);
  for (std::size_t r = 0; r < rows; ++r) random.add_noise(x.row(r), 1.0F);
  return x;
}

void count(benchmark::State& state) {
  state.counters["samples/s"] =
      benchmark::Counter(static_cast<double>(state.range(2)), benchmark::Counter::kIsIterationInvariantRate);
}

void boresight_beamformer(benchmark::State& state) {
  const auto elements = static_cast<std::size_t>(state.range(0));
  const auto beams = static_cast<std::size_t>(state.range(1));
  const auto samples = static_cast<std::size_t>(state.range(2));
  const GridBuffer<cf32> x = noise(elements, samples);
  const GridBuffer<cf32> weights = noise(beams, elements);
  GridBuffer<cf32> y(beams, samples);
  Beamformer beamformer({.elements = elements, .beams = beams});
  beamformer.set_weights(weights.view());
  for (auto _ : state) {
    beamformer.process(x.view(), y.view());
    benchmark::ClobberMemory();
  }
  count(state);
}

void eigen_product(benchmark::State& state) {
  const auto elements = static_cast<std::size_t>(state.range(0));
  const auto beams = static_cast<std::size_t>(state.range(1));
  const auto samples = static_cast<std::size_t>(state.range(2));
  using RowMajor = Eigen::Matrix<cf32, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const GridBuffer<cf32> x = noise(elements, samples);
  const GridBuffer<cf32> weights = noise(beams, elements);
  const Eigen::Map<const RowMajor, 0, Eigen::OuterStride<>> in(
      x.row(0).data(), static_cast<Eigen::Index>(elements), static_cast<Eigen::Index>(samples),
      Eigen::OuterStride<>(static_cast<Eigen::Index>(x.view().row_stride())));
  RowMajor w(static_cast<Eigen::Index>(beams), static_cast<Eigen::Index>(elements));
  for (std::size_t b = 0; b < beams; ++b) {
    for (std::size_t e = 0; e < elements; ++e) {
      w(static_cast<Eigen::Index>(b), static_cast<Eigen::Index>(e)) = std::conj(weights(b, e));
    }
  }
  RowMajor y(static_cast<Eigen::Index>(beams), static_cast<Eigen::Index>(samples));
  for (auto _ : state) {
    y.noalias() = w * in;
    benchmark::ClobberMemory();
  }
  count(state);
}

void shapes(benchmark::internal::Benchmark* bench) {
  for (const long samples : {4096L, 1L << 20}) {
    for (const long elements : {4L, 16L, 64L}) {
      for (const long beams : {1L, 4L}) bench->Args({elements, beams, samples});
    }
  }
}

BENCHMARK(boresight_beamformer)->Apply(shapes);
BENCHMARK(eigen_product)->Apply(shapes);

}  // namespace
}  // namespace boresight::beam
