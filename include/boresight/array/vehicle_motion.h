// The attitude of an array on something that moves: a car, a ship, an aircraft.
#pragma once

#include <array>
#include <vector>

#include "boresight/array/direction.h"

namespace boresight::array {

/// Attitudes of the vehicle over time, as a navigation unit reports them, and the mounting of the array on
/// it. Between two reports the vehicle turns about one axis at one rate (spherical linear interpolation,
/// Shoemake 1985), by the shorter way; before the first and after the last it stands still.
class VehicleMotion {
 public:
  struct Report {
    double time_s = 0;
    VehicleAngles angles;
  };
  struct Config {
    std::vector<Report> reports;  ///< 1 or more, times increasing
    Attitude mounting;            ///< of the array in the vehicle's frame; see Attitude::mounted()
  };

  /// Throws ConfigError for no report, times that do not increase, and values that are not finite.
  explicit VehicleMotion(const Config& config);

  /// The attitude of the array. A NaN time gives that of the first report.
  Attitude attitude_at(double time_s) const noexcept;
  /// That of the vehicle.
  Attitude vehicle_at(double time_s) const noexcept;

  /// How fast the vehicle turns, about whichever axis: 0 outside the reports. Weights that are `latency_s`
  /// old point up to rate times latency beside the satellite.
  double turn_rate_rad_s(double time_s) const noexcept;

 private:
  using Quaternion = std::array<double, 4>;  // w, x, y, z; turns the vehicle's frame into ENU

  std::size_t segment_of(double time_s) const noexcept;

  std::vector<double> times_s_;
  std::vector<Quaternion> rotations_;
  Attitude mounting_;
};

}  // namespace boresight::array
