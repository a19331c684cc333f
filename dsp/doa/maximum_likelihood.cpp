#include "boresight/doa/maximum_likelihood.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/error.h"
#include "doa/manifold.h"
#include "doa/signal_factor.h"
#include "doa/subspace_fit.h"

namespace boresight::doa {
namespace {

DirectionFit fit(const Manifold& manifold, const Eigen::MatrixXcd& factor, std::span<const Vec3> start) {
  DirectionFit out;
  out.directions.assign(start.begin(), start.end());
  if (factor.size() == 0) return out;
  const SubspaceFit::Result result = SubspaceFit(manifold, factor).descend(out.directions);
  out.cost = std::max(0.0, result.cost);
  out.converged = result.converged;
  out.iterations = result.iterations;
  return out;
}

void check(const Manifold& manifold, Grid<const cf64> covariance, std::span<const Vec3> start) {
  const auto elements = static_cast<std::size_t>(manifold.elements());
  require(covariance.rows() == elements && covariance.columns() == elements,
          "fit: a covariance of " + std::to_string(covariance.rows()) + " x " +
              std::to_string(covariance.columns()) + " with " + std::to_string(elements) + " elements");
  require(!start.empty() && start.size() < elements, "fit: " + std::to_string(start.size()) +
                                                         " directions with " + std::to_string(elements) +
                                                         " elements, must be 1 to one less than elements");
  for (const Vec3& u : start) {
    require(std::abs(norm(u) - 1) < 1e-6 && u.z > 0, "fit: a start is not a unit vector with z > 0");
  }
}

}  // namespace

DirectionFit deterministic_ml(const array::Geometry& geometry, double frequency_hz,
                              Grid<const cf64> covariance, std::span<const Vec3> start) {
  const Manifold manifold(geometry, frequency_hz);
  check(manifold, covariance, start);
  return fit(manifold, full_factor(covariance), start);
}

DirectionFit weighted_subspace_fit(const array::Geometry& geometry, double frequency_hz,
                                   Grid<const cf64> covariance, std::size_t signal_dimension,
                                   std::span<const Vec3> start) {
  const Manifold manifold(geometry, frequency_hz);
  check(manifold, covariance, start);
  require(signal_dimension >= 1 && signal_dimension < geometry.elements(),
          "fit: signal_dimension " + std::to_string(signal_dimension) + " with " +
              std::to_string(geometry.elements()) + " elements, must be 1 to one less than elements");
  return fit(manifold, signal_factor(covariance, signal_dimension).factor, start);
}

}  // namespace boresight::doa
