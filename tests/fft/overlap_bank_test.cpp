#include "fft/overlap_bank.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "support/allocation_counter.h"

namespace boresight::fft {
namespace {

void keep(Grid<const cf32> bins, Grid<cf32> out) {
  for (std::size_t r = 0; r < out.rows(); ++r) std::ranges::copy(bins.row(r), out.row(r).begin());
}

TEST(OverlapBank, GivesTheSamplesBackHoweverTheyAreCut) {
  for (const std::size_t size : {8, 10, 64, 256}) {
    Random random(size);
    GridBuffer<cf32> x(2, 5 * size + 3);
    for (std::size_t r = 0; r < 2; ++r) random.add_noise(x.row(r), 1);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, 3 * size}) {
      OverlapBank bank(2, 2, size);
      GridBuffer<cf32> y(2, x.columns());
      for (std::size_t t = 0; t < x.columns(); t += piece) {
        const std::size_t n = std::min(piece, x.columns() - t);
        bank.process(x.view().columns(t, n), y.view().columns(t, n), keep);
      }
      for (std::size_t r = 0; r < 2; ++r) {
        for (std::size_t t = 0; t < x.columns(); ++t) {
          const cf32 expected = t < size ? cf32(0) : x(r, t - size);
          ASSERT_NEAR(std::abs(y(r, t) - expected), 0, 2e-6) << size << " " << piece << " " << t;
        }
      }
    }
  }
}

// The same sums in double, straight from the definition.
TEST(OverlapBank, BinsAreWindowedTransforms) {
  constexpr std::size_t size = 16;
  Random random(3);
  GridBuffer<cf32> x(1, 4 * size);
  random.add_noise(x.row(0), 1);
  OverlapBank bank(1, 0, size);
  std::size_t frame = 0;
  bank.analyze(x.view(), [&](Grid<const cf32> bins) {
    for (std::size_t k = 0; k < size; ++k) {
      cf64 sum = 0;
      for (std::size_t n = 0; n < size; ++n) {
        const auto t =
            static_cast<std::ptrdiff_t>(frame * size / 2 + n) - static_cast<std::ptrdiff_t>(size / 2);
        if (t < 0) continue;
        sum += std::sqrt(2.0 / size) * std::sin(pi * (static_cast<double>(n) + 0.5) / size) *
               cf64(x(0, static_cast<std::size_t>(t))) *
               std::polar(1.0, -2 * pi * static_cast<double>(n * k % size) / size);
      }
      ASSERT_NEAR(std::abs(cf64(bins(0, k)) - sum), 0, 5e-6);
    }
    ++frame;
  });
  EXPECT_EQ(frame, 8U);
}

TEST(OverlapBank, WhiteNoiseKeepsItsPowerAndBadSamplesBecomeZero) {
  constexpr std::size_t size = 64;
  Random random(4);
  GridBuffer<cf32> x(1, 1000 * size);
  random.add_noise(x.row(0), 3);
  OverlapBank bank(1, 0, size);
  double power = 0;
  std::size_t count = 0;
  bank.analyze(x.view(), [&](Grid<const cf32> bins) {
    for (const cf32 b : bins.row(0)) power += std::norm(b);
    count += size;
  });
  // 128,000 values, correlated by a tenth: 0.3 % rms.
  EXPECT_NEAR(power / static_cast<double>(count), 3, 0.05);

  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  x(0, 100) = cf32(nan, 0);
  x(0, 101) = cf32(0, -inf);
  x(0, 102) = cf32(2e15F, 0);
  OverlapBank clean(1, 1, size);
  GridBuffer<cf32> y(1, x.columns());
  clean.process(x.view(), y.view(), keep);
  EXPECT_EQ(clean.samples_zeroed(), 3U);
  for (std::size_t t = 0; t < 1000; ++t) ASSERT_TRUE(std::isfinite(std::abs(y(0, t))));
  EXPECT_NEAR(std::abs(y(0, 101 + size)), 0, 1e-5);
}

TEST(OverlapBank, ResetsDoesNotAllocateAndRefusesSizes) {
  OverlapBank bank(1, 1, 16);
  GridBuffer<cf32> x(1, 100);
  GridBuffer<cf32> first(1, 100);
  GridBuffer<cf32> second(1, 100);
  Random random(5);
  random.add_noise(x.row(0), 1);
  const AllocationCounter counter;
  bank.process(x.view(), first.view(), keep);
  bank.reset();
  bank.process(x.view(), second.view(), keep);
  EXPECT_EQ(counter.count(), 0U);
  for (std::size_t t = 0; t < 100; ++t) EXPECT_EQ(first(0, t), second(0, t));
  for (const std::size_t bad : {0, 6, 9, 8194}) EXPECT_THROW(OverlapBank(1, 1, bad), ConfigError) << bad;
}

}  // namespace
}  // namespace boresight::fft
