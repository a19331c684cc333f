// Cost of the simulated sky per channel and sample, on one core. 20 ns keeps a 16-channel scene at 20 MS/s
// within 6.4 core seconds per second of signal.
#include <benchmark/benchmark.h>

#include "boresight/sim/sky.h"

namespace boresight::sim {
namespace {

void report(benchmark::State& state, Sky& sky) {
  GridBuffer<cf32> out(sky.channels(), 8192);
  sky.generate(out.view());
  for (auto _ : state) {
    sky.generate(out.view());
    benchmark::DoNotOptimize(out.view().data());
  }
  const auto cells =
      static_cast<double>(state.iterations()) * static_cast<double>(out.rows() * out.columns());
  state.counters["ns_per_channel_sample"] =
      benchmark::Counter(cells * 1e-9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["sample_rate_of_real_time"] =
      benchmark::Counter(static_cast<double>(state.iterations() * out.columns()) / sky.sample_rate_hz(),
                         benchmark::Counter::kIsRate);
}

void Shipped(benchmark::State& state, const char* name) {
  Sky sky(parse_scenario(shipped_scenario(name), name));
  report(state, sky);
}
BENCHMARK_CAPTURE(Shipped, rooftop_jammed, "rooftop_jammed");
BENCHMARK_CAPTURE(Shipped, clear_sky, "clear_sky");
BENCHMARK_CAPTURE(Shipped, weak_pass, "weak_pass");
BENCHMARK_CAPTURE(Shipped, two_jammers, "two_jammers");

// The same scene without the transmitter's own cost.
void SilentSatellite(benchmark::State& state) {
  const Scenario scenario = parse_scenario(shipped_scenario("rooftop_jammed"), "rooftop_jammed");
  Sky sky(scenario, {Signal{640'000, [](std::uint64_t, std::span<cf32> out) {
                              for (cf32& x : out) x = 1;
                            }}});
  report(state, sky);
}
BENCHMARK(SilentSatellite);

}  // namespace
}  // namespace boresight::sim
