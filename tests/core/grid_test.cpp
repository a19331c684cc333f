#include "boresight/core/grid.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "boresight/core/types.h"

namespace boresight {
namespace {

TEST(Grid, RowsOfABufferStartOnCacheLinesAndAreZero) {
  GridBuffer<cf32> buffer(3, 5);
  for (std::size_t r = 0; r < 3; ++r) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.row(r).data()) % 64, 0U);
    for (const cf32 x : buffer.row(r)) EXPECT_EQ(x, cf32(0));
  }
}

TEST(Grid, ColumnRangeSharesTheStorage) {
  GridBuffer<int> buffer(2, 8);
  Grid<int> part = buffer.view().columns(3, 4);
  part(1, 2) = 7;
  EXPECT_EQ(buffer(1, 5), 7);
  EXPECT_EQ(part.columns(), 4U);
  EXPECT_EQ(part.row_stride(), buffer.view().row_stride());
}

TEST(Grid, ViewOfMutableConvertsToViewOfConst) {
  GridBuffer<float> buffer(1, 2);
  buffer(0, 1) = 2.0F;
  const Grid<const float> view = buffer.view();
  EXPECT_EQ(view(0, 1), 2.0F);
}

}  // namespace
}  // namespace boresight
