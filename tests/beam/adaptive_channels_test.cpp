// The adaptive beamformer on channels that no geometry describes: two polarizations, known by their steering
// vectors alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "boresight/array/manifold.h"
#include "boresight/array/polarization.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "roof.h"
#include "scenario.h"

namespace boresight::beam {
namespace {

using array::Jones;

constexpr double wanted_power = 1;  // per port that receives it in full
constexpr double jammer_power = 1e4;

/// Crossed ports on isotropic elements, a satellite and a jammer in one and the same direction.
struct Crossed {
  array::Manifold manifold;
  Vec3 towards{std::sin(0.35), 0.1, std::sqrt(0.99 - std::sin(0.35) * std::sin(0.35))};

  explicit Crossed(array::Geometry geometry)
      : manifold({.geometry = std::move(geometry), .ports = {{1, 0}, {0, 1}}}) {}

  std::vector<cf64> steering(Jones wave) const {
    std::vector<cf64> a(manifold.channels());
    manifold.steering(towards, test_frequency_hz, wave, a);
    return a;
  }
  AdaptiveBeamformer::Config config(Mode mode) const {
    return {.channels = manifold.channels(), .mode = mode, .max_block_samples = 2 * block_samples};
  }
};

std::vector<cf64> copied(std::span<const cf64> w) {
  return {w.begin(), w.end()};
}

// What tells the two apart is polarization alone. Of the noise gain 1 / ||a||^2 that unit gain on the wanted
// wave costs, a null on a wave of match m leaves 1 / (||a||^2 (1 - m)): nothing is lost to the opposite
// circular one, 3 dB to a linear one.
TEST(AdaptiveChannels, NullsAJammerOfAnotherPolarizationInTheBeamsOwnDirection) {
  for (const bool line : {true, false}) {
    const Crossed scene(line
                            ? array::Geometry::line(8, test_wavelength_m / 2)
                            : array::Geometry::rectangle(2, 2, test_wavelength_m / 2, test_wavelength_m / 2));
    const std::size_t channels = scene.manifold.channels();
    ASSERT_EQ(channels, line ? 16U : 8U);
    const std::vector<cf64> a = scene.steering(Jones::rhcp());
    const double length = dense(a).squaredNorm();
    for (const Jones jammer : {Jones::lhcp(), Jones::linear(0.3)}) {
      const std::vector<cf64> v = scene.steering(jammer);
      const std::vector<PlaneWave> waves = {{a, wanted_power}, {v, jammer_power}};
      for (const Mode mode : {Mode::mvdr, Mode::robust_capon, Mode::lcmv, Mode::subspace}) {
        AdaptiveBeamformer beamformer(scene.config(mode));
        EXPECT_EQ(beamformer.elements(), channels);
        beamformer.set_steering(a);
        Random random(51);
        std::vector<cf32> y(2 * block_samples);
        beamformer.process(snapshots(waves, channels, y.size(), random).view(), y);
        const std::vector<cf64> w = copied(beamformer.weights());
        EXPECT_NEAR(std::abs(response(w, a) - 1.0), 0, 1e-9);
        EXPECT_LT(db_from_power(std::norm(response(w, v))), -40) << static_cast<int>(mode);
        const double match = array::polarization_match(Jones::rhcp(), jammer);
        // 2048 snapshots cost (channels - 1) / 2048, 0.03 dB, and the wanted signal in them somewhat more.
        EXPECT_NEAR(db_from_power(dense(w).squaredNorm() * length * (1 - match)), 0, 0.2)
            << static_cast<int>(mode);
        const GridBuffer<cf64> interference = theory_covariance({{v, jammer_power}}, channels);
        EXPECT_GT(db_from_power(sinr(interference.view(), w, a) / optimum_sinr(interference.view(), a)),
                  -0.3);
        EXPECT_EQ(beamformer.stats().fallbacks + beamformer.stats().bad_directions, 0U);
      }
    }
  }
}

// Both polarizations of one satellite, each free of the other.
TEST(AdaptiveChannels, TwoBeamsShareADirection) {
  const Crossed scene(array::Geometry::line(4, test_wavelength_m / 2));
  AdaptiveBeamformer::Config config = scene.config(Mode::lcmv);
  config.beams = 2;
  config.null_other_beams = true;
  AdaptiveBeamformer beamformer(config);
  beamformer.set_steering(scene.steering(Jones::rhcp()), 0);
  beamformer.set_steering(scene.steering(Jones::lhcp()), 1);
  Random random(52);
  GridBuffer<cf32> y(2, block_samples);
  beamformer.process(snapshots({}, 8, block_samples, random).view(), y.view());
  for (const std::size_t b : {0, 1}) {
    const std::vector<cf64> w = copied(beamformer.weights(b));
    EXPECT_NEAR(std::abs(response(w, scene.steering(b == 0 ? Jones::rhcp() : Jones::lhcp()))), 1, 1e-9);
    EXPECT_LT(std::abs(response(w, scene.steering(b == 0 ? Jones::lhcp() : Jones::rhcp()))), 1e-9);
  }
}

// A wave along y, which the x ports hear as the rounding of cos(pi / 2): when the receivers of the y ports
// die, there is nothing to hear, and no weights of 1e15 that make something of it.
TEST(AdaptiveChannels, RoundingIsNoChannelThatHears) {
  const Crossed scene(array::Geometry::line(4, test_wavelength_m / 2));
  std::vector<cf64> steering = scene.steering({std::cos(pi / 2), 1});
  for (const Mode mode : {Mode::mvdr, Mode::robust_capon, Mode::lcmv, Mode::subspace}) {
    AdaptiveBeamformer beamformer(scene.config(mode));
    beamformer.set_steering(steering);
    Random random(54);
    GridBuffer<cf32> x = snapshots({}, 8, block_samples, random);
    for (std::size_t e = 0; e < 8; ++e) {
      if (std::abs(steering[e]) > 0.5) std::ranges::fill(x.row(e), cf32(0));
    }
    std::vector<cf32> y(block_samples);
    beamformer.process(x.view(), y);
    for (const cf32 v : y) ASSERT_LT(std::abs(v), 10) << static_cast<int>(mode);
  }
}

TEST(AdaptiveChannels, LookAlongChannelZeroAndKnowNoDirections) {
  Random random(53);
  const GridBuffer<cf32> x = snapshots({}, 3, block_samples, random);
  for (const Mode mode : {Mode::conventional, Mode::mvdr, Mode::lcmv, Mode::power_inversion, Mode::single}) {
    AdaptiveBeamformer beamformer({.channels = 3, .mode = mode});
    const std::vector<cf64> first = {1, 0, 0};
    EXPECT_EQ(copied(beamformer.steering()), first);
    beamformer.set_direction({0, 0, 1});
    const Vec3 null{0, 0.6, 0.8};
    beamformer.set_nulls(std::span(&null, 1));
    EXPECT_EQ(beamformer.stats().bad_directions, 2U);
    EXPECT_EQ(copied(beamformer.steering()), first);
    std::vector<cf32> y(block_samples);
    beamformer.process(x.view(), y);
    EXPECT_NEAR(std::abs(beamformer.weights()[0] - 1.0), 0, 1e-9) << static_cast<int>(mode);
    if (mode != Mode::conventional) continue;
    EXPECT_TRUE(std::ranges::equal(y, x.row(0)));
  }
}

TEST(AdaptiveChannels, RefuseWhatNeedsAGeometry) {
  const auto message = [](auto change) -> std::string {
    AdaptiveBeamformer::Config config{.channels = 8, .mode = Mode::lcmv};
    change(config);
    try {
      const AdaptiveBeamformer taken(config);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message([](auto&) {}), "");
  EXPECT_EQ(message([](auto& c) { c.carrier_hz = 1e9; }), "");
  const auto names = [&](const std::string& what, auto change) {
    const std::string text = message(change);
    EXPECT_NE(text.find("channels"), std::string::npos) << text;
    EXPECT_NE(text.find(what), std::string::npos) << text;
  };
  names("1025", [](auto& c) { c.channels = 1025; });
  names("geometry of 4 elements", [](auto& c) { c.geometry = array::Geometry::line(4, 0.1); });
  names("max_nulls 1", [](auto& c) { c.max_nulls = 1; });
  names("flat_top", [](auto& c) { c.flat_top = true; });
  names("forward_backward", [](auto& c) { c.forward_backward = true; });
  for (const double carrier_hz : {-1.0, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_NE(message([&](auto& c) { c.carrier_hz = carrier_hz; }).find("carrier_hz"), std::string::npos);
  }
}

}  // namespace
}  // namespace boresight::beam
