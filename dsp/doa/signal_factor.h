// What SubspaceFit is given: F with F F^H = R, or the optimally weighted signal subspace.
#pragma once

#include <Eigen/Core>
#include <cmath>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/doa/eigenspace.h"

namespace boresight::doa {

struct SignalFactor {
  Eigen::MatrixXcd factor;  ///< [elements x dimension]; empty when R holds a NaN or infinity
  double noise_power = 0;
};

/// E_s (L - s I) L^-1/2, s the mean of the other eigenvalues.
inline SignalFactor signal_factor(Grid<const cf64> covariance, std::size_t dimension) {
  SignalFactor out;
  Eigenspace space({.elements = covariance.rows(), .vectors = dimension});
  if (!space.compute(covariance)) return out;
  const auto n = static_cast<Eigen::Index>(covariance.rows());
  out.noise_power = space.rest_mean();
  out.factor.setZero(n, static_cast<Eigen::Index>(dimension));
  for (std::size_t i = 0; i < dimension; ++i) {
    const double value = space.values()[i];
    if (!(value > 0)) continue;
    const Eigen::Map<const Eigen::VectorXcd> v(space.vector(i).data(), n);
    out.factor.col(static_cast<Eigen::Index>(i)) = ((value - out.noise_power) / std::sqrt(value)) * v;
  }
  return out;
}

inline Eigen::MatrixXcd full_factor(Grid<const cf64> covariance) {
  Eigenspace space({.elements = covariance.rows(), .vectors = covariance.rows()});
  if (!space.compute(covariance)) return {};
  const auto n = static_cast<Eigen::Index>(covariance.rows());
  Eigen::MatrixXcd factor(n, n);
  for (std::size_t i = 0; i < covariance.rows(); ++i) {
    const Eigen::Map<const Eigen::VectorXcd> v(space.vector(i).data(), n);
    factor.col(static_cast<Eigen::Index>(i)) = std::sqrt(std::max(0.0, space.values()[i])) * v;
  }
  return factor;
}

}  // namespace boresight::doa
