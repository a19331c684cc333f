#include "boresight/core/simd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "boresight/core/convert.h"
#include "boresight/core/error.h"

namespace boresight {
namespace {

TEST(Simd, UsesTheBestTargetByItself) {
  const std::vector<std::string> targets = simd_targets();
  ASSERT_FALSE(targets.empty());
  EXPECT_EQ(std::set(targets.begin(), targets.end()).size(), targets.size());
  EXPECT_EQ(active_simd_target(), targets.front());
}

TEST(Simd, UsesTheForcedTargetUntilItIsGivenBack) {
  for (const std::string& name : simd_targets()) {
    force_simd_target(name);
    EXPECT_EQ(active_simd_target(), name);
  }
  force_simd_target("");
  EXPECT_EQ(active_simd_target(), simd_targets().front());
}

TEST(Simd, RefusesAnUnknownNameAndKeepsItsTarget) {
  const std::string last = simd_targets().back();
  force_simd_target(last);
  for (const std::string name : {"MMX", "avx2", "Unknown", " "}) {
    try {
      force_simd_target(name);
      ADD_FAILURE() << name;
    } catch (const ConfigError& e) {
      EXPECT_THAT(e.what(), testing::HasSubstr('"' + name + '"'));
      EXPECT_THAT(e.what(), testing::HasSubstr(last));
    }
  }
  EXPECT_EQ(active_simd_target(), last);
  force_simd_target({});
}

TEST(Simd, MayBeForcedWhileAnotherThreadConverts) {
  const std::vector<cs16> in(1000, cs16{16384, -8192});
  std::atomic<bool> stop{false};
  std::size_t wrong = 0;
  std::thread converter([&] {
    std::vector<cf32> out(in.size());
    do {
      to_cf32(std::span<const cs16>(in), out);
      for (const cf32 x : out) wrong += x != cf32(0.5F, -0.25F);
    } while (!stop);
  });
  for (int round = 0; round < 200; ++round) {
    for (const std::string& name : simd_targets()) force_simd_target(name);
  }
  stop = true;
  converter.join();
  force_simd_target({});
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace boresight
