#include "boresight/core/huge_pages.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace boresight {
namespace {

TEST(HugePages, LargeVectorsStartOnAHugePageAndSmallOnesOnACacheLine) {
  for (const std::size_t n :
       {std::size_t{1}, std::size_t{1000}, std::size_t{1} << 20, (std::size_t{1} << 20) + 1}) {
    const huge_vector<std::uint16_t> x(n, 7);
    const auto address = reinterpret_cast<std::uintptr_t>(x.data());
    EXPECT_EQ(address % (2 * n >= (std::size_t{1} << 21) ? std::size_t{1} << 21 : 64), 0U) << n;
    EXPECT_EQ(x.front(), 7);
    EXPECT_EQ(x.back(), 7);
  }
}

TEST(HugePages, VectorsGrowAndMove) {
  huge_vector<float> x;
  for (int i = 0; i < 3'000'000; ++i) x.push_back(static_cast<float>(i));
  const huge_vector<float> y = std::move(x);
  EXPECT_EQ(y.size(), 3'000'000U);
  EXPECT_EQ(y[0], 0.0F);
  EXPECT_EQ(y[2'999'999], 2'999'999.0F);
}

TEST(HugePages, AdviceAboutNothingIsHarmless) {
  advise_huge_pages(nullptr, 0);
}

}  // namespace
}  // namespace boresight
