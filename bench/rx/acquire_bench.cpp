// What it costs to look for frames of the real Ku-band downlink, against real time: `real_time` is the time
// of one core for a second of samples.
#include <benchmark/benchmark.h>

#include <vector>

#include "boresight/core/random.h"
#include "boresight/rx/pilot_receiver.h"
#include "boresight/rx/preamble_receiver.h"
#include "boresight/rx/tone_receiver.h"

namespace boresight {
namespace {

template <typename Receiver>
void search_noise(benchmark::State& state, Receiver& receiver, double rate_hz) {
  // Frame periods of different noise, in turn.
  std::vector<cf32> noise(static_cast<std::size_t>(rate_hz / 750) * 4);
  Random(2).add_noise(noise, 1.0F);
  const typename Receiver::Handler handler = [](const rx::KuDetection&) {};
  receiver.push(noise, handler);
  for (auto _ : state) receiver.push(noise, handler);
  const auto samples = static_cast<double>(noise.size());
  state.counters["samples/s"] = benchmark::Counter(samples, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["real_time"] = benchmark::Counter(
      samples / rate_hz, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void preamble(benchmark::State& state, double rate_hz, double center_hz, std::size_t accumulate) {
  rx::PreambleReceiver::Config config;
  config.search.sample_rate_hz = rate_hz;
  config.search.center_hz = center_hz;
  config.accumulate_frames = accumulate;
  rx::PreambleReceiver receiver(config);
  search_noise(state, receiver, rate_hz);
}
BENCHMARK_CAPTURE(preamble, slice_2_5_msps, 2.5e6, 30e6, 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(preamble, slice_10_msps, 10e6, 30e6, 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(preamble, slice_20_msps, 20e6, 30e6, 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(preamble, slice_60_msps, 60e6, 30e6, 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(preamble, channel_240_msps, 240e6, 0.0, 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(preamble, slice_20_msps_64_frames, 20e6, 30e6, 64)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(preamble, channel_240_msps_64_frames, 240e6, 0.0, 64)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(64);

void pilots(benchmark::State& state, double rate_hz, std::size_t search_every) {
  rx::PilotReceiver::Config config;
  config.search.sample_rate_hz = rate_hz;
  config.search_every = search_every;
  rx::PilotReceiver receiver(config);
  search_noise(state, receiver, rate_hz);
}
BENCHMARK_CAPTURE(pilots, slice_2_5_msps_every_32, 2.5e6, 32)->Unit(benchmark::kMillisecond)->Iterations(64);
BENCHMARK_CAPTURE(pilots, slice_10_msps_every_32, 10e6, 32)->Unit(benchmark::kMillisecond)->Iterations(64);
BENCHMARK_CAPTURE(pilots, slice_2_5_msps_every_1, 2.5e6, 1)->Unit(benchmark::kMillisecond);

void tones(benchmark::State& state) {
  rx::ToneReceiver receiver({});
  search_noise(state, receiver, 2.5e6);
}
BENCHMARK(tones)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace boresight
