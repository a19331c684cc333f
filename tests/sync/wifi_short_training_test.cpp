#include "boresight/sync/wifi_short_training.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/tx/wifi_transmitter.h"

namespace boresight::sync {
namespace {

std::vector<ShortTrainingDetector::Peak> run(ShortTrainingDetector& detector, std::span<const cf32> x) {
  std::vector<ShortTrainingDetector::Peak> peaks;
  for (std::size_t end = 32; end <= x.size(); end += 16) {
    if (const auto peak = detector.process(x.subspan(end - 32, 32), end)) peaks.push_back(*peak);
  }
  return peaks;
}

// A frame of unit power that begins at `start`, in noise, turned, scaled and with a constant added.
std::vector<cf32> scene(std::size_t start, double frequency, float noise, float scale, cf32 dc,
                        std::uint64_t seed) {
  tx::WifiTransmitter transmitter({});
  std::vector<cf32> frame(transmitter.frame_samples(frame::WifiRate::r6, 20));
  transmitter.transmit(frame::WifiRate::r6, std::vector<std::uint8_t>(20, 0x3C), 0x5D, frame);
  std::vector<cf32> x(start + frame.size() + 200);
  for (std::size_t i = 0; i < frame.size(); ++i) {
    x[start + i] = frame[i] * cf32(std::polar(1.0, 2 * pi * frequency * static_cast<double>(i)));
  }
  if (noise > 0) Random(seed).add_noise(x, noise);
  for (cf32& s : x) s = scale * (s + dc);
  return x;
}

TEST(ShortTrainingDetector, FalseAlarmRateOnNoiseIsTheConfiguredOne) {
  // 250,000 evaluations. The windows of neighbours share 7/8, so that those which pass come in clusters, each
  // of which is one detection.
  std::vector<cf32> noise(4'000'000);
  Random(1).add_noise(noise, 1.0F);
  for (const double rate : {1e-3, 1e-4}) {
    ShortTrainingDetector detector({.false_alarm_rate = rate});
    const double expected = 250'000 * rate;
    const auto found = static_cast<double>(run(detector, noise).size());
    EXPECT_GT(found, expected / 4 - 3 * std::sqrt(expected / 4)) << rate;
    EXPECT_LT(found, expected + 3 * std::sqrt(expected)) << rate;
  }
}

// A field within which the gain changes, behind data that was far stronger or weaker.
TEST(ShortTrainingDetector, GainStepsDoNotMatter) {
  for (const float change : {0.03F, 0.1F, 10.0F, 30.0F}) {
    for (std::size_t at = 300; at <= 460; at += 20) {
      auto x = scene(300, 0.005, 1e-3F, 1.0F, 0, at);
      Random(9).add_noise(std::span(x).first(300), 1.0F);
      for (std::size_t i = at; i < x.size(); ++i) x[i] *= change;
      ShortTrainingDetector detector({});
      const auto peaks = run(detector, x);
      ASSERT_FALSE(peaks.empty()) << change << ' ' << at;
      EXPECT_GE(peaks[0].end, 300U + 128) << change << ' ' << at;
      EXPECT_LE(peaks[0].end, 300U + 176) << change << ' ' << at;
      EXPECT_NEAR(peaks[0].frequency, 0.005, 1e-3);
    }
  }
}

TEST(ShortTrainingDetector, FindsTheFieldAtEveryStartWithItsFrequency) {
  for (std::size_t start = 300; start < 332; ++start) {
    for (const double frequency : {-0.0232, 0.0, 0.0116}) {  // 80 ppm and 40 ppm of 5.8 GHz at 20 Msps
      ShortTrainingDetector detector({});
      const auto peaks = run(detector, scene(start, frequency, 0.1F, 1.0F, 0, start));
      ASSERT_FALSE(peaks.empty());
      // The field fills the window from 144 to 160; in noise a neighbour may win.
      EXPECT_GE(peaks[0].end, start + 136);
      EXPECT_LE(peaks[0].end, start + 176);
      // Standard deviation 1 / (2 pi 16 sqrt(128 x 10)) = 2.8e-4.
      EXPECT_NEAR(peaks[0].frequency, frequency, 5 * 2.8e-4);
    }
  }
}

TEST(ShortTrainingDetector, NeitherScaleNorConstantMatter) {
  for (const float scale : {1e-9F, 1.0F, 1e6F}) {
    for (const cf32 dc : {cf32(0), cf32(3.0F, -2.0F)}) {
      ShortTrainingDetector detector({});
      const auto peaks = run(detector, scene(310, 0.005, 0.01F, scale, dc, 3));
      ASSERT_FALSE(peaks.empty()) << scale << " " << dc;
      EXPECT_GT(peaks[0].correlation_2, 0.9);
    }
  }
}

TEST(ShortTrainingDetector, SilenceAndConstantsAreNoSignal) {
  for (const cf32 level : {cf32(0), cf32(0.5F, -0.25F), cf32(1e9F, 1e9F)}) {
    ShortTrainingDetector detector({.false_alarm_rate = 0.1});
    EXPECT_TRUE(run(detector, std::vector<cf32>(4000, level)).empty()) << level;
  }
}

TEST(ShortTrainingDetector, RestartForgets) {
  const std::vector<cf32> x = scene(0, 0.0, 0.01F, 1.0F, 0, 5);
  ShortTrainingDetector detector({});
  run(detector, std::span(x).first(144));
  detector.restart();
  for (std::size_t end = 32; end <= 32 + 8 * 16 - 16; end += 16) {
    EXPECT_FALSE(detector.process(std::span(x).subspan(end - 32, 32), end));
  }
}

TEST(ShortTrainingDetector, RateIsChecked) {
  for (const double rate : {0.0, 1e-16, 0.2, std::nan("")}) {
    EXPECT_THROW(ShortTrainingDetector({.false_alarm_rate = rate}), ConfigError);
  }
}

}  // namespace
}  // namespace boresight::sync
