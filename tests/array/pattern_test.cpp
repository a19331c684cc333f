#include "boresight/array/pattern.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "boresight/array/steering.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr double frequency_hz = 11.7e9;
constexpr double wavelength_m = speed_of_light_m_s / frequency_hz;

std::vector<cf64> uniform_weights(std::size_t elements) {
  return std::vector<cf64>(elements, cf64(1.0 / static_cast<double>(elements)));
}

TEST(Pattern, UniformLineIsTheDirichletKernel) {
  const std::size_t n = 16;
  const Pattern pattern(Geometry::line(n, wavelength_m / 2), frequency_hz, uniform_weights(n));
  for (double theta_deg = -89; theta_deg < 90; theta_deg += 7.3) {
    const double s = std::sin(rad_from_deg(theta_deg));
    const double psi = pi * s;
    const double expected = std::pow(std::sin(n * psi / 2) / (n * std::sin(psi / 2)), 2);
    EXPECT_NEAR(pattern.power(Vec3{s, 0, std::cos(rad_from_deg(theta_deg))}), expected, 1e-14) << theta_deg;
  }
}

TEST(Pattern, FirstSidelobeOfALongUniformLineIsMinus13dB) {
  // sinc^2 has its first sidelobe at -13.26 dB; 64 elements are within 0.02 dB of the continuous aperture.
  const std::size_t n = 64;
  const Pattern pattern(Geometry::line(n, wavelength_m / 2), frequency_hz, uniform_weights(n));
  std::vector<double> elevations_rad;  // along azimuth 90 deg (+x), beyond the first null at sin = 2/n
  for (double s = 2.0 / n; s < 4.0 / n; s += 1e-5) elevations_rad.push_back(pi / 2 - std::asin(s));
  const auto cut_db = pattern.elevation_cut_db(elevations_rad, pi / 2);
  EXPECT_NEAR(*std::max_element(cut_db.begin(), cut_db.end()), -13.26, 0.02);
}

TEST(Pattern, GridHoldsBothCutsAndPeaksAtTheLookDirection) {
  const Geometry panel = Geometry::rectangle(4, 4, wavelength_m / 2, wavelength_m / 2);
  const Attitude attitude(Attitude::Config{.yaw_rad = 0.4, .pitch_rad = 0.2});
  const SkyDirection look{rad_from_deg(150), rad_from_deg(60)};
  std::vector<cf64> weights(16);
  steering_vector(panel, attitude.array_from_sky(look), frequency_hz, weights);
  for (cf64& w : weights) w *= 0.5;  // peak |w^H a|^2 = 64
  const Pattern pattern(panel, frequency_hz, weights, attitude);

  std::vector<double> azimuths_rad;
  std::vector<double> elevations_rad;
  for (int deg = 0; deg < 360; deg += 10) azimuths_rad.push_back(rad_from_deg(deg));
  for (int deg = 0; deg <= 90; deg += 10) elevations_rad.push_back(rad_from_deg(deg));
  GridBuffer<double> sky(elevations_rad.size(), azimuths_rad.size());
  pattern.sky_db(azimuths_rad, elevations_rad, sky.view());

  EXPECT_NEAR(sky(6, 15), db_from_power(64), 1e-12);
  EXPECT_NEAR(sky(6, 15), db_from_power(pattern.power(look)), 1e-12);
  const auto azimuth_cut = pattern.azimuth_cut_db(azimuths_rad, elevations_rad[6]);
  const auto elevation_cut = pattern.elevation_cut_db(elevations_rad, azimuths_rad[15]);
  for (std::size_t k = 0; k < azimuth_cut.size(); ++k) EXPECT_EQ(azimuth_cut[k], sky(6, k));
  for (std::size_t i = 0; i < elevation_cut.size(); ++i) EXPECT_EQ(elevation_cut[i], sky(i, 15));

  GridBuffer<double> normalized(elevations_rad.size(), azimuths_rad.size());
  pattern.sky_db(azimuths_rad, elevations_rad, normalized.view(), PatternScale::normalized);
  for (std::size_t i = 0; i < sky.rows(); ++i) {
    for (std::size_t k = 0; k < sky.columns(); ++k) {
      EXPECT_LE(normalized(i, k), 0);
      EXPECT_NEAR(normalized(i, k), std::max(sky(i, k) - sky(6, 15), pattern_floor_db), 1e-12);
    }
  }
}

TEST(Pattern, NullsAndNaNEndAtTheFloor) {
  const std::vector<cf64> opposed = {1.0, -1.0};
  const Pattern pattern(Geometry::line(2, wavelength_m / 2), frequency_hz, opposed);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(pattern.elevation_cut_db(std::vector<double>{pi / 2}, 0.0).front(), pattern_floor_db);
  EXPECT_EQ(pattern.elevation_cut_db(std::vector<double>{nan}, 0.0).front(), pattern_floor_db);
  EXPECT_TRUE(pattern.azimuth_cut_db({}, 0.0).empty());
}

TEST(Pattern, RefusesWhatDoesNotFit) {
  const Geometry line = Geometry::line(4, 0.01);
  EXPECT_THROW(Pattern(line, frequency_hz, uniform_weights(3)), ConfigError);
  EXPECT_THROW(Pattern(line, 0.0, uniform_weights(4)), ConfigError);
  EXPECT_THROW(Pattern(Geometry{}, frequency_hz, {}), ConfigError);
}

}  // namespace
}  // namespace boresight::array
