// Jammers that pulse in step with the beamformer's blocks: no place in them may stay unseen.
#include <gtest/gtest.h>

#include "boresight/beam/adaptive_beamformer.h"
#include "scenario.h"

namespace boresight::beam {
namespace {

constexpr std::size_t elements = 4;
constexpr std::size_t run_samples = 128;

/// Noise, and a jammer of 40 dB towards 20 degrees in samples [from, from + length) of every `period`.
struct Pulses {
  const std::vector<cf64> jammer = line_steering(elements, 20);
  std::size_t from = 0;
  std::size_t length = 0;
  std::size_t period = 0;

  /// Samples first, first + 1, ... of the stream.
  GridBuffer<cf32> block(std::size_t first, std::size_t n, Random& random) const {
    GridBuffer<cf32> x(elements, n);
    for (std::size_t t = 0; t < n; ++t) {
      const std::size_t phase = (first + t) % period;
      const cf64 pulse = phase >= from && phase < from + length ? cf64(random.complex_normal(1e4F)) : cf64(0);
      for (std::size_t e = 0; e < elements; ++e) {
        x(e, t) = random.complex_normal() + cf32(pulse * jammer[e]);
      }
    }
    return x;
  }
};

AdaptiveBeamformer::Config config_of(std::size_t block, std::size_t interval_blocks) {
  return {.geometry = array::Geometry::line(elements, test_wavelength_m / 2),
          .carrier_hz = test_frequency_hz,
          .update_interval_samples = interval_blocks * block,
          .max_block_samples = block,
          .jump_db = 0};
}

double gain_db(const AdaptiveBeamformer& beamformer, const std::vector<cf64>& a) {
  return db_from_power(std::norm(response({beamformer.weights().begin(), beamformer.weights().end()}, a)));
}

// 100 of 512 samples, on from the first block. With runs at fixed places three of four such jammers were
// never seen: the output was some 15 dB over the noise of one element instead of 5 below it, for good.
TEST(AdaptivePulses, AJammerInTheGapsIsNulledByTheFirstInterval) {
  constexpr std::size_t block = 8192;
  // Noise behind weights with a null: 1/4 over what the null leaves of the boresight's steering vector.
  const std::vector<cf64> ones(elements, cf64(1));
  const double lost = std::norm(response(ones, line_steering(elements, 20))) / (elements * elements);
  const double nulled_db = db_from_power(1.0 / elements / (1 - lost));
  for (const std::size_t from : {0, 200, 300, 400}) {
    const Pulses pulses{.from = from, .length = 100, .period = 512};
    AdaptiveBeamformer::Config config = config_of(block, 8);
    config.jump_db = 6;
    AdaptiveBeamformer beamformer(config);
    Random random(41);
    std::vector<cf32> y(block);
    for (std::size_t b = 0; b < 16; ++b) {
      beamformer.process(pulses.block(b * block, block, random).view(), y);
      if (b < 9) continue;  // the first interval is over in block 8, where the new weights fade in
      double power = 0;
      for (const cf32 value : y) power += std::norm(value) / block;
      EXPECT_NEAR(db_from_power(power), nulled_db, 0.3) << from << ' ' << b;  // 5 standard deviations
    }
    EXPECT_LT(gain_db(beamformer, pulses.jammer), -40) << from;
  }
}

// One run of 128 samples per block is jammed, and the weights are renewed after five blocks: wherever it is
// in a block, in its last stretch of fewer than four runs, too, one of them has met it.
TEST(AdaptivePulses, EveryRunOfABlockIsMetWithinFiveBlocks) {
  for (const std::size_t block : {std::size_t{2048}, std::size_t{2048 + 300}, std::size_t{400}}) {
    for (std::size_t from = 0; from < block; from += run_samples) {
      const Pulses pulses{.from = from, .length = run_samples, .period = block};
      AdaptiveBeamformer beamformer(config_of(block, 5));
      Random random(42);
      std::vector<cf32> y(block);
      for (std::size_t b = 0; b < 6; ++b) {
        beamformer.process(pulses.block(b * block, block, random).view(), y);
      }
      EXPECT_EQ(beamformer.stats().updates, 2U);
      EXPECT_LT(gain_db(beamformer, pulses.jammer), -25) << block << ' ' << from;
    }
  }
}

// Other decimations: within twice as many blocks, as the header says. Pulses in every second or third block
// alone are met later, but have no place to hide either.
TEST(AdaptivePulses, EveryPlaceIsMetWithinTwiceTheDecimation) {
  for (const std::size_t decimation : {2, 3, 7, 16}) {
    const std::size_t block = run_samples * decimation;
    for (const std::size_t every : {1, 2, 3}) {
      const std::size_t wait = 2 * decimation * every * every;
      for (std::size_t place = 0; place < decimation; place += 1 + decimation / 6) {
        AdaptiveBeamformer::Config config = config_of(block, 1);
        config.covariance_decimation = decimation;
        config.update_interval_samples = block * wait;
        AdaptiveBeamformer beamformer(config);
        const Pulses pulses{.from = place * run_samples, .length = run_samples, .period = every * block};
        Random random(43);
        std::vector<cf32> y(block);
        for (std::size_t b = 0; b < wait; ++b) {
          beamformer.process(pulses.block(b * block, block, random).view(), y);
        }
        beamformer.process(GridBuffer<cf32>(elements, block).view(), y);
        EXPECT_LT(gain_db(beamformer, pulses.jammer), -25) << decimation << ' ' << every << ' ' << place;
      }
    }
  }
}

// What joins the covariance of a block is as much as ever, whatever its length: the noise's power comes from
// as many snapshots.
TEST(AdaptivePulses, ABlockOfFewSamplesIsTakenWhole) {
  AdaptiveBeamformer beamformer(config_of(100, 1));
  Random random(44);
  std::vector<cf32> y(100);
  for (std::size_t b = 0; b < 40; ++b) {
    GridBuffer<cf32> x(elements, 100);
    // One loud sample somewhere: a run that misses it has none of its power.
    for (std::size_t e = 0; e < elements; ++e) x(e, (37 * b) % 100) = random.complex_normal();
    AdaptiveBeamformer alone(config_of(100, 1));
    alone.process(x.view(), y);
    EXPECT_GT(alone.stats().power_over_noise_db, -100) << b;
    beamformer.process(x.view(), y);
    EXPECT_GT(beamformer.stats().power_over_noise_db, -100) << b;
  }
}

}  // namespace
}  // namespace boresight::beam
