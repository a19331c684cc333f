// What steering vectors are fitted to, and the steps downhill.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "boresight/core/vec3.h"
#include "doa/steering_model.h"

namespace boresight::doa {

class SubspaceFit {
 public:
  /// V(u) = tr(P F F^H), P the projector off the steering vectors: deterministic maximum likelihood and
  /// weighted subspace fitting.
  /// @param factor  F [elements x any]
  SubspaceFit(const SteeringModel& model, Eigen::MatrixXcd factor)
      : model_(&model), factor_(std::move(factor)), power_(factor_.squaredNorm()) {}

  /// V(u) = noise (log det(Q^H R Q) + (E - k) log(tr(P R) / (E - k))), Q a basis of the steering vectors:
  /// stochastic maximum likelihood (Ottersten, Viberg, Stoica and Nehorai 1993, eq. 4.53), in units in which
  /// its curvature is that of weighted subspace fitting.
  /// @param factor  F F^H = R
  SubspaceFit(const SteeringModel& model, Eigen::MatrixXcd factor, double noise_power)
      : SubspaceFit(model, std::move(factor)) {
    stochastic_noise_ = noise_power;
  }

  /// That of no directions is |F|^2, and directions that coincide count once.
  double cost(const std::vector<Vec3>& directions) const;

  struct Result {
    double cost = 0;
    bool converged = false;
    std::size_t iterations = 0;
    Eigen::MatrixXd curvature;  ///< second derivatives of V by Gauss-Newton [axes k x axes k], at the end
  };
  /// Moves `directions` downhill to a minimum (Viberg, Ottersten and Kailath 1991, section III), in the half
  /// space z > 0; those whose bit is set in `held` stay where they are.
  Result descend(std::vector<Vec3>& directions, std::uint64_t held = 0) const;

  /// tr(P F F^H) with one more direction, for all candidates [elements x candidates].
  Eigen::VectorXd cost_with(const std::vector<Vec3>& directions, const Eigen::MatrixXcd& candidates) const;

 private:
  const SteeringModel* model_;
  Eigen::MatrixXcd factor_;
  double power_;
  double stochastic_noise_ = 0;  // 0: least squares
};

}  // namespace boresight::doa
