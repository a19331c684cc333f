#include "boresight/doa/cramer_rao.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>

#include "boresight/core/error.h"
#include "support/doa_scene.h"

namespace boresight::doa {
namespace {

using test::doa_carrier_hz;
using test::doa_wavelength_m;
using test::DoaScene;
using test::on_line;

BoundScene bound_scene(const DoaScene& scene, const GridBuffer<cf64>& powers, double snapshots = 200) {
  return {.geometry = scene.geometry,
          .frequency_hz = doa_carrier_hz,
          .directions = scene.directions,
          .powers = powers.view(),
          .snapshots = snapshots};
}

double rms_deg(const GridBuffer<double>& bound) {
  double sum = 0;
  for (std::size_t i = 0; i < bound.rows(); ++i) sum += bound(i, i);
  return deg_from_rad(std::sqrt(sum / static_cast<double>(bound.rows())));
}

TEST(CramerRao, StochasticBoundOfTwoSourcesOnALine) {
  // Computed apart from this code, in NumPy, from the same equation: degrees, to the digits given.
  const double wide[] = {0.1523, 0.0822, 0.0456, 0.0255, 0.0143};
  const double close[] = {2.226, 0.9225, 0.4442, 0.2349, 0.1294};
  for (int i = 0; i < 5; ++i) {
    DoaScene scene{.directions = {on_line(-10), on_line(10)}, .snr_db = 5.0 * i};
    EXPECT_NEAR(rms_deg(stochastic_bound(bound_scene(scene, scene.powers()))), wide[i], 6e-5);
    scene.directions = {on_line(-1), on_line(1)};
    EXPECT_NEAR(rms_deg(stochastic_bound(bound_scene(scene, scene.powers()))), close[i], 6e-4);
  }
}

TEST(CramerRao, OneSourceHasAClosedForm) {
  // One source at angle t on a line of N elements d apart, deterministic (Stoica and Nehorai 1989):
  // var = 6 / (K SNR N (N^2 - 1) (k d cos t)^2); stochastic: times 1 + 1 / (N SNR).
  DoaScene scene{.directions = {on_line(37)}, .snr_db = -3};
  const double snr = scene.power();
  const double expected = 6 / (200 * snr * 8 * 63 * std::pow(pi * std::cos(rad_from_deg(37)), 2));
  const auto powers = scene.powers();
  EXPECT_NEAR(deterministic_bound(bound_scene(scene, powers))(0, 0) / expected, 1, 1e-9);
  EXPECT_NEAR(stochastic_bound(bound_scene(scene, powers))(0, 0) / expected, 1 + 1 / (8 * snr), 1e-9);
}

// A line turned about the z axis, and the scene with it, is the same line.
TEST(CramerRao, LinesAcrossBoresightTellOneAngle) {
  for (const double turn_deg : {0.0, 30.0, 45.0, 90.0, 135.0, 180.0, 270.0}) {
    const Vec3 along{std::cos(rad_from_deg(turn_deg)), std::sin(rad_from_deg(turn_deg)), 0};
    std::vector<Vec3> positions;
    for (int e = 0; e < 8; ++e) positions.push_back((0.5 * doa_wavelength_m * e) * along);
    DoaScene scene{.geometry = array::Geometry::from_positions(positions), .snr_db = 10};
    for (const double deg : {-1.0, 1.0}) {
      scene.directions.push_back(std::sin(rad_from_deg(deg)) * along +
                                 Vec3{0, 0, std::cos(rad_from_deg(deg))});
    }
    EXPECT_EQ(angles_per_direction(scene.geometry), 1U) << turn_deg;
    // In NumPy: 0.4442 degrees.
    EXPECT_NEAR(rms_deg(stochastic_bound(bound_scene(scene, scene.powers()))), 0.4442, 6e-5) << turn_deg;
  }
}

TEST(CramerRao, SquareHasTheSameBoundOnBothAxesAtBoresight) {
  DoaScene scene{.geometry = array::Geometry::rectangle(8, 8, doa_wavelength_m / 2, doa_wavelength_m / 2),
                 .directions = {{0, 0, 1}},
                 .snr_db = 0};
  ASSERT_EQ(angles_per_direction(scene.geometry), 2U);
  const auto bound = deterministic_bound(bound_scene(scene, scene.powers()));
  // Eight lines of eight, each with the closed form above.
  const double expected = 6 / (200 * 64 * 63.0 * pi * pi);
  EXPECT_NEAR(bound(0, 0) / expected, 1, 1e-9);
  EXPECT_NEAR(bound(1, 1) / expected, 1, 1e-9);
  EXPECT_NEAR(bound(0, 1) / expected, 0, 1e-9);
}

TEST(CramerRao, IsTheCurvatureOfTheLikelihood) {
  // The stochastic information from its definition, I_ij = K tr(R^-1 R_i R^-1 R_j), by differences over
  // everything unknown would be one matrix inverse; here with one source, where the unknowns are two angles,
  // its power and the noise. Slow but free of projectors.
  DoaScene scene{.geometry = array::Geometry::circle(7, 0.8 * doa_wavelength_m),
                 .directions = {{0.3, -0.4, std::sqrt(0.75)}},
                 .snr_db = 3};
  const std::size_t n = scene.elements();
  // Tangents: e_1 towards +x, e_2 = u x e_1.
  const Vec3 u = scene.directions[0];
  Vec3 e1 = Vec3{1, 0, 0} - u.x * u;
  e1 = (1 / norm(e1)) * e1;
  const Vec3 e2{u.y * e1.z - u.z * e1.y, u.z * e1.x - u.x * e1.z, u.x * e1.y - u.y * e1.x};
  const double step = 1e-5;
  const auto difference = [&](const GridBuffer<cf64>& plus, const GridBuffer<cf64>& minus) {
    GridBuffer<cf64> out(n, n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < n; ++k) out(i, k) = (plus(i, k) - minus(i, k)) / (2 * step);
    }
    return out;
  };
  std::vector<GridBuffer<cf64>> slopes;
  for (const Vec3 e : {e1, e2}) {
    DoaScene plus = scene, minus = scene;
    plus.directions[0] = u + step * e;
    minus.directions[0] = u - step * e;
    slopes.push_back(difference(plus.covariance(), minus.covariance()));
  }
  DoaScene stronger = scene, weaker = scene;
  stronger.snr_db = db_from_power(scene.power() + step);
  weaker.snr_db = db_from_power(scene.power() - step);
  slopes.push_back(difference(stronger.covariance(), weaker.covariance()));
  slopes.push_back(difference(scene.covariance(1 + step), scene.covariance(1 - step)));
  // R^-1 of one source: (I - a a^H P / (1 + N P)).
  const auto a = scene.steering()[0];
  const double weight = scene.power() / (1 + static_cast<double>(n) * scene.power());
  const auto apply = [&](const GridBuffer<cf64>& m) {
    GridBuffer<cf64> out(n, n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < n; ++k) {
        cf64 sum = m(i, k);
        for (std::size_t j = 0; j < n; ++j) sum -= weight * a[i] * std::conj(a[j]) * m(j, k);
        out(i, k) = sum;
      }
    }
    return out;
  };
  double information[4][4];
  for (int i = 0; i < 4; ++i) {
    const auto left = apply(slopes[static_cast<std::size_t>(i)]);
    for (int k = 0; k < 4; ++k) {
      const auto right = apply(slopes[static_cast<std::size_t>(k)]);
      cf64 trace = 0;
      for (std::size_t p = 0; p < n; ++p) {
        for (std::size_t q = 0; q < n; ++q) trace += left(p, q) * right(q, p);
      }
      information[i][k] = 200 * trace.real();
    }
  }
  // With one source on any array the angles decouple from the powers: |a| does not change with direction.
  for (int i = 0; i < 2; ++i) {
    for (int k = 2; k < 4; ++k) EXPECT_NEAR(information[i][k] / information[i][i], 0, 1e-6);
  }
  const double determinant = information[0][0] * information[1][1] - information[0][1] * information[1][0];
  const auto bound = stochastic_bound(bound_scene(scene, scene.powers()));
  // Differences of step 1e-5 are exact to about 1e-9.
  EXPECT_NEAR(bound(0, 0) * determinant / information[1][1], 1, 1e-6);
  EXPECT_NEAR(bound(1, 1) * determinant / information[0][0], 1, 1e-6);
  EXPECT_NEAR(bound(0, 1) * determinant / -information[0][1], 1, 1e-4);
}

// Two correlated sources on a ring that is not flat, every block and sign of the bound, against the inverse
// of the whole information matrix (angles, powers, cross power, noise; I_ij = K tr(R^-1 R_i R^-1 R_j)) in
// NumPy.
TEST(CramerRao, CorrelatedSourcesOnTwoAxes) {
  std::vector<Vec3> ring;
  for (int i = 0; i < 7; ++i) {
    const double t = 2 * pi * i / 7;
    ring.push_back(doa_wavelength_m * Vec3{0.8 * std::cos(t), 0.8 * std::sin(t), 0.1 * std::sin(3 * t + 1)});
  }
  const Vec3 directions[] = {{0.3, -0.4, std::sqrt(0.75)}, {-0.2, 0.1, std::sqrt(0.95)}};
  GridBuffer<cf64> powers(2, 2);
  powers(0, 0) = 2;
  powers(1, 1) = 1.5;
  powers(0, 1) = std::polar(1.2, 0.7);
  powers(1, 0) = std::polar(1.2, -0.7);
  const auto bound = stochastic_bound({.geometry = array::Geometry::from_positions(ring),
                                       .frequency_hz = doa_carrier_hz,
                                       .directions = directions,
                                       .powers = powers.view(),
                                       .noise_power = 0.7,
                                       .snapshots = 150});
  const double expected[4][4] = {{1.745457212e-05, -4.741508293e-06, 4.166949775e-06, -5.938982234e-06},
                                 {-4.741508293e-06, 2.063643912e-05, -6.940350051e-06, 6.352222052e-06},
                                 {4.166949775e-06, -6.940350051e-06, 2.277690626e-05, -3.561786706e-06},
                                 {-5.938982234e-06, 6.352222052e-06, -3.561786706e-06, 2.257454010e-05}};
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(bound(i, k), expected[i][k], 1e-14) << i << " " << k;
  }
}

TEST(CramerRao, DeterministicIsNeverAboveStochastic) {
  for (const double snr_db : {-10.0, 0.0, 20.0}) {
    for (const double apart_deg : {2.0, 11.0, 40.0}) {
      DoaScene scene{.directions = {on_line(3), on_line(3 + apart_deg)}, .snr_db = snr_db};
      const auto powers = scene.powers();
      const auto stochastic = stochastic_bound(bound_scene(scene, powers));
      const auto deterministic = deterministic_bound(bound_scene(scene, powers));
      for (std::size_t i = 0; i < 2; ++i) EXPECT_LE(deterministic(i, i), stochastic(i, i));
    }
  }
}

TEST(CramerRao, WhatCannotBeToldIsInfinite) {
  const auto infinite = std::numeric_limits<double>::infinity();
  DoaScene same{.directions = {on_line(10), on_line(10)}};
  EXPECT_EQ(stochastic_bound(bound_scene(same, same.powers()))(0, 0), infinite);
  EXPECT_EQ(stochastic_bound(bound_scene(same, same.powers()))(0, 1), 0);
  DoaScene many{.geometry = array::Geometry::line(2, doa_wavelength_m / 2),
                .directions = {on_line(10), on_line(30)}};
  EXPECT_EQ(deterministic_bound(bound_scene(many, many.powers()))(1, 1), infinite);
  // A line that stands or leans knows cones about itself.
  for (const Vec3 along : {Vec3{0, 0, 1}, Vec3{std::sqrt(0.5), 0, std::sqrt(0.5)}}) {
    std::vector<Vec3> positions;
    for (int e = 0; e < 8; ++e) positions.push_back((0.5 * doa_wavelength_m * e) * along);
    DoaScene leaning{.geometry = array::Geometry::from_positions(positions), .directions = {{0.6, 0, 0.8}}};
    EXPECT_EQ(angles_per_direction(leaning.geometry), 2U);
    const auto bound = stochastic_bound(bound_scene(leaning, leaning.powers()));
    EXPECT_EQ(bound(0, 0), infinite);
    EXPECT_EQ(bound(1, 1), infinite);
  }
}

TEST(CramerRao, RefusesWhatMakesNoSense) {
  const DoaScene scene{.directions = {on_line(10)}};
  const auto powers = scene.powers();
  BoundScene bad = bound_scene(scene, powers);
  bad.noise_power = 0;
  EXPECT_THROW(stochastic_bound(bad), ConfigError);
  bad = bound_scene(scene, powers, std::numeric_limits<double>::quiet_NaN());
  EXPECT_THROW(stochastic_bound(bad), ConfigError);
  bad = bound_scene(scene, powers);
  bad.frequency_hz = 0;
  EXPECT_THROW(deterministic_bound(bad), ConfigError);
  const Vec3 longer[] = {{0, 0, 1.1}};
  bad = bound_scene(scene, powers);
  bad.directions = longer;
  EXPECT_THROW(stochastic_bound(bad), ConfigError);
  GridBuffer<cf64> none(1, 1);
  EXPECT_THROW(stochastic_bound(bound_scene(scene, none)), ConfigError);
  GridBuffer<cf64> two(2, 2);
  EXPECT_THROW(stochastic_bound(bound_scene(scene, two)), ConfigError);
}

}  // namespace
}  // namespace boresight::doa
