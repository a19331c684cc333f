#include "boresight/array/geometry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

Vec3 centroid(const Geometry& geometry) {
  Vec3 sum;
  for (const Vec3 r : geometry.positions_m) sum = sum + r;
  return (1.0 / static_cast<double>(geometry.elements())) * sum;
}

TEST(Geometry, LineIsCenteredOnX) {
  const Geometry line = Geometry::line(4, 0.5);
  ASSERT_EQ(line.elements(), 4U);
  EXPECT_EQ(line.positions_m[0], (Vec3{-0.75, 0, 0}));
  EXPECT_EQ(line.positions_m[1], (Vec3{-0.25, 0, 0}));
  EXPECT_EQ(line.positions_m[3], (Vec3{0.75, 0, 0}));
}

TEST(Geometry, RectangleRunsAlongXFirst) {
  const Geometry panel = Geometry::rectangle(3, 2, 0.1, 0.2);
  ASSERT_EQ(panel.elements(), 6U);
  EXPECT_EQ(panel.positions_m[0], (Vec3{-0.1, -0.1, 0}));
  EXPECT_EQ(panel.positions_m[2], (Vec3{0.1, -0.1, 0}));
  EXPECT_EQ(panel.positions_m[3], (Vec3{-0.1, 0.1, 0}));
  EXPECT_NEAR(norm(centroid(panel)), 0, 1e-15);
}

TEST(Geometry, CircleStartsOnXAndTurnsCounterclockwise) {
  const Geometry ring = Geometry::circle(4, 2.0);
  EXPECT_NEAR(norm(ring.positions_m[0] - Vec3{2, 0, 0}), 0, 1e-15);
  EXPECT_NEAR(norm(ring.positions_m[1] - Vec3{0, 2, 0}), 0, 1e-15);
  EXPECT_NEAR(norm(centroid(ring)), 0, 1e-15);
}

TEST(Geometry, PositionsAreKeptAsGiven) {
  const std::vector<Vec3> given = {{1, 2, 3}, {4, 5, 6}};
  EXPECT_EQ(Geometry::from_positions(given).positions_m, given);
}

TEST(Geometry, AcceptsExactlyOneToTheLimit) {
  EXPECT_EQ(Geometry::line(1, 0.1).elements(), 1U);
  EXPECT_EQ(Geometry::rectangle(32, 32, 0.1, 0.1).elements(), max_elements);
  EXPECT_THROW(Geometry::line(0, 0.1), ConfigError);
  EXPECT_THROW(Geometry::line(max_elements + 1, 0.1), ConfigError);
  EXPECT_THROW(Geometry::rectangle(33, 32, 0.1, 0.1), ConfigError);
  EXPECT_THROW(Geometry::rectangle(4, 0, 0.1, 0.1), ConfigError);
  // Counts whose product wraps around must not pass as a small array.
  EXPECT_THROW(Geometry::rectangle(std::size_t{1} << 63, 2, 0.1, 0.1), ConfigError);
  EXPECT_THROW(Geometry::from_positions({}), ConfigError);
}

TEST(Geometry, RefusesLengthsThatAreNotPositive) {
  for (const double bad : {0.0, -0.1, nan, infinity}) {
    EXPECT_THROW(Geometry::line(4, bad), ConfigError) << bad;
    EXPECT_THROW(Geometry::rectangle(2, 2, 0.1, bad), ConfigError) << bad;
    EXPECT_THROW(Geometry::circle(4, bad), ConfigError) << bad;
  }
}

TEST(Geometry, RefusesBadPositions) {
  EXPECT_THROW(Geometry::from_positions({{0, 0, 0}, {0, nan, 0}}), ConfigError);
  EXPECT_THROW(Geometry::from_positions({{infinity, 0, 0}}), ConfigError);
  EXPECT_THROW(Geometry::from_positions({{0, 0, 0}, {1, 0, 0}, {0, 0, 1e-9}}), ConfigError);
}

double nearest(const Geometry& geometry, std::size_t element) {
  double best = infinity;
  for (std::size_t e = 0; e < geometry.elements(); ++e) {
    if (e != element) {
      best = std::min(best, norm(geometry.positions_m[e] - geometry.positions_m[element]));
    }
  }
  return best;
}

TEST(Geometry, TriangularRowsAreShiftedByHalf) {
  const double dy = std::sqrt(0.75);
  for (const std::size_t rows : {1U, 2U, 5U}) {
    const Geometry lattice = Geometry::triangular(4, rows, 1.0, dy);
    ASSERT_EQ(lattice.elements(), 4 * rows);
    EXPECT_NEAR(norm(centroid(lattice)), 0, 1e-14) << rows;
    if (rows == 1) continue;
    EXPECT_NEAR(lattice.positions_m[4].x - lattice.positions_m[0].x, 0.5, 1e-15);
    for (std::size_t e = 0; e < lattice.elements(); ++e) EXPECT_NEAR(nearest(lattice, e), 1, 1e-14);
  }
}

TEST(Geometry, HexagonHasSixfoldSymmetry) {
  const Geometry hexagon = Geometry::hexagon(3, 0.1);
  ASSERT_EQ(hexagon.elements(), 37U);
  EXPECT_EQ(Geometry::hexagon(0, 0.1).elements(), 1U);
  EXPECT_EQ(Geometry::hexagon(17, 0.1).elements(), 919U);
  EXPECT_THROW(Geometry::hexagon(18, 0.1), ConfigError);
  EXPECT_THROW(Geometry::hexagon(std::size_t{1} << 40, 0.1), ConfigError);
  EXPECT_NEAR(norm(hexagon.positions_m[18]), 0, 1e-15);  // the middle
  EXPECT_NEAR(norm(hexagon.positions_m[15] - Vec3{-0.3, 0, 0}), 0, 1e-15);
  for (const Vec3 r : hexagon.positions_m) {
    // A turn by 60 degrees leads from every element to another.
    const Vec3 turned{0.5 * r.x - std::sqrt(0.75) * r.y, std::sqrt(0.75) * r.x + 0.5 * r.y, 0};
    double best = infinity;
    for (const Vec3 other : hexagon.positions_m) best = std::min(best, norm(other - turned));
    EXPECT_NEAR(best, 0, 1e-15);
  }
}

TEST(Geometry, CylinderLiesOnItsSurface) {
  const Geometry cylinder = Geometry::cylinder(9, 2, 0.1, 0.2, 0.5);
  ASSERT_EQ(cylinder.elements(), 18U);
  EXPECT_EQ(cylinder.positions_m[4], (Vec3{0, -0.1, 0}));
  EXPECT_EQ(cylinder.normal(4), (Vec3{0, 0, 1}));
  for (std::size_t e = 0; e < 18; ++e) {
    const Vec3 from_axis = cylinder.positions_m[e] - Vec3{0, cylinder.positions_m[e].y, -0.5};
    EXPECT_NEAR(norm(from_axis - 0.5 * cylinder.normal(e)), 0, 1e-15);
  }
  EXPECT_NEAR(dot(cylinder.normal(0), cylinder.normal(1)), std::cos(0.2), 1e-15);  // arc over radius
  // A closed circle is the limit: one column more would land on the first.
  EXPECT_EQ(Geometry::cylinder(10, 1, 0.1 * pi, 1, 0.5).elements(), 10U);
  EXPECT_THROW(Geometry::cylinder(11, 1, 0.1 * pi, 1, 0.5), ConfigError);
  EXPECT_THROW(Geometry::cylinder(3, 1, 0.1, 1, 0.0), ConfigError);
}

TEST(Geometry, SphereCapLiesOnItsSurface) {
  const Geometry cap = Geometry::sphere_cap(4, 0.05, 0.3);
  EXPECT_EQ(cap.elements(), 1U + 6U + 12U + 18U + 23U);  // 2 pi sin(k / 6) * 6: 6.25, 12.3, 18.07, 23.3
  for (std::size_t e = 0; e < cap.elements(); ++e) {
    EXPECT_NEAR(norm(cap.positions_m[e] - Vec3{0, 0, -0.3} - 0.3 * cap.normal(e)), 0, 1e-15);
    EXPECT_GT(nearest(cap, e), 0.04);
  }
  EXPECT_THROW(Geometry::sphere_cap(20, 0.05, 0.3), ConfigError);  // beyond the opposite pole
  EXPECT_THROW(Geometry::sphere_cap(2, 1e-6, 0.3), ConfigError);   // closer than a micrometre
  EXPECT_THROW(Geometry::sphere_cap(100, 0.01, 3), ConfigError);   // more than 1024 elements
}

TEST(Geometry, NormalsAreScaledAndChecked) {
  const Geometry tilted = Geometry::from_positions({{0, 0, 0}, {1, 0, 0}}, {{0, 0, 2}, {3, 0, 4}});
  EXPECT_NEAR(norm(tilted.normal(1) - Vec3{0.6, 0, 0.8}), 0, 1e-15);
  EXPECT_EQ(Geometry::line(2, 1).normal(1), (Vec3{0, 0, 1}));
  EXPECT_THROW(Geometry::from_positions({{0, 0, 0}, {1, 0, 0}}, {{0, 0, 1}}), ConfigError);
  EXPECT_THROW(Geometry::from_positions({{0, 0, 0}}, {{0, 0, 0}}), ConfigError);
  EXPECT_THROW(Geometry::from_positions({{0, 0, 0}}, {{0, nan, 1}}), ConfigError);
  Geometry by_hand{{{0, 0, 0}}, {{0, 0, 1.1}}};
  EXPECT_THROW(by_hand.check(), ConfigError);
}

}  // namespace
}  // namespace boresight::array
