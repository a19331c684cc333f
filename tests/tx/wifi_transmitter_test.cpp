#include "boresight/tx/wifi_transmitter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"

namespace boresight::tx {
namespace {

using frame::WifiRate;

std::vector<cf32> send(WifiTransmitter& transmitter, WifiRate rate, std::size_t length) {
  std::vector<std::uint8_t> psdu(length);
  Random(7).fill(psdu);
  std::vector<cf32> out(transmitter.frame_samples(rate, length));
  transmitter.transmit(rate, psdu, 0x5D, out);
  return out;
}

// The standard's tables scale the inverse transform by 1/64 and do not normalize the power: 52 subcarriers
// there have the mean power 52 / 64^2.
constexpr double table_scale = 64.0 / 7.2111025509279782;  // 64 / sqrt(52)

TEST(WifiTransmitter, TrainingFieldsAreThoseOfTheStandardsTables) {
  WifiTransmitter transmitter({});
  const std::vector<cf32> x = send(transmitter, WifiRate::r36, 100);
  // 802.11-2020 annex I.1.2: short training 1.. (its first sample is halved there by the window), then the
  // first long training symbol.
  const std::vector<cf32> short_training{
      {-0.132F, 0.002F}, {-0.013F, -0.079F}, {0.143F, -0.013F}, {0.092F, 0.0F}, {0.143F, -0.013F}};
  for (std::size_t i = 0; i < short_training.size(); ++i) {
    EXPECT_NEAR(std::abs(cf64(x[1 + i]) - table_scale * cf64(short_training[i])), 0.0, 0.001 * table_scale)
        << i;
    EXPECT_LT(std::abs(x[1 + i] - x[1 + i + 144]), 1e-6);
  }
  const std::vector<cf32> long_training{
      {0.156F, 0.0F}, {-0.005F, -0.120F}, {0.040F, -0.111F}, {0.097F, 0.083F}};
  for (std::size_t i = 0; i < long_training.size(); ++i) {
    EXPECT_NEAR(std::abs(cf64(x[192 + i]) - table_scale * cf64(long_training[i])), 0.0, 0.001 * table_scale)
        << i;
  }
  for (std::size_t i = 160; i < 256; ++i) EXPECT_LT(std::abs(x[i] - x[i + 64]), 1e-6) << i;
}

TEST(WifiTransmitter, EverySymbolHasItsPrefixAndTheFrameUnitPower) {
  WifiTransmitter transmitter({});
  for (std::size_t r = 0; r < frame::wifi_rate_count; ++r) {
    const std::vector<cf32> x = send(transmitter, static_cast<WifiRate>(r), 300);
    EXPECT_EQ(x.size() % 80, 0U);
    double power = 0;
    for (const cf32 s : x) power += std::norm(cf64(s));
    // The mean over a random choice of constellation points: below 3 % for 12 symbols of 48.
    EXPECT_NEAR(power / static_cast<double>(x.size()), 1.0, 0.05) << r;
    for (std::size_t symbol = 320; symbol < x.size(); symbol += 80) {
      for (std::size_t i = 0; i < 16; ++i) ASSERT_LT(std::abs(x[symbol + i] - x[symbol + 64 + i]), 1e-5);
    }
  }
}

TEST(WifiTransmitter, OversampledSignalIsTheSameAtTheSamplesOfTheOther) {
  WifiTransmitter one({});
  WifiTransmitter four({.oversampling = 4});
  const std::vector<cf32> x = send(one, WifiRate::r12, 50);
  const std::vector<cf32> y = send(four, WifiRate::r12, 50);
  ASSERT_EQ(y.size(), 4 * x.size());
  for (std::size_t i = 0; i < x.size(); ++i) ASSERT_LT(std::abs(x[i] - y[4 * i]), 1e-5) << i;
}

TEST(WifiTransmitter, RefusesWhatCannotBeSent) {
  EXPECT_THROW(WifiTransmitter({.oversampling = 0}), ConfigError);
  WifiTransmitter transmitter({});
  std::vector<cf32> out(transmitter.frame_samples(WifiRate::r6, 10));
  const std::vector<std::uint8_t> psdu(10);
  EXPECT_NO_THROW(transmitter.transmit(WifiRate::r6, psdu, 1, out));
  EXPECT_THROW(transmitter.transmit(WifiRate::r6, {}, 1, out), ConfigError);
  EXPECT_THROW(transmitter.transmit(WifiRate::r6, std::vector<std::uint8_t>(4096), 1, out), ConfigError);
  EXPECT_THROW(transmitter.transmit(WifiRate::r6, psdu, 0, out), ConfigError);
  EXPECT_THROW(transmitter.transmit(WifiRate::r6, psdu, 128, out), ConfigError);
  EXPECT_THROW(transmitter.transmit(WifiRate::r6, psdu, 1, std::span(out).first(100)), ConfigError);
}

}  // namespace
}  // namespace boresight::tx
