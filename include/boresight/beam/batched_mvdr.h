// MVDR weights for many subbands at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::beam {

/// In each subband w = Q^-1 a / (a^H Q^-1 a) with Q = R + loading x (trace R / E) I (Van Trees 2002,
/// section 6.2.4), from one Cholesky factorization in double. Small matrices leave a processor waiting for
/// one number after the other; here each lane of a vector works on a subband of its own.
///
/// A subband is rejected when its Q is not positive definite (a diagonal element is explained by the ones
/// before up to 1e-13 of itself: rank deficient, singular, negative), or it or its a hold NaN, infinity or
/// zeros only. Its weights are then conventional, a / (a^H a), or zero where that is not finite. Weights are
/// finite always.
class BatchedMvdr {
 public:
  struct Config {
    std::size_t elements = 0;  ///< E, 1 to 64
    std::size_t subbands = 0;  ///< 1 to 65536
    double loading = 0;        ///< diagonal loading in units of the mean power of an element, 0 to 1e6
  };

  /// Throws ConfigError when a value is out of range.
  explicit BatchedMvdr(const Config& config);

  /// @param covariances  [subbands x E*E], each R row by row; the lower triangle is read, and of its diagonal
  /// the
  ///                     real part
  /// @param steering     [subbands x E]
  /// @param weights      [subbands x E]; may be the same numbers as `steering`
  /// @param accepted     [subbands]: 1, or 0 for a rejected subband
  /// Returns how many were accepted. No allocation.
  std::size_t solve(Grid<const cf64> covariances, Grid<const cf64> steering, Grid<cf64> weights,
                    std::span<std::uint8_t> accepted) noexcept;

  /// Robust Capon weights (robust_capon(); Li, Stoica and Wang 2003): MVDR with the loading d that makes
  /// ||d (R + d I)^-1 a||^2 = uncertainty ||a||^2 in each subband; the left side is up to 1 % above that.
  /// Config::loading is not added.
  ///
  /// @param uncertainty  squared length of the steering vector's error over its own, in (0, 1)
  /// @param loadings     [subbands], in: the least ones, absolute, not negative; out: the ones used
  /// The rest as solve(). Signals and jammers take one to four factorizations, and 12 are the limit: behind
  /// it the loading is larger than asked for (eigenvalues evenly spread over 240 dB: by 7 % of the left
  /// side).
  std::size_t solve_robust(Grid<const cf64> covariances, Grid<const cf64> steering, double uncertainty,
                           std::span<double> loadings, Grid<cf64> weights,
                           std::span<std::uint8_t> accepted) noexcept;

  std::size_t elements() const { return config_.elements; }
  std::size_t subbands() const { return config_.subbands; }

 private:
  std::size_t load(std::size_t first, Grid<const cf64> covariances, Grid<const cf64> steering) noexcept;
  bool deliver(std::size_t lane, bool good, std::span<cf64> weights) const noexcept;

  Config config_;
  aligned_vector<double> covariance_;  // of as many subbands as there are lanes, [number][re, im][lane]
  aligned_vector<double> factor_;      // the same, of solve_robust()
  aligned_vector<double> steering_;
  aligned_vector<double> weights_;
  aligned_vector<double> half_;  // solved half way
};

}  // namespace boresight::beam
