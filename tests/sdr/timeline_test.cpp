#include "timeline.h"

#include <gtest/gtest.h>

namespace boresight::sdr {
namespace {

constexpr double rate_hz = 1e6;  // one sample is 1000 ns
constexpr std::size_t n = 100;

// Feeds reads of n samples, 100 us of wall time apart.
class TimelineTest : public testing::Test {
 protected:
  Timeline::Placement read(std::optional<std::int64_t> stamp_ns) {
    now_ += std::chrono::microseconds(100);
    return timeline_.place(stamp_ns, n, now_);
  }
  Timeline timeline_{rate_hz};
  Timeline::Clock::time_point now_ = Timeline::Clock::now();
};

TEST_F(TimelineTest, ContinuousStampsAreNoGap) {
  for (int i = 0; i < 20; ++i) {
    const auto p = read(5'000'000 + i * 100'000);
    EXPECT_FALSE(p.gap);
    EXPECT_EQ(p.time_ns, 5'000'000 + i * 100'000);
  }
}

TEST_F(TimelineTest, JumpAheadIsAGapOfKnownSizeAndContinuityFollows) {
  read(0);
  const auto p = read(100'000 + 1'234'000);
  EXPECT_TRUE(p.gap);
  EXPECT_EQ(p.lost_samples, 1234U);
  EXPECT_EQ(p.time_ns, 1'334'000);
  EXPECT_FALSE(read(1'434'000).gap);
}

TEST_F(TimelineTest, OneSampleOffPerBlockIsNoGap) {
  for (int i = 0; i < 50; ++i) {
    const auto p = read(i * 101'000);
    EXPECT_FALSE(p.gap) << i;
    EXPECT_FALSE(p.bad_timestamp) << i;
  }
}

TEST_F(TimelineTest, OverflowWithContinuousStampsLostNothing) {
  read(0);
  timeline_.mark_loss();
  EXPECT_FALSE(read(100'000).gap);
}

TEST_F(TimelineTest, LossWithoutStampsIsAGapOfUnknownSize) {
  read(std::nullopt);
  timeline_.mark_loss();
  const auto p = read(std::nullopt);
  EXPECT_TRUE(p.gap);
  EXPECT_EQ(p.lost_samples, 0U);
  EXPECT_EQ(p.time_ns, std::nullopt);
  EXPECT_FALSE(read(std::nullopt).gap);
}

TEST_F(TimelineTest, StampsThatStopAreContinued) {
  read(0);
  EXPECT_EQ(read(std::nullopt).time_ns, 100'000);
  EXPECT_EQ(read(std::nullopt).time_ns, 200'000);
  EXPECT_FALSE(read(300'000).gap);
}

TEST_F(TimelineTest, GarbageIsIgnored) {
  read(0);
  // The value of SoapyBladeRF #26, a jump of an hour within 100 us, a jump back, and the ends of the range.
  for (const std::int64_t garbage :
       {std::int64_t{5403559341571466134}, std::int64_t{3'600'000'000'000}, std::int64_t{-50'000},
        std::int64_t{INT64_MAX}, std::int64_t{INT64_MIN}}) {
    const auto p = read(garbage);
    EXPECT_TRUE(p.bad_timestamp) << garbage;
    EXPECT_FALSE(p.gap) << garbage;
  }
  const auto p = read(600'000);
  EXPECT_FALSE(p.gap);
  EXPECT_FALSE(p.bad_timestamp);
  EXPECT_EQ(p.time_ns, 600'000);
}

TEST_F(TimelineTest, LossWithGarbageIsUnknownAndTheNextGoodStampSetsTheClock) {
  read(0);
  timeline_.mark_loss();
  const auto p = read(5403559341571466134);
  EXPECT_TRUE(p.gap);
  EXPECT_EQ(p.lost_samples, 0U);
  EXPECT_EQ(p.time_ns, std::nullopt);
  const auto good = read(700'000);
  EXPECT_FALSE(good.gap) << "the gap was reported already";
  EXPECT_EQ(good.time_ns, 700'000);
  EXPECT_FALSE(read(800'000).gap);
}

TEST_F(TimelineTest, AClockThatWasSetConvincesAfterEightReads) {
  read(1'000'000'000);
  int bad = 0;
  for (int i = 0; i < 7; ++i) bad += read(i * 100'000).bad_timestamp ? 1 : 0;
  EXPECT_EQ(bad, 7);
  const auto p = read(700'000);
  EXPECT_FALSE(p.bad_timestamp);
  EXPECT_TRUE(p.gap);
  EXPECT_EQ(p.lost_samples, 0U);
  EXPECT_EQ(p.time_ns, 700'000);
  EXPECT_FALSE(read(800'000).gap);
}

TEST_F(TimelineTest, LongSilenceMakesALongGapPossible) {
  read(0);
  now_ += std::chrono::seconds(30);
  const auto p = read(100'000 + 30'000'000'000);
  EXPECT_EQ(p.lost_samples, 30'000'000U);
}

}  // namespace
}  // namespace boresight::sdr
