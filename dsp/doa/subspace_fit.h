// Least squares fit of steering vectors to a subspace: the common core of deterministic maximum likelihood
// and weighted subspace fitting, V(u) = tr(P_A^perp F F^H).
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <limits>
#include <vector>

#include "boresight/core/vec3.h"
#include "doa/manifold.h"

namespace boresight::doa {

class SubspaceFit {
 public:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  /// @param factor  F [elements x any]
  SubspaceFit(const Manifold& manifold, Eigen::MatrixXcd factor)
      : manifold_(&manifold), factor_(std::move(factor)), power_(factor_.squaredNorm()) {}

  /// V; that of no directions is |F|^2, and directions that coincide count once.
  double cost(const std::vector<Vec3>& directions) const;

  struct Result {
    double cost = 0;
    bool converged = false;
    std::size_t iterations = 0;
    Eigen::MatrixXd curvature;  ///< second derivatives of V by Gauss-Newton [axes k x axes k], at the end
  };
  /// Moves `directions` downhill to a minimum (Viberg, Ottersten and Kailath 1991, section III), in the half
  /// space z > 0; `held` stays where it is.
  Result descend(std::vector<Vec3>& directions, std::size_t held = none) const;

  /// V with one more direction, for all candidates [elements x candidates].
  Eigen::VectorXd cost_with(const std::vector<Vec3>& directions, const Eigen::MatrixXcd& candidates) const;

 private:
  const Manifold* manifold_;
  Eigen::MatrixXcd factor_;
  double power_;
};

}  // namespace boresight::doa
