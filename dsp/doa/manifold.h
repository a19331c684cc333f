// Steering vectors and how they change with direction. Directions are moved in their tangent plane:
//
//   u' = u cos|d| + (d_1 e_1 + d_2 e_2) sin|d| / |d|,   d in radians
//
// e_1 leans towards +x, e_2 = u x e_1; at boresight they are +x and +y. A line across boresight (in or
// parallel to the x-y plane) cannot tell how far u is turned around it: there e_1 leans along the line and is
// the only axis.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/core/error.h"
#include "boresight/core/types.h"
#include "boresight/core/units.h"
#include "boresight/core/vec3.h"

namespace boresight::doa {

struct TangentAxes {
  Vec3 first;
  Vec3 second;
};

inline double angle_between(Vec3 a, Vec3 b) {
  return std::atan2(norm(cross(a, b)), dot(a, b));
}

/// Elements that stand off a line or a plane by less stand on it: a thousandth of the smallest distance of
/// two elements, a fifth of a degree of phase at half-wavelength spacing. Positions are measured or rounded,
/// and what so little would tell of a direction is nothing.
inline double flatness_m(const array::Geometry& geometry) {
  constexpr double one_place_m = 1e-6;
  const std::vector<Vec3>& r = geometry.positions_m;
  double nearest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < r.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      const double apart = norm(r[i] - r[k]);
      if (apart > one_place_m) nearest = std::min(nearest, apart);
    }
  }
  return std::isfinite(nearest) ? 1e-3 * nearest : one_place_m;
}

/// What the elements stand on, within flatness_m().
struct Extent {
  Eigen::Index dimensions = 0;  // 0: one place, 1: a line, 2: a plane, 3: a volume
  Vec3 line;                    // of length 1: the line's direction, x > 0 or, across x, y > 0
  Vec3 normal;                  // of length 1, of a plane
  bool leans = false;           // the line, out of the x-y plane
  double flatness_m = 0;
};

inline Extent extent_of(const array::Geometry& geometry) {
  const std::vector<Vec3>& r = geometry.positions_m;
  Extent out;
  out.flatness_m = flatness_m(geometry);
  // The element furthest from the first, then the one furthest from that line, then from that plane.
  double furthest = out.flatness_m;
  for (const Vec3& position : r) {
    const Vec3 from_first = position - r[0];
    if (norm(from_first) <= furthest) continue;
    furthest = norm(from_first);
    out.line = (1 / furthest) * from_first;
    out.dimensions = 1;
  }
  if (out.dimensions == 0) return out;
  out.leans = std::abs(out.line.z) * furthest > out.flatness_m;
  if (out.line.x < -1e-9 || (std::abs(out.line.x) <= 1e-9 && out.line.y < 0)) out.line = -1.0 * out.line;
  furthest = out.flatness_m;
  for (const Vec3& position : r) {
    const Vec3 off = cross(out.line, position - r[0]);
    if (norm(off) <= furthest) continue;
    furthest = norm(off);
    out.normal = (1 / furthest) * off;
    out.dimensions = 2;
  }
  if (out.dimensions == 1) return out;
  for (const Vec3& position : r) {
    if (std::abs(dot(out.normal, position - r[0])) > out.flatness_m) out.dimensions = 3;
  }
  return out;
}

class Manifold {
 public:
  Manifold(array::Geometry geometry, double frequency_hz) : geometry_(std::move(geometry)) {
    geometry_.check();
    require(frequency_hz > 0 && std::isfinite(frequency_hz),
            "direction finding: frequency_hz " + std::to_string(frequency_hz) + " must be positive");
    wavenumber_ = 2 * pi * frequency_hz / speed_of_light_m_s;
    const Extent extent = extent_of(geometry_);
    axes_ = extent.dimensions == 0 || (extent.dimensions == 1 && !extent.leans) ? 1 : 2;
    // Exactly in the plane across boresight, so that steps from the plane of line and boresight stay in it.
    const double length = std::hypot(extent.line.x, extent.line.y);
    if (axes_ == 1 && length > 0) lean_ = {extent.line.x / length, extent.line.y / length, 0};
  }

  Eigen::Index elements() const { return static_cast<Eigen::Index>(geometry_.elements()); }
  /// Angles per direction that the array can tell: 1 for a line across boresight, otherwise 2.
  Eigen::Index axes() const { return axes_; }
  /// What e_1 leans towards: the line's direction, +x for other arrays.
  Vec3 lean() const { return lean_; }

  TangentAxes tangent_axes(Vec3 u) const {
    const double along = dot(lean_, u);
    const Vec3 lean = std::abs(along) < 0.999999 ? lean_ : Vec3{0, 0, along > 0 ? -1.0 : 1.0};
    Vec3 first = lean - dot(lean, u) * u;
    first = (1 / norm(first)) * first;
    return {first, cross(u, first)};
  }
  Vec3 moved(Vec3 u, double first_rad, double second_rad) const {
    const double angle = std::hypot(first_rad, second_rad);
    if (!(angle > 0)) return u;
    const TangentAxes axes = tangent_axes(u);
    const double scale = std::sin(angle) / angle;
    const Vec3 v =
        std::cos(angle) * u + (scale * first_rad) * axes.first + (scale * second_rad) * axes.second;
    return (1 / norm(v)) * v;
  }
  const array::Geometry& geometry() const { return geometry_; }
  double wavenumber_rad_m() const { return wavenumber_; }

  /// 2 pi f / c times r . v for each element: a phase for a direction, its derivative for a tangent.
  double phase(Eigen::Index e, Vec3 v) const {
    return wavenumber_ * dot(geometry_.positions_m[static_cast<std::size_t>(e)], v);
  }

  void steer(Vec3 u, Eigen::Ref<Eigen::VectorXcd> a) const {
    for (Eigen::Index e = 0; e < a.size(); ++e) {
      const double phase_rad = phase(e, u);
      a(e) = {std::cos(phase_rad), std::sin(phase_rad)};
    }
  }
  /// [elements x directions].
  Eigen::MatrixXcd steering(std::span<const Vec3> directions) const {
    Eigen::MatrixXcd a(elements(), static_cast<Eigen::Index>(directions.size()));
    for (Eigen::Index i = 0; i < a.cols(); ++i) steer(directions[static_cast<std::size_t>(i)], a.col(i));
    return a;
  }
  /// [elements x axes * directions], the axes of a direction side by side.
  Eigen::MatrixXcd derivatives(std::span<const Vec3> directions, const Eigen::MatrixXcd& steering) const {
    Eigen::MatrixXcd d(elements(), axes_ * steering.cols());
    for (Eigen::Index i = 0; i < steering.cols(); ++i) {
      const TangentAxes axes = tangent_axes(directions[static_cast<std::size_t>(i)]);
      for (Eigen::Index e = 0; e < elements(); ++e) {
        d(e, axes_ * i) = cf64(0, phase(e, axes.first)) * steering(e, i);
        if (axes_ == 2) d(e, axes_ * i + 1) = cf64(0, phase(e, axes.second)) * steering(e, i);
      }
    }
    return d;
  }

 private:
  array::Geometry geometry_;
  double wavenumber_ = 0;
  Eigen::Index axes_ = 1;
  Vec3 lean_{1, 0, 0};
};

}  // namespace boresight::doa
