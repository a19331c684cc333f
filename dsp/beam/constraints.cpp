#include "boresight/beam/constraints.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/array/steering.h"
#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "inner_product.h"

namespace boresight::beam {
namespace {

// Closer than this, double precision no longer says what the constraint adds.
constexpr double least_angle = 1e-6;

}  // namespace

void steering_derivative(const array::Geometry& geometry, Vec3 u, Vec3 tangent, double frequency_hz,
                         std::span<cf64> out) {
  array::steering_vector(geometry, u, frequency_hz, out);
  Vec3 middle;
  for (const Vec3 r : geometry.positions_m) middle = middle + r;
  middle = (1 / static_cast<double>(geometry.elements())) * middle;
  const double wavenumber_rad_m = 2 * pi * frequency_hz / speed_of_light_m_s;
  for (std::size_t e = 0; e < out.size(); ++e) {
    out[e] *= cf64(0, wavenumber_rad_m * dot(geometry.positions_m[e] - middle, tangent));
  }
}

ConstraintSet::ConstraintSet(const Config& config) {
  require(config.elements >= 1 && config.elements <= array::max_elements,
          "constraints: " + std::to_string(config.elements) + " elements, must be 1 to " +
              std::to_string(array::max_elements));
  require(config.max_constraints >= 1 && config.max_constraints <= config.elements,
          "constraints: " + std::to_string(config.max_constraints) + " on " +
              std::to_string(config.elements) + " elements, must be 1 to as many as elements");
  basis_ = GridBuffer<cf64>(config.max_constraints, config.elements);
  targets_.resize(config.max_constraints);
  candidate_.resize(config.elements);
}

ConstraintSet::Outcome ConstraintSet::add(std::span<const cf64> c, cf64 f) noexcept {
  BORESIGHT_ASSERT(c.size() == elements());
  const double length = std::sqrt(energy(c));
  if (!std::isfinite(length) || !std::isfinite(std::norm(f))) return Outcome::unusable;
  if (length == 0) return f == cf64(0) ? Outcome::redundant : Outcome::contradictory;
  const cf64 wanted = f / length;
  for (std::size_t e = 0; e < c.size(); ++e) candidate_[e] = c[e] / length;
  cf64 target = wanted;
  for (int pass = 0; pass < 2; ++pass) {
    for (std::size_t k = 0; k < size_; ++k) {
      const cf64 along = inner_product(basis_.row(k), candidate_);
      for (std::size_t e = 0; e < c.size(); ++e) candidate_[e] -= along * basis_(k, e);
      target -= std::conj(along) * targets_[k];
    }
  }
  const double rest = std::sqrt(energy(candidate_));
  if (rest < least_angle) {
    double scale = std::abs(wanted);
    for (std::size_t k = 0; k < size_; ++k) scale = std::max(scale, std::abs(targets_[k]));
    return std::abs(target) <= least_angle * scale ? Outcome::redundant : Outcome::contradictory;
  }
  if (size_ == max_constraints()) return Outcome::full;
  for (std::size_t e = 0; e < c.size(); ++e) basis_(size_, e) = candidate_[e] / rest;
  targets_[size_] = target / rest;
  ++size_;
  return Outcome::added;
}

void ConstraintSet::quiescent(std::span<cf64> weights) const noexcept {
  std::ranges::fill(weights, cf64(0));
  enforce(weights);
}

void ConstraintSet::enforce(std::span<cf64> weights) const noexcept {
  BORESIGHT_ASSERT(weights.size() == elements());
  for (std::size_t k = 0; k < size_; ++k) {
    const cf64 missing = targets_[k] - inner_product(basis_.row(k), weights);
    for (std::size_t e = 0; e < weights.size(); ++e) weights[e] += missing * basis_(k, e);
  }
}

}  // namespace boresight::beam
