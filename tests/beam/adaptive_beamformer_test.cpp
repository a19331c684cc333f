#include "boresight/beam/adaptive_beamformer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "boresight/core/error.h"
#include "roof.h"
#include "support/allocation_counter.h"

namespace boresight::beam {
namespace {

TEST(AdaptiveBeamformer, SavesAWeakSignalFromAStrongJammer) {
  const Roof roof(32 * block_samples, 7);
  std::vector<double> sinr_db;
  for (const Mode mode : {Mode::mvdr, Mode::conventional, Mode::single}) {
    AdaptiveBeamformer beamformer(roof.config(mode));
    beamformer.set_direction(roof.signal_direction);
    const std::vector<cf32> y = run(beamformer, roof.x.view());
    sinr_db.push_back(measured_sinr_db(y, roof.signal));
    if (mode == Mode::mvdr) {
      EXPECT_EQ(beamformer.stats().updates, 1U + 31 / 4);
      EXPECT_EQ(beamformer.stats().rejected, 0U);
      EXPECT_NEAR(db_from_power(beamformer.stats().noise_power), 0, 0.2);
      EXPECT_NEAR(beamformer.stats().power_over_noise_db, db_from_power(Roof::jammer_power), 0.6);
      EXPECT_LT(std::abs(db_from_power(std::norm(
                    response(std::vector<cf64>(beamformer.weights().begin(), beamformer.weights().end()),
                             roof.signal_steering)))),
                0.5);
    }
  }
  const double optimum_db = roof.optimum_sinr_db();
  EXPECT_GT(sinr_db[0], optimum_db - 3);
  EXPECT_LT(sinr_db[0], optimum_db + 0.1);  // a measurement that beats the bound is a wrong measurement
  EXPECT_GT(sinr_db[0], 6);
  EXPECT_LT(sinr_db[1], -5);
  EXPECT_LT(sinr_db[2], -5);
}

TEST(AdaptiveBeamformer, TheFirstBlockIsAlreadyClean) {
  const Roof roof(block_samples, 8);
  AdaptiveBeamformer beamformer(roof.config(Mode::mvdr));
  beamformer.set_direction(roof.signal_direction);
  const std::vector<cf32> y = run(beamformer, roof.x.view());
  EXPECT_GT(measured_sinr_db(y, roof.signal), roof.optimum_sinr_db() - 3);
}

TEST(AdaptiveBeamformer, IsAFunctionOfTheBlocksAlone) {
  const Roof roof(12 * block_samples, 9);
  AdaptiveBeamformer first(roof.config(Mode::mvdr));
  AdaptiveBeamformer second(roof.config(Mode::mvdr));
  for (AdaptiveBeamformer* beamformer : {&first, &second}) beamformer->set_direction(roof.signal_direction);
  const std::vector<cf32> y = run(first, roof.x.view());
  EXPECT_EQ(run(second, roof.x.view()), y);
  first.reset();
  EXPECT_EQ(first.stats().updates, 0U);
  EXPECT_EQ(run(first, roof.x.view()), y);
}

TEST(AdaptiveBeamformer, FadesOverToNewWeights) {
  // One wave of constant amplitude on a silent array (so that conventional weights see nothing else): turning
  // away must lower the output along a straight line over exactly one block.
  const Roof roof(1, 1);
  const std::size_t n = 1000;
  GridBuffer<cf32> x(Roof::elements, n);
  for (std::size_t e = 0; e < Roof::elements; ++e)
    std::ranges::fill(x.row(e), cf32(1));  // from the boresight
  AdaptiveBeamformer beamformer(roof.config(Mode::conventional));
  std::vector<cf32> y(n);
  beamformer.process(x.view(), y);
  for (const cf32 value : y) ASSERT_NEAR(std::abs(value - cf32(1)), 0, 1e-6);

  beamformer.set_direction(roof.signal_direction);
  beamformer.process(x.view(), y);
  const std::vector<cf64> w(beamformer.weights().begin(), beamformer.weights().end());
  const cf64 target = response(w, std::vector<cf64>(Roof::elements, cf64(1)));
  ASSERT_LT(std::abs(target), 0.9);
  for (std::size_t t = 0; t < n; ++t) {
    const double share = (static_cast<double>(t) + 0.5) / static_cast<double>(n);
    ASSERT_NEAR(std::abs(cf64(y[t]) - (1.0 + share * (target - 1.0))), 0, 2e-6) << t;
  }
  beamformer.process(x.view(), y);
  for (const cf32 value : y) ASSERT_NEAR(std::abs(cf64(value) - target), 0, 1e-6);
  EXPECT_EQ(beamformer.stats().updates, 2U);
}

TEST(AdaptiveBeamformer, ForgetsAJammerThatWent) {
  // After the jammer is gone, twenty renewals leave 2^-20 of it: the gain towards its direction is no longer
  // a null.
  const Roof roof(8 * block_samples, 10);
  AdaptiveBeamformer beamformer(roof.config(Mode::mvdr));
  beamformer.set_direction(roof.signal_direction);
  run(beamformer, roof.x.view());
  const auto towards_jammer_db = [&] {
    const std::vector<cf64> w(beamformer.weights().begin(), beamformer.weights().end());
    return db_from_power(std::norm(response(w, roof.jammer_steering)));
  };
  const double jammed_db = towards_jammer_db();
  EXPECT_LT(jammed_db, -50);
  Random random(11);
  GridBuffer<cf32> quiet(Roof::elements, block_samples);
  std::vector<cf32> y(block_samples);
  for (std::size_t block = 0; block < 4 * 20; ++block) {
    for (std::size_t e = 0; e < Roof::elements; ++e) {
      for (cf32& value : quiet.row(e)) value = random.complex_normal();
    }
    beamformer.process(quiet.view(), y);
  }
  EXPECT_GT(towards_jammer_db(), jammed_db + 20);
  EXPECT_LT(beamformer.stats().power_over_noise_db, 0);
}

TEST(AdaptiveBeamformer, ANaNSpoilsItsSamplesAndNotTheFuture) {
  Roof roof(16 * block_samples, 12);
  roof.x(3, 5 * block_samples + 17) = cf32(std::numeric_limits<float>::quiet_NaN(), 0);
  AdaptiveBeamformer beamformer(roof.config(Mode::mvdr));
  beamformer.set_direction(roof.signal_direction);
  const std::vector<cf32> y = run(beamformer, roof.x.view());
  for (std::size_t t = 0; t < y.size(); ++t) {
    ASSERT_EQ(std::isfinite(y[t].real()), t != 5 * block_samples + 17) << t;
  }
  EXPECT_EQ(beamformer.stats().rejected, 1U);
  EXPECT_GE(beamformer.stats().updates, 3U);
  const std::size_t late = 10 * block_samples;
  EXPECT_GT(measured_sinr_db(std::span(y).subspan(late), std::span(roof.signal).subspan(late)),
            roof.optimum_sinr_db() - 3);

  // In the very first block there are no weights to keep: conventional ones serve until the next block.
  AdaptiveBeamformer unlucky(roof.config(Mode::mvdr));
  unlucky.set_direction(roof.signal_direction);
  const std::vector<cf32> z = run(unlucky, roof.x.view().columns(5 * block_samples, 2 * block_samples));
  EXPECT_EQ(unlucky.stats().rejected, 1U);
  EXPECT_EQ(unlucky.stats().updates, 1U);
  const std::size_t second = 6 * block_samples;
  EXPECT_GT(measured_sinr_db(std::span(z).subspan(block_samples),
                             std::span(roof.signal).subspan(second, block_samples)),
            roof.optimum_sinr_db() - 3);
}

TEST(AdaptiveBeamformer, SilenceAndADeadElementAreNothingSpecial) {
  Roof roof(16 * block_samples, 13);
  std::ranges::fill(roof.x.row(5), cf32(0));
  GridBuffer<cf32> silence(Roof::elements, block_samples);
  std::vector<cf32> y(block_samples, cf32(1));
  AdaptiveBeamformer beamformer(roof.config(Mode::mvdr));
  beamformer.set_direction(roof.signal_direction);
  beamformer.process(silence.view(), y);
  EXPECT_EQ(y, std::vector<cf32>(block_samples));
  EXPECT_EQ(beamformer.stats().power_over_noise_db, -100);

  const std::vector<cf32> z = run(beamformer, roof.x.view());
  EXPECT_EQ(beamformer.weights()[5], cf64(0));
  const std::size_t late = 8 * block_samples;
  EXPECT_GT(measured_sinr_db(std::span(z).subspan(late), std::span(roof.signal).subspan(late)),
            roof.optimum_sinr_db() - 3.3);  // one of sixteen is 0.28 dB
}

TEST(AdaptiveBeamformer, SingleIsElementZero) {
  const Roof roof(100, 14);
  AdaptiveBeamformer beamformer(roof.config(Mode::single));
  const std::vector<cf32> y = run(beamformer, roof.x.view());
  EXPECT_TRUE(std::ranges::equal(y, roof.x.row(0)));
  EXPECT_EQ(beamformer.weights()[0], cf64(1));
}

TEST(AdaptiveBeamformer, DirectionsAreMadeUnitVectorsAndBadOnesIgnored) {
  const Roof roof(1, 1);
  AdaptiveBeamformer beamformer(roof.config(Mode::mvdr));
  for (const cf64 a : beamformer.steering()) EXPECT_EQ(a, cf64(1));  // the boresight
  beamformer.set_direction(17.0 * roof.signal_direction);
  std::vector<cf64> expected(Roof::elements);
  array::steering_vector(roof.geometry, roof.signal_direction, test_frequency_hz, expected);
  beamformer.set_direction({0, 0, 0});
  beamformer.set_direction({std::numeric_limits<double>::quiet_NaN(), 0, 1});
  beamformer.set_direction({std::numeric_limits<double>::infinity(), 0, 1});
  for (std::size_t e = 0; e < Roof::elements; ++e) {
    EXPECT_NEAR(std::abs(beamformer.steering()[e] - expected[e]), 0, 1e-13);
  }
  EXPECT_EQ(beamformer.stats().bad_directions, 3U);
}

TEST(AdaptiveBeamformer, AllocatesOnlyAtConstruction) {
  const Roof roof(8 * block_samples, 15);
  AdaptiveBeamformer beamformer(roof.config(Mode::mvdr));
  std::vector<cf32> y(block_samples);
  const AllocationCounter counter;
  for (std::size_t block = 0; block < 8; ++block) {
    if (block == 6) beamformer.set_direction(roof.signal_direction);
    beamformer.process(roof.x.view().columns(block * block_samples, block_samples), y);
  }
  beamformer.process(roof.x.view().columns(0, 0), std::span<cf32>());
  beamformer.reset();
  EXPECT_EQ(counter.count(), 0U);
}

TEST(AdaptiveBeamformer, RefusesValuesOutOfRange) {
  const Roof roof(1, 1);
  const auto refused = [&](auto change) {
    AdaptiveBeamformer::Config config = roof.config(Mode::mvdr);
    change(config);
    EXPECT_THROW(AdaptiveBeamformer{config}, ConfigError);
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  refused([](auto& c) { c.geometry = {}; });
  refused([](auto& c) { c.carrier_hz = 0; });
  refused([&](auto& c) { c.carrier_hz = nan; });
  refused([](auto& c) { c.forgetting = 0; });
  refused([](auto& c) { c.forgetting = 1.01; });
  refused([](auto& c) { c.loading_over_noise_db = 61; });
  refused([](auto& c) { c.update_interval_samples = 0; });
  refused([](auto& c) { c.covariance_decimation = 0; });
  refused([](auto& c) { c.max_block_samples = 0; });
  refused([](auto& c) { c.max_block_samples = (std::size_t{1} << 24) + 1; });
}

}  // namespace
}  // namespace boresight::beam
