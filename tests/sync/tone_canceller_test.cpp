#include "boresight/sync/tone_canceller.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"

namespace boresight::sync {
namespace {

constexpr std::size_t interval = ToneCanceller::interval_samples;

std::vector<cf32> tone(std::size_t count, double frequency, double amplitude, double rate = 0) {
  std::vector<cf32> x(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto t = static_cast<double>(i);
    const double turns = frequency * t + 0.5 * rate * t * t;
    x[i] = cf32(std::polar(amplitude, 2 * pi * (turns - std::floor(turns))));
  }
  return x;
}

double power(std::span<const cf32> x) {
  double sum = 0;
  for (const cf32 s : x) sum += static_cast<double>(std::norm(s));
  return sum / static_cast<double>(x.size());
}

// Unit noise, tones of up to 60 dB anywhere, DC among them: what is left is the noise, but for the notch's
// share (1 / 2048 of it) and a residual of the frequency's error, together below 1 % = 0.04 dB.
TEST(ToneCanceller, LeavesTheNoise) {
  std::uint64_t seed = 1;
  for (const double frequency : {0.0, 0.1234567, -0.49999, 0.25, 7.5 / 1024}) {
    for (const double level_db : {0.0, 20.0, 60.0}) {
      auto x = tone(4 * interval, frequency, std::sqrt(power_from_db(level_db)));
      std::vector<cf32> noise(x.size());
      Random(seed++).add_noise(noise, 1.0F);
      for (std::size_t i = 0; i < x.size(); ++i) x[i] += noise[i];
      ToneCanceller canceller({});
      canceller.process(x, x);
      const auto left = std::span(x).subspan(2 * interval);
      EXPECT_NEAR(power(left), power(std::span(noise).subspan(2 * interval)), 0.01)
          << frequency << " " << level_db;
      ASSERT_EQ(canceller.tone_count(), 1U) << frequency << " " << level_db;
      EXPECT_NEAR(std::remainder(canceller.tones()[0].frequency - frequency, 1.0), 0, 3e-5);
      EXPECT_NEAR(canceller.tones()[0].power / power_from_db(level_db), 1, 0.1);
    }
  }
}

TEST(ToneCanceller, TakesSeveralAndLetsThemGo) {
  auto x = tone(6 * interval, 0.1, 3);
  const auto second = tone(6 * interval, -0.3, 30);
  const auto third = tone(3 * interval, 0.11, 10);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += second[i] + (i < third.size() ? third[i] : cf32(0));
  Random(20).add_noise(x, 1.0F);
  ToneCanceller canceller({});
  canceller.process(std::span<const cf32>(x).first(3 * interval), std::span(x).first(3 * interval));
  EXPECT_EQ(canceller.tone_count(), 3U);
  canceller.process(std::span<const cf32>(x).subspan(3 * interval), std::span(x).subspan(3 * interval));
  EXPECT_EQ(canceller.tone_count(), 2U);
  EXPECT_NEAR(power(std::span(x).subspan(5 * interval)), 1.0, 0.03);
}

// A gap of 100,000 samples under a carrier of 20 dB: told by advance(), it costs nothing behind it that 2 %
// of the noise would not cover from the eighth block on; before, what the frequency's error (below 1e-6) has
// made of the phase, 0.4 rad at most: 0.16 of the carrier's power.
TEST(ToneCanceller, AdvancesOverAGap) {
  constexpr std::size_t gap = 100'000;
  for (const double frequency : {0.3 / (2 * pi), -0.3712345}) {
    auto x = tone(8 * interval + gap, frequency, 10);
    std::vector<cf32> noise(x.size());
    Random(30).add_noise(noise, 1.0F);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += noise[i];
    ToneCanceller canceller({});
    const auto before = std::span(x).first(4 * interval);
    canceller.process(before, before);
    canceller.advance(gap / 2);
    canceller.advance(gap - gap / 2);
    const auto behind = std::span(x).subspan(4 * interval + gap);
    canceller.process(behind, behind);
    const auto of_noise = std::span(noise).subspan(4 * interval + gap);
    constexpr std::size_t settled = 8 * ToneCanceller::block_samples;
    EXPECT_LT(power(behind.first(settled)), 16 + 1);
    EXPECT_NEAR(power(behind.subspan(settled)), power(of_noise.subspan(settled)), 0.02);
    EXPECT_EQ(canceller.tone_count(), 1U);
  }
}

// 45 kHz/s at 20 Msps is 1.1e-10 per sample squared; twice that is followed. The frequency lags by 4096
// samples of it, 9e-7, against a notch of 1.55e-4: 3e-5 of the tone is left.
TEST(ToneCanceller, FollowsADriftingTone) {
  auto x = tone(8 * interval, 0.05, 10, 2.2e-10);
  Random(21).add_noise(x, 1.0F);
  ToneCanceller canceller({});
  canceller.process(x, x);
  EXPECT_NEAR(power(std::span(x).subspan(4 * interval)), 1.0, 0.02);
}

TEST(ToneCanceller, NoiseAndSilencePassUnchanged) {
  ToneCanceller canceller({});
  std::vector<cf32> x(10 * interval);
  Random(22).add_noise(x, 1.0F);
  std::fill(x.begin() + 5 * interval, x.begin() + 6 * interval, cf32(0));
  std::vector<cf32> y(x.size());
  canceller.process(x, y);
  EXPECT_EQ(x, y);
  EXPECT_EQ(canceller.tone_count(), 0U);
}

// One block of the noise alone alarms with the probability asked for; two in a row at one place far more
// rarely.
TEST(ToneCanceller, TwoBlocksMustAgree) {
  ToneCanceller canceller({.false_alarm_probability = 0.1});
  std::vector<cf32> x(interval);
  Random random(23);
  std::size_t tones = 0;
  for (int i = 0; i < 100; ++i) {
    for (cf32& s : x) s = random.complex_normal();
    canceller.process(x, x);
    tones += canceller.tone_count();
  }
  EXPECT_LE(tones, 1U);  // 0.1^2 (3 / 1024) 100 = 0.003 expected
}

TEST(ToneCanceller, DoesNotDependOnHowTheStreamIsCut) {
  auto x = tone(4 * interval, 0.07, 5);
  Random(24).add_noise(x, 1.0F);
  ToneCanceller whole({});
  std::vector<cf32> want(x.size());
  whole.process(x, want);
  for (const std::size_t piece : {1U, 7U, 1000U, 20'000U}) {
    ToneCanceller canceller({});
    std::vector<cf32> got(x.size());
    for (std::size_t i = 0; i < x.size(); i += piece) {
      const std::size_t n = std::min(piece, x.size() - i);
      canceller.process(std::span<const cf32>(x).subspan(i, n), std::span(got).subspan(i, n));
    }
    EXPECT_EQ(got, want) << piece;
  }
}

TEST(ToneCanceller, BadSamplesPassAndTouchNothing) {
  auto x = tone(5 * interval, 0.07, 5);
  Random(25).add_noise(x, 1.0F);
  const float inf = std::numeric_limits<float>::infinity();
  x[3 * interval - 100] = cf32(NAN, 0);  // in a block that is looked at
  x[3 * interval + 5] = cf32(inf, -inf);
  x[3 * interval + 6] = cf32(3e38F, 3e38F);
  ToneCanceller canceller({});
  canceller.process(x, x);
  EXPECT_TRUE(std::isnan(x[3 * interval - 100].real()));
  EXPECT_EQ(canceller.tone_count(), 1U);
  EXPECT_NEAR(power(std::span(x).subspan(4 * interval)), 1.0, 0.02);
}

TEST(ToneCanceller, RefusesWhatCannotBe) {
  EXPECT_THROW(ToneCanceller({.max_tones = 17}), ConfigError);
  EXPECT_THROW(ToneCanceller({.false_alarm_probability = 0}), ConfigError);
}

}  // namespace
}  // namespace boresight::sync
