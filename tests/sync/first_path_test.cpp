#include "boresight/sync/first_path.h"

#include <gtest/gtest.h>

#include <cmath>
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

}  // namespace
}  // namespace boresight::sync
