#include "boresight/array/direction.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

// Rotations multiply numbers of magnitude 1 a dozen times: a few ulp.
constexpr double exact = 4e-15;

void expect_near(Vec3 actual, Vec3 expected) {
  EXPECT_NEAR(norm(actual - expected), 0, exact);
}

TEST(SkyDirection, CompassPoints) {
  expect_near(enu_from_sky({0, 0}), {0, 1, 0});                 // north
  expect_near(enu_from_sky({rad_from_deg(90), 0}), {1, 0, 0});  // east
  expect_near(enu_from_sky({rad_from_deg(180), 0}), {0, -1, 0});
  expect_near(enu_from_sky({1.234, rad_from_deg(90)}), {0, 0, 1});
  expect_near(enu_from_sky({rad_from_deg(90), rad_from_deg(30)}), {std::sqrt(3) / 2, 0, 0.5});
}

TEST(SkyDirection, RoundTrip) {
  Random random(1);
  for (int i = 0; i < 200; ++i) {
    const SkyDirection direction{2 * pi * random.uniform(), pi * (random.uniform() - 0.5)};
    const SkyDirection back = sky_from_enu(7.0 * enu_from_sky(direction));
    EXPECT_NEAR(back.elevation_rad, direction.elevation_rad, exact);
    // Near the zenith the azimuth is worth less; its arc on the sphere is what counts.
    EXPECT_NEAR(std::sin(back.azimuth_rad - direction.azimuth_rad) * std::cos(direction.elevation_rad), 0,
                exact);
    EXPECT_GE(back.azimuth_rad, 0);
    EXPECT_LT(back.azimuth_rad, 2 * pi);
  }
}

TEST(SkyDirection, AnyLengthAndNeverAWholeTurn) {
  EXPECT_EQ(sky_from_enu({-1e-20, 1, 0}).azimuth_rad, 0);
  EXPECT_NEAR(sky_from_enu({1e-200, 0, 0}).azimuth_rad, pi / 2, exact);
  EXPECT_NEAR(sky_from_enu({0, 0, 1e-300}).elevation_rad, pi / 2, exact);
}

TEST(SkyDirection, WhatIsNoDirectionIsNorth) {
  for (const Vec3 v : {Vec3{}, Vec3{std::numeric_limits<double>::quiet_NaN(), 1, 1}}) {
    EXPECT_EQ(sky_from_enu(v).azimuth_rad, 0);
    EXPECT_EQ(sky_from_enu(v).elevation_rad, 0);
  }
}

TEST(Attitude, FlatOnTheRoofIsEastNorthUp) {
  const Attitude flat;
  const Vec3 v{0.1, -0.2, 0.3};
  EXPECT_EQ(flat.array_from_enu(v), v);
  expect_near(Attitude(Attitude::Config{}).array_from_enu(v), v);
}

TEST(Attitude, YawTurnsTheTopClockwise) {
  const Attitude east_up(Attitude::Config{.yaw_rad = rad_from_deg(90)});
  expect_near(east_up.array_from_sky({rad_from_deg(90), 0}), {0, 1, 0});
  expect_near(east_up.array_from_sky({rad_from_deg(180), 0}), {1, 0, 0});
  expect_near(east_up.array_from_sky({0, rad_from_deg(90)}), {0, 0, 1});
}

TEST(Attitude, PitchTiltsTheBoresightTowardsTheYaw) {
  const Attitude south(Attitude::Config{.yaw_rad = rad_from_deg(180), .pitch_rad = rad_from_deg(50)});
  expect_near(south.array_from_sky({rad_from_deg(180), rad_from_deg(40)}), {0, 0, 1});
  // The top of a panel that looks down to the south is its low southern edge; west is to its right.
  expect_near(south.enu_from_array({0, 1, 0}), enu_from_sky({rad_from_deg(180), rad_from_deg(-50)}));
  expect_near(south.array_from_sky({rad_from_deg(270), 0}), {1, 0, 0});
}

TEST(Attitude, RollTurnsLikeYawWhenFlatAndKeepsTheBoresight) {
  const Attitude roll(Attitude::Config{.roll_rad = 0.7});
  const Attitude yaw(Attitude::Config{.yaw_rad = 0.7});
  const Vec3 v{0.3, 0.4, -0.5};
  expect_near(roll.array_from_enu(v), yaw.array_from_enu(v));

  // An upright panel facing south with its top up: roll by half a turn.
  const Attitude wall(Attitude::Config{.yaw_rad = pi, .pitch_rad = pi / 2, .roll_rad = pi});
  expect_near(wall.enu_from_array({0, 0, 1}), {0, -1, 0});
  expect_near(wall.enu_from_array({0, 1, 0}), {0, 0, 1});
  expect_near(wall.enu_from_array({1, 0, 0}), {1, 0, 0});
}

TEST(Attitude, IsARotation) {
  Random random(2);
  for (int i = 0; i < 100; ++i) {
    const Attitude attitude(Attitude::Config{20 * (random.uniform() - 0.5), 20 * (random.uniform() - 0.5),
                                             20 * (random.uniform() - 0.5)});
    const Vec3 x = attitude.enu_from_array({1, 0, 0});
    const Vec3 y = attitude.enu_from_array({0, 1, 0});
    const Vec3 z = attitude.enu_from_array({0, 0, 1});
    EXPECT_NEAR(dot(x, x), 1, exact);
    EXPECT_NEAR(dot(y, y), 1, exact);
    EXPECT_NEAR(dot(x, y), 0, exact);
    expect_near({x.y * y.z - x.z * y.y, x.z * y.x - x.x * y.z, x.x * y.y - x.y * y.x}, z);  // right-handed
    const Vec3 v{random.uniform(), random.uniform(), random.uniform()};
    expect_near(attitude.enu_from_array(attitude.array_from_enu(v)), v);
    const SkyDirection direction{1.0, 0.3};
    EXPECT_NEAR(attitude.sky_from_array(attitude.array_from_sky(direction)).azimuth_rad, 1.0, exact);
  }
}

TEST(Attitude, RefusesAnglesThatAreNotFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(Attitude(Attitude::Config{.yaw_rad = nan}), ConfigError);
  EXPECT_THROW(Attitude(Attitude::Config{.pitch_rad = std::numeric_limits<double>::infinity()}), ConfigError);
  EXPECT_THROW(Attitude(Attitude::Config{.roll_rad = nan}), ConfigError);
}

TEST(Attitude, VehicleTurnsNoseUpAndRightSideDown) {
  expect_near(Attitude::vehicle({}).array_from_enu({0.1, 0.2, 0.3}), {0.1, 0.2, 0.3});
  const Attitude east = Attitude::vehicle({.heading_rad = pi / 2});
  expect_near(east.enu_from_array({0, 1, 0}), {1, 0, 0});   // forward
  expect_near(east.enu_from_array({1, 0, 0}), {0, -1, 0});  // right is south
  const Attitude climbing = Attitude::vehicle({.pitch_rad = rad_from_deg(30)});
  EXPECT_NEAR(climbing.sky_from_array({0, 1, 0}).elevation_rad, rad_from_deg(30), exact);
  const Attitude banking = Attitude::vehicle({.roll_rad = rad_from_deg(20)});
  EXPECT_NEAR(banking.sky_from_array({1, 0, 0}).elevation_rad, rad_from_deg(-20), exact);
  expect_near(banking.enu_from_array({0, 1, 0}), {0, 1, 0});  // about the forward axis
  // Heading, then pitch, then roll: banking does not move the nose.
  const Attitude all = Attitude::vehicle({1.0, 0.2, 0.7});
  EXPECT_NEAR(all.sky_from_array({0, 1, 0}).azimuth_rad, 1.0, exact);
  EXPECT_NEAR(all.sky_from_array({0, 1, 0}).elevation_rad, 0.2, exact);
}

TEST(Attitude, MountedIsOneAfterTheOther) {
  Random random(3);
  for (int i = 0; i < 50; ++i) {
    const Attitude mounting(Attitude::Config{6 * random.uniform(), random.uniform(), random.uniform()});
    const Attitude vehicle = Attitude::vehicle({6 * random.uniform(), random.uniform(), random.uniform()});
    const Attitude both = Attitude::mounted(mounting, vehicle);
    const Vec3 v{random.uniform(), random.uniform(), random.uniform()};
    expect_near(both.array_from_enu(v), mounting.array_from_enu(vehicle.array_from_enu(v)));
    expect_near(both.enu_from_array(both.array_from_enu(v)), v);
  }
  // A panel tilted backwards by 20 degrees on a car that drives east looks to the west.
  const Attitude back(Attitude::Config{.yaw_rad = pi, .pitch_rad = rad_from_deg(20)});
  const Attitude driving = Attitude::mounted(back, Attitude::vehicle({.heading_rad = pi / 2}));
  EXPECT_NEAR(driving.sky_from_array({0, 0, 1}).azimuth_rad, 1.5 * pi, exact);
  EXPECT_NEAR(driving.sky_from_array({0, 0, 1}).elevation_rad, rad_from_deg(70), exact);
}

TEST(Attitude, AxesMustBeARotation) {
  expect_near(Attitude::from_axes({0, 1, 0}, {0, 0, 1}, {1, 0, 0}).enu_from_array({1, 0, 0}), {0, 1, 0});
  EXPECT_THROW(Attitude::from_axes({1, 0, 0}, {0, 1, 0}, {0, 0, -1}), ConfigError);  // left-handed
  EXPECT_THROW(Attitude::from_axes({1, 0, 0}, {0.1, 1, 0}, {0, 0, 1}), ConfigError);
  EXPECT_THROW(Attitude::from_axes({2, 0, 0}, {0, 1, 0}, {0, 0, 1}), ConfigError);
  EXPECT_THROW(Attitude::vehicle({.roll_rad = std::numeric_limits<double>::infinity()}), ConfigError);
}

}  // namespace
}  // namespace boresight::array
