// Where a satellite is in the sky and how its propagation delay moves.
//
// Directions are East-North-Up at the terminal (array/direction.h). Earth is a sphere of 6371 km that does
// not turn (its turning adds at most 0.3 km/s of range rate at mid latitudes).
#pragma once

#include <variant>

#include "boresight/core/vec3.h"

namespace boresight::sim {

inline constexpr double earth_radius_m = 6'371'000.0;
inline constexpr double earth_gravitation_m3_s2 = 3.986004418e14;

/// Relative Doppler |tau'| never exceeds this; a Track that reaches it stays there. Low orbits stay below 26
/// ppm.
inline constexpr double max_relative_doppler = 100e-6;

/// A circular orbit that passes over the terminal: highest at `culmination_elevation_rad` towards
/// `culmination_azimuth_rad`, there moving towards azimuth + 90 degrees.
struct LeoPass {
  double altitude_m = 550e3;
  double culmination_azimuth_rad = 0;
  double culmination_elevation_rad = 1.5707963267948966;
  double start_time_s = 0;  ///< scenario time 0 lies this long after culmination (negative: before)
};

/// A direction and a Doppler given as straight lines over time. The Doppler is stated at
/// `reference_carrier_hz`; at another carrier the same relative Doppler applies.
struct Track {
  double azimuth_rad = 0;
  double elevation_rad = 0;
  double azimuth_rate_rad_s = 0;
  double elevation_rate_rad_s = 0;
  double doppler_hz = 0;
  double doppler_rate_hz_s = 0;
  double reference_carrier_hz = 11.325e9;
};

using Motion = std::variant<LeoPass, Track>;

/// State of a motion at one instant.
struct MotionState {
  Vec3 direction{0, 0, 1};  ///< unit vector (east, north, up) from the terminal to the satellite
  double delay_s = 0;       ///< tau(t): slant range / c for LeoPass, counted from tau(0) = 0 for Track
  double delay_rate = 0;    ///< tau'(t); the Doppler is -carrier_hz * delay_rate
};

/// `time_s` any finite number.
MotionState state_at(const Motion& motion, double time_s);

}  // namespace boresight::sim
