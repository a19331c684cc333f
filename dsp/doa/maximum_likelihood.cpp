#include "boresight/doa/maximum_likelihood.h"

#include <cmath>
#include <string>

#include "boresight/core/error.h"
#include "doa/signal_factor.h"
#include "doa/steering_model.h"
#include "doa/subspace_fit.h"

namespace boresight::doa {
namespace {

DirectionFit fit(const SubspaceFit& criterion, bool usable, std::span<const Vec3> start) {
  DirectionFit out;
  out.directions.assign(start.begin(), start.end());
  if (!usable) return out;
  const SubspaceFit::Result result = criterion.descend(out.directions);
  out.cost = std::isfinite(result.cost) ? result.cost : 0;
  out.converged = result.converged;
  out.iterations = result.iterations;
  return out;
}

void check(const SteeringModel& model, Grid<const cf64> covariance, std::span<const Vec3> start) {
  const auto elements = static_cast<std::size_t>(model.elements());
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

DirectionFit by_deterministic_ml(const SteeringModel& model, Grid<const cf64> covariance,
                                 std::span<const Vec3> start) {
  check(model, covariance, start);
  const Eigen::MatrixXcd factor = full_factor(covariance);
  return fit(SubspaceFit(model, factor), factor.size() > 0, start);
}

DirectionFit by_subspace(const SteeringModel& model, Grid<const cf64> covariance,
                         std::size_t signal_dimension, std::span<const Vec3> start) {
  check(model, covariance, start);
  const auto elements = static_cast<std::size_t>(model.elements());
  require(signal_dimension >= 1 && signal_dimension < elements,
          "fit: signal_dimension " + std::to_string(signal_dimension) + " with " + std::to_string(elements) +
              " elements, must be 1 to one less than elements");
  const Eigen::MatrixXcd factor = signal_factor(covariance, signal_dimension).factor;
  return fit(SubspaceFit(model, factor), factor.size() > 0, start);
}

DirectionFit by_stochastic_ml(const SteeringModel& model, Grid<const cf64> covariance,
                              std::span<const Vec3> start) {
  check(model, covariance, start);
  const SignalFactor signal = signal_factor(covariance, start.size());
  const bool usable = signal.noise_power > 0;
  return fit(SubspaceFit(model, full_factor(covariance), usable ? signal.noise_power : 1), usable, start);
}

}  // namespace

DirectionFit deterministic_ml(const array::Geometry& geometry, double frequency_hz,
                              Grid<const cf64> covariance, std::span<const Vec3> start) {
  return by_deterministic_ml(SteeringModel(geometry, frequency_hz), covariance, start);
}
DirectionFit deterministic_ml(const array::Manifold& manifold, double frequency_hz,
                              Grid<const cf64> covariance, std::span<const Vec3> start, array::Jones wave) {
  return by_deterministic_ml(SteeringModel(manifold, frequency_hz, wave), covariance, start);
}

DirectionFit weighted_subspace_fit(const array::Geometry& geometry, double frequency_hz,
                                   Grid<const cf64> covariance, std::size_t signal_dimension,
                                   std::span<const Vec3> start) {
  return by_subspace(SteeringModel(geometry, frequency_hz), covariance, signal_dimension, start);
}
DirectionFit weighted_subspace_fit(const array::Manifold& manifold, double frequency_hz,
                                   Grid<const cf64> covariance, std::size_t signal_dimension,
                                   std::span<const Vec3> start, array::Jones wave) {
  return by_subspace(SteeringModel(manifold, frequency_hz, wave), covariance, signal_dimension, start);
}

DirectionFit stochastic_ml(const array::Geometry& geometry, double frequency_hz, Grid<const cf64> covariance,
                           std::span<const Vec3> start) {
  return by_stochastic_ml(SteeringModel(geometry, frequency_hz), covariance, start);
}
DirectionFit stochastic_ml(const array::Manifold& manifold, double frequency_hz, Grid<const cf64> covariance,
                           std::span<const Vec3> start, array::Jones wave) {
  return by_stochastic_ml(SteeringModel(manifold, frequency_hz, wave), covariance, start);
}

}  // namespace boresight::doa
