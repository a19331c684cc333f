// Information bits per second of the K = 7 code. No peer beside it: Debian's liquid-dsp is built without
// libfec, so its fec_create refuses LIQUID_FEC_CONV_V27.
#include "boresight/fec/convolutional.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "boresight/core/random.h"

namespace {

using namespace boresight;

void set_rate(benchmark::State& state, std::size_t bits) {
  state.counters["bits/s"] = benchmark::Counter(
      static_cast<double>(bits) * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void ConvolutionalEncode(benchmark::State& state) {
  Random random(1);
  std::vector<std::uint8_t> bits(static_cast<std::size_t>(state.range(0)));
  for (auto& bit : bits) bit = random.next() & 1U;
  std::vector<std::uint8_t> coded(2 * bits.size());
  for (auto _ : state) {
    fec::convolutional_encode(bits, coded);
    benchmark::ClobberMemory();
  }
  set_rate(state, bits.size());
}
BENCHMARK(ConvolutionalEncode)->Arg(12'000);

void ViterbiDecode(benchmark::State& state) {
  Random random(2);
  std::vector<std::uint8_t> bits(static_cast<std::size_t>(state.range(0)));
  std::vector<modem::Llr> llrs(2 * (bits.size() + fec::convolutional_tail_bits));
  for (auto& llr : llrs) llr = modem::quantize_llr(static_cast<float>(4 + 3 * random.normal()));
  fec::ViterbiDecoder decoder({.max_information_bits = bits.size()});
  for (auto _ : state) {
    benchmark::DoNotOptimize(decoder.decode(llrs, bits));
    benchmark::ClobberMemory();
  }
  set_rate(state, bits.size());
}
BENCHMARK(ViterbiDecode)->Arg(24)->Arg(1'000)->Arg(12'000)->Arg(32'000);

}  // namespace
