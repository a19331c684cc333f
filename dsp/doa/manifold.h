// Steering vectors and how they change with direction. Directions are moved in their tangent plane:
//
//   u' = u cos|d| + (d_1 e_1 + d_2 e_2) sin|d| / |d|,   d in radians
//
// e_1 leans towards +x, e_2 = u x e_1; at boresight they are +x and +y. A line along x cannot tell e_2.
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <span>
#include <string>

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

inline TangentAxes tangent_axes(Vec3 u) {
  const Vec3 lean = std::abs(u.x) < 0.999999 ? Vec3{1, 0, 0} : Vec3{0, 0, u.x > 0 ? -1.0 : 1.0};
  Vec3 first = lean - dot(lean, u) * u;
  first = (1 / norm(first)) * first;
  return {first, cross(u, first)};
}

inline Vec3 moved(Vec3 u, double first_rad, double second_rad) {
  const double angle = std::hypot(first_rad, second_rad);
  if (!(angle > 0)) return u;
  const TangentAxes axes = tangent_axes(u);
  const double scale = std::sin(angle) / angle;
  const Vec3 v = std::cos(angle) * u + (scale * first_rad) * axes.first + (scale * second_rad) * axes.second;
  return (1 / norm(v)) * v;
}

inline double angle_between(Vec3 a, Vec3 b) {
  return std::atan2(norm(cross(a, b)), dot(a, b));
}

class Manifold {
 public:
  Manifold(array::Geometry geometry, double frequency_hz) : geometry_(std::move(geometry)) {
    geometry_.check();
    require(frequency_hz > 0 && std::isfinite(frequency_hz),
            "direction finding: frequency_hz " + std::to_string(frequency_hz) + " must be positive");
    wavenumber_ = 2 * pi * frequency_hz / speed_of_light_m_s;
    axes_ = 1;
    for (const Vec3& r : geometry_.positions_m) {
      if (std::abs(r.y - geometry_.positions_m[0].y) > 1e-9 ||
          std::abs(r.z - geometry_.positions_m[0].z) > 1e-9) {
        axes_ = 2;
      }
    }
  }

  Eigen::Index elements() const { return static_cast<Eigen::Index>(geometry_.elements()); }
  /// Angles per direction that the array can tell: 1 for a line along x, otherwise 2.
  Eigen::Index axes() const { return axes_; }
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
};

}  // namespace boresight::doa
