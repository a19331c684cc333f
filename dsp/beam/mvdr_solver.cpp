// The streaming half of beam/weights.h. Only parts of Eigen that need no heap are used here: the eigenvalues
// of a preallocated solver, and LDL^H, which unlike LL^H is not blocked and so has no packing buffers.
#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "boresight/beam/weights.h"
#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::beam {
namespace {

using Eigen::Index;

constexpr std::size_t max_elements = 1024;

// With a singular R (fewer snapshots than elements) the lower eigenvalues are rounding, not noise. Loading
// stays this far above the rounding, and this far below any jammer that matters.
constexpr double least_loading_over_mean = 1e-9;

}  // namespace

struct MvdrSolver::Workspace {
  explicit Workspace(Index n) : loaded(n, n), steering(n), solution(n), values(n), eigen(n), factor(n) {
    values.setZero();
  }
  Eigen::MatrixXcd loaded;
  Eigen::VectorXcd steering;
  Eigen::VectorXcd solution;
  Eigen::VectorXd values;
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXcd> eigen;
  Eigen::LDLT<Eigen::MatrixXcd, Eigen::Lower> factor;
};

MvdrSolver::MvdrSolver(const Config& config)
    : loading_over_noise_(power_from_db(config.loading_over_noise_db)) {
  require(
      config.elements >= 1 && config.elements <= max_elements,
      "mvdr: " + std::to_string(config.elements) + " elements, must be 1 to " + std::to_string(max_elements));
  require(
      config.loading_over_noise_db >= -60 && config.loading_over_noise_db <= 60,
      "mvdr: loading_over_noise_db " + std::to_string(config.loading_over_noise_db) + " must be -60 to 60");
  work_ = std::make_unique<Workspace>(static_cast<Index>(config.elements));
}

MvdrSolver::~MvdrSolver() = default;
MvdrSolver::MvdrSolver(MvdrSolver&&) noexcept = default;
MvdrSolver& MvdrSolver::operator=(MvdrSolver&&) noexcept = default;

std::span<const double> MvdrSolver::eigenvalues() const {
  return {work_->values.data(), static_cast<std::size_t>(work_->values.size())};
}

/// Noise floor, interference and loading from the eigenvalues. Dead elements bring one zero eigenvalue each,
/// the smallest ones, which say nothing about the noise of the others.
void MvdrSolver::measure(std::size_t live_elements) noexcept {
  const Eigen::VectorXd& values = work_->values;
  const auto live = static_cast<Index>(live_elements);
  const Index dead = values.size() - live;
  const Index lower_half = (live + 1) / 2;
  noise_power_ = 0;
  double total = 0;
  for (Index i = 0; i < live; ++i) {
    const double value = values(dead + i) > 0 ? values(dead + i) : 0;  // rounding may leave -1e-17
    total += value;
    if (i < lower_half) noise_power_ += value;
  }
  if (live > 0) noise_power_ /= static_cast<double>(lower_half);
  const double mean = live > 0 ? total / static_cast<double>(live) : 0;
  const double excess = mean > noise_power_ ? mean - noise_power_ : 0;
  interference_to_noise_ = excess == 0         ? 0
                           : noise_power_ == 0 ? std::numeric_limits<double>::infinity()
                                               : excess / noise_power_;
  loading_ = std::max(loading_over_noise_ * noise_power_, least_loading_over_mean * mean);
}

bool MvdrSolver::solve(Grid<const cf64> covariance, std::span<const cf64> steering,
                       std::span<cf64> weights) noexcept {
  Workspace& work = *work_;
  const Index elements = work.steering.size();
  BORESIGHT_ASSERT(covariance.rows() == steering.size() && covariance.columns() == steering.size() &&
                   weights.size() == steering.size() && static_cast<Index>(steering.size()) == elements);
  bool finite = true;
  std::size_t live = 0;
  for (Index r = 0; r < elements; ++r) {
    const auto row = static_cast<std::size_t>(r);
    for (Index c = 0; c <= r; ++c) {
      const cf64 value = covariance(row, static_cast<std::size_t>(c));
      finite = finite && std::isfinite(value.real()) && std::isfinite(value.imag());
      work.loaded(r, c) = value;
    }
    finite = finite && std::isfinite(steering[row].real()) && std::isfinite(steering[row].imag());
    const bool alive = covariance(row, row).real() > 0;
    live += alive ? 1 : 0;
    work.steering(r) = alive ? steering[row] : cf64(0);
  }
  if (!finite) {
    ++rejected_;
    return false;
  }
  work.eigen.compute(work.loaded, Eigen::EigenvaluesOnly);
  work.values = work.eigen.eigenvalues();
  measure(live);

  if (loading_ > 0) {
    work.loaded.diagonal().array() += loading_;
    work.factor.compute(work.loaded);
    work.solution = work.factor.solve(work.steering);
    const double gain = work.steering.dot(work.solution).real();
    if (gain > 0 && std::isfinite(gain)) {
      for (Index e = 0; e < elements; ++e) weights[static_cast<std::size_t>(e)] = work.solution(e) / gain;
      return true;
    }
  }
  // No power at all (or none that double can hold): every direction is as good as another, so white-noise
  // weights.
  conventional(steering, weights);
  return true;
}

}  // namespace boresight::beam
