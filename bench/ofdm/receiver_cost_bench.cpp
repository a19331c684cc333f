// What the OFDM receiver costs per symbol, in units of Debian's FFTW at the same size. Every iteration times
// the work and then FFTW, in time of this thread on a core, so that what else the machine does meets both;
// `times_fft` is the ratio of the lower quartiles, `ns_per_symbol` and `fftw_ns` are those.
#include <benchmark/benchmark.h>

#include <functional>
#include <map>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/ofdm/demodulator.h"
#include "boresight/rx/ku_demodulator.h"
#include "boresight/tx/ku_transmitter.h"
#include "fft/fft.h"
#include "plain_receiver.h"
#include "support/fftw_bound.h"

#ifdef BORESIGHT_HAVE_LIQUID
#include "liquid_receiver.h"
#endif

namespace boresight {
namespace {

FftwBound& bound(std::size_t n) {
  static std::map<std::size_t, FftwBound> bounds;
  return bounds.try_emplace(n, n).first->second;
}

/// piece(0) .. piece(pieces - 1) together do `symbols` symbols of n points. Each piece has a quartile of its
/// own and takes about as long as a timing of FFTW, so that both see as much of what else goes on.
void run(benchmark::State& state, std::size_t n, std::size_t symbols, std::size_t pieces,
         const std::function<void(std::size_t)>& piece) {
  FftwBound& fftw = bound(n);
  std::vector<std::vector<double>> seconds(pieces);
  for (auto _ : state) {
    double total = 0;
    for (std::size_t i = 0; i < pieces; ++i) {
      const double begin = thread_seconds();
      piece(i);
      seconds[i].push_back(thread_seconds() - begin);
      benchmark::ClobberMemory();
      total += seconds[i].back();
    }
    state.SetIterationTime(total);
    fftw.time();
  }
  double per_symbol = 0;
  for (const auto& s : seconds) per_symbol += quartile(s) / static_cast<double>(symbols);
  state.counters["times_fft"] = per_symbol / fftw.best();
  state.counters["ns_per_symbol"] = per_symbol * 1e9;
  state.counters["fftw_ns"] = fftw.best() * 1e9;
  state.counters["fftw_estimated_ns"] = fftw.estimated() * 1e9;
}

void run(benchmark::State& state, std::size_t n, std::size_t symbols, const std::function<void()>& work) {
  run(state, n, symbols, 1, [&](std::size_t) { work(); });
}

aligned_vector<cf32> noise(std::size_t n) {
  aligned_vector<cf32> x(n);
  Random(1).add_noise(x, 1.0F);
  return x;
}

void own_fft(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const fft::Fft forward(n, fft::Direction::forward);
  const auto x = noise(n);
  aligned_vector<cf32> y(n);
  run(state, n, 32, [&] {
    for (int i = 0; i < 32; ++i) forward.run(x, y);
  });
}
BENCHMARK(own_fft)->RangeMultiplier(2)->Range(64, 8192)->Arg(1056)->UseManualTime()->MinTime(0.05);

// Prefix removal, carrier removal, FFT, scale, and the 1020 used subcarriers side by side in a grid: from a
// row of 16 symbols, every FFT window where its prefix ends, so mostly not aligned.
void demodulate(benchmark::State& state) {
  const auto numerology = ofdm::ku240();
  constexpr std::size_t symbols = 16;
  ofdm::Demodulator demodulator(numerology);
  const auto x = noise(symbols * numerology.symbol_samples() + 1);
  aligned_vector<cf32> y(numerology.fft_size);
  GridBuffer<cf32> grid(symbols, 1020);
  run(state, numerology.fft_size, symbols, [&] {
    for (std::size_t s = 0; s < symbols; ++s) {
      const std::size_t start = s * numerology.symbol_samples() + numerology.prefix_samples + 1;
      const double frequency = 1.1e-3;
      demodulator.process(std::span(x).subspan(start, numerology.fft_size), frequency,
                          frequency * static_cast<double>(start), y);
      // k = 2 .. 1021 in FFT order: what is above the carrier, then what is below.
      std::copy(y.begin() + 512, y.begin() + 1022, grid.row(s).begin());
      std::copy(y.begin() + 2, y.begin() + 512, grid.row(s).begin() + 510);
    }
    benchmark::DoNotOptimize(grid.row(0).data());
  });
}
BENCHMARK(demodulate)->UseManualTime()->MinTime(0.05);

struct Frame {
  explicit Frame(double snr_db) : samples(tx::KuTransmitter({}).frame_samples()) {
    Random random(1);
    std::vector<std::uint8_t> payload(1000);
    random.fill(payload);
    tx::KuTransmitter({}).transmit(frame::Mcs::qpsk_1_2, 0, payload, samples);
    random.add_noise(samples, static_cast<float>(power_from_db(-snr_db)));
  }
  std::vector<cf32> samples;
};

// A frame: channel estimate from the SSS, then 300 symbols with carrier, clock and gain tracked, equalized
// and demapped. From memory: the 2.5 MB of a whole frame. From cache: the same 32 symbols over and over, 270
// kB, as the FFTs beside it are measured.
void samples_to_llr(benchmark::State& state, modem::Modulation modulation, std::size_t distinct) {
  const Frame frame(20);
  const modem::Constellation constellation(modulation, modem::BitMap::nr);
  rx::KuDemodulator demodulator({});
  std::vector<modem::Llr> llr(frame::ku_data_carriers * constellation.bits());
  run(state, 1024, 300, 31, [&](std::size_t piece) {
    const auto window = [&](std::size_t symbol) {
      return std::span(frame.samples)
          .subspan(static_cast<std::size_t>(demodulator.window_start(symbol)), 1024);
    };
    if (piece == 0) return demodulator.begin(window(1), 0, 1e-6, 0, 1e-4);
    for (std::size_t i = 10 * (piece - 1); i < 10 * piece; ++i) {
      const std::size_t symbol = 2 + i % distinct;
      demodulator.symbol(symbol, window(symbol), constellation, llr);
    }
    benchmark::DoNotOptimize(llr.data());
  });
  if (demodulator.quality().bridged_symbols > 0) state.SkipWithError("symbols were bridged");
}
BENCHMARK_CAPTURE(samples_to_llr, qpsk_cache, modem::Modulation::qpsk, 32)->UseManualTime()->MinTime(0.1);
BENCHMARK_CAPTURE(samples_to_llr, qam16_cache, modem::Modulation::qam16, 32)->UseManualTime()->MinTime(0.1);
BENCHMARK_CAPTURE(samples_to_llr, qam64_cache, modem::Modulation::qam64, 32)->UseManualTime()->MinTime(0.1);
BENCHMARK_CAPTURE(samples_to_llr, qpsk_memory, modem::Modulation::qpsk, 300)->UseManualTime()->MinTime(0.1);
BENCHMARK_CAPTURE(samples_to_llr, qam16_memory, modem::Modulation::qam16, 300)->UseManualTime()->MinTime(0.1);
BENCHMARK_CAPTURE(samples_to_llr, qam64_memory, modem::Modulation::qam64, 300)->UseManualTime()->MinTime(0.1);

void samples_to_llr_plain(benchmark::State& state, modem::Modulation modulation) {
  const Frame frame(20);
  const modem::Constellation constellation(modulation, modem::BitMap::nr);
  PlainReceiver receiver(1024, ofdm::ku240().carriers(ofdm::Carrier::data), 1e-6);
  const Eigen::ArrayXcf channel = Eigen::ArrayXcf::Constant(1024, cf32(0.8F, 0.6F));
  const Eigen::ArrayXf variance = Eigen::ArrayXf::Constant(1024, 0.01F);
  std::vector<modem::Llr> llr(frame::ku_data_carriers * constellation.bits());
  run(state, 1024, 300, [&] {
    for (std::size_t s = 2; s < frame::ku_symbols; ++s) {
      receiver.process(std::span(frame.samples).subspan(s * 1056 + 16, 1024), 0.1F, 1e-3F, channel, variance,
                       constellation, llr);
    }
    benchmark::DoNotOptimize(llr.data());
  });
}
BENCHMARK_CAPTURE(samples_to_llr_plain, qpsk, modem::Modulation::qpsk)->UseManualTime()->MinTime(0.05);
BENCHMARK_CAPTURE(samples_to_llr_plain, qam64, modem::Modulation::qam64)->UseManualTime()->MinTime(0.05);

#ifdef BORESIGHT_HAVE_LIQUID
void liquid_ofdmframesync(benchmark::State& state) {
  LiquidSymbols receiver;
  if (receiver.receive() != LiquidSymbols::data_symbols) return state.SkipWithError("symbols were lost");
  run(state, LiquidSymbols::fft_size, receiver.symbols(), [&] { receiver.receive(); });
}
BENCHMARK(liquid_ofdmframesync)->UseManualTime()->Iterations(10);

void liquid_ofdmflexframesync(benchmark::State& state, modulation_scheme scheme) {
  LiquidBytes receiver(scheme);
  if (!receiver.receive()) return state.SkipWithError("the frame was lost");
  run(state, LiquidSymbols::fft_size, receiver.symbols(), [&] { receiver.receive(); });
}
BENCHMARK_CAPTURE(liquid_ofdmflexframesync, qpsk, LIQUID_MODEM_QPSK)->UseManualTime()->Iterations(10);
BENCHMARK_CAPTURE(liquid_ofdmflexframesync, qam16, LIQUID_MODEM_QAM16)->UseManualTime()->Iterations(10);
BENCHMARK_CAPTURE(liquid_ofdmflexframesync, qam64, LIQUID_MODEM_QAM64)->UseManualTime()->Iterations(10);
#endif

}  // namespace
}  // namespace boresight
