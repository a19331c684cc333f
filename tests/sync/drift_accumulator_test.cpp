#include "boresight/sync/drift_accumulator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/sync/preamble_search.h"

namespace boresight::sync {
namespace {

std::uint8_t level_of(double u) {
  return static_cast<std::uint8_t>(std::min(255.0, std::floor(PreambleSearch::level_scale * std::sqrt(u))));
}

// Rows of exponential noise; `excess` is added to the statistic along a line.
struct Rows {
  std::size_t positions = 4000;
  std::vector<double> slopes{-1.5, 0, 2.25};
  std::size_t carrier = 2;
  double first = 1234, slope = 2.4, excess = 0;

  void fill(Grid<std::uint8_t> levels, std::size_t row, Random& random) const {
    for (std::size_t d = 0; d < levels.rows(); ++d) {
      for (std::uint8_t& level : levels.row(d)) level = level_of(-std::log1p(-random.uniform()));
    }
    if (excess <= 0) return;
    const auto at =
        static_cast<std::size_t>(std::lround(first + slope * static_cast<double>(row))) % positions;
    levels(carrier, at) = level_of(excess - std::log1p(-random.uniform()));
  }
};

std::vector<DriftAccumulator::Finding> block(const Rows& rows, DriftAccumulator& accumulator,
                                             std::size_t frames, Random& random) {
  GridBuffer<std::uint8_t> levels(rows.slopes.size(), rows.positions);
  for (std::size_t f = 0; f < frames; ++f) {
    rows.fill(levels.view(), f, random);
    const bool full = accumulator.add(std::as_const(levels).view());
    EXPECT_EQ(full, f + 1 == frames);
  }
  const auto found = accumulator.findings();
  return {found.begin(), found.end()};
}

TEST(DriftAccumulator, FindsALineInNoise) {
  const Rows rows{.excess = 3};
  DriftAccumulator accumulator({.frames = 64,
                                .positions = rows.positions,
                                .slopes = rows.slopes,
                                .slope_range = 0.4,
                                .exclusion = 50});
  Random random(1);
  const auto found = block(rows, accumulator, 64, random);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].carrier, 2U);
  EXPECT_NEAR(found[0].position, rows.first, 1.5);
  EXPECT_NEAR(found[0].slope, rows.slope, 1.5 / 63);
  // Chi-square of 64 frames: 0.33; a line between two that are looked at loses some of its frames.
  EXPECT_GT(found[0].excess, 1.7);
  EXPECT_LT(found[0].excess, 4.0);
}

// A line beyond the range of any carrier's slopes is not looked for; one that leaves the period comes in
// again.
TEST(DriftAccumulator, LooksWhereItShould) {
  Random random(2);
  Rows rows{.slope = 1.0, .excess = 6};
  DriftAccumulator accumulator({.frames = 64,
                                .positions = rows.positions,
                                .slopes = rows.slopes,
                                .slope_range = 0.4,
                                .exclusion = 50});
  EXPECT_TRUE(block(rows, accumulator, 64, random).empty()) << "carrier 2 drifts by 2.25 +- 0.4";
  rows.slope = 2.3;
  rows.first = 3950;
  EXPECT_EQ(block(rows, accumulator, 64, random).size(), 1U);
  accumulator.reset();
  rows.excess = 0;
  EXPECT_TRUE(block(rows, accumulator, 64, random).empty());
}

// A false alarm of 0.2 for a block of noise: sums that share frames are not independent, so fewer come, but
// not none: 60 blocks have 12 at most on average, and with 0.04 (a fifth) still 2.4.
TEST(DriftAccumulator, FalseAlarmsAreKept) {
  const Rows rows{.positions = 3000};
  DriftAccumulator accumulator({.frames = 32,
                                .positions = rows.positions,
                                .slopes = rows.slopes,
                                .slope_range = 0.5,
                                .false_alarm = 0.2,
                                .exclusion = 50});
  Random random(3);
  std::size_t alarms = 0;
  for (int trial = 0; trial < 60; ++trial) alarms += block(rows, accumulator, 32, random).size();
  EXPECT_LE(alarms, 21U);  // 12 + 2.6 sqrt(12)
  EXPECT_GE(alarms, 1U);
}

// One frame that is strong beyond measure is not a satellite.
TEST(DriftAccumulator, OneStrongFrameIsNothing) {
  const Rows rows;
  DriftAccumulator accumulator(
      {.frames = 64, .positions = rows.positions, .slopes = rows.slopes, .slope_range = 0.4});
  Random random(4);
  GridBuffer<std::uint8_t> levels(rows.slopes.size(), rows.positions);
  for (std::size_t f = 0; f < 64; ++f) {
    rows.fill(levels.view(), f, random);
    if (f == 30) levels(1, 777) = 255;
    accumulator.add(std::as_const(levels).view());
  }
  EXPECT_TRUE(accumulator.findings().empty());
}

TEST(DriftAccumulator, RefusesWhatCannotBe) {
  EXPECT_THROW(DriftAccumulator({.frames = 48, .slopes = {0}}), ConfigError);
  EXPECT_THROW(DriftAccumulator({.slopes = {}}), ConfigError);
  EXPECT_THROW(DriftAccumulator({.slopes = {0}, .slope_range = 0}), ConfigError);
  EXPECT_THROW(DriftAccumulator({.slopes = {0}, .false_alarm = 1}), ConfigError);
  EXPECT_THROW(DriftAccumulator({.frames = 256, .positions = 320'000, .slopes = std::vector<double>(16)}),
               ConfigError)
      << "1.3 GB";
}

}  // namespace
}  // namespace boresight::sync
