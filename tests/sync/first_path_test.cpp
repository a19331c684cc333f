#include "boresight/sync/first_path.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/sync/detection_theory.h"

namespace boresight::sync {
namespace {

// A first path 12 dB below one that comes 17 samples later, around the end of the response too.
TEST(FirstPath, IsTheEarlierNotTheStronger) {
  Random random(4);
  for (const std::size_t strongest : {5U, 100U, 255U}) {
    for (int trial = 0; trial < 100; ++trial) {
      std::vector<cf32> taps(256);
      for (cf32& t : taps) t = random.complex_normal(1e-3F);
      taps[strongest] += cf32(0, 1);
      const std::size_t first = (strongest + 256 - 17) % 256;
      taps[first] += cf32(0.25F, 0);
      taps[(strongest + 9) % 256] += cf32(0.5F, 0.5F);
      EXPECT_EQ(first_path(taps, {.false_alarm_probability = 1e-6}), first);
    }
  }
}

// One path in noise that 32 earlier taps share: one in ten thousand of those of each trial would be 0.1 of
// them.
TEST(FirstPath, AlarmsAtTheRateAskedFor) {
  Random random(5);
  std::size_t early = 0;
  const std::size_t trials = 4000;
  for (std::size_t trial = 0; trial < trials; ++trial) {
    std::vector<cf32> taps(256);
    for (cf32& t : taps) t = random.complex_normal(1.0F);
    taps[128] += cf32(30, 0);
    early += first_path(taps, {.false_alarm_probability = 0.1, .range_db = 60}) != 128;
  }
  // 1 - (1 - 0.1 / 32)^32
  const auto interval = clopper_pearson(early, trials, 1e-4);
  EXPECT_LT(interval.low, 0.0953) << early;
  EXPECT_GT(interval.high, 0.0953) << early;
}

TEST(FirstPath, SidelobesAndWhatIsNoNumberAreNoPaths) {
  std::vector<cf32> taps(256);
  EXPECT_EQ(first_path(taps, {}), 0U);
  taps[100] = 1;
  taps[95] = cf32(0.09F, 0);  // -21 dB
  EXPECT_EQ(first_path(taps, {}), 100U);
  taps[90] = cf32(NAN, 0);
  taps[0] = cf32(NAN, 0);
  EXPECT_EQ(first_path(taps, {}), 100U);
  taps[95] = cf32(0.11F, 0);  // -19 dB
  EXPECT_EQ(first_path(taps, {}), 95U);
}

// Against the sum written out; and what the two functions differ in.
TEST(BestWindow, LeavesLeastOutside) {
  Random random(8);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<float> power(64);
    for (int path = 0; path < 4; ++path)
      power[(random.below(24) + 56) % 64] += static_cast<float>(random.uniform());
    constexpr std::int64_t span = 12;
    const auto outside = [&power](std::int64_t first) {
      double sum = 0;
      double total = 0;
      for (std::int64_t d = -32; d < 32; ++d) {
        const double p = double{power[static_cast<std::size_t>((d + 64) % 64)]};
        total += p;
        if (d < first || d >= first + span) sum += p;
      }
      return sum + 1e-4 * total * static_cast<double>(std::abs(first));
    };
    const std::int64_t got = best_window(power, span, -10, 6);
    for (std::int64_t first = -10; first <= 6; ++first)
      ASSERT_LE(outside(got), outside(first) + 1e-5) << trial << ' ' << first;
  }
  EXPECT_EQ(best_window(std::vector<float>(64), 16, -12, 4), 0);
  std::vector<float> power(64);
  power[0] = 1;
  EXPECT_EQ(best_window(power, 16, -12, 4), 0) << "nothing is gained by going anywhere";
  power[60] = 0.01F;
  EXPECT_EQ(best_window(power, 16, -12, 4), -4);
  power[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(best_window(power, 16, -12, 4), 0);
}

}  // namespace
}  // namespace boresight::sync
