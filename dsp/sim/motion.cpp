#include "boresight/sim/motion.h"

#include <algorithm>
#include <cmath>

#include "boresight/array/direction.h"
#include "boresight/core/units.h"

namespace boresight::sim {
namespace {

Vec3 normalized(Vec3 v) {
  return (1.0 / norm(v)) * v;
}

MotionState state_of(const LeoPass& pass, double time_s) {
  const double orbit_radius = earth_radius_m + pass.altitude_m;
  const double elevation = pass.culmination_elevation_rad;
  const double azimuth = pass.culmination_azimuth_rad;
  // Earth-central angle between the terminal and the satellite at culmination: sine rule in the triangle
  // Earth's center, terminal, satellite.
  const double central = std::acos(earth_radius_m / orbit_radius * std::cos(elevation)) - elevation;
  const double angular_rate = std::sqrt(earth_gravitation_m3_s2 / orbit_radius) / orbit_radius;
  const double phase = angular_rate * (time_s + pass.start_time_s);

  // Position = cos(phase) up + sin(phase) along, from Earth's center.
  const Vec3 up = {std::sin(central) * std::sin(azimuth), std::sin(central) * std::cos(azimuth),
                   std::cos(central)};
  const Vec3 along = {std::cos(azimuth), -std::sin(azimuth), 0};
  const Vec3 range =
      orbit_radius * (std::cos(phase) * up + std::sin(phase) * along) - Vec3{0, 0, earth_radius_m};
  const Vec3 velocity = orbit_radius * angular_rate * (std::cos(phase) * along - std::sin(phase) * up);
  const Vec3 direction = normalized(range);
  return {direction, norm(range) / speed_of_light_m_s, dot(velocity, direction) / speed_of_light_m_s};
}

// Integral from 0 to t of clamp(a + b x, -limit, limit).
double clamped_line_integral(double a, double b, double limit, double t) {
  const auto integral_of_excess = [&](double slope, double start) {
    // Integral of max(0, start + slope x): what the clamp cuts off on one side.
    const auto primitive = [&](double x) {
      const double y = start + slope * x;
      return y > 0 ? y * y / (2.0 * slope) : 0.0;
    };
    if (slope == 0) return start > 0 ? start * t : 0.0;
    return primitive(t) - primitive(0);
  };
  return a * t + 0.5 * b * t * t - integral_of_excess(b, a - limit) + integral_of_excess(-b, -a - limit);
}

MotionState state_of(const Track& track, double time_s) {
  const double start = -track.doppler_hz / track.reference_carrier_hz;
  const double rate = -track.doppler_rate_hz_s / track.reference_carrier_hz;
  return {array::enu_from_sky({track.azimuth_rad + track.azimuth_rate_rad_s * time_s,
                               track.elevation_rad + track.elevation_rate_rad_s * time_s}),
          clamped_line_integral(start, rate, max_relative_doppler, time_s),
          std::clamp(start + rate * time_s, -max_relative_doppler, max_relative_doppler)};
}

}  // namespace

MotionState state_at(const Motion& motion, double time_s) {
  return std::visit([&](const auto& m) { return state_of(m, time_s); }, motion);
}

}  // namespace boresight::sim
