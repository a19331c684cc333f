// The adaptive beamformer beyond one MVDR beam: other rules for weights, several beams, and a jammer that
// comes on between two updates.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "boresight/array/coupling.h"
#include "boresight/array/manifold.h"
#include "boresight/core/error.h"
#include "roof.h"
#include "scenario.h"
#include "support/allocation_counter.h"

namespace boresight::beam {
namespace {

std::vector<cf64> copied(std::span<const cf64> w) {
  return {w.begin(), w.end()};
}

TEST(AdaptiveModes, EveryRuleSavesTheSignal) {
  const Roof roof(16 * block_samples, 21);
  const double optimum_db = roof.optimum_sinr_db();
  for (const Mode mode : {Mode::mvdr, Mode::robust_capon, Mode::lcmv, Mode::subspace}) {
    AdaptiveBeamformer beamformer(roof.config(mode));
    beamformer.set_direction(roof.signal_direction);
    const std::vector<cf32> y = run(beamformer, roof.x.view());
    const double sinr_db = measured_sinr_db(y, roof.signal);
    EXPECT_GT(sinr_db, optimum_db - 1) << static_cast<int>(mode);
    EXPECT_LT(sinr_db, optimum_db + 0.1) << static_cast<int>(mode);
    EXPECT_NEAR(std::abs(response(copied(beamformer.weights()), copied(beamformer.steering())) - 1.0), 0,
                1e-9);
    EXPECT_EQ(beamformer.stats().fallbacks, 0U);
    EXPECT_EQ(beamformer.stats().jumps, 0U);
  }
}

// A strong wanted signal through coupled elements: with the steering vector of such elements MVDR keeps it,
// with that of isotropic ones it takes it for a jammer.
TEST(AdaptiveModes, TakesTheSteeringVectorOfAnyArray) {
  const auto geometry = array::Geometry::line(8, 0.45 * test_wavelength_m);
  const array::Manifold manifold(
      {.geometry = geometry, .coupling = array::dipole_coupling(geometry, test_frequency_hz)});
  const Vec3 towards{std::sin(0.4), 0, std::cos(0.4)};
  std::vector<cf64> a(8);
  manifold.steering(towards, test_frequency_hz, a);
  Random random(5);
  const auto x = snapshots({{a, 1000}}, 8, block_samples, random);
  AdaptiveBeamformer isotropic(
      {.geometry = geometry, .carrier_hz = test_frequency_hz, .max_block_samples = block_samples});
  AdaptiveBeamformer coupled(
      {.geometry = geometry, .carrier_hz = test_frequency_hz, .max_block_samples = block_samples});
  isotropic.set_direction(towards);
  coupled.set_steering(a);
  std::vector<cf32> y(block_samples);
  isotropic.process(x.view(), y);
  EXPECT_LT(std::abs(response(copied(isotropic.weights()), a)), 0.5);
  coupled.process(x.view(), y);
  EXPECT_NEAR(std::abs(response(copied(coupled.weights()), a)), 1, 1e-6);
  coupled.set_steering(std::vector<cf64>(8));
  coupled.set_steering(std::vector<cf64>(8, std::numeric_limits<double>::quiet_NaN()));
  EXPECT_EQ(coupled.stats().bad_directions, 2U);
  EXPECT_EQ(coupled.steering()[3], a[3]);
}

TEST(AdaptiveModes, PowerInversionNeedsNoDirection) {
  const Roof roof(16 * block_samples, 22);
  AdaptiveBeamformer beamformer(roof.config(Mode::power_inversion));  // looks at nothing
  const std::vector<cf32> y = run(beamformer, roof.x.view());
  EXPECT_NEAR(std::abs(beamformer.weights()[0] - 1.0), 0, 1e-12);
  EXPECT_LT(db_from_power(std::norm(response(copied(beamformer.weights()), roof.jammer_steering))), -40);
  EXPECT_GT(measured_sinr_db(y, roof.signal), -12);  // -3 dB is one element's without the jammer; -40 with it
}

TEST(AdaptiveModes, ARobustBeamHoldsAStrongSignal) {
  // The jammer's place is taken by a wanted signal of 37 dB per element: MVDR nulls it for the 5 degrees of
  // element errors, the robust beam keeps it.
  const Roof roof(8 * block_samples, 23);
  for (const Mode mode : {Mode::mvdr, Mode::robust_capon}) {
    AdaptiveBeamformer beamformer(roof.config(mode));
    beamformer.set_direction(roof.jammer_direction);
    run(beamformer, roof.x.view());
    const double gain_db =
        db_from_power(std::norm(response(copied(beamformer.weights()), roof.jammer_steering)));
    if (mode == Mode::mvdr) {
      EXPECT_LT(gain_db, -10);
    } else {
      EXPECT_GT(gain_db, -3);
    }
  }
}

// The set is relative to the steering vector, whatever its gain: 60 degrees off the normal elements with a
// pattern of cos(theta) have half of it, and a set of 0.3 per element then held all directions. A signal of
// 20 dB per element is 0.16 of a beamwidth beside where it is thought to be, 0.063 of ||a||^2.
TEST(AdaptiveModes, TheUncertaintySetFollowsTheGainOfTheElements) {
  constexpr std::size_t n = 8;
  const std::vector<cf64> actual = line_steering(n, 2);
  std::vector<double> sinr_db;
  for (const double gain : {1.0, 0.5, 1e-3, 1e6}) {
    AdaptiveBeamformer beamformer({.geometry = array::Geometry::line(n, test_wavelength_m / 2),
                                   .carrier_hz = test_frequency_hz,
                                   .mode = Mode::robust_capon,
                                   .max_block_samples = block_samples});
    std::vector<cf64> believed = line_steering(n, 0);
    for (cf64& a : believed) a *= gain;
    beamformer.set_steering(believed);
    Random random(27);
    run(beamformer, snapshots({{actual, 100}}, n, block_samples, random).view());
    EXPECT_EQ(beamformer.stats().fallbacks, 0U) << gain;
    const GridBuffer<cf64> noise = theory_covariance({}, n);
    sinr_db.push_back(db_from_power(sinr(noise.view(), copied(beamformer.weights()), actual) / n));
    EXPECT_GT(sinr_db.back(), -1.5) << gain;
    EXPECT_NEAR(sinr_db.back(), sinr_db.front(), 1e-6) << gain;
  }
}

TEST(AdaptiveModes, SteeringVectorsOfNoPossibleGainAreRefused) {
  const Roof roof(block_samples, 28);
  for (const Mode mode : {Mode::conventional, Mode::mvdr, Mode::robust_capon, Mode::lcmv, Mode::subspace}) {
    AdaptiveBeamformer beamformer(roof.config(mode));
    beamformer.set_steering(std::vector<cf64>(Roof::elements, cf64(1e-160)));
    beamformer.set_steering(std::vector<cf64>(Roof::elements, cf64(1e-40)));
    beamformer.set_steering(std::vector<cf64>(Roof::elements, cf64(1e160)));
    EXPECT_EQ(beamformer.stats().bad_directions, 3U);
    beamformer.set_steering(std::vector<cf64>(Roof::elements, cf64(1e-15)));
    EXPECT_EQ(beamformer.stats().bad_directions, 3U);
    for (const cf32 y : run(beamformer, roof.x.view())) ASSERT_TRUE(std::isfinite(std::abs(y)));
    EXPECT_NEAR(std::abs(response(copied(beamformer.weights()), copied(beamformer.steering()))), 1, 1e-9);
  }
}

TEST(AdaptiveModes, NullsInAModeWithoutThemAreCounted) {
  const Roof roof(1, 1);
  for (const Mode mode : {Mode::mvdr, Mode::conventional, Mode::lcmv}) {
    AdaptiveBeamformer::Config config = roof.config(mode);
    if (mode == Mode::lcmv) config.max_nulls = 2;
    AdaptiveBeamformer beamformer(config);
    beamformer.set_nulls(std::vector<Vec3>{{0, 0.6, 0.8}, {0, 0.8, 0.6}});
    EXPECT_EQ(beamformer.stats().bad_directions, mode == Mode::lcmv ? 0U : 2U);
  }
}

TEST(AdaptiveModes, LcmvHasTheNullsItIsTold) {
  const Roof roof(2 * block_samples, 24);
  AdaptiveBeamformer::Config config = roof.config(Mode::lcmv);
  config.max_nulls = 2;
  config.flat_top = true;
  AdaptiveBeamformer beamformer(config);
  beamformer.set_direction(roof.signal_direction);
  const Vec3 quiet = array::enu_from_sky({rad_from_deg(280), rad_from_deg(30)});
  beamformer.set_nulls(std::vector<Vec3>{quiet, {0, 0, 0}, 2.0 * roof.signal_direction, quiet});
  EXPECT_EQ(beamformer.stats().bad_directions, 2U);  // the zero, and one too many
  run(beamformer, roof.x.view());
  EXPECT_EQ(beamformer.stats().dropped_nulls, 1U);  // on the beam itself
  std::vector<cf64> a(Roof::elements);
  array::steering_vector(roof.geometry, quiet, test_frequency_hz, a);
  EXPECT_LT(std::abs(response(copied(beamformer.weights()), a)), 1e-12);
  EXPECT_NEAR(std::abs(response(copied(beamformer.weights()), copied(beamformer.steering())) - 1.0), 0,
              1e-12);
  beamformer.set_nulls({});
  run(beamformer, roof.x.view());
  EXPECT_GT(std::abs(response(copied(beamformer.weights()), a)), 1e-6);
}

TEST(AdaptiveModes, SeveralBeamsAreWhatEachAloneWouldBe) {
  const Roof roof(12 * block_samples, 25);
  const Vec3 second = array::enu_from_sky({rad_from_deg(300), rad_from_deg(60)});
  for (const Mode mode : {Mode::mvdr, Mode::robust_capon, Mode::conventional}) {
    AdaptiveBeamformer::Config config = roof.config(mode);
    config.beams = 2;
    AdaptiveBeamformer both(config);
    both.set_direction(roof.signal_direction, 0);
    both.set_direction(second, 1);
    GridBuffer<cf32> y(2, roof.x.columns());
    for (std::size_t first = 0; first < y.columns(); first += block_samples) {
      both.process(roof.x.view().columns(first, block_samples), y.view().columns(first, block_samples));
    }
    for (const std::size_t beam : {0, 1}) {
      AdaptiveBeamformer alone(roof.config(mode));
      alone.set_direction(beam == 0 ? roof.signal_direction : second);
      const std::vector<cf32> expected = run(alone, roof.x.view());
      for (std::size_t t = 0; t < expected.size(); ++t) {
        ASSERT_NEAR(std::abs(expected[t] - y(beam, t)), 0, 1e-4) << t;
      }
    }
  }
}

TEST(AdaptiveModes, BeamsCanKeepOffEachOther) {
  const Roof roof(4 * block_samples, 26);
  AdaptiveBeamformer::Config config = roof.config(Mode::lcmv);
  config.beams = 3;
  config.null_other_beams = true;
  AdaptiveBeamformer beamformer(config);
  beamformer.set_direction(roof.signal_direction, 0);
  beamformer.set_direction(array::enu_from_sky({rad_from_deg(300), rad_from_deg(60)}), 1);
  beamformer.set_direction(array::enu_from_sky({rad_from_deg(60), rad_from_deg(50)}), 2);
  GridBuffer<cf32> y(3, block_samples);
  const AllocationCounter counter;
  for (std::size_t block = 0; block < 4; ++block) {
    beamformer.process(roof.x.view().columns(block * block_samples, block_samples), y.view());
  }
  EXPECT_EQ(counter.count(), 0U);
  for (std::size_t b = 0; b < 3; ++b) {
    const std::vector<cf64> w = copied(beamformer.weights(b));
    for (std::size_t other = 0; other < 3; ++other) {
      EXPECT_NEAR(std::abs(response(w, copied(beamformer.steering(other)))), b == other ? 1 : 0, 1e-9);
    }
    EXPECT_LT(db_from_power(std::norm(response(w, roof.jammer_steering))), -40);
  }
}

/// A satellite of 0 dB per element, and a jammer 50 dB above it from sample `onset` on; blocks of 8192 as the
/// receiver's front end makes them, updates every 65536.
struct Onset {
  static constexpr std::size_t block = 8192;
  static constexpr std::size_t samples = 24 * block;
  Roof roof{1, 31};
  GridBuffer<cf32> x{Roof::elements, samples};
  std::vector<cf32> signal = std::vector<cf32>(samples);

  explicit Onset(std::size_t onset, std::size_t signal_from = 0) {
    Random random(32);
    for (std::size_t t = 0; t < samples; ++t) {
      if (t >= signal_from) signal[t] = random.complex_normal();
      const cf64 jammer = t < onset ? cf64(0) : cf64(random.complex_normal(1e5F));
      for (std::size_t e = 0; e < Roof::elements; ++e) {
        x(e, t) = random.complex_normal() +
                  cf32(cf64(signal[t]) * roof.signal_steering[e] + jammer * roof.jammer_steering[e]);
      }
    }
  }

  /// Samples after the onset in runs of 64 that are below 3 dB of SINR; 12 dB less the nulling is the
  /// optimum.
  std::size_t lost(Mode mode, double jump_db, std::size_t onset, std::uint64_t& jumps) const {
    AdaptiveBeamformer::Config config = roof.config(mode);
    config.update_interval_samples = 65536;
    config.max_block_samples = block;
    config.jump_db = jump_db;
    AdaptiveBeamformer beamformer(config);
    beamformer.set_direction(roof.signal_direction);
    std::vector<cf32> y(samples);
    for (std::size_t first = 0; first < samples; first += block) {
      beamformer.process(x.view().columns(first, block), std::span(y).subspan(first, block));
    }
    jumps = beamformer.stats().jumps;
    std::size_t count = 0;
    for (std::size_t t = onset; t + 64 <= samples; t += 64) {
      if (measured_sinr_db(std::span(y).subspan(t, 64), std::span(signal).subspan(t, 64)) < 3) count += 64;
    }
    return count;
  }
};

TEST(JammerOnset, CostsNothingWithinABlock) {
  // Without the jump detector the wait for the update costs 57344 samples, the fade most of another 8192: 3.2
  // ms at 20 Msps. With it, nothing, wherever in the block the jammer comes on.
  for (const std::size_t offset : {0, 100, 3000, 8192 - 700}) {
    const std::size_t onset = 10 * Onset::block + offset;
    const Onset scene(onset);
    std::uint64_t jumps = 0;
    EXPECT_GT(scene.lost(Mode::mvdr, 0, onset, jumps), 32768U);
    EXPECT_EQ(jumps, 0U);
    for (const Mode mode : {Mode::mvdr, Mode::robust_capon, Mode::lcmv, Mode::subspace}) {
      EXPECT_EQ(scene.lost(mode, 6, onset, jumps), 0U) << offset << ' ' << static_cast<int>(mode);
      EXPECT_GE(jumps, 1U);
      EXPECT_LE(jumps, 2U);
    }
  }
}

TEST(JammerOnset, InTheLastSamplesOfABlockCostsThoseFew) {
  for (const std::size_t left : {1, 5, 40, 200}) {
    const std::size_t onset = 10 * Onset::block - left;
    const Onset scene(onset);
    std::uint64_t jumps = 0;
    EXPECT_LE(scene.lost(Mode::mvdr, 6, onset, jumps), 64U) << left;
    EXPECT_GE(jumps, 1U);
  }
}

TEST(JammerOnset, NoFalseAlarms) {
  // A steady scene never triggers, at the lowest threshold either.
  const Onset steady(Onset::samples);
  std::uint64_t jumps = 1;
  steady.lost(Mode::mvdr, 3, Onset::samples, jumps);
  EXPECT_EQ(jumps, 0U);
  // A wanted signal that comes up, 12 dB above the beam's noise, does, and loses nothing by it.
  const std::size_t start = 12 * Onset::block + 1000;
  const Onset arrival(Onset::samples, start);
  EXPECT_EQ(arrival.lost(Mode::mvdr, 6, start, jumps), 0U);
  EXPECT_EQ(jumps, 1U);
}

TEST(JammerOnset, NanInTheOutputIsNoJump) {
  Onset scene(Onset::samples);
  scene.x(2, 9 * Onset::block + 5) = cf32(std::numeric_limits<float>::quiet_NaN(), 0);
  std::uint64_t jumps = 1;
  scene.lost(Mode::mvdr, 6, Onset::samples, jumps);
  EXPECT_EQ(jumps, 0U);
}

TEST(AdaptiveModes, ForwardBackwardMakesFewSnapshotsMore) {
  // One block of 32 samples on 16 elements without errors, little loading: K = 32 alone is worth -2.6 dB,
  // twice as much -1.2 (Reed, Mallett and Brennan). Mean over 200 first blocks.
  const array::Geometry geometry = Roof(1, 1).geometry;
  const Vec3 jammer = array::enu_from_sky({rad_from_deg(40), rad_from_deg(6)});
  std::vector<cf64> v(Roof::elements);
  array::steering_vector(geometry, jammer, test_frequency_hz, v);
  const std::vector<PlaneWave> waves = {{v, 1e4}};
  const GridBuffer<cf64> interference = theory_covariance(waves, Roof::elements);
  const std::vector<cf64> a(Roof::elements, cf64(1));
  const auto efficiency_db = [&](bool forward_backward) {
    AdaptiveBeamformer beamformer({.geometry = geometry,
                                   .carrier_hz = test_frequency_hz,
                                   .loading_over_noise_db = -60,
                                   .covariance_decimation = 1,
                                   .max_block_samples = 32,
                                   .forward_backward = forward_backward});
    Random random(33);
    std::vector<cf32> y(32);
    double sum = 0;
    for (int trial = 0; trial < 200; ++trial) {
      beamformer.reset();
      beamformer.process(snapshots(waves, Roof::elements, 32, random).view(), y);
      sum += sinr(interference.view(), copied(beamformer.weights()), a);
    }
    return db_from_power(sum / 200 / optimum_sinr(interference.view(), a));
  };
  EXPECT_NEAR(efficiency_db(false), -2.63, 0.2);
  EXPECT_NEAR(efficiency_db(true), -1.2, 0.3);
}

TEST(AdaptiveModes, RefuseValuesOutOfRange) {
  const Roof roof(1, 1);
  const auto refused = [&](auto change) {
    AdaptiveBeamformer::Config config = roof.config(Mode::mvdr);
    change(config);
    EXPECT_THROW(AdaptiveBeamformer{config}, ConfigError);
  };
  refused([](auto& c) { c.beams = 0; });
  refused([](auto& c) { c.beams = 65; });
  refused([](auto& c) { c.beams = 2, c.mode = Mode::single; });
  refused([](auto& c) { c.beams = 2, c.mode = Mode::power_inversion; });
  refused([](auto& c) { c.jump_db = 2; });
  refused([](auto& c) { c.jump_db = std::numeric_limits<double>::quiet_NaN(); });
  refused([](auto& c) { c.covariance_decimation = std::size_t{1} << 57; });  // 128 times this is 0
  refused([](auto& c) { c.uncertainty = 0, c.mode = Mode::robust_capon; });
  refused([](auto& c) { c.uncertainty = 1, c.mode = Mode::robust_capon; });
  refused([](auto& c) { c.max_nulls = Roof::elements, c.mode = Mode::lcmv; });
  refused([](auto& c) {
    c.geometry = array::Geometry::circle(5, 0.1);
    c.forward_backward = true;
  });
}

// Before, a beamformer told to keep nulls or to be flat on top was not, without a word.
TEST(AdaptiveModes, RefuseValuesThatOtherModesTake) {
  struct Case {
    const char* name;  // what the message has to begin with
    const char* needs;
    Mode taken_by;
    void (*change)(AdaptiveBeamformer::Config&);
  };
  const Roof roof(1, 1);
  for (const auto& [name, needs, taken_by, change] :
       {Case{"max_nulls 2", "mode lcmv", Mode::lcmv, [](auto& c) { c.max_nulls = 2; }},
        Case{"flat_top", "mode lcmv", Mode::lcmv, [](auto& c) { c.flat_top = true; }},
        Case{"null_other_beams", "mode lcmv", Mode::lcmv, [](auto& c) { c.null_other_beams = true; }},
        Case{"uncertainty 0.2", "mode robust_capon", Mode::robust_capon,
             [](auto& c) { c.uncertainty = 0.2; }}}) {
    for (const Mode mode : {Mode::mvdr, Mode::robust_capon, Mode::lcmv, Mode::subspace, Mode::power_inversion,
                            Mode::conventional, Mode::single}) {
      AdaptiveBeamformer::Config config = roof.config(mode);
      change(config);
      if (mode == taken_by) {
        EXPECT_NO_THROW(AdaptiveBeamformer{config}) << name;
        continue;
      }
      try {
        const AdaptiveBeamformer taken(config);
        ADD_FAILURE() << name << " taken by mode " << static_cast<int>(mode);
      } catch (const ConfigError& error) {
        EXPECT_TRUE(std::string(error.what()).starts_with("adaptive beamformer: " + std::string(name)));
        EXPECT_NE(std::string(error.what()).find(needs), std::string::npos);
      }
    }
  }
}

}  // namespace
}  // namespace boresight::beam
