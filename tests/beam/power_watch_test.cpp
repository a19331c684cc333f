#include "boresight/beam/power_watch.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "support/allocation_counter.h"

namespace boresight::beam {
namespace {

/// [2 x n], beam 0 with |y|^2 = 1, beam 1 as told from `from` on and 1 before.
GridBuffer<cf32> block(std::size_t n, double power, std::size_t from = 0) {
  GridBuffer<cf32> y(2, n);
  for (std::size_t t = 0; t < n; ++t) {
    y(0, t) = cf32(0, 1);
    y(1, t) = t < from ? cf32(1) : cf32(static_cast<float>(std::sqrt(power)));
  }
  return y;
}

TEST(PowerWatch, FindsTheRunInWhichOneBeamJumps) {
  PowerWatch watch({.beams = 2, .jump_db = 6});
  EXPECT_EQ(watch.find(block(1000, 1e9).view()), 1000U);  // nothing is usual yet
  watch.settle(block(1000, 1).view());
  // The runs of 1000 values begin at 0, 128, ..., 768, and 896; 104 values are a run of their own.
  for (const auto& [from, found] : {std::pair{0, 0}, {500, 512}, {512, 512}, {896, 896}, {990, 1000}}) {
    EXPECT_EQ(watch.find(block(1000, 10, static_cast<std::size_t>(from)).view()),
              static_cast<std::size_t>(found))
        << from;
  }
  EXPECT_EQ(watch.find(block(1000, power_from_db(5.9)).view()), 1000U);
  EXPECT_EQ(watch.find(block(1000, power_from_db(6.1)).view()), 0U);
  // A last run of fewer than 32 joins the one before; 20 values alone say nothing.
  EXPECT_EQ(watch.find(block(128 + 20, 1e3, 128).view()), 0U);
  EXPECT_EQ(watch.find(block(20, 1e3).view()), 20U);
}

TEST(PowerWatch, WhatIsUsualFallsSlowlyAndRisesAtOnce) {
  PowerWatch watch({.beams = 2, .jump_db = 6, .decay = 0.5});
  watch.settle(block(256, 64).view());
  int blocks = 0;
  while (watch.find(block(256, 5).view()) == 256) {  // 64 0.5^k falls below 5 / 3.98 at k = 6
    EXPECT_EQ(watch.find(block(256, 1).view()), 256U);
    watch.note();
    ++blocks;
  }
  EXPECT_EQ(blocks, 6);
  EXPECT_EQ(watch.find(block(256, 3).view()), 256U);
  watch.note();
  EXPECT_EQ(watch.find(block(256, 5).view()), 256U);
}

TEST(PowerWatch, AJumpInTwoPartsIsOne) {
  for (const bool overlapping : {false, true}) {
    PowerWatch watch({.beams = 2, .jump_db = 6, .overlapping = overlapping});
    watch.settle(block(256, 1).view());
    EXPECT_EQ(watch.find(block(256, 3).view()), 256U);
    watch.note();
    EXPECT_EQ(watch.find(block(256, 9).view()), overlapping ? 0U : 256U);
  }
}

TEST(PowerWatch, BadValuesAreNoJumpsAndSilenceIsNoTrap) {
  PowerWatch watch({.beams = 2, .jump_db = 6});
  watch.settle(block(256, 1).view());
  GridBuffer<cf32> bad = block(256, 1);
  bad(1, 3) = std::numeric_limits<float>::quiet_NaN();
  bad(0, 200) = std::numeric_limits<float>::infinity();
  EXPECT_EQ(watch.find(bad.view()), 256U);
  bad(1, 200) = 1e3F;  // beside the infinity, in a beam of its own
  EXPECT_EQ(watch.find(bad.view()), 128U);
  watch.settle(GridBuffer<cf32>(2, 256).view());
  EXPECT_EQ(watch.find(GridBuffer<cf32>(2, 256).view()), 256U);
  EXPECT_EQ(watch.find(block(256, 1e-9).view()), 0U);  // anything after silence
  watch.reset();
  EXPECT_EQ(watch.find(block(256, 1e9).view()), 256U);
  PowerWatch off({.beams = 2, .jump_db = 0});
  off.settle(block(256, 1).view());
  EXPECT_EQ(off.find(block(256, 1e9).view()), 256U);
}

TEST(PowerWatch, DoesNotAllocateAndRefusesValuesOutOfRange) {
  PowerWatch watch({.beams = 2});
  const GridBuffer<cf32> y = block(256, 1);
  const AllocationCounter counter;
  watch.settle(y.view());
  watch.find(y.view());
  watch.note();
  watch.reset();
  EXPECT_EQ(counter.count(), 0U);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double db : {-1.0, 2.9, 61.0, nan}) EXPECT_THROW(PowerWatch({.jump_db = db}), ConfigError);
  for (const double decay : {0.0, 1.1, nan}) EXPECT_THROW(PowerWatch({.decay = decay}), ConfigError);
}

}  // namespace
}  // namespace boresight::beam
