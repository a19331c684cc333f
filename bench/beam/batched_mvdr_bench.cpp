// MVDR weights of many subbands of 8 elements beside a loop over Eigen's Cholesky solver of fixed size,
// compiled for the instruction set of this machine, in double as ours is and in float. Each iteration runs
// all of them once, in turn; the counters are made of the shortest time of each. Argument: subbands.
#include "boresight/beam/batched_mvdr.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "boresight/core/random.h"
#include "support/bounds.h"
#include "support/eigen_peer.h"

namespace boresight::beam {
namespace {

void batched_mvdr(benchmark::State& state) {
  constexpr std::size_t elements = 8;
  const auto subbands = static_cast<std::size_t>(state.range(0));
  Random random(1);
  std::vector<cf64> covariances(subbands * elements * elements);
  std::vector<cf64> steering(subbands * elements);
  std::vector<cf64> weights(subbands * elements);
  for (std::size_t s = 0; s < subbands; ++s) {
    for (std::size_t t = 0; t < 4 * elements; ++t) {
      cf64 x[elements];
      for (cf64& value : x) value = cf64(random.complex_normal());
      for (std::size_t i = 0; i < elements; ++i) {
        for (std::size_t k = 0; k < elements; ++k) {
          covariances[(s * elements + i) * elements + k] += x[i] * std::conj(x[k]);
        }
      }
    }
  }
  for (cf64& value : steering) value = cf64(random.complex_normal());
  const std::vector<cf32> covariances_float(covariances.begin(), covariances.end());
  const std::vector<cf32> steering_float(steering.begin(), steering.end());
  std::vector<cf32> weights_float(weights.size());
  std::vector<std::uint8_t> accepted(subbands);
  BatchedMvdr mvdr({.elements = elements, .subbands = subbands});
  Best ours, eigen_double, eigen_float;
  for (auto _ : state) {
    ours.run(4, [&] {
      mvdr.solve({covariances.data(), subbands, elements * elements}, {steering.data(), subbands, elements},
                 {weights.data(), subbands, elements}, accepted);
      benchmark::ClobberMemory();
    });
    eigen_double.run(4, [&] {
      eigen_peer().mvdr8_double(covariances.data(), steering.data(), weights.data(), subbands);
      benchmark::ClobberMemory();
    });
    eigen_float.run(4, [&] {
      eigen_peer().mvdr8_float(covariances_float.data(), steering_float.data(), weights_float.data(),
                               subbands);
      benchmark::ClobberMemory();
    });
  }
  state.counters["ours_us"] = 1e6 * ours.seconds;
  state.counters["eigen_double_us"] = 1e6 * eigen_double.seconds;
  state.counters["eigen_float_us"] = 1e6 * eigen_float.seconds;
  state.counters["times_eigen_double"] = eigen_double.seconds / ours.seconds;
  state.counters["times_eigen_float"] = eigen_float.seconds / ours.seconds;
}

BENCHMARK(batched_mvdr)->Arg(8)->Arg(64)->Arg(1024)->Iterations(200);

}  // namespace
}  // namespace boresight::beam
