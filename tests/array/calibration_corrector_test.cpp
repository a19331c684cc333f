#include "boresight/array/calibration_corrector.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>

#include "array/calibration_scene.h"
#include "boresight/array/calibration_estimator.h"
#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "support/allocation_counter.h"

namespace boresight::array {
namespace {

// The whole way: measure, correct, and what is left between channels.
TEST(CalibrationCorrector, MakesChannelsEqual) {
  constexpr std::size_t channels = 4;
  constexpr std::size_t count = 32768;
  auto truth = faults(channels, 17);
  truth[1].delay_s = 5.3 / scene_rate_hz;
  for (SceneChannel& c : truth) c.noise_power = 1e-6;
  truth[3].gain = 0;
  const auto x = scene(truth, 1, count, 7);
  CalibrationEstimator estimator({.channels = channels, .sample_rate_hz = scene_rate_hz});
  estimator.add(x.view());
  const auto result = estimator.solve(1e9, 0, 0);
  ASSERT_TRUE(result.ok) << result.reason;
  CalibrationCorrector corrector({.calibration = result.calibration, .sample_rate_hz = scene_rate_hz});
  GridBuffer<cf32> y(channels, count);
  const AllocationCounter counter;
  for (std::size_t t = 0; t < count; t += 1000) {
    const std::size_t n = std::min<std::size_t>(1000, count - t);
    corrector.process(x.view().columns(t, n), y.view().columns(t, n));
  }
  EXPECT_EQ(counter.count(), 0U);
  // Nine tenths of the band: the outermost bins hold both ends, where half a sample has no answer. A window,
  // so that this power does not leak in.
  constexpr std::size_t half = count / 2;
  const fft::Fft forward(half, fft::Direction::forward);
  std::vector<std::vector<cf32>> spectra(channels, std::vector<cf32>(half));
  for (std::size_t e = 0; e < channels; ++e) {
    for (std::size_t t = 0; t < half; ++t) {
      const double s = std::sin(pi * static_cast<double>(t) / half);
      spectra[e][t] = y(e, half + t) * static_cast<float>(s * s);
    }
    forward.run(spectra[e], spectra[e]);
  }
  for (std::size_t e = 1; e < 3; ++e) {
    double error = 0;
    double size = 0;
    for (std::size_t k = 0; k < half; ++k) {
      if (std::abs(static_cast<double>(k) - half / 2.0) < 0.05 * half) continue;
      error += std::norm(spectra[e][k] - spectra[0][k]);
      size += std::norm(spectra[0][k]);
    }
    // Noise of -60 dB in both, amplified by up to 4 dB, and what the calibration missed.
    EXPECT_LT(db_from_power(error / size), -50) << e;
  }
  for (const cf32 v : y.row(3)) ASSERT_EQ(v, cf32(0));
  // The reference comes out as it went in, late by latency_samples().
  double error = 0;
  for (std::size_t t = 1000; t < count; ++t) {
    error += std::norm(y(0, t) - x(0, t - corrector.latency_samples()));
  }
  EXPECT_LT(db_from_power(error / count), -80);
  // In place, the same.
  GridBuffer<cf32> z(channels, count);
  for (std::size_t e = 0; e < channels; ++e) std::ranges::copy(x.row(e), z.row(e).begin());
  corrector.reset();
  corrector.process(z.view(), z.view());
  for (std::size_t e = 0; e < channels; ++e) {
    for (std::size_t t = 0; t < count; ++t) ASSERT_EQ(z(e, t), y(e, t));
  }
}

// Gains and phases alone: one product per sample, in step at once, against the quotient in double.
TEST(CalibrationCorrector, OneFactorPerChannelIsNotLate) {
  constexpr std::size_t channels = 3;
  constexpr std::size_t count = 500;
  Calibration c;
  c.channels.resize(channels);
  c.channels[1].gain = 1.25;
  c.channels[1].phase_rad = -2.1;
  c.channels[2].state = ChannelState::dead;
  CalibrationCorrector corrector({.calibration = c, .sample_rate_hz = scene_rate_hz});
  EXPECT_EQ(corrector.latency_samples(), 0U);
  GridBuffer<cf32> x(channels, count);
  Random random(5);
  for (std::size_t e = 0; e < channels; ++e) random.add_noise(x.row(e), 1.0F);
  x(1, 7) = cf32(std::numeric_limits<float>::quiet_NaN(), 0);
  x(0, 9) = cf32(0, std::numeric_limits<float>::infinity());
  GridBuffer<cf32> y(channels, count);
  const AllocationCounter counter;
  for (std::size_t t = 0; t < count; t += 77) {
    const std::size_t n = std::min<std::size_t>(77, count - t);
    corrector.process(x.view().columns(t, n), y.view().columns(t, n));
  }
  EXPECT_EQ(counter.count(), 0U);
  EXPECT_EQ(corrector.samples_zeroed(), 2U);
  for (std::size_t t = 0; t < count; ++t) {
    ASSERT_EQ(y(0, t), t == 9 ? cf32(0) : x(0, t)) << t;
    const cf64 want = t == 7 ? cf64(0) : cf64(x(1, t)) / std::polar(1.25, -2.1);
    ASSERT_LT(std::abs(cf64(y(1, t)) - want), 1e-6 * (1 + std::abs(want))) << t;
    ASSERT_EQ(y(2, t), cf32(0)) << t;
  }
  // A delay brings the bank back.
  c.channels[1].delay_s = 1e-3 / scene_rate_hz;
  EXPECT_GT(CalibrationCorrector({.calibration = c, .sample_rate_hz = scene_rate_hz}).latency_samples(), 0U);
}

TEST(CalibrationCorrector, RefusesWhatCannotBe) {
  using Config = CalibrationCorrector::Config;
  Calibration c;
  EXPECT_THROW(CalibrationCorrector(Config{.calibration = c, .sample_rate_hz = 1e6}), ConfigError);
  c.channels.resize(2);
  EXPECT_THROW(CalibrationCorrector(Config{.calibration = c, .sample_rate_hz = NAN}), ConfigError);
  EXPECT_THROW(CalibrationCorrector(Config{.calibration = c, .sample_rate_hz = 1e6, .fft_size = 30}),
               ConfigError);
  c.channels[1].delay_s = 5e-4;
  EXPECT_NO_THROW(CalibrationCorrector(Config{.calibration = c, .sample_rate_hz = 1e6}));
  EXPECT_THROW(CalibrationCorrector(Config{.calibration = c, .sample_rate_hz = 1e7}), ConfigError);
}

}  // namespace
}  // namespace boresight::array
