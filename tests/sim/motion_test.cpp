#include "boresight/sim/motion.h"

#include <gtest/gtest.h>

#include <cmath>

#include "boresight/array/direction.h"
#include "boresight/core/units.h"

namespace boresight::sim {
namespace {

LeoPass overhead(double altitude_m) {
  return {.altitude_m = altitude_m, .culmination_azimuth_rad = 0, .culmination_elevation_rad = pi / 2};
}

// Seconds after culmination at which an overhead pass has sunk to `elevation_rad`.
double time_at_elevation(const LeoPass& pass, double elevation_rad) {
  double low = 0;
  double high = 1000;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (std::asin(state_at(pass, middle).direction.z) > elevation_rad ? low : high) = middle;
  }
  return low;
}

// Published numbers for spherical-Earth in-plane passes; slant in km, range rate in m/s, rounded to a unit.
TEST(Motion, LeoPassMeetsTheTableOfSlantRangeAndRangeRate) {
  struct Row {
    double altitude_km, elevation_deg, slant_km, range_rate_m_s;
  };
  for (const Row& row : {Row{550, 90, 550, 0}, Row{550, 40, 812, 5352}, Row{550, 25, 1123, 6331},
                         Row{550, 10, 1815, 6880}, Row{480, 25, 995, 6429}, Row{340, 25, 728, 6631}}) {
    const LeoPass pass = overhead(row.altitude_km * 1e3);
    const double t = row.elevation_deg == 90 ? 0 : time_at_elevation(pass, rad_from_deg(row.elevation_deg));
    const MotionState state = state_at(pass, t);
    EXPECT_NEAR(state.delay_s * speed_of_light_m_s / 1e3, row.slant_km, 0.6) << row.elevation_deg;
    EXPECT_NEAR(state.delay_rate * speed_of_light_m_s, row.range_rate_m_s, 1.0) << row.elevation_deg;
  }
}

TEST(Motion, LeoPassMeetsTheZenithRates) {
  struct Row {
    double altitude_km, doppler_rate_khz_s, degrees_per_s;
  };
  for (const Row& row : {Row{550, 3.64, 0.79}, Row{480, 4.26, 0.91}, Row{340, 6.27, 1.30}}) {
    const LeoPass pass = overhead(row.altitude_km * 1e3);
    const double before = state_at(pass, -0.5).delay_rate;
    const double after = state_at(pass, 0.5).delay_rate;
    EXPECT_NEAR(11.325e9 * (after - before) / 1e3, row.doppler_rate_khz_s, 0.01);
    const double turned = std::acos(dot(state_at(pass, -0.5).direction, state_at(pass, 0.5).direction));
    EXPECT_NEAR(deg_from_rad(turned), row.degrees_per_s, 0.01);
  }
}

// 269 s above 25 degrees at 550 km.
TEST(Motion, LeoPassLastsAsLongAsTheTableSays) {
  EXPECT_NEAR(2 * time_at_elevation(overhead(550e3), rad_from_deg(25)), 269, 1);
  EXPECT_NEAR(2 * time_at_elevation(overhead(480e3), rad_from_deg(25)), 237, 1);
}

TEST(Motion, LeoPassCulminatesWhereItIsAskedTo) {
  const LeoPass pass = {.altitude_m = 480e3,
                        .culmination_azimuth_rad = rad_from_deg(330),
                        .culmination_elevation_rad = rad_from_deg(30),
                        .start_time_s = -55};
  const MotionState top = state_at(pass, 55);
  const array::SkyDirection at = array::sky_from_enu(top.direction);
  EXPECT_NEAR(deg_from_rad(at.azimuth_rad), 330, 1e-9);
  EXPECT_NEAR(deg_from_rad(at.elevation_rad), 30, 1e-9);
  EXPECT_NEAR(top.delay_rate, 0, 1e-15);
  EXPECT_LT(state_at(pass, 0).direction.z, top.direction.z);
  EXPECT_LT(state_at(pass, 110).direction.z, top.direction.z);
  // Moves towards azimuth + 90 degrees: 60.
  EXPECT_GT(array::sky_from_enu(state_at(pass, 60).direction).azimuth_rad, at.azimuth_rad);
}

TEST(Motion, DelayRateIsTheDerivativeOfTheDelay) {
  const LeoPass leo = {.altitude_m = 550e3, .culmination_azimuth_rad = 1, .culmination_elevation_rad = 0.7};
  // Runs into the limit of 100 ppm on both sides.
  const Track track = {.doppler_hz = 230e3, .doppler_rate_hz_s = -4e3};
  for (const Motion& motion : {Motion(leo), Motion(track)}) {
    for (double t = -400; t <= 500; t += 37) {
      constexpr double h = 1e-2;
      const double slope = (state_at(motion, t + h).delay_s - state_at(motion, t - h).delay_s) / (2 * h);
      EXPECT_NEAR(state_at(motion, t).delay_rate, slope, 1e-11) << t;
    }
  }
}

TEST(Motion, TrackHasTheDopplerItStates) {
  const Track track = {.azimuth_rad = 1,
                       .elevation_rad = 0.5,
                       .azimuth_rate_rad_s = 0.01,
                       .elevation_rate_rad_s = -0.02,
                       .doppler_hz = 230e3,
                       .doppler_rate_hz_s = -4e3,
                       .reference_carrier_hz = 11.325e9};
  EXPECT_EQ(state_at(track, 0).delay_s, 0);
  for (const double t : {0.0, 0.5, 10.0}) {
    const MotionState state = state_at(track, t);
    EXPECT_NEAR(-state.delay_rate * 11.325e9, 230e3 - 4e3 * t, 1e-6);
    EXPECT_NEAR(-state.delay_s * 11.325e9, 230e3 * t - 2e3 * t * t, 1e-3);
    const array::SkyDirection at = array::sky_from_enu(state.direction);
    EXPECT_NEAR(at.azimuth_rad, 1 + 0.01 * t, 1e-12);
    EXPECT_NEAR(at.elevation_rad, 0.5 - 0.02 * t, 1e-12);
  }
  EXPECT_EQ(state_at(track, 1e4).delay_rate, max_relative_doppler);
  EXPECT_EQ(state_at(track, -1e4).delay_rate, -max_relative_doppler);
}

}  // namespace
}  // namespace boresight::sim
