// The ku receiver from samples to payload bytes, and its search while there is nothing to find.
#include "boresight/rx/ku_receiver.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/tx/ku_transmitter.h"

namespace boresight {
namespace {

void count_samples(benchmark::State& state, std::size_t samples) {
  state.counters["samples/s"] =
      benchmark::Counter(static_cast<double>(samples), benchmark::Counter::kIsIterationInvariantRate);
}

// Frames back to back at 3 dB over where the code begins to work.
void receive_frames(benchmark::State& state, frame::Mcs mcs, double snr_db) {
  tx::KuTransmitter transmitter({});
  std::vector<std::uint8_t> payload(frame::max_payload_bytes(mcs));
  Random random(1);
  random.fill(payload);
  std::vector<cf32> samples(transmitter.frame_samples());
  transmitter.transmit(mcs, 0, payload, samples);
  random.add_noise(samples, static_cast<float>(power_from_db(-snr_db)));
  rx::KuReceiver receiver({});
  std::size_t good = 0;
  const rx::KuReceiver::Handler handler = [&](const rx::KuFrame& f) { good += f.ok; };
  std::size_t pushed = 0;
  for (auto _ : state) {
    receiver.push(samples, handler);
    ++pushed;
  }
  if (good + 1 < pushed) state.SkipWithError("frames were lost");
  count_samples(state, samples.size());
}
BENCHMARK_CAPTURE(receive_frames, qpsk_1_2, frame::Mcs::qpsk_1_2, 5.0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(receive_frames, qam16_1_2, frame::Mcs::qam16_1_2, 10.5)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(receive_frames, qam64_5_6, frame::Mcs::qam64_5_6, 23.0)->Unit(benchmark::kMillisecond);

void search_noise(benchmark::State& state) {
  std::vector<cf32> samples(320'000);
  Random(2).add_noise(samples, 1.0F);
  rx::KuReceiver receiver({});
  const rx::KuReceiver::Handler handler = [](const rx::KuFrame&) {};
  for (auto _ : state) receiver.push(samples, handler);
  count_samples(state, samples.size());
}
BENCHMARK(search_noise)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace boresight
