#include "boresight/ofdm/equalizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

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

}  // namespace
}  // namespace boresight::ofdm
