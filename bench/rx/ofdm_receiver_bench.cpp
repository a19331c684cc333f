// The burst receiver from samples to payloads, on a numerology of one's own, in units of FFTW's transform of
// the same size in the same run; liquid-dsp's ofdmflexframesync beside it. Times of this thread on its core,
// lower quartiles: times_fft, ns_per_symbol, fftw_ns.
#include "boresight/rx/ofdm_receiver.h"

#include <benchmark/benchmark.h>

#include <functional>
#include <map>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/tx/ofdm_transmitter.h"
#include "support/fftw_bound.h"

#ifdef BORESIGHT_HAVE_LIQUID
#include "ofdm/liquid_receiver.h"
#endif

namespace boresight {
namespace {

// Work that stands for `symbols` symbols of n points.
void run(benchmark::State& state, std::size_t n, double symbols, const std::function<void()>& work) {
  static std::map<std::size_t, FftwBound> bounds;
  FftwBound& fftw = bounds.try_emplace(n, n).first->second;
  std::vector<double> seconds;
  for (auto _ : state) {
    const double begin = thread_seconds();
    work();
    seconds.push_back(thread_seconds() - begin);
    state.SetIterationTime(seconds.back());
    fftw.time();
  }
  const double per_symbol = quartile(seconds) / symbols;
  state.counters["times_fft"] = per_symbol / fftw.best();
  state.counters["ns_per_symbol"] = per_symbol * 1e9;
  state.counters["fftw_ns"] = fftw.best() * 1e9;
}

// A prefix of a 32nd and every 20th subcarrier a pilot, as ku has; 64: as Wi-Fi.
ofdm::Numerology numerology(std::size_t n) {
  if (n == 64) return ofdm::wifi20();
  return ofdm::make_numerology(
      {.name = "bench",
       .sample_rate_hz = 20e6,
       .fft_size = n,
       .prefix_samples = n / 32,
       .lower_guard = n / 20,
       .upper_guard = n / 20,
       .pilots = {.kind = ofdm::PilotPattern::Kind::comb, .spacing = 20, .first = 10}});
}

void add_noise(GridBuffer<cf32>& x, double power) {
  for (std::size_t a = 0; a < x.rows(); ++a) Random(1, a).add_noise(x.row(a), static_cast<float>(power));
}

// One burst of the longest payload, with everything: search, training, header, decoding.
void receive_burst(benchmark::State& state, std::size_t n, frame::Mcs mcs, std::size_t antennas) {
  tx::OfdmTransmitter transmitter(
      {.numerology = numerology(n), .max_payload_bytes = frame::ofdm_burst_max_payload_bytes});
  rx::OfdmReceiver receiver({.numerology = numerology(n),
                             .antennas = antennas,
                             .max_payload_bytes = frame::ofdm_burst_max_payload_bytes});
  std::vector<std::uint8_t> payload(frame::ofdm_burst_max_payload_bytes);
  Random(2).fill(payload);
  std::vector<cf32> burst(transmitter.burst_samples(mcs, payload.size()));
  transmitter.transmit(mcs, 0, payload, burst);
  GridBuffer<cf32> x(antennas, burst.size());
  for (std::size_t a = 0; a < antennas; ++a) std::copy(burst.begin(), burst.end(), x.row(a).begin());
  // 3 dB over the threshold of one antenna.
  add_noise(x, power_from_db(-frame::mcs_info(mcs).threshold_snr_db - 3));
  std::uint64_t good = 0;
  std::uint64_t sent = 0;
  const rx::OfdmReceiver::Handler handler = [&good](const rx::OfdmReception& r) { good += r.ok; };
  const auto symbols =
      static_cast<double>(burst.size()) / static_cast<double>(numerology(n).symbol_samples());
  run(state, n, symbols, [&] {
    receiver.push(x.view(), handler);
    ++sent;
  });
  receiver.flush(handler);
  if (good + 1 < sent) state.SkipWithError("bursts were lost");
}
BENCHMARK_CAPTURE(receive_burst, fft1024_qpsk_1_2, 1024, frame::Mcs::qpsk_1_2, 1)
    ->UseManualTime()
    ->Iterations(30);
BENCHMARK_CAPTURE(receive_burst, fft1024_qpsk_1_2_two_antennas, 1024, frame::Mcs::qpsk_1_2, 2)
    ->UseManualTime()
    ->Iterations(30);
BENCHMARK_CAPTURE(receive_burst, fft1024_qam16_1_2, 1024, frame::Mcs::qam16_1_2, 1)
    ->UseManualTime()
    ->Iterations(30);
BENCHMARK_CAPTURE(receive_burst, fft1024_qam64_5_6, 1024, frame::Mcs::qam64_5_6, 1)
    ->UseManualTime()
    ->Iterations(30);
BENCHMARK_CAPTURE(receive_burst, fft64_qpsk_1_2, 64, frame::Mcs::qpsk_1_2, 1)
    ->UseManualTime()
    ->Iterations(30);

// Nothing to find.
void search_noise(benchmark::State& state, std::size_t n, std::size_t antennas) {
  rx::OfdmReceiver receiver({.numerology = numerology(n), .antennas = antennas});
  GridBuffer<cf32> x(antennas, 100'000);
  add_noise(x, 1.0);
  const rx::OfdmReceiver::Handler handler = [](const rx::OfdmReception&) {};
  const auto symbols = static_cast<double>(x.columns()) / static_cast<double>(numerology(n).symbol_samples());
  run(state, n, symbols, [&] { receiver.push(x.view(), handler); });
}
BENCHMARK_CAPTURE(search_noise, fft1024, 1024, 1)->UseManualTime()->Iterations(30);
BENCHMARK_CAPTURE(search_noise, fft1024_two_antennas, 1024, 2)->UseManualTime()->Iterations(30);
BENCHMARK_CAPTURE(search_noise, fft64, 64, 1)->UseManualTime()->Iterations(30);

#ifdef BORESIGHT_HAVE_LIQUID
// Without a code, and hard decisions.
void liquid_receive(benchmark::State& state, modulation_scheme scheme) {
  LiquidBytes receiver(scheme);
  if (!receiver.receive()) return state.SkipWithError("the frame was lost");
  run(state, LiquidSymbols::fft_size, static_cast<double>(receiver.symbols()), [&] { receiver.receive(); });
}
BENCHMARK_CAPTURE(liquid_receive, fft1024_qpsk, LIQUID_MODEM_QPSK)->UseManualTime()->Iterations(10);
BENCHMARK_CAPTURE(liquid_receive, fft1024_qam64, LIQUID_MODEM_QAM64)->UseManualTime()->Iterations(10);

void liquid_search_noise(benchmark::State& state, std::size_t n) {
  ofdmflexframesync sync = ofdmflexframesync_create(static_cast<unsigned>(n), static_cast<unsigned>(n / 32),
                                                    0, nullptr, nullptr, nullptr);
  GridBuffer<cf32> x(1, 100'000);
  add_noise(x, 1.0);
  run(state, n, 100'000.0 / static_cast<double>(n + n / 32),
      [&] { ofdmflexframesync_execute(sync, x.row(0).data(), static_cast<unsigned>(x.columns())); });
  ofdmflexframesync_destroy(sync);
}
BENCHMARK_CAPTURE(liquid_search_noise, fft1024, 1024)->UseManualTime()->Iterations(10);
BENCHMARK_CAPTURE(liquid_search_noise, fft64, 64)->UseManualTime()->Iterations(10);
#endif

}  // namespace
}  // namespace boresight
