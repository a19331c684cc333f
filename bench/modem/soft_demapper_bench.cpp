// Soft demapping on every SIMD target, beside the plain version, liquid-dsp's soft demodulator and memcpy.
//
// Each iteration times all of them one after the other, so that what else the machine does meets all; the
// ratios are of the fastest times seen. 8192 symbols with a variance each, interleaved, one thread: second
// level of the cache. memcpy copies as many bytes as make the same traffic, half of what is read and written.
// cycles_per_symbol: by the core's clock, measured in the same run (core_clock.h).
#include "boresight/modem/soft_demapper.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/random.h"
#include "boresight/core/simd.h"
#include "modem/soft_demapper_reference.h"
#include "support/core_clock.h"

#ifdef BORESIGHT_HAVE_LIQUID
#include <liquid/liquid.h>
#endif

namespace boresight {
namespace {

using modem::BitMap;
using modem::Modulation;
using Clock = std::chrono::steady_clock;

constexpr std::size_t symbols = 8192;

/// Seconds per run; the fastest seen stays.
void time(double& fastest, std::size_t repeats, const std::function<void()>& work) {
  const auto begin = Clock::now();
  for (std::size_t i = 0; i < repeats; ++i) {
    work();
    benchmark::ClobberMemory();
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  fastest = std::min(fastest, seconds / static_cast<double>(repeats));
}

enum class Entry { variance, weighted, matched };

void soft_demap(benchmark::State& state, const std::string& target, Modulation modulation, BitMap map,
                Entry entry) {
  const modem::Constellation constellation(modulation, map);
  const unsigned bits = constellation.bits();
  aligned_vector<cf32> y(symbols);
  Random random(1);
  random.add_noise(y, 1.0F);
  aligned_vector<float> variance(symbols);
  for (float& v : variance) v = static_cast<float>(0.05 + 0.1 * random.uniform());
  aligned_vector<modem::Llr> llr(symbols * bits);
  std::vector<double> nats(llr.size());
  const std::size_t traffic = symbols * (sizeof(cf32) + sizeof(float) + bits);
  aligned_vector<char> from(traffic / 2, 1);
  aligned_vector<char> to(traffic / 2);

  const auto run = [&] {
    switch (entry) {
      case Entry::variance:
        return modem::soft_demap(constellation, y, variance, llr);
      case Entry::weighted:
        return modem::soft_demap_weighted(constellation, y, variance, llr);
      case Entry::matched:
        return modem::soft_demap_matched(constellation, y, variance, llr);
    }
  };
  constexpr double never = std::numeric_limits<double>::infinity();
  double kernel = never;
  double plain = never;
  double copy = never;
  double liquid = never;
#ifdef BORESIGHT_HAVE_LIQUID
  const modulation_scheme schemes[] = {LIQUID_MODEM_BPSK, LIQUID_MODEM_QPSK, LIQUID_MODEM_QAM16,
                                       LIQUID_MODEM_QAM64, LIQUID_MODEM_QAM256};
  const auto scheme = static_cast<std::size_t>(modulation);
  modemcf demodulator = scheme < std::size(schemes) ? modemcf_create(schemes[scheme]) : nullptr;
  std::vector<unsigned char> soft(symbols * bits);
#endif
  force_simd_target(target);
  for (auto _ : state) {
    double now = never;
    time(now, 8, run);
    time(copy, 8, [&] { std::memcpy(to.data(), from.data(), traffic / 2); });
    if (plain == never || bits < 8) {
      time(plain, 1, [&] { modem::reference::soft_demap(constellation, y, variance, nats); });
    }
#ifdef BORESIGHT_HAVE_LIQUID
    if (demodulator != nullptr && (liquid == never || bits < 8)) {
      time(liquid, 1, [&] {
        for (std::size_t n = 0; n < symbols; ++n) {
          unsigned symbol = 0;
          modemcf_demodulate_soft(demodulator, y[n], &symbol, &soft[n * bits]);
        }
      });
    }
#endif
    kernel = std::min(kernel, now);
    state.SetIterationTime(now);
  }
  force_simd_target({});
#ifdef BORESIGHT_HAVE_LIQUID
  if (demodulator != nullptr) {
    modemcf_destroy(demodulator);
    state.counters["times_liquid"] = liquid / kernel;
  }
#endif
  state.counters["Msym/s"] = static_cast<double>(symbols) / kernel / 1e6;
  state.counters["times_plain"] = plain / kernel;
  state.counters["times_memcpy"] = copy / kernel;
  double clock_hz = 0;
  for (int i = 0; i < 8; ++i)
    clock_hz = std::max(clock_hz, core_clock_hz());  // on a busy machine some are slow
  if (clock_hz > 0) state.counters["cycles_per_symbol"] = kernel * clock_hz / symbols;
}

const int registered = [] {
  const auto add = [](const std::string& name, const std::string& target, Modulation modulation, BitMap map,
                      Entry entry) {
    benchmark::RegisterBenchmark(
        ("SoftDemap/" + name + '/' + target).c_str(),
        [=](benchmark::State& state) { soft_demap(state, target, modulation, map, entry); })
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond)
        ->MinTime(0.02);
  };
  const auto targets = simd_targets();
  for (const std::string& target : targets) {
    add("bpsk", target, Modulation::bpsk, BitMap::nr, Entry::variance);
    add("qpsk", target, Modulation::qpsk, BitMap::nr, Entry::variance);
    add("qam16", target, Modulation::qam16, BitMap::nr, Entry::variance);
    add("qam64", target, Modulation::qam64, BitMap::nr, Entry::variance);
    add("qam256", target, Modulation::qam256, BitMap::nr, Entry::variance);
    add("qam1024", target, Modulation::qam1024, BitMap::nr, Entry::variance);
  }
  // What the other entries and maps change, on the best target.
  add("qpsk_axis", targets.front(), Modulation::qpsk, BitMap::axis, Entry::variance);
  add("qpsk_weighted", targets.front(), Modulation::qpsk, BitMap::nr, Entry::weighted);
  add("qam64_weighted", targets.front(), Modulation::qam64, BitMap::nr, Entry::weighted);
  add("qam64_matched", targets.front(), Modulation::qam64, BitMap::nr, Entry::matched);
  add("qam64_wifi", targets.front(), Modulation::qam64, BitMap::wifi, Entry::variance);
  add("qam1024_wifi", targets.front(), Modulation::qam1024, BitMap::wifi, Entry::variance);
  return 0;
}();

}  // namespace
}  // namespace boresight
