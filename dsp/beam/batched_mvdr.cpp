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
// Of solve_robust(): how far d^2 |x|^2 may be above what is asked for, and how many factorizations there are
// at most. Signals and jammers take one to four; eigenvalues evenly spread over 240 dB leave 7 % at the end.
constexpr double share_tolerance = 0.01;
constexpr std::size_t most_solves = 12;

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
  factor_.assign(covariance_.size(), 0);
  steering_.assign(per_number * config.elements, 0);
  weights_.assign(per_number * config.elements, 0);
  half_.assign(per_number * config.elements, 0);
}

/// Subbands from `first` on into lanes; lanes without a subband repeat the last one. Returns how many have
/// one.
std::size_t BatchedMvdr::load(std::size_t first, Grid<const cf64> covariances,
                              Grid<const cf64> steering) noexcept {
  const std::size_t n = config_.elements;
  const std::size_t lanes = kernels::batched_mvdr_lanes();
  const std::size_t used = std::min(lanes, config_.subbands - first);
  for (std::size_t lane = 0; lane < lanes; ++lane) {
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
  return used;
}

/// The weights of one lane, conventional ones unless they are good. Returns whether they were.
bool BatchedMvdr::deliver(std::size_t lane, bool good, std::span<cf64> w) const noexcept {
  const std::size_t lanes = kernels::batched_mvdr_lanes();
  double size = 0;
  if (good) {
    for (std::size_t e = 0; e < w.size(); ++e) {
      w[e] = {weights_[2 * e * lanes + lane], weights_[(2 * e + 1) * lanes + lane]};
      size += std::abs(w[e].real()) + std::abs(w[e].imag());
    }
    if (std::isfinite(size)) return true;
  }
  // From the copy: `weights` may have taken the place of `steering`.
  for (std::size_t e = 0; e < w.size(); ++e) {
    w[e] = {steering_[2 * e * lanes + lane], steering_[(2 * e + 1) * lanes + lane]};
  }
  conventional_or_zero(w, w);
  return false;
}

std::size_t BatchedMvdr::solve(Grid<const cf64> covariances, Grid<const cf64> steering, Grid<cf64> weights,
                               std::span<std::uint8_t> accepted) noexcept {
  const std::size_t n = config_.elements;
  BORESIGHT_ASSERT(covariances.rows() == config_.subbands && covariances.columns() == n * n);
  BORESIGHT_ASSERT(steering.rows() == config_.subbands && steering.columns() == n);
  BORESIGHT_ASSERT(weights.rows() == config_.subbands && weights.columns() == n);
  BORESIGHT_ASSERT(accepted.size() == config_.subbands);
  std::size_t count = 0;
  for (std::size_t first = 0; first < config_.subbands;) {
    const std::size_t used = load(first, covariances, steering);
    alignas(64) double good[kernels::batched_mvdr_most_lanes];
    kernels::batched_mvdr({.elements = n,
                           .loading = config_.loading,
                           .covariance = covariance_.data(),
                           .factor = covariance_.data(),
                           .steering = steering_.data(),
                           .weights = weights_.data(),
                           .accepted = good});
    for (std::size_t lane = 0; lane < used; ++lane, ++first) {
      const bool fine = deliver(lane, good[lane] != 0, weights.row(first));
      accepted[first] = fine ? 1 : 0;
      count += fine;
    }
  }
  return count;
}

// With x(d) = (R + d I)^-1 a and target = uncertainty a^H a, the root of d |x(d)| = sqrt(target) is that of
// F(d) = 1 / |x(d)| - d / sqrt(target). For shares s_i of a and eigenvalues g_i, 1 / |x| is
// (sum s_i (d + g_i)^-2)^(-1/2), a power mean of order -2 of the d + g_i, and those of orders below 1 are
// concave (Hardy, Littlewood and Polya 1952, section 3.5): Newton's steps from above the root stay above it
// and never turn back, with no bracket. The first one, from an infinite d, is known without a factorization:
// d = g q / (1 - q), g = a^H R a / a^H a, q = sqrt(uncertainty), and where one strong signal holds most of a
// it is all but the root. With p = d |x| / sqrt(target) and t = d x^H Q^-1 x / x^H x the others are
// d (1 - t) / (p - t); t < 1 < p above the root.
std::size_t BatchedMvdr::solve_robust(Grid<const cf64> covariances, Grid<const cf64> steering,
                                      double uncertainty, std::span<double> loadings, Grid<cf64> weights,
                                      std::span<std::uint8_t> accepted) noexcept {
  const std::size_t n = config_.elements;
  BORESIGHT_ASSERT(covariances.rows() == config_.subbands && covariances.columns() == n * n);
  BORESIGHT_ASSERT(steering.rows() == config_.subbands && steering.columns() == n);
  BORESIGHT_ASSERT(weights.rows() == config_.subbands && weights.columns() == n);
  BORESIGHT_ASSERT(loadings.size() == config_.subbands && accepted.size() == config_.subbands);
  BORESIGHT_ASSERT(uncertainty > 0 && uncertainty < 1);
  constexpr std::size_t most = kernels::batched_mvdr_most_lanes;
  const double q = std::sqrt(uncertainty);
  const double odds = q / (1 - q);
  const std::size_t lanes = kernels::batched_mvdr_lanes();
  std::size_t count = 0;
  for (std::size_t first = 0; first < config_.subbands;) {
    const std::size_t used = load(first, covariances, steering);
    alignas(64) double power[most], length[most], good[most], capon[most], size[most], slope[most], d[most];
    double least[most], before[most];  // the loading to go back to if the next one is too little
    bool done[most] = {};
    kernels::batched_output_power(n, covariance_.data(), steering_.data(), power, length);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      least[lane] = before[lane] = loadings[first + std::min(lane, used - 1)];
      d[lane] = std::max(least[lane], odds * (power[lane] / length[lane]));  // of NaN: the least
    }
    for (std::size_t solves = 1;; ++solves) {
      kernels::batched_mvdr({.elements = n,
                             .loading = 0,
                             .covariance = covariance_.data(),
                             .factor = factor_.data(),
                             .steering = steering_.data(),
                             .weights = weights_.data(),
                             .accepted = good,
                             .loadings = d,
                             .capon = capon});
      if (solves == most_solves) break;
      kernels::batched_loading_slope(n, factor_.data(), weights_.data(), half_.data(), size, slope);
      bool moved = false;
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        if (done[lane]) continue;
        double next = before[lane];
        if (good[lane] != 0) {
          const double p = d[lane] * std::sqrt(size[lane] / (uncertainty * length[lane])) / capon[lane];
          const double t = std::min(1.0, d[lane] * slope[lane] / size[lane]);
          done[lane] = !(p * p > 1 + share_tolerance) || d[lane] <= least[lane];
          if (done[lane]) continue;
          next = std::max(least[lane], d[lane] * ((1 - t) / (p - t)));
          before[lane] = d[lane];
        } else {
          done[lane] = true;  // rounding; what was factored before is as near as it gets
        }
        moved = moved || next != d[lane];
        d[lane] = next;
      }
      if (!moved) break;
    }
    for (std::size_t lane = 0; lane < used; ++lane, ++first) {
      const bool fine = deliver(lane, good[lane] != 0, weights.row(first));
      accepted[first] = fine ? 1 : 0;
      loadings[first] = d[lane];
      count += fine;
    }
  }
  return count;
}

}  // namespace boresight::beam
