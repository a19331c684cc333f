// The whole adaptive beamformer on a stream: covariance, weights and beamforming, in blocks of 8192 samples.
// Arguments: elements per side of the panel, covariance_decimation, jump_db (0: without the watch on the
// output's power), beams. The counter is samples per second and element.
#include <benchmark/benchmark.h>

#include "boresight/beam/adaptive_beamformer.h"
#include "boresight/core/random.h"

namespace boresight::beam {
namespace {

void adaptive_mvdr(benchmark::State& state) {
  constexpr std::size_t block_samples = 8192;
  const auto side = static_cast<std::size_t>(state.range(0));
  AdaptiveBeamformer::Config config;
  config.geometry = array::Geometry::rectangle(side, side, 0.0128, 0.0128);
  config.carrier_hz = 11.7e9;
  config.covariance_decimation = static_cast<std::size_t>(state.range(1));
  config.jump_db = static_cast<double>(state.range(2));
  config.beams = static_cast<std::size_t>(state.range(3));
  config.max_block_samples = block_samples;
  AdaptiveBeamformer beamformer(config);
  GridBuffer<cf32> x(side * side, block_samples);
  Random random(1);
  for (std::size_t e = 0; e < x.rows(); ++e) random.add_noise(x.row(e), 1.0F);
  GridBuffer<cf32> y(config.beams, block_samples);
  for (auto _ : state) {
    beamformer.process(x.view(), y.view());
    benchmark::ClobberMemory();
  }
  state.counters["samples/s"] =
      benchmark::Counter(static_cast<double>(block_samples), benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK(adaptive_mvdr)
    ->ArgNames({"side", "decimation", "jump_db", "beams"})
    ->Args({2, 4, 6, 1})
    ->Args({4, 1, 6, 1})
    ->Args({4, 4, 6, 1})
    ->Args({4, 4, 0, 1})
    ->Args({4, 4, 6, 2})
    ->Args({8, 4, 6, 1});

}  // namespace
}  // namespace boresight::beam
