#include "boresight/array/geometry.h"

#include <gtest/gtest.h>

#include <limits>

#include "boresight/core/error.h"

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

}  // namespace
}  // namespace boresight::array
