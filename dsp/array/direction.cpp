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
  if (!(norm(enu) > 0)) return {};
  double azimuth_rad = std::atan2(enu.x, enu.y);
  if (azimuth_rad < 0) azimuth_rad += 2 * pi;
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

}  // namespace boresight::array
