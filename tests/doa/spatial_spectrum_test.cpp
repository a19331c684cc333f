#include "boresight/doa/spatial_spectrum.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <limits>

#include "boresight/core/error.h"
#include "support/allocation_counter.h"
#include "support/doa_scene.h"
#include "support/simd_targets.h"

namespace boresight::doa {
namespace {

using test::doa_carrier_hz;
using test::doa_wavelength_m;
using test::DoaScene;
using test::line_deg;
using test::on_line;

constexpr double half = doa_wavelength_m / 2;

Eigen::MatrixXcd matrix_of(const GridBuffer<cf64>& r) {
  Eigen::MatrixXcd m(r.rows(), r.columns());
  for (std::size_t i = 0; i < r.rows(); ++i) {
    for (std::size_t k = 0; k < r.columns(); ++k) m(i, k) = r(i, k);
  }
  return m;
}

SearchGrid sky_grid(std::size_t azimuths, std::size_t elevations) {
  std::vector<double> az, el;
  for (std::size_t i = 0; i < azimuths; ++i)
    az.push_back(2 * pi * static_cast<double>(i) / static_cast<double>(azimuths));
  for (std::size_t i = 0; i < elevations; ++i)
    el.push_back(pi / 2 * static_cast<double>(i) / static_cast<double>(elevations));
  return SearchGrid::azimuth_elevation(az, el);
}

struct Case {
  const char* name;
  array::Geometry geometry;
  SearchGrid grid;
};

std::vector<Case> cases() {
  std::vector<Vec3> odd;
  for (int i = 0; i < 9; ++i) odd.push_back({0.11 * i, 0.07 * ((i * i) % 5), 0.03 * (i % 3)});
  return {{"line", array::Geometry::line(8, half), SearchGrid::line(-1.5, 1.5, 333)},
          {"pair", array::Geometry::line(2, half), SearchGrid::line(-1.5, 1.5, 5)},
          {"square", array::Geometry::rectangle(8, 8, half, half), sky_grid(37, 19)},
          {"wide", array::Geometry::rectangle(5, 3, half, 0.7 * half), sky_grid(13, 5)},
          {"across", array::Geometry::rectangle(1, 6, half, half), sky_grid(13, 5)},
          {"circle", array::Geometry::circle(7, half), sky_grid(16, 10)},
          {"any", array::Geometry::from_positions(odd), sky_grid(21, 7)},
          {"long", array::Geometry::line(65, half), SearchGrid::line(-1.5, 1.5, 50)}};
}

// The three definitions, in double, one direction after the other.
TEST(SpatialSpectrum, IsTheDefinitionOnEveryArrayAndTarget) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const DoaScene scene{.geometry = c.geometry, .directions = {{0.3, 0.1, std::sqrt(0.9)}}, .snr_db = 15};
    Random random(2);
    const auto r = scene.sampled(200, random);
    const Eigen::MatrixXcd m = matrix_of(r);
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXcd> eigen(m);
    const Eigen::VectorXcd v = eigen.eigenvectors().col(m.rows() - 1);
    const Eigen::MatrixXcd inverse = (m + 0.1 * Eigen::MatrixXcd::Identity(m.rows(), m.cols())).inverse();
    const double n = static_cast<double>(m.rows());
    for_each_simd_target([&] {
      SpatialSpectrum spectrum({.geometry = c.geometry, .frequency_hz = doa_carrier_hz, .grid = c.grid});
      std::vector<float> bartlett(c.grid.size()), capon(c.grid.size()), music(c.grid.size());
      ASSERT_TRUE(spectrum.bartlett(r.view(), bartlett));
      ASSERT_TRUE(spectrum.capon(r.view(), 0.1, capon));
      ASSERT_TRUE(spectrum.music(r.view(), music));
      Eigen::VectorXcd a(m.rows());
      for (std::size_t g = 0; g < c.grid.size(); ++g) {
        array::steering_vector(c.geometry, c.grid.directions[g], doa_carrier_hz,
                               std::span<cf64>(a.data(), c.geometry.elements()));
        // What the header promises: 1e-6 of E times the norm of the form.
        EXPECT_NEAR(bartlett[g], a.dot(m * a).real() / n / n, 1e-6 * eigen.eigenvalues().maxCoeff() / n);
        const double q = a.dot(inverse * a).real();
        EXPECT_NEAR(1 / capon[g], q, 1e-6 * n / (eigen.eigenvalues().minCoeff() + 0.1) + 1e-6 * q);
        EXPECT_NEAR(n / music[g], n - std::norm(v.dot(a)), 1e-6 * n) << g;
      }
    });
  }
}

TEST(SpatialSpectrum, PeaksOfTheExactCovarianceAreTheSources) {
  const DoaScene line{.directions = {on_line(-10.03), on_line(10.017)}};
  SpatialSpectrum spectrum({.geometry = line.geometry,
                            .frequency_hz = doa_carrier_hz,
                            .grid = SearchGrid::line(-pi / 2, pi / 2, 181),
                            .sources = 2});
  std::vector<float> s(spectrum.size());
  SpectrumPeak peaks[2];
  ASSERT_TRUE(spectrum.music(line.covariance().view(), s));
  ASSERT_EQ(spectrum.peaks(s, peaks), 2U);
  if (peaks[0].direction.x > peaks[1].direction.x) std::swap(peaks[0], peaks[1]);
  // The minimum of a form that ends at rounding, 1e-15, is known to its square root.
  EXPECT_NEAR(line_deg(peaks[0].direction), -10.03, 1e-5);
  EXPECT_NEAR(line_deg(peaks[1].direction), 10.017, 1e-5);
  EXPECT_GT(peaks[0].value, 1e10);

  const DoaScene square{.geometry = array::Geometry::rectangle(6, 5, half, half),
                        .directions = {{0.3, 0.4, std::sqrt(0.75)}, {-0.5, 0.01, std::sqrt(0.7499)}}};
  SpatialSpectrum sky(
      {.geometry = square.geometry, .frequency_hz = doa_carrier_hz, .grid = sky_grid(90, 45), .sources = 2});
  std::vector<float> s2(sky.size());
  for (const bool capon : {false, true}) {
    ASSERT_TRUE(capon ? sky.capon(square.covariance().view(), 0, s2)
                      : sky.music(square.covariance().view(), s2));
    ASSERT_EQ(sky.peaks(s2, peaks), 2U);
    if (peaks[0].direction.x < peaks[1].direction.x) std::swap(peaks[0], peaks[1]);
    for (int i = 0; i < 2; ++i) {
      // Capon is biased by the other source: 20 dB below it, less than a tenth of a degree.
      EXPECT_LT(norm(peaks[i].direction - square.directions[static_cast<std::size_t>(i)]),
                capon ? 2e-3 : 1e-6);
      EXPECT_NEAR(norm(peaks[i].direction), 1, 1e-12);
    }
    // The power of a Capon beam is that of the source and 1/E of the noise.
    if (capon) {
      EXPECT_NEAR(peaks[0].value, square.power() + 1.0 / 30, 0.02);
    }
  }
}

// Near the rim of the sky the spectrum is flat across it, and a grid point may lie beyond the inflection.
TEST(SpatialSpectrum, PeaksNearTheHorizonAreExactToo) {
  DoaScene scene{.geometry = array::Geometry::rectangle(8, 8, half, half)};
  SpatialSpectrum spectrum(
      {.geometry = scene.geometry, .frequency_hz = doa_carrier_hz, .grid = sky_grid(180, 45)});
  std::vector<float> s(spectrum.size());
  SpectrumPeak peak[1];
  for (const double elevation_deg : {0.1, 0.5, 1.0, 1.4, 3.0}) {
    for (double azimuth_deg = 1; azimuth_deg < 360; azimuth_deg += 23) {
      const double elevation = rad_from_deg(elevation_deg), azimuth = rad_from_deg(azimuth_deg);
      scene.directions = {{std::cos(elevation) * std::sin(azimuth), std::cos(elevation) * std::cos(azimuth),
                           std::sin(elevation)}};
      ASSERT_TRUE(spectrum.music(scene.covariance().view(), s));
      ASSERT_EQ(spectrum.peaks(s, peak), 1U);
      EXPECT_LT(norm(peak[0].direction - scene.directions[0]), 1e-3) << elevation_deg << " " << azimuth_deg;
    }
  }
}

TEST(SpatialSpectrum, BadCovariancesAreDefined) {
  for (const Case& c : cases()) {
    SpatialSpectrum spectrum({.geometry = c.geometry, .frequency_hz = doa_carrier_hz, .grid = c.grid});
    const std::size_t n = c.geometry.elements();
    std::vector<float> s(spectrum.size());
    SpectrumPeak peaks[4];
    const auto check = [&](const GridBuffer<cf64>& r, bool good) {
      EXPECT_EQ(spectrum.bartlett(r.view(), s), good);
      EXPECT_EQ(spectrum.capon(r.view(), 0, s), good);
      for (const float x : s) EXPECT_TRUE(std::isfinite(x) && x >= 0);
      EXPECT_EQ(spectrum.music(r.view(), s), good);
      for (const float x : s) EXPECT_TRUE(std::isfinite(x) && x >= 0);
      const std::size_t found = spectrum.peaks(s, peaks);
      for (std::size_t i = 0; i < found; ++i) {
        EXPECT_NEAR(norm(peaks[i].direction), 1, 1e-9);
        EXPECT_TRUE(std::isfinite(peaks[i].value));
      }
      if (!good) {
        EXPECT_EQ(found, 0U);
      }
    };
    GridBuffer<cf64> r(n, n);
    check(r, false);  // zero
    r(0, 0) = 1;
    check(r, true);  // one live element
    check(DoaScene{.geometry = c.geometry, .directions = {{0, 0, 1}}}.covariance(0), true);  // singular
    r(n - 1, 0) = std::numeric_limits<double>::quiet_NaN();
    check(r, false);
    r(n - 1, 0) = 0;
    r(n - 1, n - 1) = std::numeric_limits<double>::infinity();
    check(r, false);
    r(n - 1, n - 1) = -1;  // no covariance at all
    spectrum.capon(r.view(), 0, s);
    for (const float x : s) EXPECT_TRUE(std::isfinite(x) && x >= 0);
  }
}

// Powers leave the range of float long before R leaves that of double.
TEST(SpatialSpectrum, AnyUnitsAreFinite) {
  for (const Case& c : cases()) {
    const DoaScene scene{.geometry = c.geometry, .directions = {{0.3, 0.1, std::sqrt(0.9)}}, .snr_db = 20};
    const auto r = scene.covariance();
    SpatialSpectrum spectrum({.geometry = c.geometry, .frequency_hz = doa_carrier_hz, .grid = c.grid});
    std::vector<float> s(spectrum.size()), plain(spectrum.size());
    SpectrumPeak peaks[4];
    for (const bool capon : {false, true}) {
      const auto evaluate = [&](const GridBuffer<cf64>& of, std::vector<float>& out) {
        return capon ? spectrum.capon(of.view(), 0, out) : spectrum.bartlett(of.view(), out);
      };
      ASSERT_TRUE(evaluate(r, plain));
      for (const double unit : {1e-300, 1e-60, 1e-30, 1e30, 1e35, 1e37, 1e38, 1e39, 1e60, 1e300}) {
        GridBuffer<cf64> scaled = r;
        for (std::size_t i = 0; i < r.rows(); ++i) {
          for (std::size_t k = 0; k < r.rows(); ++k) scaled(i, k) *= unit;
        }
        ASSERT_TRUE(evaluate(scaled, s)) << c.name << " " << unit;
        for (std::size_t g = 0; g < s.size(); ++g) {
          ASSERT_TRUE(std::isfinite(s[g]) && s[g] >= 0) << c.name << " " << unit;
          const double expected = plain[g] * unit;
          if (expected > 1e-37 && expected < 3.3e38 && plain[g] > 1e-3) {
            EXPECT_NEAR(s[g] / expected, 1, 1e-3);
          }
          if (expected > 4e38) {
            EXPECT_EQ(s[g], std::numeric_limits<float>::max());
          }
        }
        const std::size_t found = spectrum.peaks(s, peaks);
        for (std::size_t i = 0; i < found; ++i) EXPECT_TRUE(std::isfinite(peaks[i].value));
      }
    }
  }
}

TEST(SpatialSpectrum, DoesNotAllocate) {
  for (const Case& c : cases()) {
    const DoaScene scene{.geometry = c.geometry, .directions = {{0.3, 0.1, std::sqrt(0.9)}}};
    const auto r = scene.covariance();
    SpatialSpectrum spectrum({.geometry = c.geometry, .frequency_hz = doa_carrier_hz, .grid = c.grid});
    std::vector<float> s(spectrum.size());
    SpectrumPeak peaks[3];
    const AllocationCounter counter;
    spectrum.bartlett(r.view(), s);
    spectrum.capon(r.view(), 1, s);
    spectrum.music(r.view(), s);
    spectrum.peaks(s, peaks);
    EXPECT_EQ(counter.count(), 0U) << c.name;
  }
}

TEST(SpatialSpectrum, RefusesValuesOutOfRange) {
  const SpatialSpectrum::Config good{.geometry = array::Geometry::line(4, half),
                                     .frequency_hz = doa_carrier_hz,
                                     .grid = SearchGrid::line(-1, 1, 11)};
  SpatialSpectrum::Config bad = good;
  bad.sources = 4;
  EXPECT_THROW(SpatialSpectrum{bad}, ConfigError);
  bad.sources = 0;
  EXPECT_THROW(SpatialSpectrum{bad}, ConfigError);
  bad = good;
  bad.frequency_hz = -1;
  EXPECT_THROW(SpatialSpectrum{bad}, ConfigError);
  bad = good;
  bad.grid = {};
  EXPECT_THROW(SpatialSpectrum{bad}, ConfigError);
  bad = good;
  bad.grid.directions[3].x = 2;
  EXPECT_THROW(SpatialSpectrum{bad}, ConfigError);
  bad = good;
  bad.geometry.positions_m.resize(1);
  EXPECT_THROW(SpatialSpectrum{bad}, ConfigError);
  EXPECT_THROW(SearchGrid::line(0, std::numeric_limits<double>::quiet_NaN(), 3), ConfigError);
  EXPECT_THROW(SearchGrid::line(0, 1, 0), ConfigError);
  EXPECT_THROW(SearchGrid::azimuth_elevation({}, {}), ConfigError);
}

}  // namespace
}  // namespace boresight::doa
