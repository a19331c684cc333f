#include "boresight/beam/lcmv.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "inner_product.h"

namespace boresight::beam {
namespace {

/// x = A^-1 x for a Hermitian positive definite A [n x n] by L L^H, in place. The entries may span many
/// orders of magnitude along the diagonal (a null on a jammer has little to win): Cholesky does not mind.
/// False when a pivot is not positive.
bool solve_cholesky(Grid<cf64> a, std::span<cf64> x) noexcept {
  const std::size_t n = x.size();
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t c = 0; c <= k; ++c) {
      cf64 sum = a(k, c);
      for (std::size_t i = 0; i < c; ++i) sum -= a(k, i) * std::conj(a(c, i));
      if (c < k) {
        a(k, c) = sum / a(c, c).real();
      } else {
        if (!(sum.real() > 0) || !std::isfinite(sum.real())) return false;
        a(k, k) = std::sqrt(sum.real());
      }
    }
  }
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t i = 0; i < k; ++i) x[k] -= a(k, i) * x[i];
    x[k] /= a(k, k).real();
  }
  for (std::size_t k = n; k-- > 0;) {
    for (std::size_t i = k + 1; i < n; ++i) x[k] -= std::conj(a(i, k)) * x[i];
    x[k] /= a(k, k).real();
  }
  return true;
}

}  // namespace

void lcmv(Grid<const cf64> covariance, Grid<const cf64> constraints, std::span<const cf64> values,
          double loading, std::span<cf64> weights) {
  const std::size_t elements = covariance.rows();
  BORESIGHT_ASSERT(covariance.columns() == elements && weights.size() == elements &&
                   values.size() == constraints.rows() &&
                   (constraints.rows() == 0 || constraints.columns() == elements));
  require(loading >= 0, "lcmv: loading " + std::to_string(loading) + " must not be negative");
  CovarianceFactor factor({.elements = elements});
  require(factor.factor(covariance), "lcmv: the covariance is not finite");
  ConstraintSet set({.elements = elements, .max_constraints = elements});
  for (std::size_t k = 0; k < constraints.rows(); ++k) {
    const ConstraintSet::Outcome outcome = set.add(constraints.row(k), values[k]);
    require(outcome != ConstraintSet::Outcome::unusable,
            "lcmv: constraint " + std::to_string(k) + " is not finite");
    require(outcome != ConstraintSet::Outcome::contradictory, "lcmv: constraint " + std::to_string(k) +
                                                                  " contradicts the ones before it, with " +
                                                                  std::to_string(elements) + " elements");
  }
  if (set.size() == 0) {
    std::ranges::fill(weights, cf64(0));
    return;
  }
  LcmvSolver solver({.elements = elements, .max_constraints = elements});
  require(factor.live_elements() > 0 || loading > 0, "lcmv: the covariance is zero; load it");
  require(solver.solve(factor, set, loading, weights),
          "lcmv: the loaded covariance is not positive definite; load more");
  require(solver.dropped() == 0, "lcmv: the elements that are not dead cannot meet all constraints");
}

LcmvSolver::LcmvSolver(const Config& config)
    : live_(config),
      solved_(config.max_constraints, config.elements),
      gram_(config.max_constraints, config.max_constraints),
      multipliers_(config.max_constraints),
      candidate_(config.elements) {}

bool LcmvSolver::solve(CovarianceFactor& covariance, const ConstraintSet& constraints, double loading,
                       std::span<cf64> weights) noexcept {
  const std::size_t elements = covariance.elements();
  BORESIGHT_ASSERT(live_.elements() == elements && constraints.elements() == elements &&
                   constraints.size() <= live_.max_constraints() && weights.size() == elements);
  if (constraints.size() == 0) return false;
  if (covariance.live_elements() == elements) return solve_live(covariance, constraints, loading, weights);
  if (covariance.live_elements() == 0) {
    constraints.quiescent(weights);
    return true;
  }
  live_.clear();
  for (std::size_t k = 0; k < constraints.size(); ++k) {
    for (std::size_t e = 0; e < elements; ++e) {
      candidate_[e] = covariance.alive(e) ? constraints.basis()(k, e) : cf64(0);
    }
    const ConstraintSet::Outcome outcome = live_.add(candidate_, constraints.targets()[k]);
    if (outcome != ConstraintSet::Outcome::added && outcome != ConstraintSet::Outcome::redundant) ++dropped_;
  }
  return live_.size() > 0 && solve_live(covariance, live_, loading, weights);
}

bool LcmvSolver::solve_live(CovarianceFactor& covariance, const ConstraintSet& constraints, double loading,
                            std::span<cf64> weights) noexcept {
  const std::size_t count = constraints.size();
  const Grid<const cf64> basis = constraints.basis();
  for (std::size_t k = 0; k < count; ++k) {
    if (!covariance.solve(basis.row(k), loading, solved_.row(k))) return false;
    for (std::size_t i = 0; i <= k; ++i) gram_(k, i) = inner_product(basis.row(k), solved_.row(i));
    multipliers_[k] = constraints.targets()[k];
  }
  if (!solve_cholesky(gram_.view(), std::span(multipliers_).first(count))) return false;
  std::ranges::fill(candidate_, cf64(0));
  for (std::size_t k = 0; k < count; ++k) add_scaled(multipliers_[k], solved_.row(k), candidate_);
  constraints.enforce(candidate_);
  if (!all_finite(candidate_)) return false;
  std::ranges::copy(candidate_, weights.begin());
  return true;
}

}  // namespace boresight::beam
