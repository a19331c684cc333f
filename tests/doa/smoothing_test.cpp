#include "boresight/doa/smoothing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "boresight/core/error.h"
#include "boresight/doa/eigenspace.h"
#include "boresight/doa/root_music.h"
#include "support/doa_scene.h"

namespace boresight::doa {
namespace {

using test::doa_wavelength_m;
using test::DoaScene;
using test::on_line;

double second_eigenvalue(const GridBuffer<cf64>& r) {
  Eigenspace space({.elements = r.rows(), .vectors = 2});
  space.compute(r.view());
  return space.values()[1];
}

TEST(Smoothing, ForwardBackwardIsTheDefinition) {
  for (const std::size_t n : {1, 2, 5, 8}) {
    Random random(n);
    GridBuffer<cf64> r(n, n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < n; ++k) r(i, k) = cf64(random.complex_normal());
    }
    const GridBuffer<cf64> was = r;
    forward_backward(r.view());
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < n; ++k) {
        EXPECT_LT(std::abs(r(i, k) - 0.5 * (was(i, k) + std::conj(was(n - 1 - i, n - 1 - k)))), 1e-15);
      }
    }
  }
}

TEST(Smoothing, CoherentPathsGetARankEach) {
  const DoaScene scene{.directions = {on_line(-15), on_line(12)}, .coherent = true};
  GridBuffer<cf64> r = scene.covariance(0);
  EXPECT_LT(second_eigenvalue(r), 1e-9);
  GridBuffer<cf64> part(7, 7);
  spatial_smoothing(r.view(), 8, 1, 7, 1, part.view());
  EXPECT_GT(second_eigenvalue(part), 1);
  // Directions stay what they are, to the root of rounding.
  for (int backward = 0; backward < 2; ++backward) {
    const LineAngles found = root_music({.elements = 7}, part.view(), 2);
    ASSERT_EQ(found.angles_rad.size(), 2U);
    EXPECT_NEAR(deg_from_rad(found.angles_rad[0]), -15, 1e-5);
    EXPECT_NEAR(deg_from_rad(found.angles_rad[1]), 12, 1e-5);
    forward_backward(part.view());
  }
  forward_backward(r.view());
  EXPECT_GT(second_eigenvalue(r), 1);
}

TEST(Smoothing, RectangleAndUncorrelatedSourcesKeepTheirCovariance) {
  // Without correlation every part has the same covariance.
  const DoaScene whole{.geometry = array::Geometry::rectangle(4, 3, 0.15, 0.15),
                       .directions = {{0.3, 0.2, std::sqrt(0.87)}, {-0.5, 0.1, std::sqrt(0.74)}}};
  DoaScene part = whole;
  part.geometry = array::Geometry::rectangle(2, 2, 0.15, 0.15);
  const auto expected = part.covariance();
  GridBuffer<cf64> r(4, 4);
  spatial_smoothing(whole.covariance().view(), 4, 3, 2, 2, r.view());
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t k = 0; k < 4; ++k) EXPECT_LT(std::abs(r(i, k) - expected(i, k)), 1e-12);
  }
}

TEST(Smoothing, RefusesPartsThatDoNotFit) {
  GridBuffer<cf64> r(8, 8);
  GridBuffer<cf64> out(4, 4);
  EXPECT_THROW(spatial_smoothing(r.view(), 8, 1, 9, 1, out.view()), ConfigError);
  EXPECT_THROW(spatial_smoothing(r.view(), 8, 1, 0, 1, out.view()), ConfigError);
  EXPECT_THROW(spatial_smoothing(r.view(), 8, 1, 5, 1, out.view()), ConfigError);
  EXPECT_THROW(spatial_smoothing(r.view(), 4, 1, 4, 1, out.view()), ConfigError);
}

// Parts of a line with a gap do not see the same scene.
TEST(Smoothing, UnevenArraysAreRefused) {
  const GridBuffer<cf64> r(6, 6);
  GridBuffer<cf64> out(4, 4);
  array::Geometry line = array::Geometry::line(6, 0.15);
  EXPECT_NO_THROW(spatial_smoothing(line, r.view(), 6, 1, 4, 1, out.view()));
  EXPECT_NO_THROW(
      spatial_smoothing(array::Geometry::rectangle(3, 2, 0.1, 0.2), r.view(), 3, 2, 2, 2, out.view()));
  EXPECT_THROW(spatial_smoothing(line, r.view(), 3, 2, 2, 1, out.view()), ConfigError);
  EXPECT_THROW(spatial_smoothing(line, r.view(), 5, 1, 4, 1, out.view()), ConfigError);
  line.positions_m[4].x += 2e-6;
  EXPECT_THROW(spatial_smoothing(line, r.view(), 6, 1, 4, 1, out.view()), ConfigError);
  EXPECT_THROW(spatial_smoothing(array::Geometry::circle(6, 0.15), r.view(), 6, 1, 4, 1, out.view()),
               ConfigError);
  // Every other row of a triangular lattice is shifted: three rows are no lattice in this order.
  const GridBuffer<cf64> nine(9, 9);
  EXPECT_THROW(
      spatial_smoothing(array::Geometry::triangular(3, 3, 0.1, 0.1), nine.view(), 3, 3, 2, 2, out.view()),
      ConfigError);
}

}  // namespace
}  // namespace boresight::doa
