#include "boresight/sim/signal.h"

#include <gtest/gtest.h>

#include "boresight/core/error.h"
#include "boresight/sim/sky.h"
#include "sim/test_signals.h"

namespace boresight::sim {
namespace {

TEST(Signal, TheSkyWantsOneUsableSignalPerSatellite) {
  const Scenario scene = testing::still_scene();
  EXPECT_THROW(Sky(scene, {}), ConfigError);
  EXPECT_THROW(Sky(scene, {testing::silence(), testing::silence()}), ConfigError);
  EXPECT_THROW(Sky(scene, {Signal{}}), ConfigError);
  EXPECT_THROW(Sky(scene, {Signal{0, testing::silence().fill_frame}}), ConfigError);
  EXPECT_NO_THROW(Sky(scene, {testing::silence()}));
}

TEST(Signal, FramesAreAskedForInOrderAndOnce) {
  std::vector<std::uint64_t> asked;
  const Signal signal = {640, [&](std::uint64_t number, std::span<cf32> out) {
                           asked.push_back(number);
                           for (cf32& x : out) x = 1;
                         }};
  Sky sky(testing::still_scene(), {signal});
  GridBuffer<cf32> out(2, 20'000);
  sky.generate(out.view());
  ASSERT_GE(asked.size(), 20'000U * signal_oversampling / 640U);
  for (std::size_t i = 0; i < asked.size(); ++i) ASSERT_EQ(asked[i], i);
}

}  // namespace
}  // namespace boresight::sim
