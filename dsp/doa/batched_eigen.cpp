#include "boresight/doa/batched_eigen.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "kernels/batched_eigen.h"

namespace boresight::doa {
namespace {

constexpr std::size_t most_lanes = kernels::batched_eigen_most_lanes;
constexpr std::size_t max_elements = kernels::batched_eigen_most_elements;
constexpr std::size_t max_matrices = 65536;

/// The largest part of a number in the lower triangle of r; NaN or infinity when one is.
double magnitude(const cf64* r, std::size_t n) noexcept {
  double largest = 0;
  double all = 0;  // keeps what max() drops
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k <= i; ++k) {
      const double re = std::abs(r[i * n + k].real());
      const double im = i == k ? 0 : std::abs(r[i * n + k].imag());
      largest = std::max({largest, re, im});
      all += 0 * re + 0 * im;
    }
  }
  return largest + all;
}

}  // namespace

BatchedEigen::BatchedEigen(const Config& config) : config_(config) {
  const auto check = [](const char* what, std::size_t count, std::size_t most) {
    require(count >= 1 && count <= most, "batched eigenvalues: " + std::to_string(count) + " " + what +
                                             ", must be 1 to " + std::to_string(most));
  };
  check("elements", config.elements, max_elements);
  check("matrices", config.matrices, max_matrices);
  const std::size_t count = 2 * most_lanes * config.elements * config.elements;
  matrix_.assign(count, 0);
  if (config.vectors) vectors_.assign(count, 0);
}

std::size_t BatchedEigen::solve(Grid<const cf64> covariances, Grid<double> values, Grid<cf64> vectors,
                                std::span<std::uint8_t> accepted) noexcept {
  const std::size_t n = config_.elements;
  BORESIGHT_ASSERT(covariances.rows() == config_.matrices && covariances.columns() == n * n);
  BORESIGHT_ASSERT(values.rows() == config_.matrices && values.columns() == n);
  BORESIGHT_ASSERT(!config_.vectors || (vectors.rows() == config_.matrices && vectors.columns() == n * n));
  BORESIGHT_ASSERT(accepted.size() == config_.matrices);
  const std::size_t lanes = kernels::batched_eigen_lanes();
  std::size_t count = 0;
  for (std::size_t first = 0; first < config_.matrices; first += lanes) {
    const std::size_t used = std::min(lanes, config_.matrices - first);
    std::array<double, most_lanes> scale{};
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      // Lanes without a matrix repeat the last one; what is no matrix becomes zero.
      const cf64* r = covariances.row(first + std::min(lane, used - 1)).data();
      scale[lane] = magnitude(r, n);
      const bool fine = std::isfinite(scale[lane]);
      const double divisor = fine && scale[lane] > 0 ? scale[lane] : 1;
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t k = 0; k <= i; ++k) {
          double* out = matrix_.data() + 2 * (i * n + k) * lanes + lane;
          out[0] = fine ? r[i * n + k].real() / divisor : 0;
          out[lanes] = fine && i != k ? r[i * n + k].imag() / divisor : 0;
        }
      }
    }
    if (config_.vectors) {
      std::ranges::fill(vectors_, 0.0);
      for (std::size_t i = 0; i < n; ++i) std::fill_n(vectors_.data() + 2 * (i * n + i) * lanes, lanes, 1.0);
    }
    kernels::batched_eigen(
        {.elements = n, .matrix = matrix_.data(), .vectors = config_.vectors ? vectors_.data() : nullptr});
    for (std::size_t lane = 0; lane < used; ++lane) {
      const std::size_t m = first + lane;
      const bool fine = std::isfinite(scale[lane]);
      const auto value = [&](std::size_t i) { return matrix_[2 * (i * n + i) * lanes + lane]; };
      std::array<std::size_t, max_elements> order;
      std::iota(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(n), std::size_t{0});
      std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(n),
                [&](std::size_t a, std::size_t b) { return value(a) > value(b); });
      for (std::size_t i = 0; i < n; ++i) {
        values(m, i) = fine ? scale[lane] * value(order[i]) : 0;
        if (!config_.vectors) continue;
        const double* from = vectors_.data() + 2 * order[i] * n * lanes + lane;
        for (std::size_t e = 0; e < n; ++e, from += 2 * lanes) vectors(m, i * n + e) = {from[0], from[lanes]};
      }
      accepted[m] = fine ? 1 : 0;
      count += fine;
    }
  }
  return count;
}

}  // namespace boresight::doa
