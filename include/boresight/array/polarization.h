// Polarization: the two components of the field, and what an element's port makes of them.
//
// A wave is described where it arrives, in the plane across its direction u, by its components along
//
//     e_x = (1 - ux^2 / (1 + uz),  -ux uy / (1 + uz),  -ux)        x and y of the array frame, carried from
//     the e_y = (-ux uy / (1 + uz),  1 - uy^2 / (1 + uz),  -uy)        boresight to u along the great circle
//
// (Ludwig's third definition, IEEE Trans. AP-21, 1973: co- and cross-polarization as a range measures them).
// Unlike theta and phi they are smooth at the boresight, where beams point; the one singular direction is
// straight back. Time runs as e^{+j 2 pi f t}. The handedness is that of IEEE Std 145: right-hand circular
// (RHCP) turns clockwise for who looks along the propagation, so counterclockwise for who looks at the
// source.
#pragma once

#include "boresight/array/direction.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"

namespace boresight::array {

/// Components of a wave along e_x and e_y, or (sky_to_array()) along the horizontal and the vertical.
/// A port is described by the wave that it receives in full: its voltage is port^H wave, so {1, 0} is a port
/// that is linear along x, rhcp() one that receives RHCP and is deaf to lhcp().
struct Jones {
  cf64 x = 1;
  cf64 y = 0;

  static Jones linear(double tilt_rad);  ///< turned from x towards y
  static Jones rhcp();                   ///< (1, +j) / sqrt 2
  static Jones lhcp();                   ///< (1, -j) / sqrt 2
};

/// port^H wave.
cf64 received(Jones port, Jones wave);

/// |port^H wave|^2 / (|port|^2 |wave|^2): 1 when matched, 1/2 between linear and circular, 0 when orthogonal
/// or when one of them is zero.
double polarization_match(Jones port, Jones wave);

/// e_x and e_y above for a unit vector u. Straight back (u = -z) gives their limit along the x axis.
struct TransverseAxes {
  Vec3 x;
  Vec3 y;
};
TransverseAxes transverse_axes(Vec3 u);

/// The wave from `direction` that is `sky` in the sky frame, as the array sees it. sky.x is along the
/// horizontal (to the right for who looks at the source, increasing azimuth), sky.y along increasing
/// elevation; RHCP is then (1, -j) / sqrt 2 = Jones::lhcp() as numbers, because up and right seen from below
/// are mirrored. At the zenith the horizontal is the one reached along azimuth `direction.azimuth_rad`.
Jones sky_to_array(const Attitude& attitude, SkyDirection direction, Jones sky);

}  // namespace boresight::array
