#include "boresight/core/vec3.h"

#include <gtest/gtest.h>

namespace boresight {
namespace {

TEST(Vec3, AddsScalesAndProjects) {
  const Vec3 a{1, 2, 3};
  const Vec3 b{-2, 0.5, 4};
  EXPECT_EQ(a + b, (Vec3{-1, 2.5, 7}));
  EXPECT_EQ(a - b, (Vec3{3, 1.5, -1}));
  EXPECT_EQ(2.0 * a, (Vec3{2, 4, 6}));
  EXPECT_DOUBLE_EQ(dot(a, b), 11.0);
  EXPECT_DOUBLE_EQ(norm(Vec3{3, 0, -4}), 5.0);
}

}  // namespace
}  // namespace boresight
