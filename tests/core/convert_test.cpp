#include "boresight/core/convert.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace boresight {
namespace {

TEST(Convert, FullScaleIsOne) {
  const std::vector<cs16> in16{{-32768, 16384}, {0, 1}};
  const std::vector<cs8> in8{{-128, 64}, {0, 1}};
  std::vector<cf32> out(2);
  EXPECT_EQ(to_cf32(std::span<const cs16>(in16), out), 0U);
  EXPECT_EQ(out[0], cf32(-1.0F, 0.5F));
  EXPECT_EQ(out[1], cf32(0, 1.0F / 32768));
  EXPECT_EQ(to_cf32(std::span<const cs8>(in8), out), 0U);
  EXPECT_EQ(out[0], cf32(-1.0F, 0.5F));
  EXPECT_EQ(out[1], cf32(0, 1.0F / 128));
}

TEST(Convert, EveryInt16ComesBack) {
  std::vector<cs16> in;
  for (int v = -32768; v < 32768; ++v)
    in.push_back({static_cast<std::int16_t>(v), static_cast<std::int16_t>(-1 - v)});
  std::vector<cf32> middle(in.size());
  std::vector<cs16> out(in.size());
  to_cf32(std::span<const cs16>(in), middle);
  from_cf32(middle, out);
  EXPECT_EQ(in, out);
}

TEST(Convert, SaturatesAndCleans) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<cf32> in{{2, -2}, {inf, -inf}, {nan, 0.5F}, {0.25F, 0}};
  std::vector<cs8> out(4);
  from_cf32(in, out);
  EXPECT_EQ(out[0], (cs8{127, -128}));
  EXPECT_EQ(out[1], (cs8{127, -128}));
  EXPECT_EQ(out[2], (cs8{0, 64}));
  std::vector<cf32> clean(4);
  EXPECT_EQ(to_cf32(std::span<const cf32>(in), clean), 2U);
  EXPECT_EQ(clean[0], cf32(2, -2));
  EXPECT_EQ(clean[1], cf32(0));
  EXPECT_EQ(clean[2], cf32(0));
  EXPECT_EQ(clean[3], cf32(0.25F, 0));
}

TEST(Convert, NothingIsFine) {
  EXPECT_EQ(to_cf32(std::span<const cf32>(), {}), 0U);
}

}  // namespace
}  // namespace boresight
