#include "boresight/beam/batched_mvdr.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "kernels/batched_mvdr.h"

namespace boresight::beam {
namespace {

constexpr std::size_t max_elements = 64;
constexpr std::size_t max_subbands = 65536;
constexpr double max_loading = 1e6;

void conventional_or_zero(std::span<const cf64> steering, std::span<cf64> weights) noexcept {
  double power = 0;
  for (const cf64 a : steering) power += std::norm(a);
  const bool good = std::isfinite(power) && std::isfinite(1 / power);
  for (std::size_t e = 0; e < steering.size(); ++e) weights[e] = good ? steering[e] / power : cf64(0);
}

}  // namespace

BatchedMvdr::BatchedMvdr(const Config& config) : config_(config) {
  const auto check = [](const char* what, std::size_t count, std::size_t most) {
    require(count >= 1 && count <= most,
            "batched MVDR: " + std::to_string(count) + " " + what + ", must be 1 to " + std::to_string(most));
  };
  check("elements", config.elements, max_elements);
  check("subbands", config.subbands, max_subbands);
  require(config.loading >= 0 && config.loading <= max_loading,
          "batched MVDR: loading " + std::to_string(config.loading) + " must be 0 to 1e6");
  constexpr std::size_t per_number = 2 * kernels::batched_mvdr_most_lanes;
  covariance_.assign(per_number * config.elements * (config.elements + 1) / 2, 0);
  steering_.assign(per_number * config.elements, 0);
  weights_.assign(per_number * config.elements, 0);
}

std::size_t BatchedMvdr::solve(Grid<const cf64> covariances, Grid<const cf64> steering, Grid<cf64> weights,
                               std::span<std::uint8_t> accepted) noexcept {
  const std::size_t n = config_.elements;
  BORESIGHT_ASSERT(covariances.rows() == config_.subbands && covariances.columns() == n * n);
  BORESIGHT_ASSERT(steering.rows() == config_.subbands && steering.columns() == n);
  BORESIGHT_ASSERT(weights.rows() == config_.subbands && weights.columns() == n);
  BORESIGHT_ASSERT(accepted.size() == config_.subbands);
  const std::size_t lanes = kernels::batched_mvdr_lanes();
  std::size_t count = 0;
  for (std::size_t first = 0; first < config_.subbands; first += lanes) {
    const std::size_t used = std::min(lanes, config_.subbands - first);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      // Lanes without a subband repeat the last one.
      const std::size_t s = first + std::min(lane, used - 1);
      const cf64* r = covariances.row(s).data();
      double* out = covariance_.data() + lane;
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t k = 0; k <= i; ++k, out += 2 * lanes) {
          out[0] = r[i * n + k].real();
          out[lanes] = r[i * n + k].imag();
        }
      }
      const cf64* a = steering.row(s).data();
      for (std::size_t e = 0; e < n; ++e) {
        steering_[2 * e * lanes + lane] = a[e].real();
        steering_[(2 * e + 1) * lanes + lane] = a[e].imag();
      }
    }
    alignas(64) double good[kernels::batched_mvdr_most_lanes];
    kernels::batched_mvdr({.elements = n,
                           .loading = config_.loading,
                           .covariance = covariance_.data(),
                           .steering = steering_.data(),
                           .weights = weights_.data(),
                           .accepted = good});
    for (std::size_t lane = 0; lane < used; ++lane) {
      const std::span<cf64> w = weights.row(first + lane);
      double size = 0;
      if (good[lane] != 0) {
        for (std::size_t e = 0; e < n; ++e) {
          w[e] = {weights_[2 * e * lanes + lane], weights_[(2 * e + 1) * lanes + lane]};
          size += std::abs(w[e].real()) + std::abs(w[e].imag());
        }
      }
      const bool fine = good[lane] != 0 && std::isfinite(size);
      if (!fine) {
        // From the copy: `weights` may have taken the place of `steering`.
        for (std::size_t e = 0; e < n; ++e) {
          w[e] = {steering_[2 * e * lanes + lane], steering_[(2 * e + 1) * lanes + lane]};
        }
        conventional_or_zero(w, w);
      }
      accepted[first + lane] = fine ? 1 : 0;
      count += fine;
    }
  }
  return count;
}

}  // namespace boresight::beam
