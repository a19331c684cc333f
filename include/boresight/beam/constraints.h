// Linear constraints on weights: unit gain here, nulls there, a flat top in between.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"

namespace boresight::beam {

/// How the response a(u) changes when u turns towards `tangent`: j (2 pi f / c) ((r_e - r_mean) . tangent)
/// a_e, per radian for a unit tangent perpendicular to u. Positions are taken from the middle of the array,
/// so that the constraint w^H d = 0 flattens the magnitude of the beam and does not depend on where the
/// array's origin is (Buckley and Griffiths 1986 on what else it would do).
///
/// @param out  [geometry.elements()]; a NaN in any argument gives NaN
void steering_derivative(const array::Geometry& geometry, Vec3 u, Vec3 tangent, double frequency_hz,
                         std::span<cf64> out);

/// C^H w = f, one constraint after the other: c^H w = f. Kept as an orthonormal basis of the c (modified
/// Gram-Schmidt with a second pass), so that whether a constraint repeats or contradicts the ones before it
/// is known when it is added. Allocates at construction and never again.
class ConstraintSet {
 public:
  struct Config {
    std::size_t elements = 0;         ///< 1 to 1024
    std::size_t max_constraints = 0;  ///< 1 to `elements`
  };
  enum class Outcome {
    added,          ///< one degree of freedom spent
    redundant,      ///< already met by whatever meets the others; nothing spent
    contradictory,  ///< cannot be met together with the others (or c = 0 and f != 0); left out
    unusable,       ///< not finite; left out
    full,           ///< independent, but there is no room; left out
  };

  /// Throws ConfigError when a value is out of range.
  explicit ConstraintSet(const Config& config);

  void clear() noexcept { size_ = 0; }

  /// c^H w = f, c [elements]. What lies within 1e-6 of the span of the constraints so far (the sine of the
  /// angle) is redundant when its f fits to 1e-6, contradictory when not.
  Outcome add(std::span<const cf64> c, cf64 f) noexcept;
  /// Unit gain: a^H w = 1.
  Outcome look(std::span<const cf64> steering) noexcept { return add(steering, 1); }
  /// No gain: a^H w = 0. With steering_derivative() a null that is as wide as it is deep, or a flat top.
  Outcome null(std::span<const cf64> steering) noexcept { return add(steering, 0); }

  std::size_t size() const { return size_; }
  std::size_t elements() const { return basis_.columns(); }
  std::size_t max_constraints() const { return basis_.rows(); }

  /// The same constraints as q_k^H w = g_k with orthonormal q: [size x elements], [size].
  Grid<const cf64> basis() const {
    return {basis_.view().data(), size_, elements(), basis_.view().row_stride()};
  }
  std::span<const cf64> targets() const { return std::span(targets_).first(size_); }

  /// The weights of least norm that meet the constraints: the least white noise (Frost 1972, R = I). Without
  /// constraints zero.
  void quiescent(std::span<cf64> weights) const noexcept;
  /// The nearest weights that meet the constraints: takes rounding out.
  void enforce(std::span<cf64> weights) const noexcept;

 private:
  GridBuffer<cf64> basis_;
  std::vector<cf64> targets_;
  std::vector<cf64> candidate_;
  std::size_t size_ = 0;
};

}  // namespace boresight::beam
