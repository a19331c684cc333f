// Physical constants and the decibel, in one place.
#pragma once

#include <cmath>
#include <numbers>

namespace boresight {

inline constexpr double speed_of_light_m_s = 299'792'458.0;
inline constexpr double pi = std::numbers::pi;

/// 10 log10 of a power ratio; 0 gives -inf.
inline double db_from_power(double ratio) {
  return 10.0 * std::log10(ratio);
}
inline double power_from_db(double db) {
  return std::pow(10.0, db / 10.0);
}
inline double amplitude_from_db(double db) {
  return std::pow(10.0, db / 20.0);
}

inline constexpr double rad_from_deg(double deg) {
  return deg * (pi / 180.0);
}
inline constexpr double deg_from_rad(double rad) {
  return rad * (180.0 / pi);
}

}  // namespace boresight
