// Eigenvalues and eigenvectors of the covariances of many subbands beside a loop over Eigen's solver, of
// fixed size where it is faster so (4 and 8 elements), compiled for the instruction set of this machine. Each
// iteration runs both in turn; the counters are made of the shortest time of each. Arguments: elements,
// subbands, 1 with eigenvectors.
#include "boresight/doa/batched_eigen.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "boresight/core/random.h"
#include "support/bounds.h"
#include "support/eigen_peer.h"

namespace boresight::doa {
namespace {

void batched_eigen(benchmark::State& state) {
  const auto elements = static_cast<std::size_t>(state.range(0));
  const auto subbands = static_cast<std::size_t>(state.range(1));
  const bool with_vectors = state.range(2) != 0;
  Random random(1);
  GridBuffer<cf64> covariances(subbands, elements * elements);
  for (std::size_t s = 0; s < subbands; ++s) {
    std::vector<cf64> jammer(elements);
    for (cf64& value : jammer) value = 300.0 * cf64(random.complex_normal());
    for (std::size_t t = 0; t < 4 * elements; ++t) {
      const cf64 wave(random.complex_normal());
      std::vector<cf64> x(elements);
      for (std::size_t e = 0; e < elements; ++e) x[e] = cf64(random.complex_normal()) + wave * jammer[e];
      for (std::size_t i = 0; i < elements; ++i) {
        for (std::size_t k = 0; k < elements; ++k) covariances(s, i * elements + k) += x[i] * std::conj(x[k]);
      }
    }
  }
  GridBuffer<double> values(subbands, elements);
  GridBuffer<cf64> vectors(subbands, elements * elements);
  std::vector<std::uint8_t> accepted(subbands);
  BatchedEigen eigen({.elements = elements, .matrices = subbands, .vectors = with_vectors});
  Best ours, peer;
  for (auto _ : state) {
    ours.run(2, [&] {
      eigen.solve(covariances.view(), values.view(), with_vectors ? vectors.view() : Grid<cf64>{}, accepted);
      benchmark::ClobberMemory();
    });
    peer.run(2, [&] {
      eigen_peer().eigen_double(covariances.row(0).data(), elements, subbands, with_vectors,
                                values.row(0).data(), vectors.row(0).data());
      benchmark::ClobberMemory();
    });
  }
  state.counters["ours_us"] = 1e6 * ours.seconds;
  state.counters["eigen_us"] = 1e6 * peer.seconds;
  state.counters["times_eigen"] = peer.seconds / ours.seconds;
}

BENCHMARK(batched_eigen)
    ->ArgNames({"elements", "subbands", "vectors"})
    ->ArgsProduct({{4, 8, 16}, {64}, {0, 1}})
    ->Iterations(100);

}  // namespace
}  // namespace boresight::doa
