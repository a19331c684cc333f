#include "boresight/beam/covariance_factor.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "factor_workspace.h"
#include "noise_floor.h"

namespace boresight::beam {
namespace {

using Eigen::Index;

constexpr std::size_t max_elements = 1024;

// With a singular R (fewer snapshots than elements) the lower eigenvalues are rounding, not noise. Loading
// stays this far above the rounding, and this far below any jammer that matters.
constexpr double least_loading_over_mean = 1e-9;

bool finite(cf64 value) {
  return std::isfinite(value.real()) && std::isfinite(value.imag());
}

}  // namespace

CovarianceFactor::Workspace::Workspace(Index n)
    : packed(n, n),
      coefficients(n - 1),
      eigen(n),
      diagonal(n),
      subdiagonal(n - 1),
      values(n),
      pivots(n),
      rotated(n),
      solution(n),
      second(n),
      order(static_cast<std::size_t>(n)),
      alive(static_cast<std::size_t>(n)) {
  packed.setZero();
  coefficients.setZero();
  diagonal.setZero();
  subdiagonal.setZero();
  values.setZero();
}

bool CovarianceFactor::Workspace::rotate(std::span<const cf64> b, Eigen::VectorXcd& out) const noexcept {
  const Index n = size();
  for (Index i = 0; i < n; ++i) {
    const cf64 value = b[order[static_cast<std::size_t>(i)]];
    if (!finite(value)) return false;
    out(i) = i < live ? value : cf64(0);
  }
  // Q^H = H_(n-2) ... H_0, each I - h v v^H with v = (0, .., 0, 1, packed column below).
  for (Index k = 0; k + 1 < n; ++k) {
    cf64 sum = out(k + 1);
    for (Index i = k + 2; i < n; ++i) sum += std::conj(packed(i, k)) * out(i);
    sum *= coefficients(k);
    out(k + 1) -= sum;
    for (Index i = k + 2; i < n; ++i) out(i) -= sum * packed(i, k);
  }
  return true;
}

bool CovarianceFactor::Workspace::rotate_back(Eigen::VectorXcd& v, double divisor,
                                              std::span<cf64> x) const noexcept {
  const Index n = size();
  for (Index k = n - 2; k >= 0; --k) {
    cf64 sum = v(k + 1);
    for (Index i = k + 2; i < n; ++i) sum += std::conj(packed(i, k)) * v(i);
    sum *= std::conj(coefficients(k));
    v(k + 1) -= sum;
    for (Index i = k + 2; i < n; ++i) v(i) -= sum * packed(i, k);
  }
  for (Index i = 0; i < live; ++i) {
    v(i) /= divisor;
    if (!finite(v(i))) return false;
  }
  for (Index i = 0; i < n; ++i) x[order[static_cast<std::size_t>(i)]] = i < live ? v(i) : cf64(0);
  return true;
}

bool CovarianceFactor::Workspace::solve_tridiagonal(double d, Eigen::VectorXcd& v) noexcept {
  // L D L^T of a positive definite tridiagonal matrix needs no pivoting.
  for (Index i = 0; i < live; ++i) {
    const double below = i > 0 ? subdiagonal(i - 1) : 0.0;
    const double factor = i > 0 ? below / pivots(i - 1) : 0.0;
    pivots(i) = diagonal(i) + d - factor * below;
    if (!(pivots(i) > 0)) return false;
    if (i > 0) v(i) -= factor * v(i - 1);
  }
  for (Index i = live - 1; i >= 0; --i) {
    v(i) /= pivots(i);
    if (i + 1 < live) v(i) -= subdiagonal(i) / pivots(i) * v(i + 1);
  }
  return true;
}

CovarianceFactor::CovarianceFactor(const Config& config)
    : loading_over_noise_(power_from_db(config.loading_over_noise_db)) {
  require(config.elements >= 1 && config.elements <= max_elements,
          "covariance: " + std::to_string(config.elements) + " elements, must be 1 to " +
              std::to_string(max_elements));
  require(config.loading_over_noise_db >= -60 && config.loading_over_noise_db <= 60,
          "covariance: loading_over_noise_db " + std::to_string(config.loading_over_noise_db) +
              " must be -60 to 60");
  work_ = std::make_unique<Workspace>(static_cast<Index>(config.elements));
}

CovarianceFactor::~CovarianceFactor() = default;
CovarianceFactor::CovarianceFactor(CovarianceFactor&&) noexcept = default;
CovarianceFactor& CovarianceFactor::operator=(CovarianceFactor&&) noexcept = default;

std::size_t CovarianceFactor::elements() const {
  return work_->alive.size();
}

bool CovarianceFactor::alive(std::size_t element) const {
  return work_->alive[element] != 0;
}

std::span<const double> CovarianceFactor::eigenvalues() const {
  return {work_->values.data(), static_cast<std::size_t>(work_->values.size())};
}

/// Noise floor, interference and loading from the eigenvalues. Dead elements bring one zero eigenvalue each,
/// the smallest ones, which say nothing about the noise of the others.
void CovarianceFactor::measure() noexcept {
  const Eigen::VectorXd& values = work_->values;
  const auto live = static_cast<Index>(live_);
  const Index dead = values.size() - live;
  noise_power_ = noise_floor({values.data() + dead, live_});
  double total = 0;
  for (Index i = dead; i < values.size(); ++i) total += std::max(0.0, values(i));
  const double mean = live > 0 ? total / static_cast<double>(live) : 0;
  const double excess = mean > noise_power_ ? mean - noise_power_ : 0;
  interference_to_noise_ = excess == 0         ? 0
                           : noise_power_ == 0 ? std::numeric_limits<double>::infinity()
                                               : excess / noise_power_;
  mean_power_ = mean;
  loading_ = std::max(loading_over_noise_ * noise_power_, least_loading_over_mean * mean);
}

bool CovarianceFactor::factor(Grid<const cf64> covariance) noexcept {
  Workspace& work = *work_;
  BORESIGHT_ASSERT(covariance.rows() == elements() && covariance.columns() == elements());
  double largest = 0;
  bool all_finite = true;
  for (std::size_t r = 0; r < elements(); ++r) {
    for (std::size_t c = 0; c <= r; ++c) {
      const cf64 value = covariance(r, c);
      all_finite = all_finite && finite(value);
      largest = std::max({largest, std::abs(value.real()), std::abs(value.imag())});
    }
  }
  if (!all_finite) {
    ++rejected_;
    return false;
  }
  // Below the square root of the smallest double, products vanish; such a matrix counts as zero.
  work.scale = largest > 1e-150 ? largest : 1.0;
  std::size_t first_dead = 0;
  const std::span powers(work.values.data(), elements());
  for (std::size_t e = 0; e < elements(); ++e) powers[e] = covariance(e, e).real();
  const double dead = dead_power(powers);
  for (std::size_t e = 0; e < elements(); ++e) {
    work.alive[e] = covariance(e, e).real() > dead ? 1 : 0;
    if (work.alive[e] != 0) work.order[first_dead++] = e;
  }
  live_ = first_dead;
  work.live = static_cast<Index>(live_);
  for (std::size_t e = 0; e < elements(); ++e) {
    if (work.alive[e] == 0) work.order[first_dead++] = e;
  }
  work.packed.setZero();
  for (Index r = 0; r < work.live; ++r) {
    const std::size_t i = work.order[static_cast<std::size_t>(r)];
    for (Index c = 0; c < r; ++c) {  // the order keeps i > k, so the lower triangle it is
      work.packed(r, c) = covariance(i, work.order[static_cast<std::size_t>(c)]) / work.scale;
    }
    work.packed(r, r) = covariance(i, i).real() / work.scale;
  }
  Eigen::internal::tridiagonalization_inplace(work.packed, work.coefficients);
  work.diagonal = work.packed.diagonal().real();
  work.subdiagonal = work.packed.diagonal<-1>().real();
  work.eigen.computeFromTridiagonal(work.diagonal, work.subdiagonal, Eigen::EigenvaluesOnly);
  work.values = work.scale * work.eigen.eigenvalues();
  measure();
  return true;
}

bool CovarianceFactor::solve(std::span<const cf64> b, double loading, std::span<cf64> x) noexcept {
  Workspace& work = *work_;
  BORESIGHT_ASSERT(b.size() == elements() && x.size() == elements());
  return live_ > 0 && work.rotate(b, work.solution) &&
         work.solve_tridiagonal(loading / work.scale, work.solution) &&
         work.rotate_back(work.solution, work.scale, x);
}

}  // namespace boresight::beam
