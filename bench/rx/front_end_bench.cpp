// The array end of the receive chain from cs16 to a beam: narrowband or in subbands, each with and without
// the calibration in front, which knows delays, or, as from a tone, gains and phases only. Each iteration
// runs all once; the counters are made of the shortest time of each, in nanoseconds per sample of all
// elements. Argument: elements.
#include "boresight/rx/front_end.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "boresight/core/convert.h"
#include "boresight/core/random.h"
#include "support/bounds.h"

namespace boresight::rx {
namespace {

constexpr double rate_hz = 20e6;

enum class Calibrated { no, from_tone, from_noise };

FrontEnd::Config config_of(std::size_t elements, bool subbands, Calibrated calibrated) {
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
  if (calibrated == Calibrated::no) return config;
  config.calibration.emplace();
  config.calibration->sample_rate_hz = rate_hz;
  config.calibration->calibration.channels.resize(elements);
  for (std::size_t e = 1; e < elements; ++e) {
    auto& channel = config.calibration->calibration.channels[e];
    channel.phase_rad = 0.3 * static_cast<double>(e);
    if (calibrated == Calibrated::from_noise) channel.delay_s = 0.4 * static_cast<double>(e) / rate_hz;
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
  FrontEnd narrow(config_of(elements, false, Calibrated::no));
  FrontEnd narrow_tone(config_of(elements, false, Calibrated::from_tone));
  FrontEnd narrow_calibrated(config_of(elements, false, Calibrated::from_noise));
  FrontEnd wide(config_of(elements, true, Calibrated::no));
  FrontEnd wide_calibrated(config_of(elements, true, Calibrated::from_noise));
  FrontEnd* const ends[] = {&narrow, &narrow_tone, &narrow_calibrated, &wide, &wide_calibrated};
  const FrontEnd::BeamHandler handler = [](std::span<const cf32> beam) {
    benchmark::DoNotOptimize(beam.data());
  };
  Best best[std::size(ends)];
  for (auto _ : state) {
    for (std::size_t i = 0; i < std::size(ends); ++i) {
      best[i].run(1, [&] { ends[i]->push(Grid<const cs16>(x.view()), handler); });
    }
  }
  const char* const names[] = {"narrow_ns", "narrow_tone_ns", "narrow_calibrated_ns", "subband_ns",
                               "subband_calibrated_ns"};
  for (std::size_t i = 0; i < std::size(ends); ++i) state.counters[names[i]] = 1e9 * best[i].seconds / count;
  state.counters["subband_over_narrow"] = best[2].seconds / best[0].seconds;
}
BENCHMARK(front_end)->Arg(4)->Arg(8)->Arg(16)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace boresight::rx
