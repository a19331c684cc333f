#include "boresight/beam/sidelobe_canceller.h"

#include <Eigen/Dense>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "inner_product.h"

namespace boresight::beam {
namespace {

using Eigen::Index;

std::size_t degrees_of_freedom(const ConstraintSet& constraints) {
  require(constraints.size() >= 1, "side-lobe canceller: no constraints");
  require(constraints.size() < constraints.elements(),
          "side-lobe canceller: " + std::to_string(constraints.size()) + " constraints on " +
              std::to_string(constraints.elements()) + " elements leave nothing to adapt");
  return constraints.elements() - constraints.size();
}

std::variant<LmsFilter, RlsFilter> make_filter(std::size_t inputs, const SidelobeCanceller::Config& config) {
  if (config.rule == SidelobeCanceller::Rule::nlms) {
    return LmsFilter({.elements = inputs, .rule = LmsFilter::Rule::nlms, .step = config.step});
  }
  return RlsFilter({.elements = inputs, .forgetting = config.forgetting, .loading = config.loading});
}

}  // namespace

SidelobeCanceller::SidelobeCanceller(const ConstraintSet& constraints, const Config& config)
    : quiescent_(constraints.elements()),
      blocking_(degrees_of_freedom(constraints), constraints.elements()),
      filter_(make_filter(blocking_.rows(), config)),
      snapshot_(constraints.elements()),
      blocked_(blocking_.rows()) {
  constraints.quiescent(quiescent_);
  const auto elements = static_cast<Index>(constraints.elements());
  const auto count = static_cast<Index>(constraints.size());
  Eigen::MatrixXcd c(elements, count);
  for (Index k = 0; k < count; ++k) {
    for (Index e = 0; e < elements; ++e) {
      c(e, k) = constraints.basis()(static_cast<std::size_t>(k), static_cast<std::size_t>(e));
    }
  }
  const Eigen::MatrixXcd q = Eigen::HouseholderQR<Eigen::MatrixXcd>(c).householderQ();
  for (std::size_t k = 0; k < blocking_.rows(); ++k) {
    for (std::size_t e = 0; e < blocking_.columns(); ++e) {
      blocking_(k, e) = q(static_cast<Index>(e), count + static_cast<Index>(k));
    }
  }
}

void SidelobeCanceller::process(Grid<const cf32> in, std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(in.rows() == quiescent_.size() && in.columns() == out.size());
  for (std::size_t t = 0; t < out.size(); ++t) {
    gather(in, t, snapshot_);
    const cf64 upper = inner_product(quiescent_, snapshot_);
    for (std::size_t k = 0; k < blocked_.size(); ++k) {
      blocked_[k] = inner_product(blocking_.row(k), snapshot_);
    }
    const cf64 lower = std::visit([&](auto& filter) { return filter.step(blocked_, upper); }, filter_);
    out[t] = is_finite(upper) && all_finite(blocked_) ? cf32(upper - lower) : cf32(0);
  }
}

void SidelobeCanceller::solve(Grid<const cf64> covariance, double loading, std::span<cf64> weights) const {
  const std::size_t elements = quiescent_.size();
  BORESIGHT_ASSERT(covariance.rows() == elements && covariance.columns() == elements &&
                   weights.size() == elements);
  require(loading >= 0, "side-lobe canceller: loading " + std::to_string(loading) + " must not be negative");
  const auto n = static_cast<Index>(elements);
  const auto m = static_cast<Index>(blocking_.rows());
  Eigen::MatrixXcd r(n, n);
  Eigen::MatrixXcd b(n, m);
  for (Index i = 0; i < n; ++i) {
    const auto row = static_cast<std::size_t>(i);
    for (Index k = 0; k <= i; ++k) {
      r(i, k) = covariance(row, static_cast<std::size_t>(k));
      r(k, i) = std::conj(r(i, k));
    }
    for (Index k = 0; k < m; ++k) b(i, k) = blocking_(static_cast<std::size_t>(k), row);
  }
  const Eigen::Map<const Eigen::VectorXcd> wq(quiescent_.data(), n);
  Eigen::MatrixXcd reduced = b.adjoint() * r * b;
  reduced.diagonal().array() += loading;
  const Eigen::LLT<Eigen::MatrixXcd> factor(reduced);
  require(factor.info() == Eigen::Success,
          "side-lobe canceller: the loaded covariance is not positive definite; load more");
  const Eigen::VectorXcd w = wq - b * factor.solve(b.adjoint() * (r * wq));
  require(w.allFinite(), "side-lobe canceller: the covariance is not finite");
  Eigen::Map<Eigen::VectorXcd>(weights.data(), n) = w;
}

void SidelobeCanceller::weights(std::span<cf64> out) const noexcept {
  BORESIGHT_ASSERT(out.size() == quiescent_.size());
  std::ranges::copy(quiescent_, out.begin());
  const std::span<const cf64> adaptive =
      std::visit([](const auto& filter) { return filter.weights(); }, filter_);
  for (std::size_t k = 0; k < adaptive.size(); ++k) add_scaled(-adaptive[k], blocking_.row(k), out);
}

std::uint64_t SidelobeCanceller::skipped() const {
  return std::visit([](const auto& filter) { return filter.skipped(); }, filter_);
}

void SidelobeCanceller::reset() noexcept {
  std::visit([](auto& filter) { filter.reset(); }, filter_);
}

}  // namespace boresight::beam
