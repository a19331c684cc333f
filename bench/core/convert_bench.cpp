// Sample conversion on every SIMD target, beside the plain version and beside memcpy, the bound.
//
// Each iteration times the three one after the other, so that what else the machine does meets all of them;
// the ratios are of the fastest times seen. memcpy copies as many bytes as make the same traffic: half of
// what the conversion reads and writes together. Argument: samples (8192: second-level cache; 4194304:
// memory). Every buffer starts on a cache line: where it does not, glibc's memcpy can be 20 times slower (2
// instead of 48 GB/s on an AMD EPYC with glibc 2.36) and no bound at all.
#include "boresight/core/convert.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>

#include "boresight/core/aligned.h"
#include "boresight/core/random.h"
#include "boresight/core/simd.h"
#include "core/convert_reference.h"

namespace boresight {
namespace {

using Clock = std::chrono::steady_clock;

/// Seconds per run; `repeats` runs make the clock's own step negligible.
template <typename Work>
double seconds(std::size_t repeats, const Work& work) {
  const auto begin = Clock::now();
  for (std::size_t i = 0; i < repeats; ++i) {
    work();
    benchmark::ClobberMemory();
  }
  return std::chrono::duration<double>(Clock::now() - begin).count() / static_cast<double>(repeats);
}

template <typename In>
aligned_vector<In> samples(std::size_t count) {
  Random random(1);
  aligned_vector<In> x(count);
  if constexpr (std::is_same_v<In, cf32>) {
    random.add_noise(x, 0.1F);  // a few rails in ten thousand saturate
  } else {
    for (In& sample : x) {
      sample.re = static_cast<decltype(sample.re)>(random.next());
      sample.im = static_cast<decltype(sample.im)>(random.next());
    }
  }
  return x;
}

template <typename In, typename Out, typename Kernel, typename Reference>
void measure(benchmark::State& state, const std::string& target, const Kernel& kernel,
             const Reference& plain) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const aligned_vector<In> in = samples<In>(count);
  aligned_vector<Out> out(count);
  const std::size_t traffic = count * (sizeof(In) + sizeof(Out));
  aligned_vector<char> from(traffic / 2, 1);
  aligned_vector<char> to(traffic / 2);
  const std::size_t repeats = std::max<std::size_t>(1, 65536 / count);

  force_simd_target(target);
  double best_kernel = std::numeric_limits<double>::infinity();
  double best_plain = best_kernel;
  double best_copy = best_kernel;
  for (auto _ : state) {
    const double kernel_s = seconds(repeats, [&] { kernel(std::span<const In>(in), std::span<Out>(out)); });
    best_plain =
        std::min(best_plain, seconds(repeats, [&] { plain(std::span<const In>(in), std::span<Out>(out)); }));
    best_copy =
        std::min(best_copy, seconds(repeats, [&] { std::memcpy(to.data(), from.data(), traffic / 2); }));
    best_kernel = std::min(best_kernel, kernel_s);
    state.SetIterationTime(kernel_s);
  }
  force_simd_target({});
  state.counters["samples/s"] = static_cast<double>(count) / best_kernel;
  state.counters["times_reference"] = best_plain / best_kernel;
  state.counters["times_memcpy"] = best_copy / best_kernel;
}

template <typename In, typename Out, typename Kernel, typename Reference>
void add(const std::string& name, const Kernel& kernel, const Reference& plain) {
  for (const std::string& target : simd_targets()) {
    benchmark::RegisterBenchmark(
        (name + '/' + target).c_str(),
        [=](benchmark::State& state) { measure<In, Out>(state, target, kernel, plain); })
        ->Arg(8192)
        ->Arg(4194304)
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond)
        ->MinTime(0.05);
  }
}

const int registered = [] {
  const auto to = [](auto in, auto out) { benchmark::DoNotOptimize(to_cf32(in, out)); };
  const auto to_plain = [](auto in, auto out) { benchmark::DoNotOptimize(reference::to_cf32(in, out)); };
  const auto from = [](auto in, auto out) { from_cf32(in, out); };
  const auto from_plain = [](auto in, auto out) { reference::from_cf32(in, out); };
  add<cs16, cf32>("Cs16ToCf32", to, to_plain);
  add<cs8, cf32>("Cs8ToCf32", to, to_plain);
  add<cf32, cf32>("Cf32Clean", to, to_plain);
  add<cf32, cs16>("Cf32ToCs16", from, from_plain);
  add<cf32, cs8>("Cf32ToCs8", from, from_plain);
  return 0;
}();

}  // namespace
}  // namespace boresight
