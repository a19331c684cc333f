#include "boresight/ofdm/equalizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <utility>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "support/simd_targets.h"

namespace boresight::ofdm {
namespace {

TEST(Equalizer, DividesByTheChannelAndScalesTheNoise) {
  const std::vector<cf32> received{{0, 4}, {1, 0}};
  const std::vector<cf32> channel{{0, 2}, {0.5F, 0}};
  const std::vector<float> noise{0.4F, 0.1F};
  const std::vector<std::uint16_t> carriers{1, 0};
  std::vector<cf32> symbols(2);
  std::vector<float> variance(2);
  equalize(received, channel, noise, carriers, symbols, variance);
  EXPECT_NEAR(std::abs(symbols[0] - cf32(2, 0)), 0, 1e-6);
  EXPECT_NEAR(std::abs(symbols[1] - cf32(2, 0)), 0, 1e-6);
  EXPECT_NEAR(variance[0], 0.4F, 1e-6);
  EXPECT_NEAR(variance[1], 0.1F, 1e-6);
}

TEST(Equalizer, ErasesWhatCannotBeKnown) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<cf32> received{{1, 1}, {1, 1}, {nan, 1}, {1, 1}};
  const std::vector<cf32> channel{{0, 0}, {1, 0}, {1, 0}, {nan, 0}};
  const std::vector<float> noise{1, 0, 1, 1};
  const std::vector<std::uint16_t> carriers{0, 1, 2, 3};
  std::vector<cf32> symbols(4);
  std::vector<float> variance(4);
  equalize(received, channel, noise, carriers, symbols, variance);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(symbols[i], cf32(0));
    EXPECT_EQ(variance[i], erased_variance);
  }
}

// Against equalize() of the channel turned in double precision, on every SIMD target.
TEST(RampEqualizer, IsTheOneTapEqualizerOfTheTurnedChannel) {
  for (const Numerology& n :
       {ku20(), wifi20(), make_numerology({.name = "odd", .sample_rate_hz = 1, .fft_size = 75})}) {
    Random random(3);
    const std::size_t size = n.fft_size;
    std::vector<cf32> received(size);
    std::vector<cf32> channel(size);
    std::vector<float> noise(size);
    for (std::size_t k = 0; k < size; ++k) {
      received[k] = random.complex_normal();
      channel[k] = random.complex_normal();
      noise[k] = static_cast<float>(0.1 + random.uniform());
    }
    const RampEqualizer::Ramp ramp{
        .phase_rad = -2.5, .slope_rad = 2.0 / static_cast<double>(size), .gain = 1.3};
    std::vector<cf32> turned(size);
    for (std::size_t k = 0; k < size; ++k) {
      turned[k] =
          cf32(cf64(channel[k]) * std::polar(ramp.gain, ramp.phase_rad + ramp.slope_rad * n.signed_index(k)));
    }
    std::vector<float> louder(noise);
    for (float& v : louder) v *= 1.7F;
    const auto carriers = n.carriers(Carrier::data);
    std::vector<cf32> want(carriers.size());
    std::vector<float> variance(carriers.size());
    equalize(received, turned, louder, carriers, want, variance);

    RampEqualizer equalizer(n);
    ASSERT_EQ(equalizer.data_carriers(), carriers.size());
    equalizer.set_channel(channel, noise);
    for_each_simd_target([&] {
      std::vector<cf32> got(carriers.size());
      const float factor = equalizer.process(received, ramp, 1.7F, got);
      for (std::size_t i = 0; i < carriers.size(); ++i) {
        ASSERT_LT(std::abs(got[i] - want[i]), 3e-6F * std::abs(want[i])) << n.name << " " << i;
        ASSERT_NEAR(factor * equalizer.weight()[i] * variance[i], 1.0F, 1e-6) << n.name << " " << i;
      }
    });
  }
}

TEST(RampEqualizer, ErasesWhatCannotBeKnown) {
  const Numerology n = wifi20();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  const auto carriers = n.carriers(Carrier::data);
  std::vector<cf32> received(64, cf32(1, 1));
  std::vector<cf32> channel(64, cf32(1));
  std::vector<float> noise(64, 1.0F);
  channel[carriers[0]] = 0;
  channel[carriers[1]] = {nan, 0};
  channel[carriers[2]] = {inf, 0};
  channel[carriers[3]] = {1e-30F, 0};
  noise[carriers[4]] = 0;
  noise[carriers[5]] = nan;
  noise[carriers[6]] = inf;
  received[carriers[7]] = {nan, 1};
  RampEqualizer equalizer(n);
  equalizer.set_channel(channel, noise);
  std::vector<cf32> symbols(carriers.size());
  const auto weight = equalizer.weight();
  EXPECT_EQ(equalizer.process(received, {}, 1, symbols), 1);
  for (std::size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(symbols[i], cf32(0)) << i;
    EXPECT_EQ(weight[i], 0) << i;
  }
  EXPECT_FALSE(std::isfinite(symbols[7].real()));  // and stays alone
  for (std::size_t i = 8; i < carriers.size(); ++i) {
    EXPECT_NEAR(std::abs(symbols[i] - cf32(1, 1)), 0, 3e-6);
    EXPECT_EQ(weight[i], 1);
  }
  for (const auto& [gain, scale] :
       {std::pair(0.0, 1.0F), std::pair(-1.0, 1.0F), std::pair(std::nan(""), 1.0F), std::pair(1.0, 0.0F),
        std::pair(1.0, nan), std::pair(1.0, inf)}) {
    EXPECT_EQ(equalizer.process(received, {.gain = gain}, scale, symbols), 0);
    for (const cf32 s : symbols) EXPECT_EQ(s, cf32(0));
  }
  Numerology pilots_only = n;
  for (Carrier& c : pilots_only.map) c = Carrier::pilot;
  EXPECT_THROW(RampEqualizer{pilots_only}, ConfigError);
}

}  // namespace
}  // namespace boresight::ofdm
