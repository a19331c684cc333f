#include "boresight/array/vehicle_motion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr double exact = 1e-14;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

void expect_same(const Attitude& a, const Attitude& b, double tolerance = exact) {
  for (const Vec3 axis : {Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}}) {
    EXPECT_NEAR(norm(a.enu_from_array(axis) - b.enu_from_array(axis)), 0, tolerance);
  }
}

TEST(VehicleMotion, MeetsTheReportsAndStandsStillOutside) {
  const VehicleAngles first{0.3, 0.1, -0.2};
  const VehicleAngles last{1.9, -0.4, 0.5};
  const Attitude mounting(Attitude::Config{.yaw_rad = 2, .pitch_rad = 0.3});
  const VehicleMotion motion({.reports = {{1, first}, {2, {0.9, 0, 0}}, {4, last}}, .mounting = mounting});
  expect_same(motion.vehicle_at(1), Attitude::vehicle(first));
  expect_same(motion.vehicle_at(2), Attitude::vehicle({0.9, 0, 0}));
  expect_same(motion.vehicle_at(4), Attitude::vehicle(last));
  expect_same(motion.vehicle_at(-5), Attitude::vehicle(first));
  expect_same(motion.vehicle_at(100), Attitude::vehicle(last));
  expect_same(motion.vehicle_at(nan), Attitude::vehicle(first));
  expect_same(motion.attitude_at(2), Attitude::mounted(mounting, Attitude::vehicle({0.9, 0, 0})));
  EXPECT_EQ(motion.turn_rate_rad_s(0), 0);
  EXPECT_EQ(motion.turn_rate_rad_s(4), 0);
  // The axis of a rotation stays put: a turn about it by the rate times the time leads from report to report.
  const Attitude from = Attitude::vehicle(first);
  double trace = 0;
  for (const Vec3 axis : {Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}}) {
    trace += dot(from.enu_from_array(axis), motion.vehicle_at(2).enu_from_array(axis));
  }
  EXPECT_NEAR(motion.turn_rate_rad_s(1.5), std::acos(0.5 * (trace - 1)), 1e-12);
}

TEST(VehicleMotion, TurnsEvenlyAboutOneAxis) {
  // Heading alone: linear, also through north, where the number jumps from 350 to 10 degrees.
  const VehicleMotion turn(
      {.reports = {{0, {.heading_rad = rad_from_deg(350)}}, {2, {.heading_rad = rad_from_deg(10)}}}});
  for (const double t : {0.5, 1.0, 1.5}) {
    expect_same(turn.vehicle_at(t), Attitude::vehicle({.heading_rad = rad_from_deg(350 + 10 * t)}));
  }
  EXPECT_NEAR(turn.turn_rate_rad_s(0.5), rad_from_deg(10), exact);

  // Roll through a rolling ship: at 1 Hz reports of a 10 degree, 10 s swell the straight turn between is off
  // by at most w^2 A / 8 = 0.5 degrees.
  std::vector<VehicleMotion::Report> reports;
  const auto roll_rad = [](double t) { return rad_from_deg(10) * std::sin(2 * pi * t / 10); };
  for (int t = 0; t <= 20; ++t) reports.push_back({1.0 * t, {.roll_rad = roll_rad(t)}});
  const VehicleMotion ship({.reports = reports});
  double worst_rad = 0;
  for (double t = 0; t <= 20; t += 0.05) {
    const Vec3 up = ship.attitude_at(t).enu_from_array({0, 0, 1});
    worst_rad = std::max(worst_rad, std::abs(std::atan2(up.x, up.z) - roll_rad(t)));
  }
  EXPECT_LT(worst_rad, rad_from_deg(0.5));
  EXPECT_GT(worst_rad, rad_from_deg(0.4));
}

TEST(VehicleMotion, NearlyEqualReportsDoNotDivideByNothing) {
  const VehicleMotion still({.reports = {{0, {1, 0.1, 0.2}}, {1, {1, 0.1, 0.2}}, {2, {1 + 1e-9, 0.1, 0.2}}}});
  expect_same(still.vehicle_at(0.4), Attitude::vehicle({1, 0.1, 0.2}));
  EXPECT_NEAR(still.turn_rate_rad_s(0.4), 0, exact);
  EXPECT_NEAR(still.turn_rate_rad_s(1.4), 1e-9, 1e-15);
}

TEST(VehicleMotion, RefusesWhatIsNoMotion) {
  EXPECT_THROW(VehicleMotion({}), ConfigError);
  EXPECT_THROW(VehicleMotion({.reports = {{1, {}}, {1, {}}}}), ConfigError);
  EXPECT_THROW(VehicleMotion({.reports = {{nan, {}}}}), ConfigError);
  EXPECT_THROW(VehicleMotion({.reports = {{-1.7e308, {}}, {1.7e308, {}}}}), ConfigError);
  EXPECT_THROW(VehicleMotion({.reports = {{0, {.pitch_rad = nan}}}}), ConfigError);
}

}  // namespace
}  // namespace boresight::array
