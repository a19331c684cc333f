// How exactly directions can be known at best: Cramer-Rao bounds in one and two dimensions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "boresight/array/geometry.h"
#include "boresight/array/manifold.h"
#include "boresight/array/polarization.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"

namespace boresight::doa {

/// x = A s + n with k sources, white noise, R = A P A^H + noise_power I.
struct BoundScene {
  array::Geometry geometry;
  double frequency_hz = 0;
  std::span<const Vec3> directions;  ///< [k] unit vectors in the array frame
  /// P [k x k]: covariance of the sources as an element sees them; of a manifold, where its amplitude is 1.
  Grid<const cf64> powers;
  double noise_power = 1;  ///< of one element, positive
  double snapshots = 0;    ///< positive
  /// In place of `geometry`: what the elements hear (patterns, coupling, ports), of waves of a polarization
  /// `wave` that is known. What patterns tell of a direction by their levels counts as well.
  std::optional<array::Manifold::Config> manifold = {};
  array::Jones wave = array::Jones::rhcp();
};

/// Angles of each direction that the array can tell: 1 for a line across boresight (in or parallel to the x-y
/// plane, within a thousandth of the smallest distance of two elements), whose directions lie in the plane of
/// the line and +z, otherwise 2. Of a manifold: of its geometry.
std::size_t angles_per_direction(const array::Geometry& geometry);

/// The least covariance of unbiased direction estimates, radian^2, [a k x a k] with a =
/// angles_per_direction(). The angles of a direction u are along the tangents e_1, which leans towards +x
/// (for a line: along it, the angle from boresight), and e_2 = u x e_1. A line that leans out of the x-y
/// plane tells one combination of the two only: infinite.
///
/// Sources are Gaussian and the data decide on P (Stoica and Nehorai 1990; Stoica, Larsson and Gershman
/// 2001):
///   B = sigma^2 / (2 K) { Re[(D^H P_A D) o (P A^H R^-1 A P)^T] }^-1
/// with P_A the projector off the columns of A. Directions that coincide, more than elements - 1 of them, and
/// whatever else the data cannot tell give +infinity on the diagonal and zeros beside it.
///
/// Throws ConfigError for a bad geometry or frequency, a manifold beside a geometry, shapes that do not fit,
/// a direction that is not a unit vector, and powers, noise power or snapshots that are not finite or not
/// positive.
GridBuffer<double> stochastic_bound(const BoundScene& scene);

/// The same where the waveforms are unknown but fixed, P their sample covariance (Stoica and Nehorai 1989):
/// P in place of P A^H R^-1 A P. Never above the stochastic bound.
GridBuffer<double> deterministic_bound(const BoundScene& scene);

}  // namespace boresight::doa
