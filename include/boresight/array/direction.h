// Directions in the sky, and the one object that turns them into the array frame.
//
//      side view                         seen from the sky
//
//      up   +z boresight                    N
//       |  /                                |  / +y leans to azimuth yaw
//       | / pitch                           | / yaw, clockwise
//       |/                                  |/
//       o-------- azimuth = yaw        -----o-----> E
//        \__ panel, +y edge low              \ .
//                                             +x
//
// The sky frame is East-North-Up (ENU) at the array. The default attitude is a panel flat on the roof:
// boresight at the zenith, +y to north, +x to east, so that the array frame is the sky frame.
//
// On a vehicle there is one frame more: x to the right, y forward, z up. A mounting turns it into the array
// frame exactly as an attitude turns the sky; the vehicle's own attitude turns the sky into it.
#pragma once

#include "boresight/core/vec3.h"

namespace boresight::array {

/// A direction from the array to a source.
struct SkyDirection {
  double azimuth_rad = 0;    ///< clockwise from true north: east is +pi/2
  double elevation_rad = 0;  ///< above the horizon: the zenith is +pi/2
};

/// Unit vector (east, north, up) towards `direction`.
Vec3 enu_from_sky(SkyDirection direction);

/// The direction of a vector (east, north, up) of any length but zero; azimuth in [0, 2 pi).
/// The zero vector gives azimuth and elevation 0, and so does every vector with a NaN.
SkyDirection sky_from_enu(Vec3 enu);

/// How a vehicle stands, in the angles that navigation units give: turned from the sky frame in this order.
struct VehicleAngles {
  double heading_rad = 0;  ///< of the forward axis, clockwise from true north
  double pitch_rad = 0;    ///< nose up
  double roll_rad = 0;     ///< right side down
};

/// How the panel stands: the rotation between the sky frame and the array frame.
/// Applied in this order: yaw about the vertical, then pitch, then roll about the boresight.
class Attitude {
 public:
  struct Config {
    /// Azimuth of the +y axis ("top" of the array), clockwise from true north.
    double yaw_rad = 0;
    /// Tilt of the boresight from the zenith towards azimuth `yaw_rad`; +y then points down.
    double pitch_rad = 0;
    /// About the boresight, clockwise for who looks at the panel from the sky.
    double roll_rad = 0;
  };

  /// Flat on the roof, +y to north.
  Attitude() = default;

  /// Throws ConfigError for a NaN or infinite angle.
  explicit Attitude(const Config& config);

  /// The frame of a vehicle (x right, y forward, z up) instead of an array.
  /// Throws ConfigError for a NaN or infinite angle.
  static Attitude vehicle(const VehicleAngles& angles);

  /// From the axes of the frame in ENU, for who has a rotation matrix.
  /// Throws ConfigError unless they are right-handed and orthonormal within 1e-6.
  static Attitude from_axes(Vec3 x, Vec3 y, Vec3 z);

  /// An array on a vehicle: `mounting` is its attitude in the vehicle's frame (yaw from forward, clockwise
  /// seen from above), `vehicle` the vehicle's in the sky.
  static Attitude mounted(const Attitude& mounting, const Attitude& vehicle);

  /// The same vector in the array frame. Lengths are kept.
  Vec3 array_from_enu(Vec3 enu) const { return {dot(x_, enu), dot(y_, enu), dot(z_, enu)}; }
  Vec3 array_from_sky(SkyDirection direction) const { return array_from_enu(enu_from_sky(direction)); }

  /// The same vector in the sky frame.
  Vec3 enu_from_array(Vec3 v) const { return v.x * x_ + v.y * y_ + v.z * z_; }
  SkyDirection sky_from_array(Vec3 v) const { return sky_from_enu(enu_from_array(v)); }

 private:
  // The axes of the array frame, in ENU.
  Vec3 x_{1, 0, 0};
  Vec3 y_{0, 1, 0};
  Vec3 z_{0, 0, 1};
};

}  // namespace boresight::array
