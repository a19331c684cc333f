#include "boresight/beam/lms.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/array/geometry.h"
#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "inner_product.h"

namespace boresight::beam {
namespace {

constexpr double largest_energy = 1e30;  // of weights that still mean something

}  // namespace

LmsFilter::LmsFilter(const Config& config) : rule_(config.rule), step_(config.step) {
  require(config.elements >= 1 && config.elements <= array::max_elements,
          "lms: " + std::to_string(config.elements) + " elements, must be 1 to " +
              std::to_string(array::max_elements));
  require(std::isfinite(step_) && step_ > 0 && (rule_ == Rule::lms || step_ < 2),
          "lms: step " + std::to_string(step_) + " must be positive and finite, and below 2 for NLMS");
  weights_.resize(config.elements);
  start_.resize(config.elements);
  snapshot_.resize(config.elements);
}

void LmsFilter::set_weights(std::span<const cf64> weights) noexcept {
  BORESIGHT_ASSERT(weights.size() == weights_.size());
  for (std::size_t e = 0; e < weights.size(); ++e) start_[e] = is_finite(weights[e]) ? weights[e] : cf64(0);
  weights_ = start_;
}

cf64 LmsFilter::step(std::span<const cf64> x, cf64 desired) noexcept {
  BORESIGHT_ASSERT(x.size() == weights_.size());
  const cf64 y = inner_product(weights_, x);
  const cf64 error = desired - y;
  const double power = energy(x);
  if (!std::isfinite(power) || !is_finite(error)) {
    ++skipped_;
    return 0;
  }
  if (power == 0) return y;
  const double gain = rule_ == Rule::lms ? step_ : step_ / power;
  add_scaled(gain * std::conj(error), x, weights_);
  if (!(energy(weights_) < largest_energy)) {
    weights_ = start_;
    ++restarts_;
  }
  return y;
}

void LmsFilter::process(Grid<const cf32> in, std::span<const cf32> desired, std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(in.rows() == weights_.size() && in.columns() == desired.size() &&
                   out.size() == desired.size());
  for (std::size_t t = 0; t < out.size(); ++t) {
    gather(in, t, snapshot_);
    out[t] = cf32(step(snapshot_, cf64(desired[t])));
  }
}

void LmsFilter::reset() noexcept {
  weights_ = start_;
  skipped_ = 0;
  restarts_ = 0;
}

}  // namespace boresight::beam
