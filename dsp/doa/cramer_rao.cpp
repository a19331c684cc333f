#include "boresight/doa/cramer_rao.h"

#include <Eigen/Dense>
#include <cmath>
#include <limits>
#include <string>

#include "boresight/core/error.h"
#include "doa/steering_model.h"

namespace boresight::doa {
namespace {

using Eigen::Index;
using Eigen::MatrixXcd;

SteeringModel model_of(const BoundScene& scene) {
  return {scene.geometry, scene.manifold, scene.wave, scene.frequency_hz};
}

/// P in units of the model's steering vectors, which are of length sqrt(channels).
MatrixXcd powers_of(const BoundScene& scene, const SteeringModel& model) {
  const std::size_t count = scene.directions.size();
  require(count >= 1 && scene.powers.rows() == count && scene.powers.columns() == count,
          "bound: powers of " + std::to_string(scene.powers.rows()) + " x " +
              std::to_string(scene.powers.columns()) + " sources with " + std::to_string(count) +
              " directions");
  for (const Vec3& u : scene.directions) {
    require(std::abs(norm(u) - 1) < 1e-6, "bound: a direction is not a unit vector");
  }
  require(scene.noise_power > 0 && std::isfinite(scene.noise_power),
          "bound: noise_power " + std::to_string(scene.noise_power) + " must be positive");
  require(scene.snapshots > 0 && std::isfinite(scene.snapshots),
          "bound: snapshots " + std::to_string(scene.snapshots) + " must be positive");
  const auto n = static_cast<Index>(count);
  MatrixXcd p(n, n);
  for (Index r = 0; r < n; ++r) {
    for (Index c = 0; c < n; ++c) {
      p(r, c) = scene.powers(static_cast<std::size_t>(r), static_cast<std::size_t>(c));
    }
    require(p(r, r).real() > 0, "bound: the power of a source must be positive");
  }
  require(p.allFinite(), "bound: a power is not finite");
  if (model.isotropic()) return p;
  Eigen::VectorXd amplitude(n);
  for (Index i = 0; i < n; ++i) {
    amplitude(i) = std::sqrt(model.gain(scene.directions[static_cast<std::size_t>(i)]));
  }
  return amplitude.asDiagonal() * p * amplitude.asDiagonal();
}

/// The bound for information Re[(D^H P_A D) o weight^T] 2 K / sigma^2.
GridBuffer<double> invert(const SteeringModel& model, const BoundScene& scene, const MatrixXcd& a,
                          const MatrixXcd& weight) {
  const Index axes = model.axes();
  const Index size = axes * a.cols();
  GridBuffer<double> bound(static_cast<std::size_t>(size), static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < bound.rows(); ++i) bound(i, i) = std::numeric_limits<double>::infinity();
  if (a.cols() >= a.rows()) return bound;
  const MatrixXcd d = model.derivatives(scene.directions, a);
  const Eigen::ColPivHouseholderQR<MatrixXcd> qr(a);
  if (qr.rank() < a.cols()) return bound;
  const MatrixXcd q = qr.householderQ() * MatrixXcd::Identity(a.rows(), a.cols());
  const MatrixXcd off = d - q * (q.adjoint() * d);
  const MatrixXcd cross_terms = off.adjoint() * off;
  Eigen::MatrixXd information(size, size);
  for (Index i = 0; i < size; ++i) {
    for (Index k = 0; k < size; ++k) {
      information(i, k) = (cross_terms(i, k) * weight(k / axes, i / axes)).real();
    }
  }
  // Unit diagonal, so that weak and strong sources are judged alike.
  const Eigen::VectorXd scale = information.diagonal().cwiseSqrt().cwiseInverse();
  if (!scale.allFinite()) return bound;
  const Eigen::LDLT<Eigen::MatrixXd> factor(scale.asDiagonal() * information * scale.asDiagonal());
  if (factor.info() != Eigen::Success || !(factor.vectorD().minCoeff() > 1e-12)) return bound;
  const Eigen::MatrixXd inverse = factor.solve(Eigen::MatrixXd::Identity(size, size));
  const double unit = scene.noise_power / (2 * scene.snapshots);
  for (Index i = 0; i < size; ++i) {
    for (Index k = 0; k < size; ++k) {
      bound(static_cast<std::size_t>(i), static_cast<std::size_t>(k)) =
          unit * scale(i) * inverse(i, k) * scale(k);
    }
  }
  return bound;
}

}  // namespace

std::size_t angles_per_direction(const array::Geometry& geometry) {
  return static_cast<std::size_t>(SteeringModel(geometry, 1.0).axes());
}

GridBuffer<double> stochastic_bound(const BoundScene& scene) {
  const SteeringModel model = model_of(scene);
  const MatrixXcd p = powers_of(scene, model);
  const MatrixXcd a = model.steering(scene.directions);
  MatrixXcd r = a * p * a.adjoint();
  r.diagonal().array() += scene.noise_power;
  const MatrixXcd ap = a * p;
  return invert(model, scene, a, ap.adjoint() * r.ldlt().solve(ap));
}

GridBuffer<double> deterministic_bound(const BoundScene& scene) {
  const SteeringModel model = model_of(scene);
  const MatrixXcd p = powers_of(scene, model);
  return invert(model, scene, model.steering(scene.directions), p);
}

}  // namespace boresight::doa
