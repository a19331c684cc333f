// Information bits per second of the K = 7 code: int8 soft bits in, bit lanes out, on every SIMD target,
// beside libfec where CMake finds it. (Debian's liquid-dsp is built without libfec: its fec_create refuses
// LIQUID_FEC_CONV_V27.) cycles_per_bit and times_* are of the fastest of all calls; times_bound is against
// the operations that kernels/viterbi.cpp counts, where it counts them.
#include "boresight/fec/convolutional.h"

#include <benchmark/benchmark.h>
#ifdef BORESIGHT_HAVE_LIBFEC
extern "C" {
#include <fec.h>
}
#endif

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/simd.h"
#include "support/core_clock.h"

namespace {

using namespace boresight;
using fec::PuncturedRate;
using Termination = fec::ViterbiDecoder::Termination;

void set_rate(benchmark::State& state, std::size_t bits) {
  state.counters["bits/s"] = benchmark::Counter(
      static_cast<double>(bits) * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

std::vector<std::uint8_t> random_bits(std::size_t n) {
  Random random(1);
  std::vector<std::uint8_t> bits(n);
  for (auto& bit : bits) bit = random.next() & 1U;
  return bits;
}

// Eb/N0 = 4 dB.
std::vector<modem::Llr> noisy(const std::vector<std::uint8_t>& coded) {
  const double variance = 1 / std::pow(10.0, 0.4);
  Random random(2);
  std::vector<modem::Llr> llrs;
  for (const auto bit : coded) {
    const double y = (bit != 0 ? -1.0 : 1.0) + std::sqrt(variance) * random.normal();
    llrs.push_back(modem::quantize_llr(static_cast<float>(2 * y / variance)));
  }
  return llrs;
}

void ConvolutionalEncode(benchmark::State& state) {
  const auto bits = random_bits(static_cast<std::size_t>(state.range(0)));
  std::vector<std::uint8_t> coded(2 * bits.size());
  for (auto _ : state) {
    fec::convolutional_encode(bits, coded);
    benchmark::ClobberMemory();
  }
  set_rate(state, bits.size());
}
BENCHMARK(ConvolutionalEncode)->Arg(8192);

void Depuncture(benchmark::State& state, PuncturedRate rate) {
  std::vector<modem::Llr> out(16'380);
  const std::vector<modem::Llr> in(fec::punctured_bits(out.size(), rate), 17);
  for (auto _ : state) {
    fec::depuncture(in, rate, out);
    benchmark::ClobberMemory();
  }
  set_rate(state, out.size() / 2);
}
BENCHMARK_CAPTURE(Depuncture, two_thirds, PuncturedRate::two_thirds);
BENCHMARK_CAPTURE(Depuncture, three_quarters, PuncturedRate::three_quarters);
BENCHMARK_CAPTURE(Depuncture, five_sixths, PuncturedRate::five_sixths);

void Puncture(benchmark::State& state, PuncturedRate rate) {
  const std::vector<std::uint8_t> in(16'380, 1);
  std::vector<std::uint8_t> out(fec::punctured_bits(in.size(), rate));
  for (auto _ : state) {
    fec::puncture(in, rate, out);
    benchmark::ClobberMemory();
  }
  set_rate(state, in.size() / 2);
}
BENCHMARK_CAPTURE(Puncture, three_quarters, PuncturedRate::three_quarters);
BENCHMARK_CAPTURE(Puncture, five_sixths, PuncturedRate::five_sixths);

#ifdef BORESIGHT_HAVE_LIBFEC
// Seconds a bit, the fastest of a hundred blocks.
double libfec_s_per_bit() {
  static const double best = [] {
    constexpr int n = 8192;
    std::vector<unsigned char> symbols(2 * (n + 6), 100);
    std::vector<unsigned char> bytes(n / 8 + 1);
    void* decoder = create_viterbi27(n);
    double least = std::numeric_limits<double>::infinity();
    for (int i = 0; i < 100; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      init_viterbi27(decoder, 0);
      update_viterbi27_blk(decoder, symbols.data(), n + 6);
      chainback_viterbi27(decoder, bytes.data(), n, 0);
      const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
      least = std::min(least, time.count() / n);
    }
    delete_viterbi27(decoder);
    return least;
  }();
  return best;
}
#endif

void decode(benchmark::State& state, const std::string& target, Termination termination) {
  force_simd_target(target);
  auto bits = random_bits(static_cast<std::size_t>(state.range(0)));
  if (termination == Termination::zero) bits.resize(bits.size() + fec::convolutional_tail_bits);
  std::vector<std::uint8_t> coded(2 * bits.size());
  if (termination == Termination::tail_biting) {
    fec::convolutional_encode_tail_biting(bits, coded);
  } else {
    fec::convolutional_encode(bits, coded);
  }
  const auto llrs = noisy(coded);
  bits.resize(static_cast<std::size_t>(state.range(0)));
  fec::ViterbiDecoder decoder({.max_information_bits = bits.size()});
  double best_s = std::numeric_limits<double>::infinity();
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(decoder.decode(llrs, bits, termination));
    benchmark::ClobberMemory();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    best_s = std::min(best_s, time.count() / static_cast<double>(bits.size()));
  }
  const double cycles = best_s * core_clock_hz();
  state.counters["rounds"] = static_cast<double>(decoder.last_rounds());
  state.counters["cycles_per_bit"] = cycles;
  const double bound = target.starts_with("AVX3") ? 5.7 : target == "AVX2" ? 7.7 : 0;
  if (bound != 0 && termination != Termination::tail_biting) state.counters["times_bound"] = cycles / bound;
#ifdef BORESIGHT_HAVE_LIBFEC
  state.counters["times_libfec"] = libfec_s_per_bit() / best_s;
#endif
  set_rate(state, bits.size());
  force_simd_target({});
}

const int registered = [] {
  const std::pair<const char*, Termination> terminations[] = {
      {"zero", Termination::zero}, {"open", Termination::open}, {"tail_biting", Termination::tail_biting}};
  for (const std::string& target : simd_targets()) {
    for (const auto& [name, termination] : terminations) {
      benchmark::RegisterBenchmark(
          (std::string("ViterbiDecode/") + name + '/' + target).c_str(),
          [target, end = termination](benchmark::State& state) { decode(state, target, end); })
          ->Arg(24)
          ->Arg(1000)
          ->Arg(8192)
          ->Arg(32'760);
    }
  }
  return 0;
}();

#ifdef BORESIGHT_HAVE_LIBFEC
void ViterbiDecodeLibfec(benchmark::State& state) {
  const auto n = static_cast<int>(state.range(0));
  std::vector<unsigned char> symbols(2 * static_cast<std::size_t>(n + 6), 100);
  std::vector<unsigned char> bytes(static_cast<std::size_t>(n) / 8 + 1);
  void* decoder = create_viterbi27(n);
  for (auto _ : state) {
    init_viterbi27(decoder, 0);
    update_viterbi27_blk(decoder, symbols.data(), n + 6);
    chainback_viterbi27(decoder, bytes.data(), static_cast<unsigned>(n), 0);
    benchmark::ClobberMemory();
  }
  delete_viterbi27(decoder);
  set_rate(state, static_cast<std::size_t>(n));
}
BENCHMARK(ViterbiDecodeLibfec)->Arg(1000)->Arg(8192);
#endif

}  // namespace
