// Beamformer weights, once for all in double precision. The convention everywhere is y = w^H x, and every
// weight vector made here has unit gain towards the look direction: w^H a = 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::beam {

/// w = a / (a^H a), which is a / E for a steering vector: the largest gain in white noise, 10 log10 E dB
/// (Van Trees 2002, section 2.5). a = 0 gives w = 0.
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

/// MVDR weights from a measured covariance, for streams: allocates at construction and never again.
///
/// Loading is relative to the noise floor, which is read off R itself: the mean of the lower half of its
/// eigenvalues. That is the noise as long as fewer than half of the degrees of freedom hold signals. 10 dB is
/// what makes few snapshots enough (2 per jammer eigenvalue) and what keeps a signal of interest in the
/// training data from being nulled because the steering vector is not exact (Carlson 1988; Cox 1987).
class MvdrSolver {
 public:
  struct Config {
    std::size_t elements = 0;           ///< 1 to 1024
    double loading_over_noise_db = 10;  ///< diagonal loading over the estimated noise floor, -60 to 60 dB
  };

  /// Throws ConfigError when a value is out of range.
  explicit MvdrSolver(const Config& config);
  ~MvdrSolver();
  MvdrSolver(MvdrSolver&&) noexcept;
  MvdrSolver& operator=(MvdrSolver&&) noexcept;

  /// What happens when R is not what theory asks for:
  /// - NaN or Inf in R or in `steering`: `weights` keep what they held, rejected() counts, false is returned.
  /// - A dead element (R_ee = 0): its weight is zero and unit gain is made by the others.
  /// - R = 0: the conventional weights.
  /// - R singular (fewer snapshots than elements): at least 90 dB below the mean eigenvalue is loaded.
  ///
  /// @param covariance  [E x E], Hermitian; the lower triangle is read
  bool solve(Grid<const cf64> covariance, std::span<const cf64> steering, std::span<cf64> weights) noexcept;

  /// Of the last R that was not rejected: eigenvalues in ascending order, noise floor, loading.
  std::span<const double> eigenvalues() const;
  double noise_power() const { return noise_power_; }
  double loading() const { return loading_; }

  /// Mean power per live element above the noise floor, over the noise floor, linear: (tr R / live - noise) /
  /// noise. 0 when nothing rises above the noise, +inf when there is power and no noise.
  double interference_to_noise() const { return interference_to_noise_; }

  /// Covariances refused because they were not finite.
  std::uint64_t rejected() const { return rejected_; }

 private:
  struct Workspace;

  void measure(std::size_t live_elements) noexcept;

  double loading_over_noise_;
  std::unique_ptr<Workspace> work_;
  double noise_power_ = 0;
  double loading_ = 0;
  double interference_to_noise_ = 0;
  std::uint64_t rejected_ = 0;
};

}  // namespace boresight::beam
