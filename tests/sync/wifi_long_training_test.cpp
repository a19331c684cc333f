#include "boresight/sync/wifi_long_training.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/tx/wifi_transmitter.h"

namespace boresight::sync {
namespace {

// Preamble of unit power; sample 192 is the first of the first long symbol.
std::vector<cf32> preamble(double frequency, float noise, cf32 dc, std::uint64_t seed) {
  tx::WifiTransmitter transmitter({});
  std::vector<cf32> x(transmitter.frame_samples(frame::WifiRate::r6, 20));
  transmitter.transmit(frame::WifiRate::r6, std::vector<std::uint8_t>(20, 0x3C), 0x5D, x);
  Random random(seed);
  const double phase = 2 * pi * random.uniform();
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] *= cf32(std::polar(1.0, phase + 2 * pi * frequency * static_cast<double>(i)));
    x[i] += dc;
  }
  if (noise > 0) random.add_noise(x, noise);
  return x;
}

TEST(LongTrainingSearch, PlacesTheSymbolExactlyAndMeasuresTheFrequency) {
  LongTrainingSearch search({});
  double squared = 0;
  int runs = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const double frequency = 0.0116 * (Random(seed, 1).uniform() * 2 - 1);
    const std::vector<cf32> x = preamble(frequency, 0.1F, 0, seed);
    const std::size_t first = 104 + seed % 113;
    if (first > 192 - LongTrainingSearch::prefix_samples) continue;
    const auto found = search.find(std::span(x).subspan(first, search.input_samples()), frequency + 0.001);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->position + first, 192U);
    squared += (found->frequency - frequency) * (found->frequency - frequency);
    ++runs;
  }
  // Moose's variance of the angle, 1 / (N snr), at 10 dB; within the spread of a hundred runs.
  const double expected = 1.0 / (2 * pi * 64) / std::sqrt(64.0 * 10.0);
  EXPECT_GT(runs, 90);
  EXPECT_NEAR(std::sqrt(squared / runs), expected, 0.3 * expected);
}

// One symbol early half of the prefix stands in for a symbol; one late SIGNAL does for none.
TEST(LongTrainingSearch, AWholeSymbolIsNotMistakenInNoise) {
  LongTrainingSearch search({.positions = 241});
  int wrong = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    const std::vector<cf32> x = preamble(0.003, 1.0F, 0, seed);
    const auto found = search.find(std::span(x).subspan(20, search.input_samples()), 0.0025);
    // 0 dB: the threshold is missed once in more than 1e5, the place by more than a sample never.
    wrong += !found || found->position < 171 || found->position > 173 ? 1 : 0;
  }
  EXPECT_LT(wrong, 3);
}

TEST(LongTrainingSearch, ConstantIsToldFromTheSignal) {
  LongTrainingSearch search({});
  const cf32 dc(0.3F, -0.2F);
  for (const double frequency : {-0.0116, -0.0017, 0.004}) {
    const std::vector<cf32> x = preamble(frequency, 0.001F, dc, 4);
    const auto found = search.find(std::span(x).subspan(150, search.input_samples()), frequency);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->position, 42U);
    EXPECT_NEAR(found->frequency, frequency, 5e-5);
    // Regularized: up to 0.01 / |1 - e^(j 2 pi f 64)|^2 of the constant stays, 2 % at 35 kHz.
    EXPECT_LT(std::abs(found->dc - dc), 0.04F * std::abs(dc)) << frequency;
  }
}

TEST(LongTrainingSearch, NoiseSilenceAndConstantsArePassedOver) {
  LongTrainingSearch search({.false_alarm_rate = 1e-2});
  Random random(5);
  int alarms = 0;
  std::vector<cf32> x(search.input_samples());
  for (int i = 0; i < 2000; ++i) {
    for (cf32& s : x) s = random.complex_normal();
    alarms += search.find(x, 0.001) ? 1 : 0;
  }
  EXPECT_GT(alarms, 5);  // 20 expected; neighbouring positions are correlated, so rather fewer
  EXPECT_LT(alarms, 40);
  for (const cf32 level : {cf32(0), cf32(1, 1)}) {
    EXPECT_FALSE(search.find(std::vector<cf32>(search.input_samples(), level), 0.0));
  }
}

TEST(LongTrainingSearch, ConfigIsChecked) {
  EXPECT_THROW(LongTrainingSearch({.false_alarm_rate = 0}), ConfigError);
  EXPECT_THROW(LongTrainingSearch({.false_alarm_rate = std::nan("")}), ConfigError);
  EXPECT_THROW(LongTrainingSearch({.positions = 0}), ConfigError);
  EXPECT_THROW(LongTrainingSearch({.positions = 5000}), ConfigError);
}

}  // namespace
}  // namespace boresight::sync
