#include "boresight/array/direction.h"

#include <cmath>

#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {

Vec3 enu_from_sky(SkyDirection direction) {
  const double horizontal = std::cos(direction.elevation_rad);
  return {horizontal * std::sin(direction.azimuth_rad), horizontal * std::cos(direction.azimuth_rad),
          std::sin(direction.elevation_rad)};
}

SkyDirection sky_from_enu(Vec3 enu) {
  if (!(std::abs(enu.x) + std::abs(enu.y) + std::abs(enu.z) > 0)) return {};
  double azimuth_rad = std::atan2(enu.x, enu.y);
  if (azimuth_rad < 0) azimuth_rad += 2 * pi;
  if (azimuth_rad >= 2 * pi) azimuth_rad = 0;  // -1e-20 rounds to a whole turn
  // atan2 and not asin: asin loses half the digits near the zenith, where satellites are.
  return {azimuth_rad, std::atan2(enu.z, std::hypot(enu.x, enu.y))};
}

Attitude::Attitude(const Config& config) {
  require(std::isfinite(config.yaw_rad) && std::isfinite(config.pitch_rad) && std::isfinite(config.roll_rad),
          "attitude: yaw, pitch and roll must be finite");
  const Vec3 up{0, 0, 1};
  const Vec3 forward{std::sin(config.yaw_rad), std::cos(config.yaw_rad), 0};
  const Vec3 right{std::cos(config.yaw_rad), -std::sin(config.yaw_rad), 0};

  const double cos_pitch = std::cos(config.pitch_rad);
  const double sin_pitch = std::sin(config.pitch_rad);
  z_ = cos_pitch * up + sin_pitch * forward;
  const Vec3 top = cos_pitch * forward - sin_pitch * up;

  const double cos_roll = std::cos(config.roll_rad);
  const double sin_roll = std::sin(config.roll_rad);
  x_ = cos_roll * right - sin_roll * top;
  y_ = sin_roll * right + cos_roll * top;
}

Attitude Attitude::vehicle(const VehicleAngles& angles) {
  require(
      std::isfinite(angles.heading_rad) && std::isfinite(angles.pitch_rad) && std::isfinite(angles.roll_rad),
      "vehicle attitude: heading, pitch and roll must be finite");
  const Vec3 level_up{0, 0, 1};
  const Vec3 level_forward{std::sin(angles.heading_rad), std::cos(angles.heading_rad), 0};
  const Vec3 level_right{std::cos(angles.heading_rad), -std::sin(angles.heading_rad), 0};
  const double cos_pitch = std::cos(angles.pitch_rad);
  const double sin_pitch = std::sin(angles.pitch_rad);
  const Vec3 pitched_up = cos_pitch * level_up - sin_pitch * level_forward;
  const double cos_roll = std::cos(angles.roll_rad);
  const double sin_roll = std::sin(angles.roll_rad);
  Attitude attitude;
  attitude.x_ = cos_roll * level_right - sin_roll * pitched_up;
  attitude.y_ = cos_pitch * level_forward + sin_pitch * level_up;
  attitude.z_ = cos_roll * pitched_up + sin_roll * level_right;
  return attitude;
}

Attitude Attitude::from_axes(Vec3 x, Vec3 y, Vec3 z) {
  constexpr double tolerance = 1e-6;
  const Vec3 x_cross_y{x.y * y.z - x.z * y.y, x.z * y.x - x.x * y.z, x.x * y.y - x.y * y.x};
  const bool rotation = std::abs(norm(x) - 1) <= tolerance && std::abs(norm(y) - 1) <= tolerance &&
                        std::abs(dot(x, y)) <= tolerance && norm(x_cross_y - z) <= 2 * tolerance;
  require(rotation, "attitude: axes must be right-handed and orthonormal within 1e-6");
  Attitude attitude;
  attitude.x_ = x;
  attitude.y_ = y;
  attitude.z_ = z;
  return attitude;
}

Attitude Attitude::mounted(const Attitude& mounting, const Attitude& vehicle) {
  Attitude attitude;
  attitude.x_ = vehicle.enu_from_array(mounting.x_);
  attitude.y_ = vehicle.enu_from_array(mounting.y_);
  attitude.z_ = vehicle.enu_from_array(mounting.z_);
  return attitude;
}

}  // namespace boresight::array
