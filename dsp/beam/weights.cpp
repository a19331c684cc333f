#include "boresight/beam/weights.h"

#include <Eigen/Dense>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"

namespace boresight::beam {
namespace {

using Eigen::Index;

Eigen::Map<const Eigen::VectorXcd> vector_of(std::span<const cf64> x) {
  return {x.data(), static_cast<Index>(x.size())};
}

Eigen::Map<Eigen::VectorXcd> vector_of(std::span<cf64> x) {
  return {x.data(), static_cast<Index>(x.size())};
}

}  // namespace

void conventional(std::span<const cf64> steering, std::span<cf64> weights) {
  BORESIGHT_ASSERT(steering.size() == weights.size());
  double power = 0;
  for (const cf64 a : steering) power += std::norm(a);
  const double scale = 1 / power;
  const bool possible = std::isfinite(power) && std::isfinite(scale);
  for (std::size_t e = 0; e < steering.size(); ++e) weights[e] = possible ? scale * steering[e] : cf64(0);
}

void mvdr(Grid<const cf64> covariance, std::span<const cf64> steering, double loading,
          std::span<cf64> weights) {
  const auto elements = static_cast<Index>(steering.size());
  BORESIGHT_ASSERT(covariance.rows() == steering.size() && covariance.columns() == steering.size() &&
                   weights.size() == steering.size());
  require(loading >= 0, "mvdr: loading " + std::to_string(loading) + " must not be negative");
  Eigen::MatrixXcd loaded(elements, elements);
  for (Index r = 0; r < elements; ++r) {
    for (Index c = 0; c < elements; ++c) {
      loaded(r, c) = covariance(static_cast<std::size_t>(r), static_cast<std::size_t>(c));
    }
    loaded(r, r) += loading;
  }
  const Eigen::LLT<Eigen::MatrixXcd> factor(loaded);
  require(factor.info() == Eigen::Success, "mvdr: the loaded covariance is not positive definite; load more");
  const auto a = vector_of(steering);
  const Eigen::VectorXcd x = factor.solve(a);
  const double gain = a.dot(x).real();
  require(std::isfinite(gain) && gain > 0,
          "mvdr: the covariance or the steering vector is zero or not finite");
  vector_of(weights) = x / gain;
}

void null_steering(std::span<const cf64> steering, Grid<const cf64> nulls, std::span<cf64> weights) {
  const std::size_t elements = steering.size();
  BORESIGHT_ASSERT(weights.size() == elements && (nulls.rows() == 0 || nulls.columns() == elements));
  require(nulls.rows() < elements, std::to_string(nulls.rows()) + " nulls with " + std::to_string(elements) +
                                       " elements: at most one less than elements");
  const auto constraints = static_cast<Index>(nulls.rows() + 1);
  Eigen::MatrixXcd c(static_cast<Index>(elements), constraints);
  c.col(0) = vector_of(steering);
  for (std::size_t k = 0; k < nulls.rows(); ++k) {
    c.col(static_cast<Index>(k + 1)) = vector_of(std::span<const cf64>(nulls.row(k)));
  }
  // Columns of norm 1, so that the threshold compares directions and not gains.
  const double look_norm = c.col(0).norm();
  for (Index k = 0; k < constraints; ++k) {
    const double length = c.col(k).norm();
    require(std::isfinite(length) && length > 0, "null_steering: a steering vector is zero or not finite");
    c.col(k) /= length;
  }
  // C P = Q R, so C^H w = f has the least-norm solution w = Q R^-H P^T f.
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXcd> qr(c);
  const double smallest = std::abs(qr.matrixQR()(constraints - 1, constraints - 1));
  require(smallest > 1e-6, "null_steering: two directions coincide; the constraints contradict each other");
  Eigen::VectorXcd f = Eigen::VectorXcd::Zero(constraints);
  f(0) = 1 / look_norm;
  Eigen::VectorXcd padded = Eigen::VectorXcd::Zero(static_cast<Index>(elements));
  padded.head(constraints) = qr.matrixQR()
                                 .topLeftCorner(constraints, constraints)
                                 .triangularView<Eigen::Upper>()
                                 .adjoint()
                                 .solve(qr.colsPermutation().transpose() * f);
  vector_of(weights) = qr.householderQ() * padded;
}

}  // namespace boresight::beam
