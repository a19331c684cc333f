// Beamformer weights, once for all in double precision. The convention everywhere is y = w^H x, and every
// weight vector made here has unit gain towards the look direction: w^H a = 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "boresight/beam/covariance_factor.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::beam {

/// w = a / (a^H a), which is a / E for a steering vector: the largest gain in white noise, 10 log10 E dB
/// (Van Trees 2002, section 2.5). w = 0 for a = 0, for an a that is not finite, and where a^H a or its
/// reciprocal is too large for a double.
void conventional(std::span<const cf64> steering, std::span<cf64> weights);

/// Minimum variance distortionless response with diagonal loading (Capon 1969; Carlson 1988):
/// w = (R + d I)^-1 a / (a^H (R + d I)^-1 a).
///
/// The plain version, which allocates; MvdrSolver is the one for streams.
/// @param covariance  [E x E], Hermitian; the lower triangle is read
/// @param loading     d >= 0, a power in the units of R
/// Throws ConfigError for a negative or NaN loading, and when R + d I is singular or holds a NaN.
void mvdr(Grid<const cf64> covariance, std::span<const cf64> steering, double loading,
          std::span<cf64> weights);

/// Unit gain towards `steering` and exact nulls towards every row of `nulls`: the weights of least norm, so
/// of least white-noise power, that meet the constraints C^H w = (1, 0, ..., 0), w = C (C^H C)^-1 f (linearly
/// constrained minimum variance with R = I; Frost 1972).
///
/// @param nulls  [directions x E], at most E - 1 rows; none gives the conventional weights
/// Throws ConfigError for too many nulls and for directions that (nearly) coincide with one another or with
/// the look direction: the constraints then contradict each other.
void null_steering(std::span<const cf64> steering, Grid<const cf64> nulls, std::span<cf64> weights);

/// The same from a factored covariance and with its loading(), for streams: no allocation.
///
/// - NaN or Inf in `steering`: the weights keep what they held and false is returned.
/// - A dead element: its weight is zero and unit gain is made by the others.
/// - R = 0, or a direction in which no live element hears anything: the conventional weights.
bool mvdr(CovarianceFactor& covariance, std::span<const cf64> steering, std::span<cf64> weights) noexcept;

/// Covariance to MVDR weights in one call, for streams: allocates at construction and never again. 10 dB of
/// loading is what makes few snapshots enough (2 per jammer eigenvalue) and what keeps a signal of interest
/// in the training data from being nulled because the steering vector is not exact (Carlson 1988; Cox 1987).
/// CovarianceFactor says how the noise floor is found, and what becomes of a covariance that is not what
/// theory asks for.
class MvdrSolver {
 public:
  using Config = CovarianceFactor::Config;

  /// Throws ConfigError when a value is out of range.
  explicit MvdrSolver(const Config& config) : factor_(config) {}

  /// False, and the weights as they were, when R or the steering vector is not finite; rejected() counts.
  /// @param covariance  [E x E], Hermitian; the lower triangle is read
  bool solve(Grid<const cf64> covariance, std::span<const cf64> steering, std::span<cf64> weights) noexcept;

  /// Of the last R that was not rejected, see CovarianceFactor.
  std::span<const double> eigenvalues() const { return factor_.eigenvalues(); }
  double noise_power() const { return factor_.noise_power(); }
  double loading() const { return factor_.loading(); }
  double interference_to_noise() const { return factor_.interference_to_noise(); }

  /// Covariances and steering vectors refused because they were not finite.
  std::uint64_t rejected() const { return rejected_; }

 private:
  CovarianceFactor factor_;
  std::uint64_t rejected_ = 0;
};

}  // namespace boresight::beam
