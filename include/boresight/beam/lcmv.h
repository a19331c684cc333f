// Linearly constrained minimum variance: the least power that leaves the constraints alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/beam/constraints.h"
#include "boresight/beam/covariance_factor.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::beam {

/// w = (R + d I)^-1 C (C^H (R + d I)^-1 C)^-1 f, the least w^H R w with C^H w = f (Frost 1972; Van Trees
/// 2002, section 6.7). The plain version, which allocates.
///
/// @param covariance   [E x E], Hermitian; the lower triangle is read
/// @param constraints  [M x E], one c per row: c^H w = f; M = 0 gives w = 0
/// @param values       [M], the f
/// @param loading      d >= 0, a power in the units of R
/// Throws ConfigError for constraints that contradict each other, that leave nothing to adapt and do not
/// agree (more independent ones than elements), or that are not finite; for a negative or NaN loading; and
/// when R + d I is singular or not finite. Constraints that say the same twice count once.
void lcmv(Grid<const cf64> covariance, Grid<const cf64> constraints, std::span<const cf64> values,
          double loading, std::span<cf64> weights);

/// The same for streams, from a factored covariance: allocates at construction and never again.
class LcmvSolver {
 public:
  using Config = ConstraintSet::Config;

  /// Throws ConfigError when a value is out of range.
  explicit LcmvSolver(const Config& config);

  /// With the covariance's loading(). Dead elements get weight zero; the constraints are then met by the
  /// others, in the order in which they were added, and one that the others can no longer meet is left out
  /// and counted. R = 0 gives the quiescent weights. False, and the weights as they were, when there is no
  /// constraint, or none left, or when numbers overflow.
  ///
  /// @param constraints  over the same elements, at most `max_constraints`
  bool solve(CovarianceFactor& covariance, const ConstraintSet& constraints,
             std::span<cf64> weights) noexcept {
    return solve(covariance, constraints, covariance.loading(), weights);
  }
  /// With a loading of the caller's, a power in the units of R.
  bool solve(CovarianceFactor& covariance, const ConstraintSet& constraints, double loading,
             std::span<cf64> weights) noexcept;

  /// Constraints left out over all calls.
  std::uint64_t dropped() const { return dropped_; }

 private:
  bool solve_live(CovarianceFactor& covariance, const ConstraintSet& constraints, double loading,
                  std::span<cf64> weights) noexcept;

  ConstraintSet live_;       // the constraints on the live elements
  GridBuffer<cf64> solved_;  // [constraints x elements], rows (R + d I)^-1 q
  GridBuffer<cf64> gram_;    // [constraints x constraints], Q^H (R + d I)^-1 Q, then its Cholesky factor
  std::vector<cf64> multipliers_;
  std::vector<cf64> candidate_;
  std::uint64_t dropped_ = 0;
};

}  // namespace boresight::beam
