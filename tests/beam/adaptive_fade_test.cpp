// New weights of the adaptive beamformer: the output moves to theirs without steps, however short the blocks.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "boresight/beam/adaptive_beamformer.h"
#include "roof.h"
#include "scenario.h"
#include "support/allocation_counter.h"

namespace boresight::beam {
namespace {

constexpr std::size_t elements = 4;
constexpr std::size_t fade_samples = 128;
constexpr std::size_t block_sizes[] = {1, 7, 16, 64, 100, 1000};

Vec3 direction(double angle_deg) {
  return {std::sin(rad_from_deg(angle_deg)), 0, std::cos(rad_from_deg(angle_deg))};
}

AdaptiveBeamformer::Config config_of(Mode mode, std::size_t block) {
  return {.geometry = array::Geometry::line(elements, test_wavelength_m / 2),
          .carrier_hz = test_frequency_hz,
          .mode = mode,
          .update_interval_samples = std::size_t{1} << 30,
          // So much that the wave, 60 dB over the noise, does not upset its own weights.
          .loading_over_noise_db = 40,
          .max_block_samples = block};
}

/// A wave of constant amplitude from the boresight, [elements x n]; noise of variance 1e-4 with `random`.
GridBuffer<cf32> wave(std::size_t n, float amplitude, Random* random = nullptr) {
  GridBuffer<cf32> x(elements, n);
  for (std::size_t e = 0; e < elements; ++e) {
    for (cf32& value : x.row(e)) {
      value = amplitude;
      if (random != nullptr) value += random->complex_normal(1e-4F);
    }
  }
  return x;
}

/// What conventional weights towards `angle_deg` make of the wave of amplitude 1.
cf64 gain(double angle_deg) {
  std::vector<cf64> w = line_steering(elements, angle_deg);
  for (cf64& value : w) value /= elements;
  return response(w, std::vector<cf64>(elements, cf64(1)));
}

double largest_step(const std::vector<cf32>& y) {
  double largest = 0;
  for (std::size_t t = 1; t < y.size(); ++t) {
    const double step = std::abs(cf64(y[t]) - cf64(y[t - 1]));
    if (std::isfinite(step)) largest = std::max(largest, step);
  }
  return largest;
}

// Before, a fade was over with its block: the largest step was 0.31 of the whole way for blocks of one sample
// and 0.0098 for 64.
TEST(AdaptiveFade, IsAStraightLineOf128SamplesOrTheBlock) {
  const cf64 target = gain(25);
  for (const std::size_t block : block_sizes) {
    AdaptiveBeamformer beamformer(config_of(Mode::conventional, block));
    const GridBuffer<cf32> x = wave(block, 1);
    std::vector<cf32> y(block);
    beamformer.process(x.view(), y);
    for (const cf32 value : y) ASSERT_NEAR(std::abs(value - cf32(1)), 0, 1e-6);
    beamformer.set_direction(direction(25));
    const std::size_t length = std::max(block, fade_samples);
    for (std::size_t t = 0; t < 3 * length; ++t) {
      if (t % block == 0) beamformer.process(x.view(), y);
      const double share = std::min(1.0, (static_cast<double>(t) + 0.5) / static_cast<double>(length));
      ASSERT_NEAR(std::abs(cf64(y[t % block]) - (1.0 + share * (target - 1.0))), 0, 2e-6)
          << block << ' ' << t;
    }
    EXPECT_EQ(beamformer.stats().updates, 2U);
  }
}

// Another direction every third block: each fade starts from what the one before has come to. The oracle
// moves the gains along their lines in double precision.
TEST(AdaptiveFade, NewerWeightsGoOnFromWhereItIs) {
  for (const std::size_t block : block_sizes) {
    AdaptiveBeamformer::Config config = config_of(Mode::conventional, block);
    config.beams = 2;
    AdaptiveBeamformer beamformer(config);
    const GridBuffer<cf32> x = wave(block, 1);
    GridBuffer<cf32> y(2, block);
    beamformer.process(x.view(), y.view());
    cf64 from[2] = {1, 1};
    cf64 to[2] = {1, 1};
    std::size_t length = 1;
    std::size_t done = 1;
    double largest = 0;
    cf32 last = 1;
    constexpr double angles_deg[] = {25, -14, 0, 60, 10};
    for (std::size_t b = 0; b < 3 * 40; ++b) {
      if (b % 3 == 0) {
        for (const std::size_t beam : {0, 1}) {
          const double angle_deg = angles_deg[(b / 3 + beam) % std::size(angles_deg)];
          beamformer.set_direction(direction(angle_deg), beam);
          from[beam] += static_cast<double>(done) / static_cast<double>(length) * (to[beam] - from[beam]);
        }
      }
      beamformer.process(x.view(), y.view());
      if (b % 3 == 0) {
        for (const std::size_t beam : {0, 1}) {
          to[beam] = gain(angles_deg[(b / 3 + beam) % std::size(angles_deg)]);
        }
        length = std::max(block, fade_samples);
        done = 0;
      }
      for (std::size_t t = 0; t < block; ++t) {
        const double share =
            done < length ? (static_cast<double>(done) + 0.5) / static_cast<double>(length) : 1.0;
        done = std::min(done + 1, length);
        for (const std::size_t beam : {0, 1}) {
          ASSERT_NEAR(std::abs(cf64(y(beam, t)) - (from[beam] + share * (to[beam] - from[beam]))), 0, 5e-6)
              << block << ' ' << b << ' ' << t;
        }
        largest = std::max<double>(largest, std::abs(y(0, t) - last));
        last = y(0, t);
      }
    }
    // No two of the gains are further apart than 1.3.
    EXPECT_LT(largest, 1.3 / fade_samples) << block;
  }
}

// MVDR that looks elsewhere nulls the wave; turned to it, again and again, its output rises by 30 dB. The
// watch takes that for a jump, and even so no step is longer than in one long block.
TEST(AdaptiveFade, TurningToAStrongSignalMakesNoStep) {
  for (const std::size_t block : block_sizes) {
    for (const bool again : {false, true}) {
      AdaptiveBeamformer beamformer(config_of(Mode::mvdr, block));
      beamformer.set_direction(direction(-30));
      Random random(61);
      std::vector<cf32> stream;
      std::vector<cf32> y(block);
      for (std::size_t t = 0; t < 6000; t += block) {
        if (t >= 2000 && (again || t < 2000 + block)) beamformer.set_direction({0, 0, 1});
        beamformer.process(wave(block, 10, &random).view(), y);
        if (t >= 1000) stream.insert(stream.end(), y.begin(), y.end());  // behind the first weights
      }
      EXPECT_LT(std::abs(stream.front()), 0.3) << block;
      EXPECT_EQ(beamformer.stats().jumps > 0, block >= 32) << block << again;
      EXPECT_NEAR(std::abs(stream.back() - cf32(10)), 0, 0.05) << block << again;
      EXPECT_LT(largest_step(stream), 10.0 / fade_samples + 0.04) << block << again;
    }
  }
}

// A jammer that comes on while a fade goes on from the block before: the new weights start from the middle of
// that fade, which is where it is, and its null takes one fade more.
TEST(AdaptiveFade, AJammerThatComesOnMeanwhileIsNulledInOneFade) {
  constexpr std::size_t block = 64;
  constexpr std::size_t onset = 100;  // block
  const std::vector<cf64> v = line_steering(elements, 20);
  AdaptiveBeamformer::Config config = config_of(Mode::mvdr, block);
  config.loading_over_noise_db = 10;
  AdaptiveBeamformer beamformer(config);
  beamformer.set_direction(direction(-40));
  Random random(62);
  std::vector<cf32> y(block);
  std::vector<cf64> held;
  double quiet = 0;
  double late = 0;
  for (std::size_t b = 0; b < onset + 40; ++b) {
    const std::vector<cf64> before(beamformer.weights().begin(), beamformer.weights().end());
    if (b == onset - 1) beamformer.set_direction(direction(-30));
    const auto waves = b < onset ? std::vector<PlaneWave>{} : std::vector<PlaneWave>{{v, 1e4}};
    const GridBuffer<cf32> x = snapshots(waves, elements, block, random);
    beamformer.process(x.view(), y);
    const std::vector<cf64> after(beamformer.weights().begin(), beamformer.weights().end());
    EXPECT_EQ(beamformer.stats().jumps, b < onset ? 0U : 1U) << b;
    if (b == onset - 1) {
      for (std::size_t e = 0; e < elements; ++e) held.push_back(0.5 * (before[e] + after[e]));
    }
    double power = 0;
    for (std::size_t t = 0; t < block; ++t) {
      power += std::norm(y[t]) / block;
      if (b < onset || b > onset + 1) continue;
      const double share = (static_cast<double>((b - onset) * block + t) + 0.5) / fade_samples;
      cf64 expected = 0;
      for (std::size_t e = 0; e < elements; ++e) {
        expected += std::conj(held[e] + share * (after[e] - held[e])) * cf64(x(e, t));
      }
      ASSERT_NEAR(std::abs(cf64(y[t]) - expected), 0, 1e-3) << b << ' ' << t;  // of a hundred
    }
    if (b >= 20 && b < onset - 1) quiet += power / (onset - 21);
    if (b >= onset + 2) late += power / 38;
  }
  EXPECT_LT(db_from_power(late / quiet), 1.5);  // 0.6 dB are what the null costs of the gain on noise
  EXPECT_LT(db_from_power(std::norm(response({beamformer.weights().begin(), beamformer.weights().end()}, v))),
            -35);
}

TEST(AdaptiveFade, GoesOnWhenARenewalIsGivenUp) {
  for (const std::size_t block : {7, 64}) {
    AdaptiveBeamformer beamformer(config_of(Mode::mvdr, block));
    beamformer.set_direction(direction(-30));
    Random random(63);
    std::vector<cf32> stream;
    std::vector<cf32> y(block);
    for (std::size_t b = 0; b < 2100 / block; ++b) {
      GridBuffer<cf32> x = wave(block, 10, &random);
      const bool turned = b == 1000 / block;
      const bool spoiled = b == 1000 / block + 1;
      if (turned || spoiled) beamformer.set_direction({0, 0, 1});
      if (spoiled) x(2, 3) = cf32(std::numeric_limits<float>::quiet_NaN(), 0);
      beamformer.process(x.view(), y);
      if (b > 0) stream.insert(stream.end(), y.begin(), y.end());
    }
    EXPECT_EQ(beamformer.stats().rejected, 1U);
    EXPECT_EQ(std::ranges::count_if(stream, [](cf32 value) { return !std::isfinite(std::abs(value)); }), 1);
    EXPECT_LT(largest_step(stream), 10.0 / fade_samples + 0.04) << block;
    EXPECT_NEAR(std::abs(stream.back() - cf32(10)), 0, 0.05) << block;
  }
}

TEST(AdaptiveFade, EndsWithAReset) {
  constexpr std::size_t block = 16;
  const GridBuffer<cf32> x = wave(block, 1);
  AdaptiveBeamformer beamformer(config_of(Mode::conventional, block));
  std::vector<cf32> y(block);
  const AllocationCounter counter;
  beamformer.process(x.view(), y);
  beamformer.set_direction(direction(25));
  beamformer.process(x.view(), y);
  beamformer.set_direction(direction(45));
  beamformer.process(x.view(), y);
  beamformer.reset();
  beamformer.process(x.view(), y);
  EXPECT_EQ(counter.count(), 0U);
  for (const cf32 value : y) EXPECT_NEAR(std::abs(cf64(value) - gain(45)), 0, 1e-6);
}

}  // namespace
}  // namespace boresight::beam
