// The sample covariance of 4096 snapshots beside OpenBLAS (cherk) and Eigen (rankUpdate) on the same samples.
// They sum in float throughout, which a strong jammer does not allow. Each iteration runs all of them once,
// in turn; the counters are made of the shortest time of each.
//
//   ours_us, cs16_us, openblas_us, eigen_us   of peers the better of channel-major and time-major samples
//   times_peer                                the best peer over ours
//   of_peak                                   4 E (E + 1) operations for each snapshot over the measured peak
//
// Argument: elements.
#include "boresight/doa/covariance.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "boresight/beam/beamformer.h"
#include "boresight/core/convert.h"
#include "boresight/core/huge_pages.h"
#include "boresight/core/random.h"
#include "support/bounds.h"
#include "support/eigen_peer.h"

#ifdef BORESIGHT_HAVE_OPENBLAS
#include <cblas.h>
#endif

namespace boresight::doa {
namespace {

constexpr std::size_t snapshots = 4096;

void covariance(benchmark::State& state) {
#ifdef BORESIGHT_HAVE_OPENBLAS
  openblas_set_num_threads(1);
#endif
  const auto elements = static_cast<std::size_t>(state.range(0));
  huge_vector<cf32> x(elements * snapshots);
  Random random(1);
  random.add_noise(x, 0.05F);
  huge_vector<cs16> x16(x.size());
  from_cf32(x, x16);
  SampleCovariance ours({.elements = elements, .forgetting = 0.5});
  std::vector<cf32> r(elements * elements);

  PeakFlops peak;
  Best best_ours, best_cs16, best_openblas, best_eigen;
  const int repeats = std::max(1, static_cast<int>(500 / (elements * elements)));
  const auto timed = [&](Best& best, const auto& call) {
    best.run(repeats, [&] {
      call();
      benchmark::ClobberMemory();
    });
  };
  for (auto _ : state) {
    peak.run();
    timed(best_ours, [&] { ours.update(Grid<const cf32>(x.data(), elements, snapshots)); });
    timed(best_cs16, [&] { ours.update(Grid<const cs16>(x16.data(), elements, snapshots)); });
    for (const bool time_major : {false, true}) {
      timed(best_eigen,
            [&] { eigen_peer().covariance(x.data(), snapshots, elements, snapshots, time_major, r.data()); });
#ifdef BORESIGHT_HAVE_OPENBLAS
      const auto e = static_cast<int>(elements);
      const auto t = static_cast<int>(snapshots);
      timed(best_openblas, [&] {
        cblas_cherk(CblasRowMajor, CblasLower, time_major ? CblasConjTrans : CblasNoTrans, e, t, 1, x.data(),
                    time_major ? e : t, 0, r.data(), e);
      });
#endif
    }
  }
  state.counters["ours_us"] = 1e6 * best_ours.seconds;
  state.counters["cs16_us"] = 1e6 * best_cs16.seconds;
  state.counters["eigen_us"] = 1e6 * best_eigen.seconds;
  state.counters["openblas_us"] = 1e6 * best_openblas.seconds;
  state.counters["times_peer"] = std::min(best_openblas.seconds, best_eigen.seconds) / best_ours.seconds;
  state.counters["of_peak"] =
      4.0 * static_cast<double>(elements * (elements + 1) * snapshots) / best_ours.seconds / peak.rate();
}

// Beams and covariance of the same samples from memory, 256 MiB of which each run takes the next 16: in two
// passes, or in one. Arguments: elements, beams; fused_gain: the time of two over that of one.
void covariance_and_beams(benchmark::State& state) {
  const auto elements = static_cast<std::size_t>(state.range(0));
  const auto beams = static_cast<std::size_t>(state.range(1));
  const std::size_t window = (std::size_t{16} << 20) / (elements * sizeof(cf32));
  const std::size_t total = 16 * window;
  huge_vector<cf32> x(elements * total);
  std::vector<cf32> noise(65536);
  Random random(1);
  random.add_noise(noise, 0.05F);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = noise[i % noise.size()];
  std::vector<cf32> weights(beams * elements, cf32(0.5F, 0.25F));
  GridBuffer<cf32> y(beams, window);
  SampleCovariance ours({.elements = elements});
  beam::Beamformer beamformer({.elements = elements, .beams = beams});
  beamformer.set_weights({weights.data(), beams, elements});
  Best apart, fused;
  std::size_t next = 0;
  const auto in = [&] {
    const Grid<const cf32> all(x.data(), elements, total);
    const Grid<const cf32> part = all.columns(next, window);
    next = (next + window) % total;
    return part;
  };
  for (auto _ : state) {
    apart.run(1, [&] {
      const Grid<const cf32> part = in();
      ours.update(part);
      beamformer.process(part, y.view());
    });
    fused.run(1, [&] {
      const Grid<const cf32> part = in();
      beamformer.process(part, y.view(), ours);
    });
  }
  state.counters["apart_us"] = 1e6 * apart.seconds;
  state.counters["fused_us"] = 1e6 * fused.seconds;
  state.counters["fused_gain"] = apart.seconds / fused.seconds;
}

BENCHMARK(covariance)->Arg(4)->Arg(8)->Arg(16)->Arg(64)->Arg(256)->Iterations(40);
BENCHMARK(covariance_and_beams)
    ->Args({4, 1})
    ->Args({8, 1})
    ->Args({16, 1})
    ->Args({16, 4})
    ->Args({64, 4})
    ->Iterations(40);

}  // namespace
}  // namespace boresight::doa
