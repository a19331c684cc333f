// The inside of a CovarianceFactor, for the rules that work in its coordinates. Private. Only parts of Eigen
// that need no heap are used. (Eigen::Tridiagonalization hands out its coefficients as a copy, which
// allocates: hence the function below it.)
#pragma once

#include <Eigen/Eigenvalues>
#include <span>
#include <vector>

#include "boresight/beam/covariance_factor.h"

namespace boresight::beam {

/// R / scale = Q T Q^H. Vectors in the coordinates of T are called rotated.
struct CovarianceFactor::Workspace {
  explicit Workspace(Eigen::Index n);

  Eigen::Index size() const { return diagonal.size(); }

  /// Q^H b, the dead elements of b left out. False when b is not finite.
  bool rotate(std::span<const cf64> b, Eigen::VectorXcd& out) const noexcept;
  /// x = Q v / divisor, zero on the dead elements; v is spoiled. False, and x as it was, when it is not
  /// finite.
  bool rotate_back(Eigen::VectorXcd& v, double divisor, std::span<cf64> x) const noexcept;
  /// v = (T + d I)^-1 v over the live elements. False, and v spoiled, when a pivot is not positive.
  bool solve_tridiagonal(double d, Eigen::VectorXcd& v) noexcept;

  Eigen::MatrixXcd packed;  // R on its way in, then the vectors v of the reflections below the subdiagonal
  Eigen::VectorXcd coefficients;  // h of the reflections I - h v v^H
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen;
  Eigen::VectorXd diagonal;     // of T
  Eigen::VectorXd subdiagonal;  // of T
  Eigen::VectorXd values;       // of R, not scaled
  Eigen::VectorXd pivots;
  Eigen::VectorXcd rotated;  // scratch
  Eigen::VectorXcd solution;
  Eigen::VectorXcd second;
  /// Elements in the order of T: live ones first. The rows of the dead ones stay zero through the
  /// reflections, so that T's first `live` rows are the live elements' alone.
  std::vector<std::size_t> order;
  std::vector<char> alive;
  Eigen::Index live = 0;
  double scale = 1;
};

}  // namespace boresight::beam
