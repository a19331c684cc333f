#include "boresight/doa/esprit.h"

#include <gtest/gtest.h>

#include <cmath>

#include "boresight/core/error.h"
#include "bound_scene.h"
#include "support/doa_scene.h"

namespace boresight::doa {
namespace {

using test::doa_wavelength_m;
using test::DoaScene;
using test::on_line;

TEST(UnitaryEsprit, ExactCovariancesGiveExactAngles) {
  for (const double spacing : {0.5, 0.3}) {
    for (const std::size_t elements : {4, 5, 8, 17}) {
      const DoaScene scene{.geometry = array::Geometry::line(elements, spacing * doa_wavelength_m),
                           .directions = {on_line(-41), on_line(8), on_line(33)}};
      const LineAngles found = unitary_esprit(LineArray{.elements = elements, .spacing_wavelengths = spacing},
                                              scene.covariance().view(), 3);
      ASSERT_EQ(found.missing, 0U);
      EXPECT_NEAR(deg_from_rad(found.angles_rad[0]), -41, 1e-8);
      EXPECT_NEAR(deg_from_rad(found.angles_rad[1]), 8, 1e-8);
      EXPECT_NEAR(deg_from_rad(found.angles_rad[2]), 33, 1e-8);
    }
  }
}

TEST(UnitaryEsprit, OnARectanglePairsTheAxes) {
  // Two sources share x and two share y, which no pair of one-dimensional estimates can sort out.
  const Vec3 u[] = {{0.3, 0.2, std::sqrt(0.87)}, {0.3, -0.4, std::sqrt(0.75)}, {-0.5, 0.2, std::sqrt(0.71)}};
  for (const auto& [columns, rows] : {std::pair<std::size_t, std::size_t>{4, 3}, {8, 8}, {3, 5}}) {
    DoaScene scene{
        .geometry = array::Geometry::rectangle(columns, rows, 0.5 * doa_wavelength_m, 0.4 * doa_wavelength_m),
        .directions = {u[0], u[1], u[2]}};
    const PlaneDirections found =
        unitary_esprit(RectangleArray{.columns = columns, .rows = rows, .dy_wavelengths = 0.4},
                       scene.covariance().view(), 3);
    ASSERT_EQ(found.directions.size(), 3U);
    for (const Vec3& truth : u) {
      double nearest = 10;
      for (const Vec3& direction : found.directions) nearest = std::min(nearest, norm(direction - truth));
      EXPECT_LT(nearest, 1e-9);
    }
  }
}

TEST(UnitaryEsprit, TellsCoherentPathsApart) {
  const DoaScene scene{.directions = {on_line(-15), on_line(12)}, .coherent = true};
  const LineAngles found = unitary_esprit(LineArray{.elements = 8}, scene.covariance().view(), 2);
  ASSERT_EQ(found.missing, 0U);
  EXPECT_NEAR(deg_from_rad(found.angles_rad[0]), -15, 1e-6);
  EXPECT_NEAR(deg_from_rad(found.angles_rad[1]), 12, 1e-6);
}

// Its two overlapping halves cost 10 to 50 % over the bound. Close sources give a pair of complex roots now
// and then, and no angles.
TEST(UnitaryEsprit, StaysNearTheBound) {
  for (const test::BoundPoint& point : test::bound_points) {
    const auto errors = test::over_bound(
        point, [](Grid<const cf64> r) { return unitary_esprit(LineArray{.elements = 8}, r, 2).angles_rad; });
    EXPECT_LE(errors.incomplete, test::bound_trials / 100);
    EXPECT_GT(errors.rms, 0.95);
    EXPECT_LT(errors.rms, 1.5);
  }
}

TEST(UnitaryEsprit, PhasesWithoutADirectionAreMissing) {
  // Elements a fifth of a wavelength apart, and a phase between them that only half a wavelength can make.
  const DoaScene scene{.directions = {on_line(70)}};
  EXPECT_EQ(unitary_esprit(LineArray{.elements = 8, .spacing_wavelengths = 0.2}, scene.covariance().view(), 1)
                .missing,
            1U);
}

TEST(UnitaryEsprit, BadCovariancesAreDefined) {
  for (const test::BadCovariance& bad : test::bad_covariances()) {
    const LineAngles found = unitary_esprit(LineArray{.elements = 6}, bad.r.view(), 2);
    EXPECT_EQ(found.angles_rad.size() + found.missing, 2U);
    for (const double t : found.angles_rad) EXPECT_TRUE(std::isfinite(t));
    if (bad.nothing) {
      EXPECT_EQ(found.missing, 2U);
    }
    const PlaneDirections plane = unitary_esprit(RectangleArray{.columns = 3, .rows = 2}, bad.r.view(), 2);
    EXPECT_EQ(plane.directions.size() + plane.missing, 2U);
    for (const Vec3& u : plane.directions) EXPECT_NEAR(norm(u), 1, 1e-9);
  }
}

TEST(UnitaryEsprit, RefusesValuesOutOfRange) {
  const GridBuffer<cf64> r(8, 8);
  EXPECT_THROW(unitary_esprit(LineArray{.elements = 8}, r.view(), 8), ConfigError);
  EXPECT_THROW(unitary_esprit(RectangleArray{.columns = 4, .rows = 2}, r.view(), 5), ConfigError);
  EXPECT_THROW(unitary_esprit(RectangleArray{.columns = 8, .rows = 1}, r.view(), 1), ConfigError);
}

}  // namespace
}  // namespace boresight::doa
