#include "boresight/beam/constant_modulus.h"

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

ConstantModulusFilter::ConstantModulusFilter(const Config& config)
    : step_(config.step), modulus_(config.modulus) {
  require(config.elements >= 1 && config.elements <= array::max_elements,
          "constant modulus: " + std::to_string(config.elements) + " elements, must be 1 to " +
              std::to_string(array::max_elements));
  require(step_ > 0 && step_ < 2, "constant modulus: step " + std::to_string(step_) + " must be in (0, 2)");
  require(modulus_ > 0 && std::isfinite(modulus_),
          "constant modulus: modulus " + std::to_string(modulus_) + " must be positive and finite");
  start_.resize(config.elements);
  start_[0] = 1;
  weights_ = start_;
  snapshot_.resize(config.elements);
}

void ConstantModulusFilter::set_weights(std::span<const cf64> weights) noexcept {
  BORESIGHT_ASSERT(weights.size() == weights_.size());
  const double power = energy(weights);
  if (power > 0 && std::isfinite(power)) {
    std::ranges::copy(weights, start_.begin());
  } else {
    std::ranges::fill(start_, cf64(0));
    start_[0] = 1;
  }
  weights_ = start_;
}

cf64 ConstantModulusFilter::step(std::span<const cf64> x) noexcept {
  BORESIGHT_ASSERT(x.size() == weights_.size());
  const double power = energy(x);
  if (!std::isfinite(power)) {
    ++skipped_;
    return 0;
  }
  const cf64 y = inner_product(weights_, x);
  const double length = std::abs(y);
  if (power > 0 && length > 0) {
    add_scaled(step_ / power * (modulus_ / length - 1) * std::conj(y), x, weights_);
    // Hardly any signal wants enormous weights, and its square may vanish.
    if (!(energy(weights_) < largest_energy)) {
      weights_ = start_;
      ++restarts_;
    }
  }
  return y;
}

void ConstantModulusFilter::process(Grid<const cf32> in, std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(in.rows() == weights_.size() && in.columns() == out.size());
  for (std::size_t t = 0; t < out.size(); ++t) {
    gather(in, t, snapshot_);
    out[t] = cf32(step(snapshot_));
  }
}

void ConstantModulusFilter::reset() noexcept {
  weights_ = start_;
  skipped_ = 0;
  restarts_ = 0;
}

}  // namespace boresight::beam
