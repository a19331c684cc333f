#include "boresight/array/self_calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>

#include "boresight/array/steering.h"
#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr double frequency_hz = 11.325e9;
constexpr double wavelength_m = speed_of_light_m_s / frequency_hz;

Vec3 towards(double x, double y) {
  return {x, y, std::sqrt(1 - x * x - y * y)};
}

struct Truth {
  SelfCalibrationConfig config;
  std::vector<cf64> gains;
  std::vector<cf64> coupling;

  explicit Truth(Geometry geometry, std::vector<double> distances = {}, std::uint64_t seed = 1) {
    config = {.geometry = std::move(geometry),
              .frequency_hz = frequency_hz,
              .coupling_distances_m = std::move(distances)};
    Random random(seed);
    for (std::size_t e = 0; e < config.geometry.elements(); ++e) {
      gains.push_back(std::polar(amplitude_from_db(random.normal()), 0.5 * random.normal()));
    }
    for (std::size_t q = 0; q < config.coupling_distances_m.size(); ++q) {
      coupling.push_back(std::polar(0.15 / static_cast<double>(q + 1), 2 * pi * random.uniform()));
    }
  }

  CalibrationWave wave(Vec3 direction, double noise = 0, std::uint64_t seed = 0) const {
    const std::size_t n = gains.size();
    std::vector<cf64> a(n);
    steering_vector(config.geometry, direction, frequency_hz, a);
    GridBuffer<cf64> c(n, n);
    coupling_matrix(config, coupling, c.view());
    CalibrationWave result{.response = std::vector<cf64>(n), .direction = direction};
    Random random(seed);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < n; ++k) result.response[i] += c(i, k) * gains[k] * a[k];
      result.response[i] *= std::polar(3.0, 1.0 + static_cast<double>(seed));
      result.response[i] += 3 * std::sqrt(noise) * cf64(random.complex_normal());
    }
    return result;
  }

  double gain_error(const SelfCalibration& found) const {
    double square = 0;
    for (std::size_t e = 0; e < gains.size(); ++e) square += std::norm(found.gains[e] - gains[e] / gains[0]);
    return std::sqrt(square / static_cast<double>(gains.size()));
  }
};

TEST(SelfCalibration, OneKnownDirectionGivesGains) {
  const Truth truth(Geometry::line(8, wavelength_m / 2));
  const CalibrationWave waves[] = {truth.wave(towards(0.3, 0))};
  const SelfCalibration found = self_calibrate(truth.config, waves);
  ASSERT_TRUE(found.ok) << found.reason;
  EXPECT_TRUE(found.identifiable);
  EXPECT_LT(truth.gain_error(found), 1e-9);
  EXPECT_LT(found.residual_db, -200);
}

TEST(SelfCalibration, KnownDirectionsGiveGainsAndCoupling) {
  const Truth truth(Geometry::line(8, wavelength_m / 2), {wavelength_m / 2, wavelength_m});
  std::vector<CalibrationWave> waves;
  for (const double x : {-0.7, -0.2, 0.1, 0.5, 0.8}) waves.push_back(truth.wave(towards(x, 0)));
  const SelfCalibration found = self_calibrate(truth.config, waves);
  ASSERT_TRUE(found.ok) << found.reason;
  EXPECT_TRUE(found.identifiable);
  EXPECT_LT(truth.gain_error(found), 1e-7);
  for (std::size_t q = 0; q < 2; ++q) EXPECT_LT(std::abs(found.coupling[q] - truth.coupling[q]), 1e-7);
}

TEST(SelfCalibration, UnknownDirectionsBesideAKnownOneAreFound) {
  const Truth truth(Geometry::rectangle(4, 4, wavelength_m / 2, wavelength_m / 2), {wavelength_m / 2});
  std::vector<CalibrationWave> waves = {truth.wave(towards(0, 0))};
  const Vec3 directions[] = {towards(0.5, 0.1), towards(-0.4, 0.5), towards(0.1, -0.6), towards(0.6, 0.6)};
  for (const Vec3 u : directions) {
    CalibrationWave wave = truth.wave(u);
    wave.known = false;
    wave.direction = towards(u.x + 0.03, u.y - 0.02);
    waves.push_back(wave);
  }
  const SelfCalibration found = self_calibrate(truth.config, waves);
  ASSERT_TRUE(found.ok) << found.reason;
  EXPECT_TRUE(found.identifiable);
  EXPECT_EQ(found.unknowns, 2U * (16 + 1 + 5) + 2 * 4);
  EXPECT_EQ(found.equations, 2U * 16 * 5);
  EXPECT_LT(truth.gain_error(found), 1e-6);
  EXPECT_LT(std::abs(found.coupling[0] - truth.coupling[0]), 1e-6);
  for (std::size_t m = 0; m < 4; ++m) EXPECT_LT(norm(found.directions[m + 1] - directions[m]), 1e-6);
}

TEST(SelfCalibration, TellsWhatCannotBeTold) {
  // All directions unknown: a common tilt of sky and phases fits as well.
  const Truth truth(Geometry::rectangle(3, 3, wavelength_m / 2, wavelength_m / 2));
  std::vector<CalibrationWave> waves;
  for (const Vec3 u : {towards(0, 0), towards(0.5, 0.1), towards(-0.4, 0.5)}) {
    waves.push_back(truth.wave(u));
    waves.back().known = false;
  }
  const SelfCalibration tilted = self_calibrate(truth.config, waves);
  EXPECT_TRUE(tilted.ok);
  EXPECT_FALSE(tilted.identifiable);
  EXPECT_EQ(tilted.rank + 4, tilted.unknowns);  // a common factor and a tilt
  EXPECT_LT(tilted.residual_db, -150);
  waves[0].known = true;
  EXPECT_TRUE(self_calibrate(truth.config, waves).identifiable);
  // A line has one angle: its tilt is one number.
  const Truth line(Geometry::line(6, wavelength_m / 2));
  waves.clear();
  for (const double x : {-0.3, 0.2}) {
    waves.push_back(line.wave(towards(x, 0)));
    waves.back().known = false;
  }
  const SelfCalibration of_line = self_calibrate(line.config, waves);
  EXPECT_EQ(of_line.rank + 3, of_line.unknowns);
  // Coupling from one wave: too few equations.
  const Truth coupled(Geometry::line(4, wavelength_m / 2), {wavelength_m / 2});
  const CalibrationWave one[] = {coupled.wave(towards(0.2, 0))};
  EXPECT_FALSE(self_calibrate(coupled.config, one).identifiable);
}

// Responses at 30 dB: as good as the linearized least-squares bound, (J^H J)^-1 by differences of the model.
TEST(SelfCalibration, ErrorsShrinkWithTheNoiseAsTheyMust) {
  const Truth truth(Geometry::line(8, wavelength_m / 2));
  constexpr double noise = 1e-3;
  constexpr int trials = 200;
  constexpr std::size_t count = 4;
  double square = 0;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<CalibrationWave> waves;
    for (std::size_t m = 0; m < count; ++m) {
      waves.push_back(truth.wave(towards(-0.6 + 0.4 * static_cast<double>(m), 0), noise,
                                 1000 + static_cast<std::uint64_t>(trial) * count + m));
    }
    const SelfCalibration found = self_calibrate(truth.config, waves);
    for (std::size_t e = 1; e < 8; ++e) {
      // Of the ratio g_e / g_0 per |ratio|^2: noise over |g_e|^2 and |g_0|^2, averaged over the waves.
      const double bound = noise / count * (1 / std::norm(truth.gains[e]) + 1 / std::norm(truth.gains[0]));
      square += std::norm(found.gains[e] / (truth.gains[e] / truth.gains[0]) - 1.0) / bound / (7 * trials);
    }
  }
  // 200 trials, 7 ratios with one reference in common: 4 % rms.
  EXPECT_LT(db_from_power(square), 0.6);
  EXPECT_GT(db_from_power(square), -0.6);
}

TEST(SelfCalibration, RefusesWhatCannotBe) {
  const Truth truth(Geometry::line(4, wavelength_m / 2), {wavelength_m / 2});
  const std::vector<CalibrationWave> good = {truth.wave(towards(0.1, 0)), truth.wave(towards(0.4, 0))};
  const auto refuse = [&](auto change) {
    SelfCalibrationConfig config = truth.config;
    std::vector<CalibrationWave> waves = good;
    change(config, waves);
    EXPECT_THROW(self_calibrate(config, waves), ConfigError);
  };
  refuse([](auto& c, auto&) { c.geometry = {}; });
  refuse([](auto& c, auto& w) {
    c.geometry = Geometry::line(1, 1), w[0].response.resize(1), w[1].response.resize(1);
  });
  refuse([](auto& c, auto&) { c.geometry.positions_m[1] = c.geometry.positions_m[0]; });
  refuse([](auto& c, auto&) { c.geometry.positions_m[1].z = 1; });
  refuse([](auto& c, auto&) { c.frequency_hz = NAN; });
  refuse([](auto& c, auto&) { c.coupling_distances_m = {0.1, 0.1}; });
  refuse([](auto& c, auto&) { c.coupling_distances_m = {-0.1}; });
  refuse([](auto& c, auto&) { c.max_iterations = 0; });
  refuse([](auto&, auto& w) { w.clear(); });
  refuse([](auto&, auto& w) { w[1].response.pop_back(); });
  refuse([](auto&, auto& w) { w[0].response[2] = cf64(0, NAN); });
  refuse([](auto&, auto& w) { std::ranges::fill(w[0].response, cf64(0)); });
  refuse([](auto&, auto& w) { w[0].direction = {0, 0, 2}; });
  EXPECT_NO_THROW(self_calibrate(truth.config, good));
  // A dead element 0 cannot be the reference of the gains.
  std::vector<CalibrationWave> dead = good;
  for (CalibrationWave& wave : dead) wave.response[0] = 0;
  SelfCalibrationConfig plain = truth.config;
  plain.coupling_distances_m.clear();
  const SelfCalibration found = self_calibrate(plain, dead);
  EXPECT_FALSE(found.ok);
  EXPECT_FALSE(found.reason.empty());
}

}  // namespace
}  // namespace boresight::array
