#include "boresight/array/element.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "boresight/array/polarization.h"
#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr Vec3 ahead{0, 0, 1};
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Vec3 towards(double theta_deg, double phi_deg) {
  const double theta = rad_from_deg(theta_deg);
  const double phi = rad_from_deg(phi_deg);
  return {std::sin(theta) * std::cos(phi), std::sin(theta) * std::sin(phi), std::cos(theta)};
}

ElementPattern element(const ElementModel& model, double floor_db = -200) {
  return ElementPattern({.model = model, .floor_db = floor_db});
}

/// Simpson's rule.
template <typename Function>
double integral(double from, double to, Function f) {
  const int steps = 20000;
  const double h = (to - from) / steps;
  double sum = f(from) + f(to);
  for (int i = 1; i < steps; ++i) sum += (i % 2 == 1 ? 4 : 2) * f(from + h * i);
  return sum * h / 3;
}

TEST(Element, IsotropicHearsAllDirectionsAlike) {
  const ElementPattern isotropic;
  for (const Vec3 u : {ahead, Vec3{0, 0, -1}, towards(120, 30)}) {
    EXPECT_EQ(isotropic.scalar(u), cf64(1));
    EXPECT_TRUE(isotropic.covers(u));
  }
  EXPECT_NEAR(isotropic.directivity(ahead), 1, 1e-13);
}

TEST(Element, CosineDirectivityIsTheClosedForm) {
  for (const double q : {0.0, 0.5, 1.0, 1.5, 4.0}) {
    // Mean of cos^2q over the sphere: 1 / (2 (2 q + 1)).
    const double expected = 2 * (2 * q + 1);
    EXPECT_NEAR(element(CosineElement{q}).directivity(ahead), expected, 1e-4 * expected) << q;
    // The floor of -40 dB adds 1e-4 over the half behind; ahead it only matters where the element is deafer.
    const double floored = 1 / (1 / expected + 0.5e-4);
    EXPECT_NEAR(db_from_power(element(CosineElement{q}, -40).directivity(ahead) / floored), 0, 0.002) << q;
  }
  const ElementPattern cosine = element(CosineElement{1});
  EXPECT_NEAR(cosine.scalar(towards(60, 77)).real(), 0.5, 1e-15);
}

TEST(Element, PatchDirectivityIsThatOfItsTwoSlots) {
  // One slot of width W (L = 0): D = X^2 / I, I = -2 + cos X + X Si(X) + sin X / X, X = 2 pi W (Balanis
  // 14-53).
  const double w = 0.45;
  const double x = 2 * pi * w;
  const double si = integral(1e-12, x, [](double t) { return std::sin(t) / t; });
  const double slot = x * x / (-2 + std::cos(x) + x * si + std::sin(x) / x);
  EXPECT_NEAR(element(PatchElement{0, w}).directivity(ahead), slot, 1e-6 * slot);
  // Two: times 2 / (1 + g12), with the mutual conductance of the slots (Balanis 14-18a, 14-55).
  const double length = 0.36;
  const auto conductance = [&](double distance) {
    return integral(1e-9, pi - 1e-9, [&](double theta) {
      const double f = std::sin(pi * w * std::cos(theta));
      const double ratio = std::abs(std::cos(theta)) < 1e-9 ? pi * w : f / std::cos(theta);
      return ratio * ratio * std::cyl_bessel_j(0, 2 * pi * distance * std::sin(theta)) *
             std::pow(std::sin(theta), 3);
    });
  };
  const double patch = slot * 2 / (1 + conductance(length) / conductance(0));
  EXPECT_NEAR(element(PatchElement{length, w}).directivity(ahead), patch, 1e-6 * patch);
  EXPECT_GT(db_from_power(patch), 6);
  EXPECT_LT(db_from_power(patch), 8);
}

TEST(Element, PatchPrincipalPlanes) {
  const ElementPattern patch = element(PatchElement{0.36, 0.45});
  const double s = std::sin(rad_from_deg(50));
  // E plane: cos(pi L sin), no factor cos(theta). H plane: sinc(W sin) cos(theta).
  EXPECT_NEAR(patch.scalar(towards(50, 0)).real(), std::cos(pi * 0.36 * s), 1e-14);
  EXPECT_NEAR(patch.scalar(towards(50, 90)).real(),
              std::sin(pi * 0.45 * s) / (pi * 0.45 * s) * std::cos(rad_from_deg(50)), 1e-14);
}

TEST(Element, PatchFieldsAreThetaAndPhiOfTheCavityModel) {
  const ElementPattern patch = element(PatchElement{0.36, 0.45});
  Random random(1);
  for (int i = 0; i < 100; ++i) {
    const double theta = 0.49 * pi * random.uniform();
    const double phi = 2 * pi * random.uniform();
    const Vec3 u = towards(deg_from_rad(theta), deg_from_rad(phi));
    const auto field = [&](double turned) {  // of a port that is turned by `turned`
      const double a = pi * 0.45 * std::sin(theta) * std::sin(phi - turned);
      const double f = (std::abs(a) < 1e-9 ? 1 : std::sin(a) / a) *
                       std::cos(pi * 0.36 * std::sin(theta) * std::cos(phi - turned));
      const Vec3 theta_hat{std::cos(theta) * std::cos(phi), std::cos(theta) * std::sin(phi),
                           -std::sin(theta)};
      const Vec3 phi_hat{-std::sin(phi), std::cos(phi), 0};
      return f * std::cos(phi - turned) * theta_hat + -f * std::cos(theta) * std::sin(phi - turned) * phi_hat;
    };
    const TransverseAxes axes = transverse_axes(u);
    const JonesMatrix response = patch.response(u);
    EXPECT_NEAR(response.xx.real(), dot(field(0), axes.x), 1e-13);
    EXPECT_NEAR(response.xy.real(), dot(field(0), axes.y), 1e-13);
    EXPECT_NEAR(response.yx.real(), dot(field(pi / 2), axes.x), 1e-13);
    EXPECT_NEAR(response.yy.real(), dot(field(pi / 2), axes.y), 1e-13);
  }
}

TEST(Element, FloorSpeaksWhereTheModelDoesNot) {
  const double floor = amplitude_from_db(-40);
  for (const ElementModel& model : {ElementModel{CosineElement{1}}, ElementModel{PatchElement{}}}) {
    const ElementPattern pattern = element(model, -40);
    for (const Vec3 u : {towards(120, 10), Vec3{0, 0, -1}, Vec3{1, 0, 0}}) {
      EXPECT_FALSE(pattern.covers(u));
      EXPECT_NEAR(std::abs(pattern.scalar(u)), floor, 1e-15);
    }
    EXPECT_TRUE(pattern.covers(towards(89, 10)));
    EXPECT_GE(std::abs(pattern.scalar(towards(89.99, 10))), floor);
    EXPECT_NEAR(std::abs(pattern.scalar({nan, nan, nan})), floor, 1e-15);
  }
}

TabulatedElement sampled_cosine(double step_deg, double last_deg) {
  TabulatedElement table;
  for (double t = 0; t <= last_deg + 1e-9; t += step_deg) table.thetas_rad.push_back(rad_from_deg(t));
  for (double p = 0; p < 360; p += 10) table.phis_rad.push_back(rad_from_deg(p));
  for (const double theta : table.thetas_rad) {
    for (const double phi : table.phis_rad) {
      table.co.push_back(std::polar(std::cos(theta) * (1 + 0.2 * std::cos(phi)), 0.3));
      table.cross.push_back(0.1 * std::sin(phi));
    }
  }
  return table;
}

TEST(Element, TableMeetsItsNodesAndInterpolatesBetween) {
  const ElementPattern table = element(sampled_cosine(5, 75), -60);
  const JonesMatrix node = table.response(towards(40, 350));
  EXPECT_NEAR(std::abs(node.xx -
                       std::polar(std::cos(rad_from_deg(40)) * (1 + 0.2 * std::cos(rad_from_deg(350))), 0.3)),
              0, 1e-13);
  // Between the last phi and the first; and linear error of cos over 5 and 10 degrees.
  const Vec3 between = towards(42.5, 355);
  const double exact = std::cos(rad_from_deg(42.5)) * (1 + 0.2 * std::cos(rad_from_deg(5)));
  EXPECT_NEAR(std::abs(table.response(between).xx), exact, 2e-3 * exact);
  // Port y is port x turned: what x has at phi - 90.
  const JonesMatrix here = table.response(towards(30, 130));
  const JonesMatrix there = table.response(towards(30, 40));
  EXPECT_NEAR(std::abs(here.yy - there.xx), 0, 1e-13);
  EXPECT_NEAR(std::abs(here.yx + there.xy), 0, 1e-13);
  EXPECT_TRUE(table.covers(towards(74.9, 0)));
  EXPECT_FALSE(table.covers(towards(75.1, 0)));
  EXPECT_NEAR(std::abs(table.scalar(towards(76, 0))), 1e-3, 1e-15);

  // The stated error: 0.008 dB at a 5 degree step.
  TabulatedElement round = sampled_cosine(5, 85);
  round.phis_rad = {0};
  round.cross.clear();
  round.co.clear();
  for (const double theta : round.thetas_rad) round.co.emplace_back(std::cos(theta));
  const ElementPattern cosine = element(round);
  for (double t = 0; t < 60; t += 0.5) {
    EXPECT_NEAR(
        db_from_power(std::norm(cosine.scalar(towards(t, 123))) / std::pow(std::cos(rad_from_deg(t)), 2)), 0,
        0.0085);
  }
}

TEST(Element, RefusesWhatIsNoPattern) {
  EXPECT_THROW(element(CosineElement{-0.1}), ConfigError);
  EXPECT_THROW(element(CosineElement{nan}), ConfigError);
  EXPECT_THROW(element(PatchElement{.width_wavelengths = 2.1}), ConfigError);
  EXPECT_THROW(element(IsotropicElement{}, 1), ConfigError);
  const auto with = [](auto change) {
    TabulatedElement table = sampled_cosine(5, 75);
    change(table);
    return table;
  };
  EXPECT_THROW(element(TabulatedElement{}), ConfigError);
  EXPECT_THROW(element(with([](TabulatedElement& t) { t.co.pop_back(); })), ConfigError);
  EXPECT_THROW(element(with([](TabulatedElement& t) { t.cross.pop_back(); })), ConfigError);
  EXPECT_THROW(element(with([](TabulatedElement& t) { t.co[3] = nan; })), ConfigError);
  EXPECT_THROW(element(with([](TabulatedElement& t) { t.thetas_rad[1] = t.thetas_rad[0]; })), ConfigError);
  EXPECT_THROW(element(with([](TabulatedElement& t) { t.thetas_rad.back() = 3.2; })), ConfigError);
  EXPECT_THROW(element(with([](TabulatedElement& t) { t.phis_rad.back() = 2 * pi; })), ConfigError);
}

}  // namespace
}  // namespace boresight::array
