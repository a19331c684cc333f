// The array end of the receive chain from cs16 to a beam: narrowband or in subbands, each with and without
// the calibration in front. Each iteration runs all four once; the counters are made of the shortest time of
// each, in nanoseconds per sample of all elements. Argument: elements.
#include "boresight/rx/front_end.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "boresight/core/convert.h"
#include "boresight/core/random.h"
#include "support/bounds.h"

namespace boresight::rx {
namespace {

constexpr double rate_hz = 20e6;

FrontEnd::Config config_of(std::size_t elements, bool subbands, bool calibrated) {
  FrontEnd::Config config;
  const array::Geometry geometry = array::Geometry::line(elements, 0.1);
  if (subbands) {
    config.subband.emplace();
    config.subband->geometry = geometry;
    config.subband->carrier_hz = 1e9;
    config.subband->sample_rate_hz = rate_hz;
  } else {
    config.beamformer.geometry = geometry;
    config.beamformer.carrier_hz = 1e9;
  }
  if (!calibrated) return config;
  config.calibration.emplace();
  config.calibration->sample_rate_hz = rate_hz;
  config.calibration->calibration.channels.resize(elements);
  for (std::size_t e = 1; e < elements; ++e) {
    auto& channel = config.calibration->calibration.channels[e];
    channel.phase_rad = 0.3 * static_cast<double>(e);
    channel.delay_s = 0.4 * static_cast<double>(e) / rate_hz;
  }
  return config;
}

void front_end(benchmark::State& state) {
  const auto elements = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t count = 65536;
  GridBuffer<cs16> x(elements, count);
  std::vector<cf32> noise(count);
  Random random(1);
  for (std::size_t e = 0; e < elements; ++e) {
    std::ranges::fill(noise, cf32(0));
    random.add_noise(noise, 1e-3F);
    from_cf32(noise, x.row(e));
  }
  FrontEnd narrow(config_of(elements, false, false));
  FrontEnd narrow_calibrated(config_of(elements, false, true));
  FrontEnd wide(config_of(elements, true, false));
  FrontEnd wide_calibrated(config_of(elements, true, true));
  FrontEnd* const ends[] = {&narrow, &narrow_calibrated, &wide, &wide_calibrated};
  const FrontEnd::BeamHandler handler = [](std::span<const cf32> beam) {
    benchmark::DoNotOptimize(beam.data());
  };
  Best best[4];
  for (auto _ : state) {
    for (std::size_t i = 0; i < 4; ++i) {
      best[i].run(1, [&] { ends[i]->push(Grid<const cs16>(x.view()), handler); });
    }
  }
  const char* const names[] = {"narrow_ns", "narrow_calibrated_ns", "subband_ns", "subband_calibrated_ns"};
  for (std::size_t i = 0; i < 4; ++i) state.counters[names[i]] = 1e9 * best[i].seconds / count;
  state.counters["subband_over_narrow"] = best[2].seconds / best[0].seconds;
}
BENCHMARK(front_end)->Arg(4)->Arg(8)->Arg(16)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace boresight::rx
