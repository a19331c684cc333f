// The streaming half of beam/weights.h.
#include <cmath>

#include "boresight/beam/weights.h"
#include "boresight/core/assert.h"

namespace boresight::beam {

bool mvdr(CovarianceFactor& covariance, std::span<const cf64> steering, std::span<cf64> weights) noexcept {
  BORESIGHT_ASSERT(steering.size() == covariance.elements() && weights.size() == steering.size());
  for (const cf64 a : steering) {
    if (!(std::isfinite(a.real()) && std::isfinite(a.imag()))) return false;
  }
  if (covariance.loading() > 0 && covariance.solve(steering, covariance.loading(), weights)) {
    double gain = 0;
    for (std::size_t e = 0; e < weights.size(); ++e) gain += (std::conj(steering[e]) * weights[e]).real();
    if (gain > 0 && std::isfinite(1 / gain)) {
      for (cf64& w : weights) w /= gain;
      return true;
    }
  }
  // No power at all (or none that double can hold): every direction is as good as another, so white-noise
  // weights.
  conventional(steering, weights);
  return true;
}

bool MvdrSolver::solve(Grid<const cf64> covariance, std::span<const cf64> steering,
                       std::span<cf64> weights) noexcept {
  for (const cf64 a : steering) {
    if (!(std::isfinite(a.real()) && std::isfinite(a.imag()))) {
      ++rejected_;
      return false;
    }
  }
  if (!factor_.factor(covariance)) {
    ++rejected_;
    return false;
  }
  return mvdr(factor_, steering, weights);
}

}  // namespace boresight::beam
