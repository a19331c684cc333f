// The narrowband beamformer beside OpenBLAS, Eigen, VOLK and plain code on the same samples, and beside what
// the machine allows. Each iteration runs all of them once, in turn; the counters are made of the shortest
// time of each, so that other work on the machine hardly counts.
//
//   ours, openblas, ...   million snapshots per second (of all elements); the better of channel-major and
//                         time-major samples, where a peer takes both
//   cs16, cs8             ours from integer samples; cs16_times_peer: over the best peer, which reads cf32
//   times_peer            ours over the best of the peers
//   of_peak               multiply-adds of ours (8 operations for each element and beam) over the measured
//   peak of_memory             bytes of samples that ours reads over the measured read bandwidth
//
// Arguments: elements, beams. cache: one block of up to 512 KiB of samples; memory: 256 MiB of samples in
// blocks of 8192 snapshots (1024 elements: 1024), of which each run takes the next 16 MiB, beams into one
// block that stays in the cache. Rows are powers of two long, as users' rows are.
#include "boresight/beam/beamformer.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <optional>
#include <type_traits>
#include <vector>

#include "beam/beamformer_reference.h"
#include "boresight/core/convert.h"
#include "boresight/core/huge_pages.h"
#include "boresight/core/random.h"
#include "support/bounds.h"
#include "support/eigen_peer.h"

#ifdef BORESIGHT_HAVE_OPENBLAS
#include <cblas.h>
#endif
#ifdef BORESIGHT_HAVE_VOLK
#include <volk/volk.h>
#endif

namespace boresight::beam {
namespace {

struct Problem {
  std::size_t elements;
  std::size_t beams;
  std::size_t samples;  // of a block
  std::size_t blocks;
  std::size_t window = 1;       // blocks of one timed run
  std::size_t next = 0;         // the first of these
  huge_vector<cf32> x;          // [block][element][sample]
  std::vector<cf32> weights;    // [beam][element]
  std::vector<cf32> conjugate;  // of these
  huge_vector<cf32> y;          // [beam][sample]

  Problem(std::size_t e, std::size_t b, bool memory)
      : elements(e),
        beams(b),
        samples(memory ? std::min<std::size_t>(8192, (1U << 20) / e)
                       : std::clamp<std::size_t>(32768 / e, 64, 2048)),
        blocks(1) {
    if (memory) {
      window = (std::size_t{16} << 20) / (elements * samples * sizeof(cf32));
      blocks = 16 * window;
    }
    Random random(1);
    x.resize(blocks * elements * samples);
    std::vector<cf32> noise(65536);
    for (cf32& value : noise) value = 0.25F * random.complex_normal();
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = noise[i % noise.size()];
    weights.resize(beams * elements);
    for (cf32& value : weights) value = random.complex_normal();
    for (const cf32& value : weights) conjugate.push_back(std::conj(value));
    y.resize(beams * samples);
  }
  const cf32* block(std::size_t i) const { return x.data() + i * elements * samples; }
  Grid<const cf32> in(std::size_t i) const { return {block(i), elements, samples}; }
  Grid<cf32> out() { return {y.data(), beams, samples}; }
};

void plain(Problem& p, std::size_t i) {
  reference::beamform({p.weights.data(), p.beams, p.elements}, p.in(i), p.out());
}

// A peer sees the same memory as channel-major or as time-major: the numbers differ, the work does not.
void eigen(Problem& p, std::size_t i, bool time_major) {
  eigen_peer().beams(p.conjugate.data(), p.block(i), p.y.data(), p.elements, p.beams, p.samples, time_major);
}

#ifdef BORESIGHT_HAVE_OPENBLAS
void openblas(Problem& p, std::size_t i, bool time_major) {
  const cf32 one = 1;
  const cf32 zero = 0;
  const auto e = static_cast<int>(p.elements);
  const auto b = static_cast<int>(p.beams);
  const auto t = static_cast<int>(p.samples);
  if (p.beams == 1) {
    if (time_major) {
      cblas_cgemv(CblasRowMajor, CblasNoTrans, t, e, &one, p.block(i), e, p.conjugate.data(), 1, &zero,
                  p.y.data(), 1);
    } else {
      cblas_cgemv(CblasRowMajor, CblasTrans, e, t, &one, p.block(i), t, p.conjugate.data(), 1, &zero,
                  p.y.data(), 1);
    }
    return;
  }
  cblas_cgemm(CblasRowMajor, CblasNoTrans, time_major ? CblasTrans : CblasNoTrans, b, t, e, &one,
              p.conjugate.data(), e, p.block(i), time_major ? e : t, &zero, p.y.data(), t);
}
#endif

#ifdef BORESIGHT_HAVE_VOLK
void volk(Problem& p, std::size_t i, bool time_major) {
  const cf32* x = p.block(i);
  for (std::size_t b = 0; b < p.beams; ++b) {
    const cf32* w = p.weights.data() + b * p.elements;
    cf32* y = p.y.data() + b * p.samples;
    if (time_major) {
      for (std::size_t t = 0; t < p.samples; ++t) {
        volk_32fc_x2_conjugate_dot_prod_32fc(y + t, x + t * p.elements, w, static_cast<unsigned>(p.elements));
      }
    } else {
      std::fill_n(y, p.samples, cf32(0));
      for (std::size_t e = 0; e < p.elements; ++e) {
        // y + w* x up to a conjugation
        volk_32fc_x2_s32fc_multiply_conjugate_add_32fc(y, y, x + e * p.samples, w[e],
                                                       static_cast<unsigned>(p.samples));
      }
    }
  }
}
#endif

void beamformer(benchmark::State& state, bool memory) {
#ifdef BORESIGHT_HAVE_OPENBLAS
  openblas_set_num_threads(1);
#endif
  Problem p(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)), memory);
  Beamformer ours({.elements = p.elements, .beams = p.beams});
  ours.set_weights({p.weights.data(), p.beams, p.elements});

  huge_vector<cs16> x16(p.x.size());
  huge_vector<cs8> x8(p.x.size());
  from_cf32(p.x, x16);
  from_cf32(p.x, x8);
  const auto integers = [&](const auto& x, std::size_t i) {
    using Sample = typename std::decay_t<decltype(x)>::value_type;
    return Grid<const Sample>(x.data() + i * p.elements * p.samples, p.elements, p.samples);
  };

  Best best_ours, best_cs16, best_cs8, best_openblas, best_eigen, best_volk, best_plain;
  const double work = static_cast<double>(p.elements * p.beams * p.samples);
  const int repeats = memory ? 1 : std::max(1, static_cast<int>(1e6 / work));
  const auto timed = [&](Best& best, const auto& call) {
    best.run(repeats, [&] {
      for (std::size_t i = 0; i < p.window; ++i) call(p.next + i);
      benchmark::ClobberMemory();
    });
    p.next = (p.next + p.window) % p.blocks;
  };
  PeakFlops peak;
  std::optional<MemoryRead> read;
  if (memory) read.emplace();
  for (auto _ : state) {
    peak.run();
    if (memory) read->run();
    timed(best_ours, [&](std::size_t i) { ours.process(p.in(i), p.out()); });
    timed(best_cs16, [&](std::size_t i) { ours.process(integers(x16, i), p.out()); });
    timed(best_cs8, [&](std::size_t i) { ours.process(integers(x8, i), p.out()); });
    for (const bool time_major : {false, true}) {
      timed(best_eigen, [&](std::size_t i) { eigen(p, i, time_major); });
#ifdef BORESIGHT_HAVE_OPENBLAS
      timed(best_openblas, [&](std::size_t i) { openblas(p, i, time_major); });
#endif
#ifdef BORESIGHT_HAVE_VOLK
      timed(best_volk, [&](std::size_t i) { volk(p, i, time_major); });
#endif
    }
    timed(best_plain, [&](std::size_t i) { plain(p, i); });
  }
  const auto rate = [&](const Best& best) {
    return static_cast<double>(p.samples * p.window) / best.seconds;
  };
  state.counters["peak_gflops"] = 1e-9 * peak.rate();
  if (memory) state.counters["memory_gbytes"] = 1e-9 * read->rate();
  const double peer = std::max({rate(best_openblas), rate(best_eigen), rate(best_volk), rate(best_plain)});
  state.counters["ours"] = 1e-6 * rate(best_ours);
  state.counters["openblas"] = 1e-6 * rate(best_openblas);
  state.counters["eigen"] = 1e-6 * rate(best_eigen);
  state.counters["volk"] = 1e-6 * rate(best_volk);
  state.counters["plain"] = 1e-6 * rate(best_plain);
  state.counters["cs16"] = 1e-6 * rate(best_cs16);
  state.counters["cs8"] = 1e-6 * rate(best_cs8);
  state.counters["cs16_times_peer"] = rate(best_cs16) / peer;
  state.counters["times_peer"] = rate(best_ours) / peer;
  state.counters["of_peak"] = 8.0 * static_cast<double>(p.elements * p.beams) * rate(best_ours) / peak.rate();
  if (memory) {
    state.counters["of_memory"] = 8.0 * static_cast<double>(p.elements) * rate(best_ours) / read->rate();
  }
}

void shapes(benchmark::internal::Benchmark* bench) {
  for (const long elements : {4L, 8L, 16L, 64L, 256L, 1024L}) {
    for (const long beams : {1L, 4L, 16L}) bench->Args({elements, beams});
  }
}

BENCHMARK_CAPTURE(beamformer, cache, false)->Apply(shapes)->Iterations(100)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(beamformer, memory, true)->Apply(shapes)->Iterations(60)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace boresight::beam
