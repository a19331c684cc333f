// The wideband beamformer with its covariance and renewals, beside the narrowband one, per sample of all
// elements, and beside itself with plain MVDR. Each iteration runs all once; the counters are made of the
// shortest time of each. Arguments: elements, bins.
#include "boresight/beam/subband_beamformer.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "boresight/beam/adaptive_beamformer.h"
#include "boresight/core/random.h"
#include "support/bounds.h"

namespace boresight::beam {
namespace {

void subband_beamformer(benchmark::State& state) {
  const auto elements = static_cast<std::size_t>(state.range(0));
  const auto bins = static_cast<std::size_t>(state.range(1));
  constexpr std::size_t block = 65536;
  const array::Geometry geometry = array::Geometry::line(elements, 0.1);
  SubbandBeamformer::Config config{.geometry = geometry,
                                   .carrier_hz = 1e9,
                                   .sample_rate_hz = 20e6,
                                   .fft_size = bins,
                                   .subbands = std::min<std::size_t>(bins, 64)};
  SubbandBeamformer subband(config);
  config.mode = SubbandWeights::Mode::mvdr;
  SubbandBeamformer plain(config);
  AdaptiveBeamformer narrowband({.geometry = geometry, .carrier_hz = 1e9});
  Random random(1);
  GridBuffer<cf32> x(elements, block);
  for (std::size_t e = 0; e < elements; ++e) random.add_noise(x.row(e), 1);
  std::vector<cf32> y(block);
  Best wide, wide_plain, narrow;
  for (auto _ : state) {
    wide.run(1, [&] {
      subband.process(x.view(), y);
      benchmark::ClobberMemory();
    });
    wide_plain.run(1, [&] {
      plain.process(x.view(), y);
      benchmark::ClobberMemory();
    });
    narrow.run(1, [&] {
      narrowband.process(x.view(), y);
      benchmark::ClobberMemory();
    });
  }
  state.counters["Msps"] = 1e-6 * block / wide.seconds;
  state.counters["narrowband_Msps"] = 1e-6 * block / narrow.seconds;
  state.counters["over_plain_mvdr"] = wide.seconds / wide_plain.seconds;
  state.counters["cost_ratio"] = wide.seconds / narrow.seconds;
}
BENCHMARK(subband_beamformer)->ArgsProduct({{4, 8, 16}, {64, 256, 1024}})->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace boresight::beam
