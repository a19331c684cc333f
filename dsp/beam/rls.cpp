#include "boresight/beam/rls.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/array/geometry.h"
#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "inner_product.h"

namespace boresight::beam {

RlsFilter::RlsFilter(const Config& config)
    : forgetting_(config.forgetting), largest_inverse_(1 / config.loading) {
  require(config.elements >= 1 && config.elements <= array::max_elements,
          "rls: " + std::to_string(config.elements) + " elements, must be 1 to " +
              std::to_string(array::max_elements));
  require(forgetting_ > 0 && forgetting_ <= 1,
          "rls: forgetting " + std::to_string(forgetting_) + " must be in (0, 1]");
  require(config.loading > 0 && std::isfinite(config.loading) && std::isfinite(largest_inverse_),
          "rls: loading " + std::to_string(config.loading) + " must be positive and finite");
  inverse_ = GridBuffer<cf64>(config.elements, config.elements);
  weights_.resize(config.elements);
  projected_.resize(config.elements);
  limits_.resize(config.elements);
  snapshot_.resize(config.elements);
  restart();
}

void RlsFilter::restart() noexcept {
  for (std::size_t r = 0; r < weights_.size(); ++r) {
    std::ranges::fill(inverse_.row(r), cf64(0));
    inverse_(r, r) = largest_inverse_;
  }
}

cf64 RlsFilter::step(std::span<const cf64> x, cf64 desired) noexcept {
  const std::size_t elements = weights_.size();
  BORESIGHT_ASSERT(x.size() == elements);
  const cf64 y = inner_product(weights_, x);
  const cf64 error = desired - y;
  if (!std::isfinite(energy(x)) || !is_finite(error)) {
    ++skipped_;
    return 0;
  }
  std::ranges::fill(projected_, cf64(0));
  for (std::size_t r = 0; r < elements; ++r) {
    // Row r of P is column r conjugated: P x = sum over r of conj(row r) x_r.
    const cf64 value = x[r];
    const std::span<const cf64> row = inverse_.row(r);
    for (std::size_t e = 0; e < elements; ++e) {
      projected_[e] += cf64(row[e].real() * value.real() + row[e].imag() * value.imag(),
                            row[e].real() * value.imag() - row[e].imag() * value.real());
    }
  }
  const double quadratic = inner_product(x, projected_).real();
  const double gain = 1 / (forgetting_ + quadratic);
  if (!(quadratic >= 0) || !std::isfinite(quadratic)) {
    restart();
    ++restarts_;
    return y;
  }
  add_scaled(gain * std::conj(error), projected_, weights_);
  update_inverse(gain);
  if (!all_finite(weights_)) {  // a desired signal near the largest double
    std::ranges::fill(weights_, cf64(0));
    restart();
    ++restarts_;
  }
  return y;
}

/// P = D (P - gain (P x) (P x)^H) D / forgetting; D keeps the diagonal below its limit.
void RlsFilter::update_inverse(double gain) noexcept {
  const std::size_t elements = weights_.size();
  const double growth = 1 / forgetting_;
  bool limited = false;
  for (std::size_t r = 0; r < elements; ++r) {
    const double pr = gain * projected_[r].real();
    const double pi = gain * projected_[r].imag();
    const std::span<cf64> row = inverse_.row(r);
    for (std::size_t c = 0; c <= r; ++c) {
      const cf64 q = projected_[c];
      row[c] = growth * cf64(row[c].real() - (pr * q.real() + pi * q.imag()),
                             row[c].imag() - (pi * q.real() - pr * q.imag()));
    }
    const double diagonal = row[r].real();
    row[r] = diagonal > 0 ? diagonal : 0;
    limits_[r] = diagonal > largest_inverse_ ? std::sqrt(largest_inverse_ / diagonal) : 1.0;
    limited = limited || limits_[r] < 1;
  }
  for (std::size_t r = 0; r < elements; ++r) {
    for (std::size_t c = 0; c <= r; ++c) {
      if (limited) inverse_(r, c) *= limits_[r] * limits_[c];
      inverse_(c, r) = std::conj(inverse_(r, c));
    }
  }
}

void RlsFilter::process(Grid<const cf32> in, std::span<const cf32> desired, std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(in.rows() == weights_.size() && in.columns() == desired.size() &&
                   out.size() == desired.size());
  for (std::size_t t = 0; t < out.size(); ++t) {
    gather(in, t, snapshot_);
    out[t] = cf32(step(snapshot_, cf64(desired[t])));
  }
}

void RlsFilter::reset() noexcept {
  restart();
  std::ranges::fill(weights_, cf64(0));
  skipped_ = 0;
  restarts_ = 0;
}

}  // namespace boresight::beam
