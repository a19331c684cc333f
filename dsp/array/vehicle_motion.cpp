#include "boresight/array/vehicle_motion.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include "boresight/core/error.h"

namespace boresight::array {
namespace {

using Quaternion = std::array<double, 4>;

Quaternion product(const Quaternion& a, const Quaternion& b) {
  return {a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
          a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
          a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
          a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0]};
}

/// Heading is clockwise, so about -z; nose up is about +x (right), right side down about +y (forward).
Quaternion rotation_of(const VehicleAngles& angles) {
  const double h = 0.5 * angles.heading_rad;
  const double p = 0.5 * angles.pitch_rad;
  const double r = 0.5 * angles.roll_rad;
  const Quaternion heading{std::cos(h), 0, 0, -std::sin(h)};
  const Quaternion pitch{std::cos(p), std::sin(p), 0, 0};
  const Quaternion roll{std::cos(r), 0, std::sin(r), 0};
  return product(heading, product(pitch, roll));
}

double dot4(const Quaternion& a, const Quaternion& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
}

/// Half of the angle between two rotations whose quaternions lie in one half-sphere; atan2 and not acos,
/// which is blind to small angles.
double half_angle_rad(const Quaternion& a, const Quaternion& b) {
  Quaternion difference;
  Quaternion sum;
  for (std::size_t i = 0; i < 4; ++i) {
    difference[i] = a[i] - b[i];
    sum[i] = a[i] + b[i];
  }
  return 2 * std::atan2(std::sqrt(dot4(difference, difference)), std::sqrt(dot4(sum, sum)));
}

Quaternion slerp(const Quaternion& a, const Quaternion& b, double part) {
  const double angle_rad = half_angle_rad(a, b);
  double from = 1 - part;
  double to = part;
  if (angle_rad > 1e-6) {
    from = std::sin((1 - part) * angle_rad) / std::sin(angle_rad);
    to = std::sin(part * angle_rad) / std::sin(angle_rad);
  }
  Quaternion q;
  for (std::size_t i = 0; i < 4; ++i) q[i] = from * a[i] + to * b[i];
  const double length = std::sqrt(dot4(q, q));
  for (double& value : q) value /= length;
  return q;
}

Attitude attitude_of(const Quaternion& q) {
  const auto [w, x, y, z] = q;
  return Attitude::from_axes({1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)},
                             {2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)},
                             {2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)});
}

}  // namespace

VehicleMotion::VehicleMotion(const Config& config) : mounting_(config.mounting) {
  require(!config.reports.empty(), "vehicle motion: 0 reports, must be 1 or more");
  for (const Report& report : config.reports) {
    const VehicleAngles& angles = report.angles;
    require(std::isfinite(report.time_s) && std::isfinite(angles.heading_rad) &&
                std::isfinite(angles.pitch_rad) && std::isfinite(angles.roll_rad),
            "vehicle motion: times and angles must be finite");
    require(
        times_s_.empty() || report.time_s > times_s_.back(),
        "vehicle motion: a report at " + std::to_string(report.time_s) + " s, must be after the one before");
    require(times_s_.empty() || std::isfinite(report.time_s - times_s_.back()),
            "vehicle motion: reports at " + std::to_string(times_s_.empty() ? 0 : times_s_.back()) + " and " +
                std::to_string(report.time_s) + " s are further apart than a double can say");
    Quaternion q = rotation_of(angles);
    // q and -q are one rotation; the nearer one is the shorter way.
    if (!rotations_.empty() && dot4(q, rotations_.back()) < 0) {
      for (double& value : q) value = -value;
    }
    times_s_.push_back(report.time_s);
    rotations_.push_back(q);
  }
}

/// Index of the first report after `time_s`: 0 before the first, the number of reports from the last on.
std::size_t VehicleMotion::segment_of(double time_s) const noexcept {
  if (std::isnan(time_s)) return 0;
  return static_cast<std::size_t>(std::upper_bound(times_s_.begin(), times_s_.end(), time_s) -
                                  times_s_.begin());
}

Attitude VehicleMotion::vehicle_at(double time_s) const noexcept {
  const std::size_t next = segment_of(time_s);
  if (next == 0) return attitude_of(rotations_.front());
  if (next == times_s_.size()) return attitude_of(rotations_.back());
  const double part = (time_s - times_s_[next - 1]) / (times_s_[next] - times_s_[next - 1]);
  return attitude_of(slerp(rotations_[next - 1], rotations_[next], part));
}

Attitude VehicleMotion::attitude_at(double time_s) const noexcept {
  return Attitude::mounted(mounting_, vehicle_at(time_s));
}

double VehicleMotion::turn_rate_rad_s(double time_s) const noexcept {
  const std::size_t next = segment_of(time_s);
  if (next == 0 || next == times_s_.size()) return 0;
  return 2 * half_angle_rad(rotations_[next - 1], rotations_[next]) / (times_s_[next] - times_s_[next - 1]);
}

}  // namespace boresight::array
