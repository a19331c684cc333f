#include "boresight/beam/wiener.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "inner_product.h"

namespace boresight::beam {

void wiener(Grid<const cf64> covariance, std::span<const cf64> correlation, double loading,
            std::span<cf64> weights) {
  const std::size_t elements = covariance.rows();
  BORESIGHT_ASSERT(covariance.columns() == elements && correlation.size() == elements &&
                   weights.size() == elements);
  require(loading >= 0, "wiener: loading " + std::to_string(loading) + " must not be negative");
  CovarianceFactor factor({.elements = elements});
  require(factor.factor(covariance) && all_finite(correlation),
          "wiener: the covariance or the correlation is not finite");
  require(factor.solve(correlation, loading, weights),
          "wiener: the loaded covariance is not positive definite; load more");
}

KnownSequenceTrainer::KnownSequenceTrainer(const Config& config)
    : covariance_({.elements = config.elements}),
      factor_({.elements = config.elements, .loading_over_noise_db = config.loading_over_noise_db}),
      matrix_(config.elements, config.elements),
      correlation_(config.elements),
      mean_(config.elements) {}

void KnownSequenceTrainer::update(Grid<const cf32> x, std::span<const cf32> known) noexcept {
  BORESIGHT_ASSERT(x.rows() == correlation_.size() && x.columns() == known.size());
  covariance_.update(x);
  for (const cf32 s : known) sent_energy_ += std::norm(cf64(s));
  for (std::size_t e = 0; e < x.rows(); ++e) {
    const std::span<const cf32> row = x.row(e);
    double re = 0;
    double im = 0;
    for (std::size_t t = 0; t < known.size(); ++t) {
      const cf64 value(row[t]);
      const cf64 s(known[t]);
      re += value.real() * s.real() + value.imag() * s.imag();
      im += value.imag() * s.real() - value.real() * s.imag();
    }
    correlation_[e] += cf64(re, im);
  }
}

bool KnownSequenceTrainer::solve(std::span<cf64> weights) noexcept {
  BORESIGHT_ASSERT(weights.size() == correlation_.size());
  covariance_.matrix(matrix_.view());
  if (!std::isfinite(sent_energy_) || !all_finite(correlation_) || !factor_.factor(matrix_.view())) {
    ++rejected_;
    return false;
  }
  const double count = covariance_.snapshots();
  if (!(count > 0 && sent_energy_ > 0)) return false;
  for (std::size_t e = 0; e < mean_.size(); ++e) mean_[e] = correlation_[e] / count;
  if (!factor_.solve(mean_, factor_.loading(), weights)) return false;
  // R w = p - d w, so w^H R w needs no matrix. What correlates with the sequence is signal, the rest error.
  const double along = inner_product(mean_, weights).real();
  const double power = along - factor_.loading() * energy(weights);
  const double share = power > 0 ? along * along / (power * sent_energy_ / count) : 0.0;
  error_ = 1 - std::clamp(share, 0.0, 1.0);
  return true;
}

void KnownSequenceTrainer::reset() noexcept {
  covariance_.reset();
  std::ranges::fill(correlation_, cf64(0));
  sent_energy_ = 0;
  error_ = 1;
}

}  // namespace boresight::beam
