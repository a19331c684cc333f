// The OFDM front of the receiver beside its bound, the bare FFT of the same size in the same run.
#include "boresight/ofdm/demodulator.h"

#include <benchmark/benchmark.h>

#include "boresight/core/aligned.h"
#include "boresight/core/random.h"
#include "boresight/ofdm/channel_estimator.h"
#include "boresight/ofdm/equalizer.h"
#include "boresight/sync/ku_sequences.h"
#include "fft/fft.h"

namespace boresight {
namespace {

aligned_vector<cf32> noise() {
  aligned_vector<cf32> x(1024);
  Random(1).add_noise(x, 1.0F);
  return x;
}

void count_samples(benchmark::State& state) {
  state.counters["samples/s"] = benchmark::Counter(1024, benchmark::Counter::kIsIterationInvariantRate);
}

void bare_fft(benchmark::State& state) {
  const fft::Fft forward(1024, fft::Direction::forward);
  const auto x = noise();
  aligned_vector<cf32> y(1024);
  for (auto _ : state) {
    forward.run(x, y);
    benchmark::DoNotOptimize(y.data());
  }
  count_samples(state);
}
BENCHMARK(bare_fft);

void demodulate(benchmark::State& state) {
  ofdm::Demodulator demodulator(ofdm::ku240());
  const auto x = noise();
  aligned_vector<cf32> y(1024);
  for (auto _ : state) {
    demodulator.process(x, 1.1e-3, 0.3, y);
    benchmark::DoNotOptimize(y.data());
  }
  count_samples(state);
}
BENCHMARK(demodulate);

void estimate_channel(benchmark::State& state) {
  ofdm::ChannelEstimator estimator(
      {.numerology = ofdm::ku240(), .known = {sync::sss().begin(), sync::sss().end()}, .taps = 32});
  auto y = noise();
  aligned_vector<cf32> channel(1024);
  aligned_vector<float> variance(1024);
  for (auto _ : state) {
    estimator.process(Grid<const cf32>(y.data(), 1, 1024), channel, variance);
    benchmark::DoNotOptimize(channel.data());
  }
  count_samples(state);
}
BENCHMARK(estimate_channel);

void equalize(benchmark::State& state) {
  const auto carriers = ofdm::ku240().carriers(ofdm::Carrier::data);
  const auto y = noise();
  const aligned_vector<cf32> channel(1024, cf32(1, 1));
  const aligned_vector<float> variance(1024, 0.1F);
  aligned_vector<cf32> symbols(carriers.size());
  aligned_vector<float> out(carriers.size());
  for (auto _ : state) {
    ofdm::equalize(y, channel, variance, carriers, symbols, out);
    benchmark::DoNotOptimize(symbols.data());
  }
  count_samples(state);
}
BENCHMARK(equalize);

}  // namespace
}  // namespace boresight
