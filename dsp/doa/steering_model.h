// Steering vectors and how they change with direction: of isotropic elements in closed form, of an
// array::Manifold (patterns, polarization, coupling) by differences. Directions are moved in their tangent
// plane:
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
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/array/manifold.h"
#include "boresight/array/polarization.h"
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

/// Steering vectors are of length sqrt(channels) here, whatever the patterns do to them: directions, spectra
/// and fits do not depend on their length, powers are turned into those of the array's own with gain().
class SteeringModel {
 public:
  SteeringModel(array::Geometry geometry, double frequency_hz)
      : geometry_(std::move(geometry)), frequency_hz_(frequency_hz) {
    geometry_.check();
    require(frequency_hz > 0 && std::isfinite(frequency_hz),
            "direction finding: frequency_hz " + std::to_string(frequency_hz) + " must be positive");
    wavenumber_ = 2 * pi * frequency_hz / speed_of_light_m_s;
    channels_ = geometry_.elements();
    const Extent extent = extent_of(geometry_);
    axes_ = extent.dimensions == 0 || (extent.dimensions == 1 && !extent.leans) ? 1 : 2;
    // Exactly in the plane across boresight, so that steps from the plane of line and boresight stay in it.
    const double length = std::hypot(extent.line.x, extent.line.y);
    if (axes_ == 1 && length > 0) lean_ = {extent.line.x / length, extent.line.y / length, 0};
  }

  /// Of waves of polarization `wave`.
  SteeringModel(const array::Manifold& manifold, double frequency_hz, array::Jones wave)
      : SteeringModel(manifold.geometry(), frequency_hz) {
    require(std::isfinite(std::norm(wave.x) + std::norm(wave.y)) && std::norm(wave.x) + std::norm(wave.y) > 0,
            "direction finding: the polarization of the wave must be finite and not zero");
    // Around their middle, which changes a common phase only: far from the origin differences are rounding.
    array::Manifold::Config centered = manifold.config();
    Vec3 middle;
    for (const Vec3& r : geometry_.positions_m) {
      middle = middle + (1 / static_cast<double>(geometry_.elements())) * r;
    }
    for (Vec3& r : centered.geometry.positions_m) r = r - middle;
    geometry_ = centered.geometry;
    manifold_ = array::Manifold(centered);
    wave_ = wave;
    channels_ = manifold.channels();
    double furthest_m = 0;
    for (const Vec3& r : geometry_.positions_m) furthest_m = std::max(furthest_m, norm(r));
    step_rad_ = phase_step_rad / std::max(1.0, wavenumber_ * furthest_m);
  }

  /// The geometry, or the manifold in its place.
  SteeringModel(const array::Geometry& geometry, const std::optional<array::Manifold::Config>& manifold,
                array::Jones wave, double frequency_hz)
      : SteeringModel(manifold ? SteeringModel(array::Manifold(*manifold), frequency_hz, wave)
                               : SteeringModel(geometry, frequency_hz)) {
    require(!manifold || geometry.positions_m.empty(),
            "direction finding: a manifold brings its geometry: none beside it");
  }

  /// Rows of a steering vector.
  Eigen::Index elements() const { return static_cast<Eigen::Index>(channels_); }
  /// Angles per direction that the array can tell: 1 for a line across boresight, otherwise 2.
  Eigen::Index axes() const { return axes_; }
  /// What e_1 leans towards: the line's direction, +x for other arrays.
  Vec3 lean() const { return lean_; }
  /// Whether all elements hear the same, so that only positions count.
  bool isotropic() const { return !manifold_; }

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

  /// 2 pi f / c times r . v for each element: a phase for a direction, its derivative for a tangent, of
  /// isotropic elements.
  double phase(Eigen::Index e, Vec3 v) const {
    return wavenumber_ * dot(geometry_.positions_m[static_cast<std::size_t>(e)], v);
  }

  void steer(Vec3 u, Eigen::Ref<Eigen::VectorXcd> a) const {
    if (!manifold_) {
      for (Eigen::Index e = 0; e < a.size(); ++e) {
        const double phase_rad = phase(e, u);
        a(e) = {std::cos(phase_rad), std::sin(phase_rad)};
      }
      return;
    }
    manifold_->steering(u, frequency_hz_, wave_, {a.data(), channels_});
    const double power = a.squaredNorm() / static_cast<double>(channels_);
    a *= power > least_gain ? 1 / std::sqrt(power) : 0.0;
  }
  /// Power of a channel, on average over them, of a wave that brings 1 where the amplitude is 1.
  double gain(Vec3 u) const {
    if (!manifold_) return 1;
    Eigen::VectorXcd a(elements());
    manifold_->steering(u, frequency_hz_, wave_, {a.data(), channels_});
    return a.squaredNorm() / static_cast<double>(channels_);
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
    Eigen::VectorXcd ahead(elements()), behind(elements());
    for (Eigen::Index i = 0; i < steering.cols(); ++i) {
      const Vec3 u = directions[static_cast<std::size_t>(i)];
      const TangentAxes axes = tangent_axes(u);
      for (Eigen::Index axis = 0; axis < axes_; ++axis) {
        const Eigen::Index column = axes_ * i + axis;
        if (manifold_) {
          const double first = axis == 0 ? step_rad_ : 0, second = step_rad_ - first;
          steer(moved(u, first, second), ahead);
          steer(moved(u, -first, -second), behind);
          d.col(column) = (ahead - behind) / (2 * step_rad_);
          continue;
        }
        const Vec3 tangent = axis == 0 ? axes.first : axes.second;
        for (Eigen::Index e = 0; e < elements(); ++e) {
          d(e, column) = cf64(0, phase(e, tangent)) * steering(e, i);
        }
      }
    }
    return d;
  }
  /// Of differences: first ones are off by 2e-9 of themselves, second ones by 1e-7, where patterns are
  /// smooth.
  double step_rad() const { return step_rad_; }

 private:
  static constexpr double phase_step_rad = 1e-4;  // of the element furthest from the origin
  static constexpr double least_gain = 1e-24;     // below it is rounding: a wave across to all ports

  array::Geometry geometry_;
  std::optional<array::Manifold> manifold_;
  array::Jones wave_;
  double frequency_hz_ = 0;
  std::size_t channels_ = 0;
  double wavenumber_ = 0;
  double step_rad_ = 0;
  Eigen::Index axes_ = 1;
  Vec3 lean_{1, 0, 0};
};

}  // namespace boresight::doa
