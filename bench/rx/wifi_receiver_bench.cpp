// The Wi-Fi receiver from samples to PSDUs, frames back to back, and its search while there is nothing to
// find or something that only looks like it.
#include "boresight/rx/wifi_receiver.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/tx/wifi_transmitter.h"
#include "fft/fft.h"

namespace boresight {
namespace {

// 64-point transforms as fast as this machine makes them, one by one: what the counters compare with.
double seconds_per_fft() {
  const fft::Fft forward(64, fft::Direction::forward);
  aligned_vector<cf32> in(64, cf32(1, 0.5F));
  aligned_vector<cf32> out(64);
  double best = 1;
  for (int round = 0; round < 20; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 2000; ++i) {
      forward.run(in, out);
      benchmark::DoNotOptimize(out.data());
    }
    best = std::min(best,
                    std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / 2000);
  }
  return best;
}

// ffts_per_symbol: time per 80 samples over that of a transform of 64, measured in the same run.
void receive(benchmark::State& state, const std::vector<cf32>& samples, std::uint64_t frames_expected) {
  rx::WifiReceiver receiver({});
  const rx::WifiReceiver::Handler handler = [](const rx::WifiFrame&) {};
  std::uint64_t pushed = 0;
  for (auto _ : state) {
    receiver.push(samples, handler);
    ++pushed;
  }
  if (frames_expected > 0 && receiver.stats().fcs_ok + 2 < pushed * frames_expected)
    state.SkipWithError("frames were lost");
  const auto count = static_cast<double>(samples.size());
  state.counters["samples/s"] = benchmark::Counter(count, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["ffts_per_symbol"] =
      benchmark::Counter(count / 80 * seconds_per_fft(),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void receive_legacy(benchmark::State& state, frame::WifiRate rate, double snr_db) {
  tx::WifiTransmitter transmitter({});
  std::vector<std::uint8_t> psdu(1500);
  Random random(1);
  random.fill(psdu);
  frame::write_fcs(psdu);
  std::vector<cf32> one(transmitter.frame_samples(rate, psdu.size()));
  transmitter.transmit(rate, psdu, 0x5D, one);
  std::vector<cf32> samples;
  std::uint64_t frames = 0;
  for (; samples.size() < 400'000; ++frames) {
    samples.insert(samples.end(), one.begin(), one.end());
    samples.resize(samples.size() + 100);
  }
  random.add_noise(samples, static_cast<float>(power_from_db(-snr_db)));
  receive(state, samples, frames);
}
BENCHMARK_CAPTURE(receive_legacy, 6mbps, frame::WifiRate::r6, 10.0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(receive_legacy, 24mbps, frame::WifiRate::r24, 20.0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(receive_legacy, 48mbps, frame::WifiRate::r48, 28.0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(receive_legacy, 54mbps, frame::WifiRate::r54, 28.0)->Unit(benchmark::kMillisecond);

void receive_ht(benchmark::State& state, bool ldpc) {
  tx::WifiTransmitter transmitter({});
  std::vector<std::uint8_t> mpdu(1500);
  Random random(1);
  random.fill(mpdu);
  frame::write_fcs(mpdu);
  std::vector<std::uint8_t> psdu(10 * 1504);
  for (std::size_t used = 0; used < psdu.size();) used = frame::append_mpdu(psdu, used, mpdu);
  const frame::HtSignal signal{.mcs = 7,
                               .length = static_cast<std::uint16_t>(psdu.size()),
                               .aggregated = true,
                               .ldpc = ldpc,
                               .short_guard = true};
  std::vector<cf32> samples(transmitter.frame_samples(signal));
  transmitter.transmit(signal, psdu, 0x5D, samples);
  samples.resize(samples.size() + 100);
  random.add_noise(samples, static_cast<float>(power_from_db(-30.0)));
  receive(state, samples, 1);
}
BENCHMARK_CAPTURE(receive_ht, mcs7_short_guard, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(receive_ht, mcs7_short_guard_ldpc, true)->Unit(benchmark::kMillisecond);

void search(benchmark::State& state, double tone) {
  std::vector<cf32> samples(320'000);
  Random random(2);
  random.add_noise(samples, 1.0F);
  for (std::size_t i = 0; tone != 0 && i < samples.size(); ++i)
    samples[i] += 100.0F * cf32(std::polar(1.0, 2 * pi * tone * static_cast<double>(i)));
  receive(state, samples, 0);
}
BENCHMARK_CAPTURE(search, noise, 0.0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(search, carrier, 0.0123)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace boresight
