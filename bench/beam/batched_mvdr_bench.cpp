// MVDR weights of many subbands of 8 elements beside a loop over Eigen's Cholesky solver of fixed size,
// compiled for the instruction set of this machine, in double as ours is and in float. Each iteration runs
// all of them once, in turn; the counters are made of the shortest time of each. Argument: subbands. Then the
// robust rule beside plain weights.
#include "boresight/beam/batched_mvdr.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "boresight/beam/covariance_factor.h"
#include "boresight/beam/robust_capon.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/doa/batched_eigen.h"
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

/// 64 subbands of 8 elements with errors of 0.5 dB and 5 degrees; the satellite at 5 degrees, and jammers 50
/// dB above it at 60, -35 and -60. Beside plain weights with the same least loading: one CovarianceFactor
/// with robust_capon() per subband, and the eigenvalues and vectors that another way to the same loading
/// begins with. Arguments: jammers, dB of the satellite per element.
void batched_robust(benchmark::State& state) {
  constexpr std::size_t elements = 8;
  constexpr std::size_t subbands = 64;
  constexpr std::size_t products = 1024;
  constexpr double angles_deg[] = {5, 60, -35, -60};
  const auto waves = static_cast<std::size_t>(state.range(0)) + 1;
  const auto snr_db = static_cast<double>(state.range(1));
  Random random(1);
  GridBuffer<cf64> covariances(subbands, elements * elements);
  GridBuffer<cf64> steering(subbands, elements);
  GridBuffer<cf64> weights(subbands, elements);
  cf64 errors[elements];
  for (cf64& error : errors) {
    error = std::polar(amplitude_from_db(0.5 * random.normal()), rad_from_deg(5 * random.normal()));
  }
  const auto phase = [&](double angle_deg, std::size_t e) {
    return std::polar(1.0, pi * static_cast<double>(e) * std::sin(rad_from_deg(angle_deg)));
  };
  for (std::size_t s = 0; s < subbands; ++s) {
    for (std::size_t e = 0; e < elements; ++e) steering(s, e) = phase(angles_deg[0], e);
    for (std::size_t t = 0; t < products; ++t) {
      cf64 x[elements];
      for (cf64& value : x) value = cf64(random.complex_normal());
      for (std::size_t w = 0; w < waves; ++w) {
        const cf64 sent = amplitude_from_db(snr_db + (w > 0 ? 50 : 0)) * cf64(random.complex_normal());
        for (std::size_t e = 0; e < elements; ++e) x[e] += sent * errors[e] * phase(angles_deg[w], e);
      }
      for (std::size_t i = 0; i < elements; ++i) {
        for (std::size_t k = 0; k < elements; ++k) {
          covariances(s, i * elements + k) += x[i] * std::conj(x[k]) / static_cast<double>(products);
        }
      }
    }
  }
  const double least = power_from_db(3);
  GridBuffer<cf64> loaded = covariances;
  for (std::size_t s = 0; s < subbands; ++s) {
    for (std::size_t e = 0; e < elements; ++e) loaded(s, e * elements + e) += least;
  }
  std::vector<double> loadings(subbands);
  std::vector<std::uint8_t> accepted(subbands);
  GridBuffer<double> eigenvalues(subbands, elements);
  GridBuffer<cf64> vectors(subbands, elements * elements);
  BatchedMvdr mvdr({.elements = elements, .subbands = subbands});
  CovarianceFactor factor({.elements = elements, .loading_over_noise_db = 3});
  doa::BatchedEigen eigen({.elements = elements, .matrices = subbands, .vectors = true});
  Best robust, plain, one_by_one, decomposed;
  for (auto _ : state) {
    robust.run(4, [&] {
      std::ranges::fill(loadings, least);
      mvdr.solve_robust(covariances.view(), steering.view(), 0.3, loadings, weights.view(), accepted);
      benchmark::ClobberMemory();
    });
    plain.run(4, [&] {
      mvdr.solve(loaded.view(), steering.view(), weights.view(), accepted);
      benchmark::ClobberMemory();
    });
    one_by_one.run(1, [&] {
      for (std::size_t s = 0; s < subbands; ++s) {
        factor.factor({covariances.row(s).data(), elements, elements});
        robust_capon(factor, steering.row(s), 0.3 * elements, weights.row(s));
      }
      benchmark::ClobberMemory();
    });
    decomposed.run(1, [&] {
      eigen.solve(covariances.view(), eigenvalues.view(), vectors.view(), accepted);
      benchmark::ClobberMemory();
    });
  }
  state.counters["robust_us"] = 1e6 * robust.seconds;
  state.counters["mvdr_us"] = 1e6 * plain.seconds;
  state.counters["over_mvdr"] = robust.seconds / plain.seconds;
  state.counters["one_by_one_us"] = 1e6 * one_by_one.seconds;
  state.counters["eigenvectors_us"] = 1e6 * decomposed.seconds;
}
BENCHMARK(batched_robust)->Args({0, -7})->Args({0, 20})->Args({3, -7})->Args({3, 20})->Iterations(200);

}  // namespace
}  // namespace boresight::beam
