#include "boresight/sync/repetition_search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/sync/detection_theory.h"
#include "boresight/sync/repetition_detector.h"

namespace boresight::sync {
namespace {

using Config = RepetitionSearch::Config;
using Detection = RepetitionSearch::Detection;

// A part sent with the signs at `start` to every antenna, each with a gain of its own, in noise as strong as
// the antenna's gain says.
GridBuffer<cf32> scene(const Config& config, std::size_t total, std::size_t start, double frequency,
                       double snr_db, std::uint64_t seed) {
  Random random(seed);
  std::vector<cf32> part(config.period);
  for (cf32& s : part) s = random.complex_normal();
  GridBuffer<cf32> x(config.antennas, total);
  for (std::size_t a = 0; a < config.antennas; ++a) {
    const auto gain = static_cast<float>(std::pow(10.0, static_cast<double>(a) - 1.0));
    const cf32 turn = cf32(std::polar(1.0, 2.0 * static_cast<double>(a)));
    const auto row = x.row(a);
    for (std::size_t i = 0; i < config.period * config.signs.size(); ++i) {
      const double phase = 2 * pi * frequency * static_cast<double>(start + i);
      row[start + i] = static_cast<float>(config.signs[i / config.period]) * part[i % config.period] * turn *
                       cf32(std::polar(1.0, phase));
    }
    random.add_noise(row, static_cast<float>(power_from_db(-snr_db)));
    for (cf32& s : row) s *= gain;
  }
  return x;
}

std::vector<Detection> run(RepetitionSearch& search, Grid<const cf32> x, std::size_t piece = 5000) {
  std::vector<Detection> all;
  for (std::size_t at = 0; at < x.columns();) {
    Detection one;
    const auto rest = x.columns(at, std::min(piece, x.columns() - at));
    for (std::size_t done = 0;;) {
      const Progress p = search.process(rest.columns(done, rest.columns() - done), std::span(&one, 1));
      done += p.consumed;
      if (p.produced == 0) break;
      all.push_back(one);
    }
    at += rest.columns();
  }
  return all;
}

// The plain detector takes the means and the correlation in double precision, sample by sample.
TEST(RepetitionSearch, MetricIsTheDetectorsOnOneAntenna) {
  for (const Config& config : {Config{.period = 64, .signs = {1, 1, -1, 1, 1, 1, -1, -1, -1}},
                               Config{.period = 128, .signs = {1, -1, 1, 1, 1}}}) {
    auto x = scene(config, 4000, 1000, 1e-3, 3, 1);
    for (cf32& s : x.row(0)) s += cf32(0.2F, -0.1F);
    RepetitionSearch search(config);
    RepetitionDetector detector({.period = config.period, .signs = config.signs});
    const std::size_t stride = search.stride_samples();
    for (std::size_t at = 0; at + stride <= x.columns(); at += stride) {
      Detection one;
      RepetitionDetector::Detection other[2];
      search.process(x.view().columns(at, stride), std::span(&one, 1));
      detector.process(std::span<const cf32>(x.row(0)).subspan(at, stride), other);
      ASSERT_NEAR(search.metric(), detector.metric(), 3e-6) << at;  // single precision
    }
  }
}

// Windows without a sample in common; antennas of gains 20 dB apart. Bounds of 1e-4 each, and 10 % for the
// theory (5 % for the ratio's tail, 2 % for the energies taken as equal).
TEST(RepetitionSearch, AlarmsInNoiseAtTheRateAskedFor) {
  Random random(2);
  for (const std::size_t antennas : {1U, 2U, 4U}) {
    const Config config{
        .antennas = antennas, .period = 128, .signs = {1, -1, 1, 1, 1}, .false_alarm_rate = 1e-2};
    RepetitionSearch search(config);
    const std::size_t window = search.window_samples();
    GridBuffer<cf32> noise(antennas, window);
    std::size_t alarms = 0;
    constexpr std::size_t trials = 6000;
    for (std::size_t trial = 0; trial < trials; ++trial) {
      for (std::size_t a = 0; a < antennas; ++a) {
        for (cf32& s : noise.row(a)) s = random.complex_normal(static_cast<float>(std::pow(100.0, a)));
      }
      Detection one;
      search.process(noise.view(), std::span(&one, 1));
      alarms += search.metric() > search.threshold();
    }
    const auto interval = clopper_pearson(alarms, trials, 1e-4);
    EXPECT_LT(interval.low, 1e-2 * 1.1) << antennas << ": " << alarms;
    EXPECT_GT(interval.high, 1e-2 / 1.1) << antennas << ": " << alarms;
  }
}

// Seen at -3 dB on one antenna and -6 dB on each of four. The start to a few strides; the carrier's phase per
// part has a deviation of about (2 P (L - 1) A)^-1/2 (1 + snr^-1) rad: five of them.
TEST(RepetitionSearch, FindsTheStartAndTheCarrier) {
  for (const std::size_t antennas : {1U, 4U}) {
    const Config config{.antennas = antennas, .period = 128, .signs = {1, -1, 1, 1, 1}};
    const double snr_db = antennas == 1 ? -3 : -6;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      const double frequency = (static_cast<double>(seed % 9) - 4) / 9 / 128;
      RepetitionSearch search(config);
      const auto found = run(search, scene(config, 6000, 2345, frequency, snr_db, seed + 10).view());
      ASSERT_EQ(found.size(), 1U) << antennas << ", " << seed;
      EXPECT_NEAR(static_cast<double>(found[0].start), 2345, 40) << seed;
      const double deviation =
          (1 + power_from_db(-snr_db)) / std::sqrt(2.0 * 128 * 4 * static_cast<double>(antennas));
      const double error = (found[0].frequency - frequency) * 128;
      EXPECT_LT(std::abs(error - std::round(error)) * 2 * pi, 5 * deviation) << seed;
    }
  }
}

TEST(RepetitionSearch, DoesNotDependOnHowTheStreamIsCut) {
  const Config config{.antennas = 2, .period = 64, .signs = {1, 1, -1, 1, 1, 1, -1, -1, -1}};
  const auto x = scene(config, 20'000, 7777, 2e-3, 0, 5);
  RepetitionSearch whole(config);
  const auto expected = run(whole, x.view(), 20'000);
  ASSERT_EQ(expected.size(), 1U);
  for (const std::size_t piece : {1U, 3U, 64U, 1000U}) {
    RepetitionSearch search(config);
    const auto found = run(search, x.view(), piece);
    ASSERT_EQ(found.size(), 1U) << piece;
    EXPECT_EQ(found[0].start, expected[0].start);
    EXPECT_EQ(found[0].frequency, expected[0].frequency);
    EXPECT_EQ(found[0].metric, expected[0].metric);
  }
}

// Constants, silence and carriers (whose products with the signs cancel) are nothing; numbers that are none
// hide what they are in, no more.
TEST(RepetitionSearch, IsNotDeceived) {
  const Config config{.period = 128, .signs = {1, -1, 1, 1, 1}};
  for (const double f : {0.0, 1.0 / 128, 0.0123, 0.25}) {
    GridBuffer<cf32> x(1, 20'000);
    for (std::size_t i = 0; i < x.columns(); ++i) {
      x(0, i) = 1e3F * cf32(std::polar(1.0, 2 * pi * f * static_cast<double>(i)));
    }
    RepetitionSearch search(config);
    EXPECT_TRUE(run(search, x.view()).empty()) << f;
    search.reset();
    Random(3).add_noise(x.row(0), 1.0F);
    EXPECT_TRUE(run(search, x.view()).empty()) << f;
  }
  RepetitionSearch search(config);
  EXPECT_TRUE(run(search, GridBuffer<cf32>(1, 10'000).view()).empty());
  auto x = scene(config, 8000, 4000, 0, 10, 4);
  x(0, 2000) = {std::numeric_limits<float>::quiet_NaN(), 0};
  x(0, 6000) = {0, std::numeric_limits<float>::infinity()};
  EXPECT_EQ(run(search, x.view()).size(), 1U);
}

TEST(RepetitionSearch, ConfigIsChecked) {
  EXPECT_NO_THROW(RepetitionSearch({}));
  EXPECT_THROW(RepetitionSearch({.antennas = 0}), ConfigError);
  EXPECT_THROW(RepetitionSearch({.antennas = 65}), ConfigError);
  EXPECT_THROW(RepetitionSearch({.period = 100}), ConfigError);
  EXPECT_THROW(RepetitionSearch({.period = 0}), ConfigError);
  EXPECT_THROW(RepetitionSearch({.signs = {1, 1}}), ConfigError);
  EXPECT_THROW(RepetitionSearch({.signs = {1, 0, 1}}), ConfigError);
  EXPECT_THROW(RepetitionSearch({.false_alarm_rate = 0}), ConfigError);
}

}  // namespace
}  // namespace boresight::sync
