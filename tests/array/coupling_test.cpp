#include "boresight/array/coupling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr double frequency_hz = 1e9;
constexpr double wavelength_m = speed_of_light_m_s / frequency_hz;

/// Ci and Si by Simpson's rule on the smooth parts: Ci(x) = gamma + ln x + int (cos t - 1) / t.
template <typename Function>
double integral(double to, Function f) {
  const int steps = 4000;
  const double h = to / steps;
  double sum = f(1e-12) + f(to);
  for (int i = 1; i < steps; ++i) sum += (i % 2 == 1 ? 4 : 2) * f(h * i);
  return sum * h / 3;
}
double si(double x) {
  return integral(x, [](double t) { return std::sin(t) / t; });
}
double ci(double x) {
  return 0.57721566490153286 + std::log(x) + integral(x, [](double t) { return (std::cos(t) - 1) / t; });
}

/// Side by side (Balanis 8-71): eta / 4 pi [2 Ci(u0) - Ci(u1) - Ci(u2)], and - Si for the reactance.
cf64 side_by_side(double d) {
  const double u0 = 2 * pi * d;
  const double u1 = 2 * pi * (std::hypot(d, 0.5) + 0.5);
  const double u2 = 2 * pi * (std::hypot(d, 0.5) - 0.5);
  return 29.9792458 * cf64(2 * ci(u0) - ci(u1) - ci(u2), -(2 * si(u0) - si(u1) - si(u2)));
}

TEST(Coupling, DipoleImpedancesAreTheClosedForm) {
  for (const double d : {0.05, 0.125, 0.25, 0.5, 0.75, 1.0, 2.3}) {
    EXPECT_NEAR(std::abs(half_wave_dipole_impedance(d, 0) - side_by_side(d)), 0, 1e-6) << d;
  }
  // Values of every textbook, which take 120 pi ohm for free space: the dipole itself, and half a wavelength
  // apart.
  const double textbook = 30 / 29.9792458;
  const cf64 self = half_wave_dipole_impedance(0, 0);
  EXPECT_NEAR(std::abs(textbook * self - cf64(73.13, 42.54)), 0, 0.01);
  EXPECT_NEAR(std::abs(half_wave_dipole_impedance(1e-4, 0) - self), 0, 0.3);
  EXPECT_NEAR(half_wave_dipole_impedance(0.5, 0).real(), -12.53, 0.02);
  EXPECT_NEAR(half_wave_dipole_impedance(0.5, 0).imag(), -29.91, 0.03);
  // Collinear, ends touching: 26.4 + j20.2 ohm (King 1956). Reciprocal in both offsets.
  EXPECT_NEAR(std::abs(half_wave_dipole_impedance(0, 0.5) - cf64(26.4, 20.2)), 0, 0.1);
  EXPECT_NEAR(std::abs(half_wave_dipole_impedance(0.3, 0.4) - half_wave_dipole_impedance(0.3, -0.4)), 0,
              1e-12);
}

TEST(Coupling, TwoDipolesByHand) {
  const cf64 load(50, -20);
  const Geometry pair = Geometry::line(2, 0.5 * wavelength_m);
  const auto c = dipole_coupling(pair, frequency_hz, load);
  const cf64 a = half_wave_dipole_impedance(0, 0) + load;
  const cf64 b = half_wave_dipole_impedance(0.5, 0);
  EXPECT_NEAR(std::abs(c[0] - a * a / (a * a - b * b)), 0, 1e-12);
  EXPECT_NEAR(std::abs(c[1] + a * b / (a * a - b * b)), 0, 1e-12);
  EXPECT_NEAR(std::abs(c[2] - c[1]), 0, 1e-15);
  const auto alone = dipole_coupling(Geometry::line(1, 1), frequency_hz);
  EXPECT_NEAR(std::abs(alone[0] - 1.0), 0, 1e-15);
  // Far apart nothing is left: the impedance falls as 60 ohm / (k d).
  const auto far = dipole_coupling(Geometry::line(2, 1000 * wavelength_m), frequency_hz);
  EXPECT_LT(std::abs(far[1]), 60 / (2 * pi * 1000) / 123 * 10);
}

TEST(Coupling, ExponentialModelFallsAsStated) {
  const auto c = exponential_coupling(Geometry::line(3, 0.5 * wavelength_m), frequency_hz,
                                      {.nearest_db = -15, .decay_db_per_wavelength = 20});
  EXPECT_EQ(c[0], cf64(1));
  EXPECT_NEAR(std::abs(c[1] - std::polar(amplitude_from_db(-15), -pi)), 0, 1e-12);
  EXPECT_NEAR(std::abs(c[2] - std::polar(amplitude_from_db(-25), -2 * pi)), 0, 1e-12);
  EXPECT_EQ(c[2], c[6]);
}

TEST(Coupling, RefusesWhatCannotBe) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Geometry pair = Geometry::line(2, 0.1);
  EXPECT_THROW(dipole_coupling(pair, 0), ConfigError);
  EXPECT_THROW(dipole_coupling(pair, frequency_hz, -50), ConfigError);
  EXPECT_THROW(dipole_coupling(pair, frequency_hz, {50, nan}), ConfigError);
  EXPECT_THROW(dipole_coupling(Geometry{}, frequency_hz), ConfigError);
  // On one axis, closer than they are long.
  EXPECT_THROW(dipole_coupling(Geometry::rectangle(1, 2, 1, 0.4 * wavelength_m), frequency_hz), ConfigError);
  EXPECT_EQ(dipole_coupling(Geometry::rectangle(1, 2, 1, 0.5 * wavelength_m), frequency_hz).size(), 4U);
  EXPECT_THROW(exponential_coupling(pair, frequency_hz, {.nearest_db = 1}), ConfigError);
  EXPECT_THROW(exponential_coupling(pair, frequency_hz, {.decay_db_per_wavelength = nan}), ConfigError);
  EXPECT_THROW(exponential_coupling(pair, nan), ConfigError);
}

}  // namespace
}  // namespace boresight::array
