// Soft demapping, symbols per second, beside liquid-dsp's soft demodulator.
#include "boresight/modem/soft_demapper.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "boresight/core/random.h"

#ifdef BORESIGHT_HAVE_LIQUID
#include <complex>

#include <liquid/liquid.h>
#endif

namespace boresight {
namespace {

constexpr std::size_t symbols = 8192;

std::vector<cf32> received() {
  std::vector<cf32> y(symbols);
  Random(1).add_noise(y, 1.0F);
  return y;
}

void count_symbols(benchmark::State& state) {
  state.counters["symbols/s"] = benchmark::Counter(symbols, benchmark::Counter::kIsIterationInvariantRate);
}

void soft_demap(benchmark::State& state) {
  const modem::Constellation constellation(static_cast<modem::Modulation>(state.range(0)), modem::BitMap::nr);
  const auto y = received();
  const std::vector<float> variance(symbols, 0.1F);
  std::vector<modem::Llr> llr(symbols * constellation.bits());
  for (auto _ : state) {
    modem::soft_demap(constellation, y, variance, llr);
    benchmark::DoNotOptimize(llr.data());
  }
  count_symbols(state);
}
BENCHMARK(soft_demap)
    ->Arg(static_cast<int>(modem::Modulation::qpsk))
    ->Arg(static_cast<int>(modem::Modulation::qam16))
    ->Arg(static_cast<int>(modem::Modulation::qam64));

#ifdef BORESIGHT_HAVE_LIQUID
void liquid_soft_demodulate(benchmark::State& state, modulation_scheme scheme, unsigned bits) {
  modemcf demodulator = modemcf_create(scheme);
  auto y = received();
  std::vector<unsigned char> soft(symbols * bits);
  for (auto _ : state) {
    for (std::size_t n = 0; n < symbols; ++n) {
      unsigned symbol = 0;
      modemcf_demodulate_soft(demodulator, y[n], &symbol, &soft[n * bits]);
    }
    benchmark::DoNotOptimize(soft.data());
  }
  modemcf_destroy(demodulator);
  count_symbols(state);
}
BENCHMARK_CAPTURE(liquid_soft_demodulate, qpsk, LIQUID_MODEM_QPSK, 2);
BENCHMARK_CAPTURE(liquid_soft_demodulate, qam16, LIQUID_MODEM_QAM16, 4);
BENCHMARK_CAPTURE(liquid_soft_demodulate, qam64, LIQUID_MODEM_QAM64, 6);
#endif

}  // namespace
}  // namespace boresight
