// Bits per second of the CRCs, of packing and of the scramblers, beside liquid-dsp where it has the function.
#include "boresight/fec/crc.h"

#include <benchmark/benchmark.h>
#ifdef BORESIGHT_HAVE_LIQUID
#include <liquid/liquid.h>
#endif

#include <vector>

#include "boresight/core/random.h"
#include "boresight/fec/bits.h"
#include "boresight/fec/scrambler.h"

namespace {

// liquid-dsp has types of these names.
namespace fec = boresight::fec;
namespace modem = boresight::modem;
using boresight::Random;

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

// The argument: bytes. 1056 are the largest code block of 5G NR.
void Crc24aOfBytes(benchmark::State& state) {
  Random random(2);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(state.range(0)));
  random.fill(bytes);
  for (auto _ : state) benchmark::DoNotOptimize(fec::crc24a_of_bytes(bytes));
  set_rate(state, 8 * bytes.size());
}
BENCHMARK(Crc24aOfBytes)->Arg(10)->Arg(32)->Arg(100)->Arg(1056)->Arg(1'000'000);

std::vector<std::uint8_t> lanes(std::size_t n) {
  Random random(2);
  std::vector<std::uint8_t> bits(n);
  for (auto& bit : bits) bit = random.next() & 1U;
  return bits;
}

void Crc24aOfBits(benchmark::State& state) {
  const auto bits = lanes(8448);
  for (auto _ : state) benchmark::DoNotOptimize(fec::crc24a_of_bits(bits));
  set_rate(state, bits.size());
}
BENCHMARK(Crc24aOfBits);

void PackMsbFirst(benchmark::State& state) {
  const auto bits = lanes(8448);
  std::vector<std::uint8_t> bytes(bits.size() / 8);
  for (auto _ : state) {
    fec::pack_msb_first(bits, bytes);
    benchmark::ClobberMemory();
  }
  set_rate(state, bits.size());
}
BENCHMARK(PackMsbFirst);

void UnpackMsbFirst(benchmark::State& state) {
  auto bits = lanes(8448);
  std::vector<std::uint8_t> bytes(bits.size() / 8);
  fec::pack_msb_first(bits, bytes);
  for (auto _ : state) {
    fec::unpack_msb_first(bytes, bits);
    benchmark::ClobberMemory();
  }
  set_rate(state, bits.size());
}
BENCHMARK(UnpackMsbFirst);

template <typename Scrambler>
void descramble_llrs(benchmark::State& state, Scrambler start) {
  std::vector<modem::Llr> llrs(static_cast<std::size_t>(state.range(0)), 17);
  for (auto _ : state) {
    Scrambler scrambler = start;
    scrambler.apply(llrs);
    benchmark::ClobberMemory();
  }
  set_rate(state, llrs.size());
}

// With its construction, which goes through the first 1600 bits.
void GoldDescrambleLlrs(benchmark::State& state) {
  std::vector<modem::Llr> llrs(static_cast<std::size_t>(state.range(0)), 17);
  for (auto _ : state) {
    fec::GoldSequence gold(0x1234);
    gold.apply(llrs);
    benchmark::ClobberMemory();
  }
  set_rate(state, llrs.size());
}
BENCHMARK(GoldDescrambleLlrs)->Arg(100)->Arg(100'000);

void WlanDescrambleLlrs(benchmark::State& state) {
  descramble_llrs(state, fec::WlanScrambler(0x5D));
}
BENCHMARK(WlanDescrambleLlrs)->Arg(12'000);

void CcsdsDescrambleLlrs(benchmark::State& state) {
  descramble_llrs(state, fec::AdditiveScrambler::ccsds());
}
BENCHMARK(CcsdsDescrambleLlrs)->Arg(10'000);

}  // namespace
