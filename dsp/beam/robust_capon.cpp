#include "boresight/beam/robust_capon.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/beam/weights.h"
#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "factor_workspace.h"
#include "inner_product.h"

namespace boresight::beam {

void robust_capon(Grid<const cf64> covariance, std::span<const cf64> steering, double uncertainty,
                  std::span<cf64> weights) {
  BORESIGHT_ASSERT(covariance.rows() == steering.size() && covariance.columns() == steering.size() &&
                   weights.size() == steering.size());
  // The least loading there is: the rule finds its own.
  CovarianceFactor factor({.elements = steering.size(), .loading_over_noise_db = -60});
  require(factor.factor(covariance) && factor.live_elements() > 0,
          "robust Capon: the covariance is zero or not finite");
  require(robust_capon(factor, steering, uncertainty, weights),
          "robust Capon: uncertainty " + std::to_string(uncertainty) +
              " must be positive and less than the steering vector's squared length, " +
              std::to_string(energy(steering)));
}

bool robust_capon(CovarianceFactor& covariance, std::span<const cf64> steering, double uncertainty,
                  std::span<cf64> weights) noexcept {
  BORESIGHT_ASSERT(steering.size() == covariance.elements() && weights.size() == steering.size());
  CovarianceFactor::Workspace& work = *covariance.work_;
  if (!work.rotate(steering, work.rotated)) return false;
  if (covariance.live_elements() == 0) {
    conventional(steering, weights);
    return true;
  }
  const double length = work.rotated.squaredNorm();
  // As large as ||a||^2, but for rounding, it holds the zero vector.
  if (!(uncertainty > 0 && uncertainty < (1 - 1e-9) * length) || !std::isfinite(length)) return false;

  // h(d) = d^2 ||(T + d I)^-1 a||^2 rises from (at most) the share of a that R does not hold to ||a||^2; each
  // eigenvalue g adds its share of (d / (d + g))^2, so the root is between the loadings that the smallest and
  // the largest eigenvalue alone would ask for: d = g q / (1 - q), q = sqrt(uncertainty / length).
  const double q = std::sqrt(uncertainty / length);
  const double odds = q / (1 - q);
  const std::span<const double> values = covariance.eigenvalues();
  double low = std::log(covariance.loading() / work.scale);
  double high = std::log(std::max(values.back() / work.scale * odds * 1.0001, 1e-300));
  // Bisection with Newton inside, in log d: h is monotone, so the bracket always holds.
  double at = high > low ? 0.5 * (low + high) : low;
  for (int iteration = 0; iteration < 60 && high - low > 1e-9; ++iteration) {
    const double d = std::exp(at);
    work.solution = work.rotated;
    if (!work.solve_tridiagonal(d, work.solution)) {
      low = at;  // rounding made T indefinite: only more loading helps
      at = 0.5 * (low + high);
      continue;
    }
    work.second = work.solution;
    if (!work.solve_tridiagonal(d, work.second)) return false;
    const double first = work.solution.squaredNorm();
    const double h = d * d * first;
    const double slope = 2 * h - 2 * d * d * d * work.solution.dot(work.second).real();  // d h / d log d
    (h < uncertainty ? low : high) = at;
    const double step = slope > 0 ? at - (h - uncertainty) / slope : low - 1;
    if (std::abs(step - at) < 1e-9) break;
    at = step > low && step < high ? step : 0.5 * (low + high);
  }
  const double loading = std::max(std::exp(at) * work.scale, covariance.loading());
  if (!covariance.solve(steering, loading, weights)) return false;
  cf64 gain = 0;
  for (std::size_t e = 0; e < weights.size(); ++e) {
    if (covariance.alive(e)) gain += std::conj(steering[e]) * weights[e];
  }
  if (gain.real() > 0 && std::isfinite(1 / gain.real())) {
    for (cf64& w : weights) w /= gain.real();
  } else {
    conventional(steering, weights);
  }
  return true;
}

}  // namespace boresight::beam
