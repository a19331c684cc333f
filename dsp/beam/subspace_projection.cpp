#include "boresight/beam/subspace_projection.h"

#include <algorithm>
#include <cmath>

#include "boresight/beam/weights.h"
#include "boresight/core/assert.h"
#include "boresight/core/units.h"
#include "factor_workspace.h"
#include "inner_product.h"

namespace boresight::beam {

using Eigen::Index;

namespace {

// Of sums of products in single precision, over the mean eigenvalue: with fewer snapshots than elements the
// lower eigenvalues are nothing else.
constexpr double rounding = 1e-6;

}  // namespace

SubspaceResult subspace_projection(CovarianceFactor& covariance, std::span<const cf64> steering,
                                   double threshold_db, std::span<cf64> weights) noexcept {
  BORESIGHT_ASSERT(steering.size() == covariance.elements() && weights.size() == steering.size());
  CovarianceFactor::Workspace& work = *covariance.work_;
  if (!(threshold_db >= 0 && threshold_db <= 60) || !work.rotate(steering, work.rotated)) return {};
  const double threshold =
      std::max(covariance.noise_power() * power_from_db(threshold_db), rounding * covariance.mean_power_);
  const Index n = work.size();
  Index first = n;
  while (first > 0 && work.values(first - 1) > threshold) --first;
  const double length = work.rotated.squaredNorm();

  if (first < n && length > 0) {
    work.eigen.computeFromTridiagonal(work.diagonal, work.subdiagonal, Eigen::ComputeEigenvectors);
    const Eigen::MatrixXd& z = work.eigen.eigenvectors();
    work.solution.setZero();
    double inside = 0;
    double gain = 0;
    for (Index k = first; k < n; ++k) {
      cf64 share = 0;
      for (Index i = 0; i < n; ++i) share += z(i, k) * work.rotated(i);
      const double value = work.values(k) / work.scale;
      inside += std::norm(share);
      gain += std::norm(share) / value;
      for (Index i = 0; i < n; ++i) work.solution(i) += z(i, k) * share / value;
    }
    if (inside >= 0.5 * length && work.rotate_back(work.solution, gain, weights)) {
      return {true, static_cast<std::size_t>(n - first)};
    }
  }
  return {mvdr(covariance, steering, weights), 0};
}

}  // namespace boresight::beam
