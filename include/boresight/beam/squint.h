// What a wide band costs an array whose steering is a phase: squint.
//
// Phases that are right at the carrier f0 are wrong at f0 + d: the beam looks where r.u' (f0 + d) = r.u f0,
// so the components of u in the plane of the array shrink by f0 / (f0 + d) (Mailloux 2005, section 1.2.3),
// and towards u itself the elements no longer add up. Delays instead of phases, or phases per subband, cure
// it.
#pragma once

#include <cstddef>

#include "boresight/array/geometry.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"

namespace boresight::beam {

/// Time that a wave front from `u` takes over the elements: max - min of r.u / c.
double aperture_fill_time_s(const array::Geometry& geometry, Vec3 u);

/// Where a beam that phases steer to `theta_rad` off the normal of a plane array looks at `offset_hz` from
/// the carrier: asin(sin(theta) f0 / (f0 + offset)) - theta. +-(pi/2) - theta when the beam has left the
/// visible directions. `theta_rad` -pi/2 to pi/2, offset_hz > -carrier_hz.
double squint_angle_rad(double theta_rad, double carrier_hz, double offset_hz);

/// Gain towards `u` at `offset_hz` from the frequency for which phases steer there, over the gain at that
/// frequency: |mean over e of exp(j 2 pi offset r.u / c)|^2, at most 1; of equal weights, any geometry.
double squint_gain(const array::Geometry& geometry, Vec3 u, double offset_hz);

/// The same of a continuous aperture: sinc^2(fill time x offset), sinc x = sin(pi x) / (pi x).
double continuous_squint_gain(double fill_time_s, double offset_hz);

struct Squint {
  double fill_time_s = 0;
  double band_fill = 0;             ///< bandwidth x fill time: above 0.3 or so squint matters
  double lower_edge_shift_rad = 0;  ///< away from the boresight positive; of arrays in a plane z = const
  double upper_edge_shift_rad = 0;
  double edge_loss_db = 0;  ///< at most 0; at the worse edge of a subband
  double mean_loss_db = 0;  ///< of the gain averaged over the band
};

/// Squint of an array steered by phases that are right in the middle of each of `subbands` equal parts of
/// the band (1: phase shifters). Pointing shifts are those of the outermost subband's edges.
/// ConfigError for a bad geometry, u not a unit vector (1e-6), a bandwidth not in (0, 2 carrier), 0 subbands.
Squint squint(const array::Geometry& geometry, Vec3 u, double carrier_hz, double bandwidth_hz,
              std::size_t subbands = 1);

/// Adds to `covariance` [E x E] what white noise from `u` within `bandwidth_hz` around carrier + offset
/// brings, power x integral of a(f) a(f)^H df / bandwidth, in closed form:
///   power exp(j 2 pi (carrier + offset) T) sinc(bandwidth T),   T = (r_i - r_k).u / c.
/// Its eigenvalues say how many degrees of freedom a jammer of that bandwidth takes (Zatman 1998).
void add_wideband_covariance(const array::Geometry& geometry, Vec3 u, double frequency_hz,
                             double bandwidth_hz, double power, Grid<cf64> covariance);

}  // namespace boresight::beam
