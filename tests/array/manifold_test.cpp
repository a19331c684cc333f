#include "boresight/array/manifold.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "boresight/array/coupling.h"
#include "boresight/array/pattern.h"
#include "boresight/array/steering.h"
#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "support/allocation_counter.h"

namespace boresight::array {
namespace {

constexpr double frequency_hz = 11.7e9;
constexpr double wavelength_m = speed_of_light_m_s / frequency_hz;
const std::vector<Jones> dual = {{1, 0}, {0, 1}};

Vec3 random_direction(Random& random) {
  const Vec3 v{random.normal(), random.normal(), random.normal()};
  return (1 / norm(v)) * v;
}

std::vector<cf64> steered(const Manifold& manifold, Vec3 u, Jones wave = Jones::rhcp()) {
  std::vector<cf64> out(manifold.channels());
  manifold.steering(u, frequency_hz, wave, std::span<cf64>(out));
  return out;
}

TEST(Manifold, WithoutAnythingItIsTheSteeringVector) {
  const Geometry panel = Geometry::hexagon(2, 0.5 * wavelength_m);
  const Manifold manifold(panel);
  Random random(1);
  std::vector<cf64> plain(panel.elements());
  std::vector<cf32> single(panel.elements());
  for (int i = 0; i < 20; ++i) {
    const Vec3 u = random_direction(random);
    steering_vector(panel, u, frequency_hz, plain);
    EXPECT_EQ(steered(manifold, u), plain);
    manifold.steering(u, frequency_hz, single);
    for (std::size_t e = 0; e < plain.size(); ++e) {
      EXPECT_EQ(single[e], cf32(static_cast<float>(plain[e].real()), static_cast<float>(plain[e].imag())));
    }
  }
}

TEST(Manifold, ElementPatternsLookAlongTheirNormals) {
  // Cosine elements around a cylinder: cos of the angle between direction and normal, or the floor behind.
  const Geometry cylinder = Geometry::cylinder(12, 1, 0.5 * wavelength_m, 1, 2 * wavelength_m);
  const Manifold manifold(
      {.geometry = cylinder, .element = ElementPattern({.model = CosineElement{1}, .floor_db = -60})});
  Random random(2);
  for (int i = 0; i < 50; ++i) {
    const Vec3 u = random_direction(random);
    const auto a = steered(manifold, u);
    std::size_t in_view = 0;
    for (std::size_t e = 0; e < a.size(); ++e) {
      EXPECT_NEAR(std::abs(a[e]), std::max(1e-3, dot(u, cylinder.normal(e))), 1e-12);
      in_view += dot(u, cylinder.normal(e)) > 0 ? 1 : 0;
    }
    EXPECT_EQ(manifold.elements_in_view(u), in_view);
  }
  const Manifold flat({.geometry = Geometry::line(4, 0.01),
                       .element = ElementPattern({.model = PatchElement{}, .floor_db = -40}),
                       .ports = {}});
  EXPECT_EQ(flat.elements_in_view({0, 0.6, 0.8}), 4U);
  EXPECT_EQ(flat.elements_in_view({0, 0.6, -0.8}), 0U);  // below the panel's horizon
  EXPECT_NEAR(std::abs(steered(flat, {0, 0.6, -0.8})[2]), 0.01, 1e-12);
}

TEST(Manifold, DualLinearElementsSeeRhcpAQuarterTurnApart) {
  const Geometry panel = Geometry::rectangle(2, 2, 0.5 * wavelength_m, 0.5 * wavelength_m);
  const Manifold manifold({.geometry = panel, .ports = dual});
  ASSERT_EQ(manifold.channels(), 8U);
  std::vector<cf64> plain(4);
  Random random(3);
  for (int i = 0; i < 20; ++i) {
    const Vec3 u = random_direction(random);
    steering_vector(panel, u, frequency_hz, plain);
    const auto right = steered(manifold, u, Jones::rhcp());
    const auto left = steered(manifold, u, Jones::lhcp());
    cf64 crosstalk;
    double power = 0;
    for (std::size_t e = 0; e < 4; ++e) {
      EXPECT_NEAR(std::abs(right[e] - std::sqrt(0.5) * plain[e]), 0, 1e-14);
      EXPECT_NEAR(std::abs(right[4 + e] - cf64(0, std::sqrt(0.5)) * plain[e]), 0, 1e-14);
    }
    // Polarization-matched weights: all the power of the satellite, nothing of the other hand.
    for (std::size_t c = 0; c < 8; ++c) {
      crosstalk += std::conj(right[c]) * left[c];
      power += std::norm(right[c]);
    }
    EXPECT_NEAR(power, 4, 1e-13);
    EXPECT_NEAR(std::abs(crosstalk), 0, 1e-13);
  }
}

TEST(Manifold, SinglePortsReceiveTheirOwnPolarization) {
  const auto one = [](Jones port, Jones wave) {
    const Manifold manifold({.geometry = Geometry::line(1, 1), .ports = {port}});
    return std::abs(steered(manifold, {0, 0, 1}, wave)[0]);
  };
  EXPECT_NEAR(one(Jones::rhcp(), Jones::rhcp()), 1, 1e-15);
  EXPECT_NEAR(one(Jones::rhcp(), Jones::lhcp()), 0, 1e-15);
  EXPECT_NEAR(one({2, 0}, Jones::rhcp()), std::sqrt(0.5), 1e-15);  // a port's length does not matter
  EXPECT_NEAR(one(Jones::linear(0.4), Jones::linear(1.1)), std::cos(0.7), 1e-15);
}

TEST(Manifold, SequentialRotationTurnsThePhaseOfCircularWaves) {
  const std::vector<double> rotations = {0, pi / 2, pi, 1.5 * pi};
  const Manifold manifold({.geometry = Geometry::rectangle(2, 2, 0.01, 0.01),
                           .ports = {Jones::rhcp()},
                           .rotations_rad = rotations});
  const auto right = steered(manifold, {0, 0, 1}, Jones::rhcp());
  for (std::size_t e = 0; e < 4; ++e) {
    // The frame turned by t sees (1, j) as e^{j t} (1, j).
    EXPECT_NEAR(std::abs(right[e] - std::polar(1.0, rotations[e])), 0, 1e-14);
  }
}

TEST(Manifold, FieldOnATiltedElementIsTheSameField) {
  // A linear port on an element whose normal is tilted, against three-dimensional vectors: port direction of
  // the Huygens source along e_x of the element's own frame.
  Random random(4);
  for (int i = 0; i < 50; ++i) {
    const Vec3 normal = random_direction(random);
    const Vec3 u = random_direction(random);
    const double tilt = 6 * random.uniform();
    const Manifold manifold({.geometry = Geometry::from_positions({{0, 0, 0}}, {normal}), .ports = dual});
    const auto v = steered(manifold, u, Jones::linear(tilt));
    EXPECT_NEAR(std::norm(v[0]) + std::norm(v[1]), 1, 1e-9);  // no field is lost or made
    // At its own normal the element sees the wave in the axes that transverse_axes() gives, unturned.
    const auto at_normal = steered(manifold, normal, Jones::linear(tilt));
    EXPECT_NEAR(std::abs(at_normal[0] - std::cos(tilt)), 0, 1e-9);
    EXPECT_NEAR(std::abs(at_normal[1] - std::sin(tilt)), 0, 1e-9);
  }
}

TEST(Manifold, CouplingIsAppliedOnceToAllChannels) {
  const Geometry line = Geometry::line(5, 0.4 * wavelength_m);
  const auto c = dipole_coupling(line, frequency_hz);
  const Manifold coupled({.geometry = line, .coupling = c});
  const Manifold dual_coupled({.geometry = line, .ports = dual, .coupling = c});
  const Vec3 u{0.48, 0.6, 0.64};
  std::vector<cf64> plain(5);
  steering_vector(line, u, frequency_hz, plain);
  const auto a = steered(coupled, u);
  const auto b = steered(dual_coupled, u, {0.6, 0.8});
  for (std::size_t m = 0; m < 5; ++m) {
    cf64 expected;
    for (std::size_t n = 0; n < 5; ++n) expected += c[5 * m + n] * plain[n];
    EXPECT_NEAR(std::abs(a[m] - expected), 0, 1e-14);
    EXPECT_NEAR(std::abs(b[m] - 0.6 * expected), 0, 1e-14);
    EXPECT_NEAR(std::abs(b[5 + m] - 0.8 * expected), 0, 1e-14);
  }
  // A full matrix couples the polarizations, too.
  std::vector<cf64> swap(100);
  for (std::size_t m = 0; m < 10; ++m) swap[10 * m + (m + 5) % 10] = 1;
  const Manifold swapped({.geometry = line, .ports = dual, .coupling = swap});
  EXPECT_NEAR(std::abs(steered(swapped, u, {1, 0})[7] - plain[2]), 0, 1e-14);
  // absorb_coupling: (C^H w)^H a_alone = w^H a.
  Random random(5);
  std::vector<cf64> w(5);
  for (cf64& value : w) value = {random.normal(), random.normal()};
  std::vector<cf64> absorbed(5);
  coupled.absorb_coupling(w, absorbed);
  cf64 expected;
  for (std::size_t e = 0; e < 5; ++e) expected += std::conj(w[e]) * a[e];
  EXPECT_NEAR(std::abs(coupled.output(absorbed, u, frequency_hz, {}) - expected), 0, 1e-13);
}

TEST(Manifold, PatternOfTwoCoupledElementsByHand) {
  // C = [[a, b], [b, a]], weights (1, 1), half-wave pair: |(a + b) 2 cos(pi sin / 2)|^2.
  const cf64 a(0.9, 0.1);
  const cf64 b(-0.2, 0.15);
  const Manifold manifold({.geometry = Geometry::line(2, 0.5 * wavelength_m), .coupling = {a, b, b, a}});
  const Pattern even(manifold, frequency_hz, std::vector<cf64>{1, 1});
  const Pattern first(manifold, frequency_hz, std::vector<cf64>{1, 0});
  for (double s = -0.95; s < 1; s += 0.1) {
    const Vec3 u{s, 0, std::sqrt(1 - s * s)};
    EXPECT_NEAR(even.power(u), std::norm(a + b) * 4 * std::pow(std::cos(0.5 * pi * s), 2), 1e-13);
    // One element alone is no longer isotropic: |a e^{-j pi s / 2} + b e^{+j pi s / 2}|^2.
    EXPECT_NEAR(first.power(u),
                std::norm(a) + std::norm(b) + 2 * std::real(std::conj(a) * b * std::polar(1.0, pi * s)),
                1e-13);
  }
}

TEST(Manifold, SteeringTakesNothingFromTheHeap) {
  const Geometry cap = Geometry::sphere_cap(3, 0.5 * wavelength_m, 4 * wavelength_m);
  const std::vector<cf64> coupling = exponential_coupling(cap, frequency_hz);
  const Manifold manifold({.geometry = cap,
                           .element = ElementPattern({.model = PatchElement{}}),
                           .ports = dual,
                           .coupling = coupling});
  std::vector<cf64> a(manifold.channels());
  std::vector<cf32> single(manifold.channels());
  const AllocationCounter allocations;
  manifold.steering({0.6, 0, 0.8}, frequency_hz, std::span<cf64>(a));
  manifold.steering({0.6, 0, 0.8}, frequency_hz, std::span<cf32>(single));
  EXPECT_EQ(manifold.elements_in_view({0.6, 0, 0.8}), cap.elements());
  EXPECT_EQ(allocations.count(), 0U);
}

TEST(Manifold, RefusesWhatDoesNotFit) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto with = [](auto change) {
    Manifold::Config config;
    config.geometry = Geometry::line(4, 0.01);
    change(config);
    return Manifold(std::move(config));
  };
  EXPECT_EQ(with([](auto&) {}).channels(), 4U);
  EXPECT_THROW(with([](auto& c) { c.geometry = {}; }), ConfigError);
  EXPECT_THROW(with([](auto& c) { c.ports = {{1, 0}, {0, 1}, {1, 1}}; }), ConfigError);
  EXPECT_THROW(with([](auto& c) { c.ports = {{0, 0}}; }), ConfigError);
  EXPECT_THROW(with([nan](auto& c) { c.ports = {{nan, 0}}; }), ConfigError);
  EXPECT_THROW(with([](auto& c) { c.rotations_rad = {0, 1, 2}; }), ConfigError);
  EXPECT_THROW(with([nan](auto& c) { c.rotations_rad = {0, 1, 2, nan}; }), ConfigError);
  EXPECT_THROW(with([](auto& c) { c.coupling.resize(15); }), ConfigError);
  EXPECT_THROW(with([nan](auto& c) { c.coupling.assign(16, nan); }), ConfigError);
  EXPECT_THROW(with([](auto& c) {
                 c.geometry = Geometry::rectangle(32, 17, 0.01, 0.01);
                 c.ports = {{1, 0}, {0, 1}};
               }),
               ConfigError);
}

}  // namespace
}  // namespace boresight::array
