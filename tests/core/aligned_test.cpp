#include "boresight/core/aligned.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace boresight {
namespace {

TEST(Aligned, EverySizeStartsOnACacheLine) {
  for (std::size_t n = 1; n < 200; n += 7) {
    aligned_vector<std::uint8_t> bytes(n);
    aligned_vector<double> doubles(n);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(bytes.data()) % 64, 0U);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(doubles.data()) % 64, 0U);
    EXPECT_EQ(bytes[n - 1], 0);
  }
}

}  // namespace
}  // namespace boresight
