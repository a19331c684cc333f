// A measured covariance, factored once for any number of weights: what the rules for weights stand on.
//
//   R ─▶ factor ─▶ eigenvalues, noise floor, loading
//           └────▶ (R + d I)^-1 b for any b and any d ─▶ mvdr, lcmv, robust_capon, power_inversion, wiener,
//           ...
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::beam {

/// What subspace_projection() found, see beam/subspace_projection.h.
struct SubspaceResult;

/// R = Q T Q^H with T real and tridiagonal (Golub and Van Loan 2013, section 8.3), which costs 16/3 E^3 real
/// multiplications once. After it a solution for a new right side, or the same one with another loading,
/// costs E^2: several beams share the work, and a search for the right loading is cheap. Allocates at
/// construction and never again.
///
/// Loading is relative to the noise floor, which is read off R itself: the mean of the lower half of its
/// eigenvalues, or of fewer where one stands ten times above those below it. That is the noise as long as
/// signals leave it a degree of freedom. With fewer snapshots than 2 E it is low, with fewer than E it is
/// rounding.
///
/// What happens when R is not what theory asks for:
/// - NaN or Inf in R: factor() returns false, rejected() counts, and what was factored before stays.
/// - A dead element (R_ee = 0, or 40 dB below the median of the others) is left out: every solution is zero
///   there and is that of the others alone.
/// - R = 0: solutions are b / loading with loading 0, so none: solve() returns false.
/// - R singular (fewer snapshots than elements, two elements that are one): loading() is not less than 90
///   dB below the mean eigenvalue.
class CovarianceFactor {
 public:
  struct Config {
    std::size_t elements = 0;           ///< 1 to 1024
    double loading_over_noise_db = 10;  ///< what loading() is over the noise floor, -60 to 60 dB
  };

  /// Throws ConfigError when a value is out of range.
  explicit CovarianceFactor(const Config& config);
  ~CovarianceFactor();
  CovarianceFactor(CovarianceFactor&&) noexcept;
  CovarianceFactor& operator=(CovarianceFactor&&) noexcept;

  /// @param covariance  [E x E], Hermitian; the lower triangle is read
  bool factor(Grid<const cf64> covariance) noexcept;

  /// x = (R + loading I)^-1 b over the live elements, zero on the dead ones. `x` may be `b`.
  /// False, and x as it was, when b is not finite and when R + loading I is not positive definite.
  bool solve(std::span<const cf64> b, double loading, std::span<cf64> x) noexcept;

  std::size_t elements() const;
  /// An element that is not dead.
  bool alive(std::size_t element) const;
  std::size_t live_elements() const { return live_; }

  /// Of the last R that was factored: eigenvalues in ascending order (one zero per dead element), noise
  /// floor, loading.
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

  friend bool robust_capon(CovarianceFactor&, std::span<const cf64>, double, std::span<cf64>) noexcept;
  friend SubspaceResult subspace_projection(CovarianceFactor&, std::span<const cf64>, double,
                                            std::span<cf64>) noexcept;

  void measure() noexcept;

  double loading_over_noise_;
  std::unique_ptr<Workspace> work_;
  std::size_t live_ = 0;
  double noise_power_ = 0;
  double loading_ = 0;
  double mean_power_ = 0;
  double interference_to_noise_ = 0;
  std::uint64_t rejected_ = 0;
};

}  // namespace boresight::beam
