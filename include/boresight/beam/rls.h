// Recursive least squares: the Wiener weights of all samples so far, after every sample.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::beam {

/// With k = P x / (forgetting + x^H P x) and e = d - w^H x:  w += k e*,  P = (P - k x^H P) / forgetting,
/// where P = (loading forgetting^n I + sum of forgetting^(n-i) x x^H)^-1 (Haykin, Adaptive Filter Theory,
/// chapter 10). After about 2 E snapshots the excess error is what few snapshots leave, whatever the
/// eigenvalues: E / n of the least error, and then E (1 - forgetting) / (1 + forgetting). About 12 E^2 real
/// multiplications per sample.
///
/// Stability. P is kept Hermitian by computing one triangle, and below 1 / loading: where nothing is heard (a
/// dead element, two elements that are one) forgetting alone would let it grow without end. There the
/// forgetting pauses.
class RlsFilter {
 public:
  struct Config {
    std::size_t elements = 0;   ///< 1 to 1024
    double forgetting = 0.999;  ///< in (0, 1]; 1 - 1 / memory in samples
    /// What R is taken to hold before the first sample, a power times samples, positive. Much less than the
    /// noise of one element makes the start fast.
    double loading = 1e-3;
  };

  /// Throws ConfigError when a value is out of range. Weights start at zero.
  explicit RlsFilter(const Config& config);

  /// One snapshot x [elements]: returns w^H x with the weights before it, then adapts.
  /// NaN or Inf in x or `desired`: returns 0, the weights stay, skipped() counts.
  cf64 step(std::span<const cf64> x, cf64 desired) noexcept;

  /// @param in       [elements x n]
  /// @param desired  [n]
  /// @param out      [n]: each sample by the weights before it
  void process(Grid<const cf32> in, std::span<const cf32> desired, std::span<cf32> out) noexcept;

  std::span<const cf64> weights() const { return weights_; }
  std::uint64_t skipped() const { return skipped_; }
  /// Times that rounding or overflow spoiled P and it started over; the weights stay.
  std::uint64_t restarts() const { return restarts_; }
  void reset() noexcept;

 private:
  void restart() noexcept;
  void update_inverse(double gain) noexcept;

  double forgetting_;
  double largest_inverse_;
  GridBuffer<cf64> inverse_;  // P [elements x elements], Hermitian
  std::vector<cf64> weights_;
  std::vector<cf64> projected_;  // P x
  std::vector<double> limits_;
  std::vector<cf64> snapshot_;
  std::uint64_t skipped_ = 0;
  std::uint64_t restarts_ = 0;
};

}  // namespace boresight::beam
