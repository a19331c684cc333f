// Estimators without a grid: root-MUSIC, unitary ESPRIT, and fits from a start.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "boresight/core/error.h"
#include "boresight/doa/cramer_rao.h"
#include "boresight/doa/esprit.h"
#include "boresight/doa/maximum_likelihood.h"
#include "boresight/doa/root_music.h"
#include "boresight/doa/smoothing.h"
#include "support/doa_scene.h"

namespace boresight::doa {
namespace {

using test::doa_carrier_hz;
using test::doa_wavelength_m;
using test::DoaScene;
using test::line_deg;
using test::on_line;

TEST(GridFree, ExactCovariancesGiveExactAngles) {
  for (const double spacing : {0.5, 0.3}) {
    for (const std::size_t elements : {4, 5, 8, 17}) {
      DoaScene scene{.geometry = array::Geometry::line(elements, spacing * doa_wavelength_m),
                     .directions = {on_line(-41), on_line(8), on_line(33)}};
      const auto r = scene.covariance();
      const LineArray line{.elements = elements, .spacing_wavelengths = spacing};
      for (const LineAngles& found : {root_music(line, r.view(), 3), unitary_esprit(line, r.view(), 3)}) {
        ASSERT_EQ(found.missing, 0U);
        // Roots on the circle are double, so known to the root of 1e-15 and of their distance.
        EXPECT_NEAR(deg_from_rad(found.angles_rad[0]), -41, 1e-5);
        EXPECT_NEAR(deg_from_rad(found.angles_rad[1]), 8, 1e-5);
        EXPECT_NEAR(deg_from_rad(found.angles_rad[2]), 33, 1e-5);
      }
    }
  }
}

TEST(GridFree, EspritOnARectanglePairsTheAxes) {
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

TEST(GridFree, EspritTellsCoherentPathsApart) {
  const DoaScene scene{.directions = {on_line(-15), on_line(12)}, .coherent = true};
  const LineAngles found = unitary_esprit(LineArray{.elements = 8}, scene.covariance().view(), 2);
  ASSERT_EQ(found.missing, 0U);
  EXPECT_NEAR(deg_from_rad(found.angles_rad[0]), -15, 1e-6);
  EXPECT_NEAR(deg_from_rad(found.angles_rad[1]), 12, 1e-6);
}

// Against the stochastic bound, 8 elements, 200 snapshots. 1000 trials of 2 sources: the rms of 2000 errors
// is known to 1.6 %, three standard deviations are 4.8 %; the aim of 5 % is on top. bench_direction_study has
// 10,000 trials for it.
TEST(GridFree, RootMusicAndFitReachTheBound) {
  struct Point {
    double apart_deg;
    double snr_db;
  };
  for (const Point point : {Point{20, 0}, Point{20, 10}, Point{20, 20}, Point{2, 15}, Point{2, 20}}) {
    const DoaScene scene{.directions = {on_line(-point.apart_deg / 2), on_line(point.apart_deg / 2)},
                         .snr_db = point.snr_db};
    const auto powers = scene.powers();
    const BoundScene bound{.geometry = scene.geometry,
                           .frequency_hz = doa_carrier_hz,
                           .directions = scene.directions,
                           .powers = powers.view(),
                           .snapshots = 200};
    const double bound_deg = deg_from_rad(std::sqrt(stochastic_bound(bound)(0, 0)));
    double root = 0, fit = 0, esprit = 0;
    int complex_pairs = 0;
    constexpr int trials = 1000;
    const auto a = scene.steering();
    for (int trial = 0; trial < trials; ++trial) {
      Random random(9, static_cast<std::uint64_t>(trial));
      auto r = scene.sampled(a, 200, random);
      forward_backward(r.view());
      const LineAngles roots = root_music({.elements = 8}, r.view(), 2);
      const LineAngles shifts = unitary_esprit(LineArray{.elements = 8}, r.view(), 2);
      ASSERT_EQ(roots.angles_rad.size(), 2U);
      complex_pairs += shifts.missing > 0 ? 1 : 0;
      std::vector<Vec3> start;
      for (const double t : roots.angles_rad) start.push_back({std::sin(t), 0, std::cos(t)});
      const DirectionFit fitted = weighted_subspace_fit(scene.geometry, doa_carrier_hz, r.view(), 2, start);
      EXPECT_TRUE(fitted.converged);
      for (std::size_t i = 0; i < 2; ++i) {
        const double truth = line_deg(scene.directions[i]);
        root += std::pow(deg_from_rad(roots.angles_rad[i]) - truth, 2);
        if (shifts.missing == 0) esprit += std::pow(deg_from_rad(shifts.angles_rad[i]) - truth, 2);
        fit += std::pow(line_deg(fitted.directions[i]) - truth, 2);
      }
    }
    const auto over_bound = [&](double sum) { return std::sqrt(sum / (2 * trials)) / bound_deg; };
    EXPECT_NEAR(over_bound(root), 1, 0.098) << point.apart_deg << " deg, " << point.snr_db << " dB";
    EXPECT_NEAR(over_bound(fit), 1, 0.098) << point.apart_deg << " deg, " << point.snr_db << " dB";
    // Its two overlapping halves cost 10 to 50 %.
    EXPECT_LE(complex_pairs, trials / 100);
    EXPECT_GT(over_bound(esprit), 0.95);
    EXPECT_LT(over_bound(esprit), 1.5);
  }
}

TEST(GridFree, FitsFindTheMinimumOnAnyArray) {
  // Deterministic ML with 20 snapshots and coherent paths against a fine search of the same cost.
  std::vector<Vec3> odd;
  for (int i = 0; i < 9; ++i) odd.push_back({0.11 * i, 0.09 * ((i * i) % 5), 0.02 * (i % 3)});
  DoaScene scene{.geometry = array::Geometry::from_positions(odd),
                 .directions = {{0.3, 0.2, std::sqrt(0.87)}, {-0.2, -0.4, std::sqrt(0.8)}},
                 .coherent = true};
  Random random(4);
  const auto r = scene.sampled(20, random);
  const std::vector<Vec3> start = {{0.28, 0.23, std::sqrt(1 - 0.28 * 0.28 - 0.23 * 0.23)},
                                   {-0.22, -0.36, std::sqrt(1 - 0.22 * 0.22 - 0.36 * 0.36)}};
  const DirectionFit fit = deterministic_ml(scene.geometry, doa_carrier_hz, r.view(), start);
  ASSERT_TRUE(fit.converged);
  // tr(P R) by Gram-Schmidt, no library.
  const auto cost = [&](const std::vector<Vec3>& u) {
    DoaScene at = scene;
    at.directions = u;
    auto a = at.steering();
    cf64 inner = 0;
    double length = 0;
    for (std::size_t e = 0; e < 9; ++e) inner += std::conj(a[0][e]) * a[1][e] / 9.0;
    for (std::size_t e = 0; e < 9; ++e) length += std::norm(a[1][e] -= inner * a[0][e]);
    double total = 0;
    for (std::size_t i = 0; i < 9; ++i) {
      total += r(i, i).real();
      for (std::size_t k = 0; k < 9; ++k) {
        total -= (std::conj(a[0][i]) * r(i, k) * a[0][k]).real() / 9;
        total -= (std::conj(a[1][i]) * r(i, k) * a[1][k]).real() / length;
      }
    }
    return total;
  };
  EXPECT_NEAR(fit.cost, cost(fit.directions), 1e-9 * fit.cost);
  for (std::size_t i = 0; i < 2; ++i) {
    for (const Vec3 d : {Vec3{1e-4, 0, 0}, Vec3{-1e-4, 0, 0}, Vec3{0, 1e-4, 0}, Vec3{0, -1e-4, 0}}) {
      std::vector<Vec3> beside = fit.directions;
      beside[i] = beside[i] + d;
      beside[i].z = std::sqrt(1 - beside[i].x * beside[i].x - beside[i].y * beside[i].y);
      EXPECT_GT(cost(beside), fit.cost);
    }
  }
  EXPECT_LT(norm(fit.directions[0] - scene.directions[0]), 0.05);
}

TEST(GridFree, BadCovariancesAreDefined) {
  const LineArray line{.elements = 6};
  const DoaScene scene{.geometry = array::Geometry::line(6, doa_wavelength_m / 2),
                       .directions = {on_line(5)}};
  const Vec3 start[] = {{0, 0, 1}};
  const auto all = [&](const GridBuffer<cf64>& r, bool nothing) {
    for (const LineAngles& found : {root_music(line, r.view(), 2), unitary_esprit(line, r.view(), 2)}) {
      EXPECT_EQ(found.angles_rad.size() + found.missing, 2U);
      for (const double t : found.angles_rad) EXPECT_TRUE(std::isfinite(t));
      if (nothing) {
        EXPECT_EQ(found.missing, 2U);
      }
    }
    const PlaneDirections plane = unitary_esprit(RectangleArray{.columns = 3, .rows = 2}, r.view(), 2);
    EXPECT_EQ(plane.directions.size() + plane.missing, 2U);
    for (const Vec3& u : plane.directions) EXPECT_NEAR(norm(u), 1, 1e-9);
    for (const DirectionFit& fit :
         {deterministic_ml(scene.geometry, doa_carrier_hz, r.view(), start),
          weighted_subspace_fit(scene.geometry, doa_carrier_hz, r.view(), 1, start)}) {
      EXPECT_NEAR(norm(fit.directions[0]), 1, 1e-9);
      EXPECT_TRUE(std::isfinite(fit.cost));
    }
  };
  GridBuffer<cf64> r(6, 6);
  all(r, true);
  r(2, 2) = 1;
  all(r, false);                    // one live element
  all(scene.covariance(0), false);  // rank one
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t k = 0; k < 6; ++k) r(i, k) = 1;  // identical elements
  }
  all(r, false);
  for (std::size_t i = 0; i < 6; ++i) r(i, 3) = r(3, i) = 0;  // a dead one among them
  all(r, false);
  r(4, 1) = std::numeric_limits<double>::quiet_NaN();
  all(r, true);
  r(4, 1) = std::numeric_limits<double>::infinity();
  all(r, true);
}

TEST(GridFree, PhasesWithoutADirectionAreMissing) {
  // Elements a fifth of a wavelength apart, and a phase between them that only half a wavelength can make.
  const DoaScene scene{.directions = {on_line(70)}};
  const auto r = scene.covariance();
  const LineArray line{.elements = 8, .spacing_wavelengths = 0.2};
  EXPECT_EQ(root_music(line, r.view(), 1).missing, 1U);
  EXPECT_EQ(unitary_esprit(line, r.view(), 1).missing, 1U);
}

TEST(GridFree, RefusesValuesOutOfRange) {
  GridBuffer<cf64> r(8, 8);
  EXPECT_THROW(root_music({.elements = 8}, r.view(), 8), ConfigError);
  EXPECT_THROW(root_music({.elements = 8}, r.view(), 0), ConfigError);
  EXPECT_THROW(root_music({.elements = 7}, r.view(), 1), ConfigError);
  EXPECT_THROW(root_music({.elements = 8, .spacing_wavelengths = 0.6}, r.view(), 1), ConfigError);
  EXPECT_THROW(unitary_esprit(LineArray{.elements = 8}, r.view(), 8), ConfigError);
  EXPECT_THROW(unitary_esprit(RectangleArray{.columns = 4, .rows = 2}, r.view(), 5), ConfigError);
  EXPECT_THROW(unitary_esprit(RectangleArray{.columns = 8, .rows = 1}, r.view(), 1), ConfigError);
  const auto line = array::Geometry::line(8, 0.1);
  const Vec3 behind[] = {{0, 0, -1}};
  EXPECT_THROW(deterministic_ml(line, doa_carrier_hz, r.view(), {}), ConfigError);
  EXPECT_THROW(deterministic_ml(line, doa_carrier_hz, r.view(), behind), ConfigError);
  const Vec3 up[] = {{0, 0, 1}};
  EXPECT_THROW(weighted_subspace_fit(line, doa_carrier_hz, r.view(), 0, up), ConfigError);
  EXPECT_THROW(weighted_subspace_fit(line, -1, r.view(), 1, up), ConfigError);
}

}  // namespace
}  // namespace boresight::doa
