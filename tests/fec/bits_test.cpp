#include "boresight/fec/bits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "boresight/core/random.h"
#include "support/simd_targets.h"

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

TEST(Bits, EverySizeOnEveryTargetMatchesShifts) {
  Random random(1);
  std::vector<std::uint8_t> all_bytes(301);
  random.fill(all_bytes);
  for_each_simd_target([&] {
    for (std::size_t n = 0; n < 150; n += n < 40 ? 1 : 7) {
      // Odd addresses, and a guard behind what may be written.
      const auto bytes = std::span(all_bytes).subspan(1, n);
      for (const bool msb : {true, false}) {
        std::vector<std::uint8_t> bits(8 * n + 2, 0xEE);
        const auto lanes = std::span(bits).subspan(1, 8 * n);
        msb ? unpack_msb_first(bytes, lanes) : unpack_lsb_first(bytes, lanes);
        for (std::size_t i = 0; i < lanes.size(); ++i) {
          ASSERT_EQ(lanes[i], (bytes[i / 8] >> (msb ? 7 - i % 8 : i % 8)) & 1) << n << ' ' << i;
        }
        ASSERT_EQ(bits.front(), 0xEE);
        ASSERT_EQ(bits.back(), 0xEE) << n;

        for (auto& lane : lanes) lane |= 0xFE;  // only the lowest bit counts
        std::vector<std::uint8_t> back(n + 2, 0xEE);
        const auto packed = std::span(back).subspan(1, n);
        msb ? pack_msb_first(lanes, packed) : pack_lsb_first(lanes, packed);
        ASSERT_TRUE(std::equal(packed.begin(), packed.end(), bytes.begin())) << n;
        ASSERT_EQ(back.front(), 0xEE);
        ASSERT_EQ(back.back(), 0xEE) << n;
      }
    }
  });
}

}  // namespace
}  // namespace boresight::fec
