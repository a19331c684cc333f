// Bytes per second of the CRCs and the Gold sequence, beside liquid-dsp where it has the function.
#include "boresight/fec/crc.h"

#include <benchmark/benchmark.h>
#ifdef BORESIGHT_HAVE_LIQUID
#include <liquid/liquid.h>
#endif

#include <vector>

#include "boresight/core/random.h"
#include "boresight/fec/scrambler.h"

namespace {

using namespace boresight;

constexpr std::size_t frame_bytes = 1500;

std::vector<std::uint8_t> frame() {
  Random random(1);
  std::vector<std::uint8_t> bytes(frame_bytes);
  random.fill(bytes);
  return bytes;
}

void set_rate(benchmark::State& state, std::size_t bits) {
  state.counters["bits/s"] = benchmark::Counter(
      static_cast<double>(bits) * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void Crc32(benchmark::State& state) {
  const auto bytes = frame();
  for (auto _ : state) benchmark::DoNotOptimize(fec::crc32_of_bytes(bytes));
  set_rate(state, 8 * bytes.size());
}
BENCHMARK(Crc32);

#ifdef BORESIGHT_HAVE_LIQUID
void Crc32Liquid(benchmark::State& state) {
  auto bytes = frame();
  for (auto _ : state) {
    benchmark::DoNotOptimize(crc_generate_key(LIQUID_CRC_32, bytes.data(), frame_bytes));
  }
  set_rate(state, 8 * bytes.size());
}
BENCHMARK(Crc32Liquid);
#endif

void Crc24aOfBits(benchmark::State& state) {
  std::vector<std::uint8_t> bits(8448);
  Random random(2);
  for (auto& bit : bits) bit = random.next() & 1U;
  for (auto _ : state) benchmark::DoNotOptimize(fec::crc24a_of_bits(bits));
  set_rate(state, bits.size());
}
BENCHMARK(Crc24aOfBits);

void GoldDescrambleLlrs(benchmark::State& state) {
  std::vector<modem::Llr> llrs(100'000, 17);
  for (auto _ : state) {
    fec::GoldSequence gold(0x1234);
    gold.apply(llrs);
    benchmark::ClobberMemory();
  }
  set_rate(state, llrs.size());
}
BENCHMARK(GoldDescrambleLlrs);

}  // namespace
