#include "boresight/array/polarization.h"

#include <gtest/gtest.h>

#include <cmath>

#include "boresight/core/random.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr double exact = 1e-14;

Vec3 random_direction(Random& random) {
  const Vec3 v{random.normal(), random.normal(), random.normal()};
  return (1 / norm(v)) * v;
}

TEST(Polarization, AxesAreAcrossAndTurnWithTheDirection) {
  Random random(1);
  for (int i = 0; i < 200; ++i) {
    const Vec3 u = random_direction(random);
    const TransverseAxes axes = transverse_axes(u);
    EXPECT_NEAR(dot(axes.x, u), 0, 1e-12);
    EXPECT_NEAR(dot(axes.y, u), 0, 1e-12);
    EXPECT_NEAR(dot(axes.x, axes.y), 0, 1e-12);
    EXPECT_NEAR(norm(axes.x), 1, 1e-12);
    // Ludwig 3 by theta and phi: e_x = theta cos(phi) - phi sin(phi).
    const double theta = std::atan2(std::hypot(u.x, u.y), u.z);
    const double phi = std::atan2(u.y, u.x);
    const Vec3 theta_hat{std::cos(theta) * std::cos(phi), std::cos(theta) * std::sin(phi), -std::sin(theta)};
    const Vec3 phi_hat{-std::sin(phi), std::cos(phi), 0};
    EXPECT_NEAR(norm(axes.x - (std::cos(phi) * theta_hat - std::sin(phi) * phi_hat)), 0, 1e-12);
    EXPECT_NEAR(norm(axes.y - (std::sin(phi) * theta_hat + std::cos(phi) * phi_hat)), 0, 1e-12);
  }
  EXPECT_EQ(transverse_axes({0, 0, 1}).x, (Vec3{1, 0, 0}));
  EXPECT_EQ(transverse_axes({0, 0, -1}).x, (Vec3{-1, 0, 0}));
}

TEST(Polarization, MatchesAreThoseOfTheTextbook) {
  EXPECT_NEAR(polarization_match(Jones::rhcp(), Jones::rhcp()), 1, exact);
  EXPECT_NEAR(polarization_match(Jones::rhcp(), Jones::lhcp()), 0, exact);
  EXPECT_NEAR(polarization_match(Jones::linear(0.3), Jones::rhcp()), 0.5, exact);
  EXPECT_NEAR(polarization_match(Jones::linear(0), Jones::linear(0.3)), std::pow(std::cos(0.3), 2), exact);
  EXPECT_EQ(polarization_match({0, 0}, Jones::rhcp()), 0);
}

TEST(Polarization, RightHandTurnsCounterclockwiseForWhoLooksAtTheSource) {
  // The field Re{(x, y) e^{j w t}} of a wave from the boresight at two instants. IEEE Std 145: clockwise seen
  // along the propagation, which is the right-hand turn about it.
  const Jones wave = Jones::rhcp();
  const auto field = [&wave](double phase) {
    const cf64 turn = std::polar(1.0, phase);
    return Vec3{(wave.x * turn).real(), (wave.y * turn).real(), 0};
  };
  const Vec3 now = field(0);
  const Vec3 later = field(0.1);
  const Vec3 propagation{0, 0, -1};
  EXPECT_GT((now.x * later.y - now.y * later.x) * propagation.z, 0);
}

TEST(Polarization, CircularStaysCircularFromSkyToArray) {
  Random random(2);
  for (int i = 0; i < 100; ++i) {
    const Attitude attitude(Attitude::Config{6 * random.uniform(), 0.5 * random.uniform(), random.uniform()});
    const SkyDirection direction{6 * random.uniform(), 1.5 * random.uniform()};
    // In the sky's axes (right, up) RHCP is what lhcp() holds as numbers.
    const Jones wave = sky_to_array(attitude, direction, Jones::lhcp());
    EXPECT_NEAR(polarization_match(Jones::rhcp(), wave), 1, 1e-12);
    EXPECT_NEAR(std::norm(wave.x) + std::norm(wave.y), 1, 1e-12);
  }
}

TEST(Polarization, VerticalFromTheHorizonIsUp) {
  // An upright panel that faces south, top up: x of the array is east. A source on the boresight at the
  // horizon.
  const Attitude wall(Attitude::Config{.yaw_rad = pi, .pitch_rad = pi / 2, .roll_rad = pi});
  const Jones vertical = sky_to_array(wall, {pi, 0}, {0, 1});
  EXPECT_NEAR(std::abs(vertical.y - 1.0), 0, exact);
  const Jones horizontal = sky_to_array(wall, {pi, 0}, {1, 0});
  EXPECT_NEAR(std::abs(horizontal.x + 1.0), 0, exact);  // right of who looks south is west
}

}  // namespace
}  // namespace boresight::array
