#include "boresight/beam/power_inversion.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"

namespace boresight::beam {
namespace {

/// `weights` is used for the right side too: the loaded inverse's column, over its entry at the reference.
bool unit_reference(CovarianceFactor& covariance, std::size_t reference, double loading,
                    std::span<cf64> weights) noexcept {
  std::ranges::fill(weights, cf64(0));
  weights[reference] = 1;
  if (!covariance.solve(weights, loading, weights)) return false;
  const double scale = weights[reference].real();
  if (!(scale > 0) || !std::isfinite(1 / scale)) return false;
  for (cf64& w : weights) w /= scale;
  return true;
}

}  // namespace

void power_inversion(Grid<const cf64> covariance, std::size_t reference, double loading,
                     std::span<cf64> weights) {
  const std::size_t elements = covariance.rows();
  BORESIGHT_ASSERT(covariance.columns() == elements && weights.size() == elements);
  require(reference < elements, "power inversion: reference element " + std::to_string(reference) + " of " +
                                    std::to_string(elements) + " does not exist");
  require(loading >= 0, "power inversion: loading " + std::to_string(loading) + " must not be negative");
  CovarianceFactor factor({.elements = elements});
  require(factor.factor(covariance), "power inversion: the covariance is not finite");
  require(factor.alive(reference),
          "power inversion: reference element " + std::to_string(reference) + " hears nothing");
  require(unit_reference(factor, reference, loading, weights),
          "power inversion: the loaded covariance is not positive definite; load more");
}

bool power_inversion(CovarianceFactor& covariance, std::size_t reference, std::span<cf64> weights) noexcept {
  const std::size_t elements = covariance.elements();
  BORESIGHT_ASSERT(weights.size() == elements);
  if (reference >= elements) return false;
  for (std::size_t k = 0; k < elements; ++k) {
    const std::size_t candidate = (reference + k) % elements;
    if (!covariance.alive(candidate)) continue;
    if (unit_reference(covariance, candidate, covariance.loading(), weights)) return true;
    break;
  }
  std::ranges::fill(weights, cf64(0));
  weights[reference] = 1;
  return true;
}

}  // namespace boresight::beam
