#include "boresight/fec/bits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "boresight/core/random.h"

namespace boresight::fec {
namespace {

using testing::ElementsAre;

TEST(Bits, OrderIsAsNamed) {
  const std::array<std::uint8_t, 2> bytes{0x80, 0x13};
  std::array<std::uint8_t, 16> bits{};
  unpack_msb_first(bytes, bits);
  EXPECT_THAT(bits, ElementsAre(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1));
  unpack_lsb_first(bytes, bits);
  EXPECT_THAT(bits, ElementsAre(0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0));
}

TEST(Bits, PackUndoesUnpackAndReadsTheLowestBitOnly) {
  Random random(1);
  std::vector<std::uint8_t> bytes(1000);
  std::vector<std::uint8_t> bits(8000);
  std::vector<std::uint8_t> back(1000);
  random.fill(bytes);
  unpack_msb_first(bytes, bits);
  for (auto& bit : bits) bit |= 0xFE;
  pack_msb_first(bits, back);
  EXPECT_EQ(back, bytes);
  unpack_lsb_first(bytes, bits);
  for (auto& bit : bits) bit |= 0xFE;
  pack_lsb_first(bits, back);
  EXPECT_EQ(back, bytes);
}

TEST(Bits, NothingGivesNothing) {
  unpack_msb_first({}, {});
  pack_lsb_first({}, {});
}

}  // namespace
}  // namespace boresight::fec
