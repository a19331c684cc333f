#include "boresight/modem/llr.h"

#include <gtest/gtest.h>

#include <limits>

namespace boresight::modem {
namespace {

TEST(Llr, RoundsToQuarterNats) {
  EXPECT_EQ(quantize_llr(1.0F), 4);
  EXPECT_EQ(quantize_llr(-0.3F), -1);
  EXPECT_EQ(quantize_llr(0.0F), 0);
}

TEST(Llr, SaturatesSymmetrically) {
  EXPECT_EQ(quantize_llr(1e9F), 127);
  EXPECT_EQ(quantize_llr(-1e9F), -127);
  EXPECT_EQ(quantize_llr(std::numeric_limits<float>::infinity()), 127);
}

TEST(Llr, NanIsUnknown) {
  EXPECT_EQ(quantize_llr(std::numeric_limits<float>::quiet_NaN()), 0);
}

}  // namespace
}  // namespace boresight::modem
