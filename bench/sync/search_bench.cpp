// What it costs to listen to noise, in FFTs of as many samples.
//
// times_fft: time per FFT length of samples (for Wi-Fi: per symbol of 80) over that of FFTW's best plan for
// one such FFT. Every iteration times both, one after the other, so that what else the machine does meets
// both; the ratio is of the lower quartiles of
// the time on a core.
#include <benchmark/benchmark.h>

#include <cmath>
#include <string>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/random.h"
#include "boresight/core/simd.h"
#include "boresight/core/units.h"
#include "boresight/rx/ku_receiver.h"
#include "boresight/sync/ku_acquisition.h"
#include "boresight/sync/ku_sequences.h"
#include "boresight/sync/repetition_detector.h"
#include "boresight/sync/sequence_search.h"
#include "boresight/sync/tone_canceller.h"
#include "boresight/sync/wifi_short_training.h"
#include "support/fftw_bound.h"

#ifdef BORESIGHT_HAVE_LIQUID
#include <liquid/liquid.h>
#endif

namespace boresight {
namespace {

constexpr std::size_t total = 320'000;

aligned_vector<cf32> noise() {
  aligned_vector<cf32> x(total);
  Random(2).add_noise(x, 1.0F);
  return x;
}

/// `search` takes all the samples; `unit` of them are worth one FFT of `n` points.
template <typename Search>
void measure(benchmark::State& state, std::size_t n, std::size_t unit, const Search& search) {
  FftwBound fft(n);
  std::vector<double> seconds;
  search();
  for (auto _ : state) {
    fft.time();
    const double begin = thread_seconds();
    search();
    seconds.push_back(thread_seconds() - begin);
    state.SetIterationTime(seconds.back());
  }
  const double best = quartile(seconds);
  state.counters["samples/s"] = static_cast<double>(total) / best;
  state.counters["fft_ns"] = 1e9 * fft.best();
  state.counters["times_fft"] = best * static_cast<double>(unit) / static_cast<double>(total) / fft.best();
}

void pss_search(benchmark::State& state, const std::string& target) {
  const auto x = noise();
  sync::PssSearch search({});
  // All positions of `total` samples and one window's reach more, which is the start again.
  aligned_vector<cf32> stream(x);
  stream.insert(stream.end(), x.begin(), x.begin() + static_cast<std::ptrdiff_t>(search.window_samples()));
  force_simd_target(target);
  measure(state, 1024, 1024, [&] {
    for (std::size_t i = 0; i < total; i += search.positions()) {
      benchmark::DoNotOptimize(
          search.process(std::span<const cf32>(stream).subspan(i, search.window_samples()), i > 0));
      if (i + search.positions() + search.window_samples() > stream.size()) break;
    }
  });
  force_simd_target({});
}

void ku_receiver(benchmark::State& state) {
  const auto x = noise();
  rx::KuReceiver receiver({});
  const rx::KuReceiver::Handler handler = [](const rx::KuFrame&) {};
  measure(state, 1024, 1024, [&] { receiver.push(x, handler); });
}
BENCHMARK(ku_receiver)->UseManualTime()->Unit(benchmark::kMicrosecond);

void wifi_short_training(benchmark::State& state) {
  const auto x = noise();
  sync::ShortTrainingDetector detector({});
  measure(state, 64, 80, [&] {
    for (std::size_t end = 32; end <= total; end += 16)
      benchmark::DoNotOptimize(detector.process(std::span<const cf32>(x).subspan(end - 32, 32), end));
  });
}
BENCHMARK(wifi_short_training)->UseManualTime()->Unit(benchmark::kMicrosecond);

// The detectors for any numerology are clear code in double precision.
void repetition_detector(benchmark::State& state) {
  const auto x = noise();
  sync::RepetitionDetector detector({.period = 128, .signs = {-1, 1, 1, 1, 1, 1, 1, 1}});
  measure(state, 1024, 1024, [&] {
    sync::RepetitionDetector::Detection one;
    benchmark::DoNotOptimize(detector.process(x, std::span(&one, 1)));
  });
}
BENCHMARK(repetition_detector)->UseManualTime()->Unit(benchmark::kMicrosecond);

void sequence_search(benchmark::State& state) {
  const auto x = noise();
  sync::SequenceSearch search({.sequence = {sync::pss().begin() + 32, sync::pss().end()}, .segments = 8});
  measure(state, 1024, 1024, [&] {
    sync::SequenceSearch::Detection one;
    benchmark::DoNotOptimize(search.process(x, std::span(&one, 1)));
  });
}
BENCHMARK(sequence_search)->UseManualTime()->Unit(benchmark::kMicrosecond);

// In noise, and with as many carriers to cancel.
void tone_canceller(benchmark::State& state) {
  auto x = noise();
  for (int tone = 0; tone < state.range(0); ++tone) {
    for (std::size_t i = 0; i < total; ++i)
      x[i] += cf32(std::polar(10.0, 2 * pi * 0.1 * (1 + tone) * static_cast<double>(i)));
  }
  aligned_vector<cf32> y(total);
  sync::ToneCanceller canceller({});
  measure(state, 1024, 1024, [&] { canceller.process(x, y); });
}
BENCHMARK(tone_canceller)->Arg(0)->Arg(1)->UseManualTime()->Unit(benchmark::kMicrosecond);

#ifdef BORESIGHT_HAVE_LIQUID
// The peer: liquid-dsp's receiver with its default carriers, before it has found anything.
void liquid_ofdmframesync(benchmark::State& state) {
  const auto n = static_cast<unsigned>(state.range(0));
  auto x = noise();
  const auto nothing = [](liquid_float_complex*, unsigned char*, unsigned, void*) { return 0; };
  const ofdmframesync peer = ofdmframesync_create(n, n / 16, 0, nullptr, nothing, nullptr);
  measure(state, n, n, [&] {
    for (std::size_t i = 0; i + 256 <= total; i += 256)
      ofdmframesync_execute(peer, reinterpret_cast<liquid_float_complex*>(x.data() + i), 256);
  });
  ofdmframesync_destroy(peer);
}
BENCHMARK(liquid_ofdmframesync)->Arg(1024)->Arg(64)->UseManualTime()->Unit(benchmark::kMicrosecond);
#endif

const bool registered = [] {
  for (const std::string& target : simd_targets()) {
    benchmark::RegisterBenchmark(("pss_search/" + target).c_str(), pss_search, target)
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond);
  }
  return true;
}();

}  // namespace
}  // namespace boresight
