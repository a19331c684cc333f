#include "boresight/array/pattern_metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "boresight/array/steering.h"
#include "boresight/array/taper.h"
#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr double frequency_hz = 11e9;
constexpr double wavelength_m = speed_of_light_m_s / frequency_hz;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr Vec3 boresight_direction{0, 0, 1};

std::vector<cf64> steered(const Geometry& geometry, Vec3 u, double at_hz = frequency_hz) {
  std::vector<cf64> a(geometry.elements());
  steering_vector(geometry, u, at_hz, a);
  return a;
}

Vec3 along_x(double sine) {
  return {sine, 0, std::sqrt(1 - sine * sine)};
}

double angle_between(Vec3 a, Vec3 b) {
  return 2 * std::asin(0.5 * norm(a - b));
}

Manifold with_element(Geometry geometry, const ElementModel& model, std::vector<Jones> ports = {}) {
  return Manifold({.geometry = std::move(geometry),
                   .element = ElementPattern({.model = model, .floor_db = -200}),
                   .ports = std::move(ports)});
}

TEST(Directivity, HalfWaveLineHasN) {
  for (const std::size_t n : {1U, 2U, 16U, 37U}) {
    const Geometry line = Geometry::line(n, 0.5 * wavelength_m);
    const auto expected = static_cast<double>(n);
    // Whatever the scan: the sinc of all distances is zero.
    for (const double sine : {0.0, 0.5, 0.9}) {
      const Pattern pattern(line, frequency_hz, steered(line, along_x(sine)));
      EXPECT_NEAR(directivity(pattern, along_x(sine)), expected, 1e-10 * expected);
    }
    // Tapered: N times the taper's efficiency.
    const auto taper = line_taper(HammingTaper{0.6}, n);
    const Pattern tapered(line, frequency_hz, std::vector<cf64>(taper.begin(), taper.end()));
    EXPECT_NEAR(directivity(tapered, boresight_direction), expected * taper_efficiency(taper),
                1e-10 * expected);
  }
}

TEST(Directivity, ClosedFormAndQuadratureAgree) {
  // Isotropic elements with a linear port go through the quadrature; they receive half of the power of a
  // circular wave, from everywhere.
  Random random(1);
  const Geometry hexagon = Geometry::hexagon(3, 0.6 * wavelength_m);
  std::vector<cf64> weights(hexagon.elements());
  for (cf64& w : weights) w = {random.normal(), random.normal()};
  const Pattern closed(hexagon, frequency_hz, weights);
  const Pattern numeric(with_element(hexagon, IsotropicElement{}, {{1, 0}}), frequency_hz, weights);
  for (const double sine : {0.0, 0.3, 0.8}) {
    const double expected = directivity(closed, along_x(sine));
    EXPECT_NEAR(2 * directivity(numeric, along_x(sine)), expected, 1e-9 * expected) << sine;
  }
}

TEST(Directivity, OfDirectiveElements) {
  // One cosine element: its own closed form. A large panel of ideal elements (exponent 1/2): 4 pi A /
  // lambda^2 times cos(theta).
  const Pattern single(with_element(Geometry::line(1, 1), CosineElement{1.5}), frequency_hz,
                       std::vector<cf64>{1});
  EXPECT_NEAR(directivity(single, boresight_direction), 8, 1e-6);
  const Geometry panel = Geometry::rectangle(16, 16, 0.5 * wavelength_m, 0.5 * wavelength_m);
  for (const double sine : {0.0, 0.5}) {
    const Pattern pattern(with_element(panel, CosineElement{0.5}), frequency_hz,
                          steered(panel, along_x(sine)));
    const double expected = 4 * pi * 64 * std::sqrt(1 - sine * sine);
    EXPECT_NEAR(db_from_power(directivity(pattern, along_x(sine)) / expected), 0, 0.1) << sine;
  }
}

TEST(Directivity, RefusesToIntegrateKilometres) {
  const Pattern pattern(with_element(Geometry::line(2, 1000 * wavelength_m), CosineElement{}), frequency_hz,
                        std::vector<cf64>{1, 1});
  EXPECT_THROW(directivity(pattern, boresight_direction), ConfigError);
}

TEST(Directivity, OfNothingIsZero) {
  EXPECT_EQ(directivity(Pattern(Geometry::line(2, 0.01), frequency_hz, std::vector<cf64>(2)), {0, 0, 1}), 0);
}

TEST(FindPeak, ClimbsToTheLookDirection) {
  const Geometry panel = Geometry::rectangle(8, 8, 0.5 * wavelength_m, 0.5 * wavelength_m);
  const Vec3 look{0.36, 0.48, 0.8};
  const Pattern pattern(panel, frequency_hz, steered(panel, look));
  EXPECT_NEAR(norm(find_peak(pattern, {0.6, 0.8, 1.4}) - look), 0, 1e-6);
  const Pattern nothing(panel, frequency_hz, std::vector<cf64>(64, cf64(nan, 0)));
  EXPECT_NEAR(norm(find_peak(nothing, {0, 0, 5}) - boresight_direction), 0, 1e-15);
}

TEST(Squint, OfPhaseSteeringAt60Degrees) {
  // 37 elements at 0.51 wavelengths, 60 degrees: +1.11 and -1.05 degrees at +-120 MHz of 11 GHz, and
  // sin(theta) = f0 sin(60) / f.
  const Geometry line = Geometry::line(37, 0.51 * wavelength_m);
  const Vec3 look = along_x(std::sin(rad_from_deg(60)));
  const auto weights = steered(line, look);
  const Pattern center(line, frequency_hz, weights);
  for (const auto& [offset_hz, expected_deg] : {std::pair{-120e6, 1.11}, std::pair{120e6, 1.05}}) {
    const Pattern edge(line, frequency_hz + offset_hz, weights);
    const double squint_deg = deg_from_rad(squint_rad(center, edge, look));
    EXPECT_NEAR(squint_deg, expected_deg, 0.01);
    const double exact_deg =
        std::abs(deg_from_rad(std::asin(look.x * frequency_hz / (frequency_hz + offset_hz))) - 60);
    EXPECT_NEAR(squint_deg, exact_deg, 1e-3);
  }
}

TEST(MeasureCut, UniformLineIsTheTextbook) {
  const std::size_t n = 37;
  const Geometry line = Geometry::line(n, 0.51 * wavelength_m);
  const Pattern pattern(line, frequency_hz, steered(line, boresight_direction));
  std::vector<double> angles_rad;
  for (int k = -1800; k <= 1800; ++k) angles_rad.push_back(rad_from_deg(0.05 * k));
  const CutMetrics metrics =
      measure_cut(angles_rad, pattern.great_circle_cut_db({0, 0, 2}, {3, 0, 1}, angles_rad));
  EXPECT_NEAR(metrics.peak_db, db_from_power(n * n), 1e-9);
  EXPECT_NEAR(metrics.peak_rad, 0, 1e-9);
  EXPECT_NEAR(metrics.half_power_beamwidth_rad, 2 * std::asin(0.4430 / (n * 0.51)),
              2e-3 * 0.047);  // 0.886 lambda / D
  EXPECT_NEAR(metrics.right_null_rad, std::asin(1 / (n * 0.51)), rad_from_deg(0.05));
  EXPECT_NEAR(metrics.left_null_rad, -metrics.right_null_rad, 1e-9);
  EXPECT_LT(metrics.left_null_db, -30);
  EXPECT_NEAR(metrics.peak_sidelobe_db, -13.25, 0.02);
  EXPECT_NEAR(std::abs(metrics.peak_sidelobe_rad), std::asin(1.43 / (n * 0.51)), 1e-3);
  // Scanned to 60 degrees: half power at sin(60) +- 0.443 / (N d).
  const Vec3 look = along_x(std::sin(rad_from_deg(60)));
  const Pattern scanned(line, frequency_hz, steered(line, look));
  const CutMetrics at_60 =
      measure_cut(angles_rad, scanned.great_circle_cut_db({0, 0, 1}, {1, 0, 0}, angles_rad));
  const double half = 0.4430 / (n * 0.51);
  const double expected_rad = std::asin(look.x + half) - std::asin(look.x - half);
  EXPECT_NEAR(at_60.half_power_beamwidth_rad, expected_rad, 2e-3 * expected_rad);
  EXPECT_NEAR(deg_from_rad(at_60.peak_rad), 60, 0.01);
}

TEST(MeasureCut, RmsSideLobeIsTheMeanPower) {
  // Levels by hand: peak 0, nulls -60, side lobes flat at -20.
  const std::vector<double> angles = {-4, -3, -2, -1, 0, 1, 2, 3, 4};
  const std::vector<double> levels = {-20, -20, -20, -60, 0, -60, -20, -20, -20};
  const CutMetrics metrics = measure_cut(angles, levels);
  // Trapezoids: 2 whole ones and one half per side over 3.
  EXPECT_NEAR(power_from_db(metrics.rms_sidelobe_db), (2.5 * 0.01 + 0.5e-6) / 3, 1e-12);
  EXPECT_EQ(metrics.left_null_rad, -1);
  EXPECT_EQ(metrics.right_null_db, -60);
  EXPECT_EQ(metrics.peak_sidelobe_db, -20);
}

TEST(MeasureCut, WhatTheCutDoesNotHold) {
  const std::vector<double> angles = {0, 1, 2};
  const CutMetrics flat = measure_cut(angles, std::vector<double>{0, -1, -2});
  EXPECT_EQ(flat.half_power_beamwidth_rad, std::numeric_limits<double>::infinity());
  EXPECT_EQ(flat.peak_sidelobe_db, pattern_floor_db);
  EXPECT_EQ(flat.rms_sidelobe_db, pattern_floor_db);
  EXPECT_EQ(flat.right_null_rad, 2);
  EXPECT_THROW(measure_cut(angles, std::vector<double>{0, 1}), ConfigError);
  EXPECT_THROW(measure_cut(std::vector<double>{0, 1}, std::vector<double>{0, 1}), ConfigError);
  EXPECT_THROW(measure_cut(std::vector<double>{0, 1, 1}, std::vector<double>{0, 1, 0}), ConfigError);
  EXPECT_THROW(measure_cut(angles, std::vector<double>{0, nan, 0}), ConfigError);
  const Pattern pattern(Geometry::line(2, 0.01), frequency_hz, std::vector<cf64>{1, 1});
  EXPECT_THROW(pattern.great_circle_cut_db({0, 0, 1}, {0, 0, -2}, angles), ConfigError);
  EXPECT_THROW(pattern.great_circle_cut_db({0, 0, 0}, {0, 0, 1}, angles), ConfigError);
}

TEST(MeasureHemisphere, SquarePanel) {
  const std::size_t n = 12;
  const Geometry panel = Geometry::rectangle(n, n, 0.5 * wavelength_m, 0.5 * wavelength_m);
  const Vec3 look{0.2, -0.1, std::sqrt(1 - 0.05)};
  const Pattern pattern(panel, frequency_hz, steered(panel, look));
  const HemisphereMetrics metrics = measure_hemisphere(pattern);
  EXPECT_NEAR(angle_between(metrics.peak, look), 0, 1e-6);
  EXPECT_NEAR(metrics.peak_db, db_from_power(std::pow(n, 4)), 1e-9);
  // The worst side lobe lies on an axis through the beam and is that of a line of 12.
  double line_db = -100;
  for (double s = 2.0 / n; s < 4.0 / n; s += 1e-5) {
    line_db = std::max(
        line_db, 2 * db_from_power(std::abs(std::sin(0.5 * n * pi * s) / (n * std::sin(0.5 * pi * s)))));
  }
  EXPECT_NEAR(metrics.peak_sidelobe_db, line_db, 1e-3);
  // On average the side lobes hold what the main lobe does not: at half-wave spacing isotropic elements
  // average 1 / N over the sphere, a fifth of which or less is in the side lobes.
  const double mean_db = -db_from_power(directivity(pattern, look));
  EXPECT_LT(metrics.rms_sidelobe_db, mean_db);
  EXPECT_GT(metrics.rms_sidelobe_db, mean_db - 10);
  EXPECT_EQ(measure_hemisphere(Pattern(panel, frequency_hz, std::vector<cf64>(144))).peak_db,
            pattern_floor_db);
  EXPECT_THROW(measure_hemisphere(pattern, 7), ConfigError);
  EXPECT_THROW(measure_hemisphere(pattern, 4097), ConfigError);
}

TEST(MeasureHemisphere, GratingLobeOnsetOfTheLattices) {
  // Reciprocal lattice of the equilateral triangle of side d: the nearest grating lobe is 2 / (sqrt(3) d)
  // away (wavelengths), of the square of side d: 1 / d. It enters at scan s when that is 1 + s.
  struct Case {
    bool hexagonal;
    double scan;
  };
  for (const Case& c : {Case{true, 0.0}, Case{true, 0.5}, Case{false, 0.5}}) {
    const double onset = (c.hexagonal ? 2 / std::sqrt(3) : 1.0) / (1 + c.scan);  // spacing in wavelengths
    const auto lobe_db = [&](double spacing) {
      const Geometry geometry =
          c.hexagonal ? Geometry::hexagon(9, spacing * wavelength_m)
                      : Geometry::rectangle(16, 16, spacing * wavelength_m, spacing * wavelength_m);
      // Rows along x: reciprocal vectors along y for the hexagonal lattice, along x for the square one.
      const Vec3 look = c.hexagonal ? Vec3{0, c.scan, std::sqrt(1 - c.scan * c.scan)} : along_x(c.scan);
      return measure_hemisphere(Pattern(geometry, frequency_hz, steered(geometry, look))).peak_sidelobe_db;
    };
    EXPECT_NEAR(lobe_db(1.01 * onset), 0, 1e-6) << c.scan;  // inside: as high as the beam
    // 10 % closer the lobe is a whole beamwidth beyond the horizon.
    EXPECT_LT(lobe_db(0.9 * onset), -10) << c.scan;
  }
}

}  // namespace
}  // namespace boresight::array
