#include "boresight/array/polarization.h"

#include <cmath>

namespace boresight::array {
namespace {

const double half_power = std::sqrt(0.5);

// Below this 1 + uz, directions are straight back.
constexpr double straight_back = 1e-12;

}  // namespace

Jones Jones::linear(double tilt_rad) {
  return {std::cos(tilt_rad), std::sin(tilt_rad)};
}

Jones Jones::rhcp() {
  return {half_power, cf64(0, half_power)};
}

Jones Jones::lhcp() {
  return {half_power, cf64(0, -half_power)};
}

cf64 received(Jones port, Jones wave) {
  return std::conj(port.x) * wave.x + std::conj(port.y) * wave.y;
}

double polarization_match(Jones port, Jones wave) {
  const double power = (std::norm(port.x) + std::norm(port.y)) * (std::norm(wave.x) + std::norm(wave.y));
  return power > 0 ? std::norm(received(port, wave)) / power : 0;
}

TransverseAxes transverse_axes(Vec3 u) {
  const double sum = 1 + u.z;
  if (sum < straight_back) return {{-1, 0, 0}, {0, 1, 0}};
  const double xy = -u.x * u.y / sum;
  return {{1 - u.x * u.x / sum, xy, -u.x}, {xy, 1 - u.y * u.y / sum, -u.y}};
}

Jones sky_to_array(const Attitude& attitude, SkyDirection direction, Jones sky) {
  const double sin_az = std::sin(direction.azimuth_rad);
  const double cos_az = std::cos(direction.azimuth_rad);
  const double sin_el = std::sin(direction.elevation_rad);
  const Vec3 horizontal = attitude.array_from_enu({cos_az, -sin_az, 0});
  const Vec3 vertical =
      attitude.array_from_enu({-sin_el * sin_az, -sin_el * cos_az, std::cos(direction.elevation_rad)});
  const TransverseAxes axes = transverse_axes(attitude.array_from_sky(direction));
  return {sky.x * dot(horizontal, axes.x) + sky.y * dot(vertical, axes.x),
          sky.x * dot(horizontal, axes.y) + sky.y * dot(vertical, axes.y)};
}

}  // namespace boresight::array
