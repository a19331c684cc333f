// Weights from a sequence that the receiver knows: no direction, no calibration needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/beam/covariance_factor.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/doa/covariance.h"

namespace boresight::beam {

/// w = (R + d I)^-1 p with R = E[x x^H] and p = E[x s*]: the least mean square of s - w^H x (Wiener-Hopf;
/// Van Trees 2002, section 6.3). The gain is not one: y is the estimate of s, so smaller than s by the share
/// that noise makes uncertain. The plain version, which allocates.
///
/// @param covariance   [E x E], Hermitian; the lower triangle is read
/// @param correlation  [E], p
/// @param loading      d >= 0, a power in the units of R
/// Throws ConfigError for a negative or NaN loading, and when R + d I is singular or something is not finite.
void wiener(Grid<const cf64> covariance, std::span<const cf64> correlation, double loading,
            std::span<cf64> weights);

/// Learns R and p while a known sequence is received: the PSS of a ku frame, a preamble, pilots in time. The
/// jammer is in the same samples and is nulled with whatever errors the array has. Timing and frequency must
/// be known well enough that the sequence stays coherent; over several sequences give each its phase.
class KnownSequenceTrainer {
 public:
  struct Config {
    std::size_t elements = 0;  ///< 1 to 1024
    /// Over the noise floor, -60 to 60 dB. The sequence is its own steering vector, so nothing needs to be
    /// forgiven: 0 suits from 5 snapshots per element, 10 fewer.
    double loading_over_noise_db = 0;
  };

  /// Throws ConfigError when a value is out of range.
  explicit KnownSequenceTrainer(const Config& config);

  /// @param x      [elements x n]
  /// @param known  [n], what was sent; any power
  /// NaN and Inf in either spoil the sums until reset(); solve() refuses. No allocation.
  void update(Grid<const cf32> x, std::span<const cf32> known) noexcept;

  /// Weights so far: w^H x estimates the sequence. False, and the weights as they were, when nothing was
  /// heard, or nothing sent, or something was not finite (rejected() counts that). Dead elements get weight
  /// zero. No allocation.
  bool solve(std::span<cf64> weights) noexcept;

  /// Of the last solve(): the mean square error over the sequence's power that is left when y is scaled best,
  /// 0 to 1: 1 / (1 + SINR) with many snapshots, too small by a share of elements / snapshots because the
  /// same samples are fitted.
  double error() const { return error_; }
  /// Snapshots so far.
  double snapshots() const { return covariance_.snapshots(); }
  std::uint64_t rejected() const { return rejected_; }

  void reset() noexcept;

 private:
  doa::SampleCovariance covariance_;
  CovarianceFactor factor_;
  GridBuffer<cf64> matrix_;
  std::vector<cf64> correlation_;  // sum of x s*
  std::vector<cf64> mean_;
  double sent_energy_ = 0;
  double error_ = 1;
  std::uint64_t rejected_ = 0;
};

}  // namespace boresight::beam
