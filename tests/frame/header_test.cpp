#include "boresight/frame/header.h"

#include <gtest/gtest.h>

#include "boresight/core/random.h"
#include "boresight/fec/crc.h"
#include "boresight/frame/ku_frame.h"

namespace boresight::frame {
namespace {

TEST(Header, SurvivesPacking) {
  for (std::size_t m = 0; m < mcs_count; ++m) {
    const Header header{static_cast<Mcs>(m),
                        static_cast<std::uint32_t>(max_payload_bytes(static_cast<Mcs>(m))), 0xDEADBEEF};
    EXPECT_EQ(unpack(pack(header)), header);
  }
}

TEST(Header, AnyFlippedBitIsNoticed) {
  const auto good = pack({Mcs::qam16_1_2, 1234, 77});
  for (std::size_t bit = 0; bit < 8 * header_bytes; ++bit) {
    auto bad = good;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(unpack(bad)) << bit;
  }
}

// A sound CRC over fields that cannot be.
TEST(Header, FieldsOutOfRangeAreRefused) {
  const auto sealed = [](std::array<std::uint8_t, header_bytes> bytes) {
    const auto crc = fec::crc16_of_bytes(std::span(bytes).first(8));
    bytes[8] = static_cast<std::uint8_t>(crc >> 8);
    bytes[9] = static_cast<std::uint8_t>(crc);
    return bytes;
  };
  const auto good = pack({Mcs::qpsk_1_3, 100, 0});
  EXPECT_TRUE(unpack(sealed(good)));
  auto bad = good;
  bad[0] = 0x20;  // another version
  EXPECT_FALSE(unpack(sealed(bad)));
  bad = good;
  bad[0] = 0x10 | mcs_count;  // one past the last MCS
  EXPECT_FALSE(unpack(sealed(bad)));
  bad = good;
  bad[1] = 0xFF;  // 16 MB of payload
  EXPECT_FALSE(unpack(sealed(bad)));
}

// Random bytes pass a 16-bit CRC and the range checks once in 2^20 or so at most.
TEST(Header, RandomBytesDoNotPass) {
  Random random(1);
  int passed = 0;
  for (int trial = 0; trial < 100'000; ++trial) {
    std::array<std::uint8_t, header_bytes> bytes{};
    random.fill(bytes);
    passed += unpack(bytes).has_value();
  }
  EXPECT_LE(passed, 3);
}

TEST(Header, LongestPayloadFillsTheFrameAtItsRate) {
  for (std::size_t m = 0; m < mcs_count; ++m) {
    const auto mcs = static_cast<Mcs>(m);
    const auto& info = mcs_info(mcs);
    EXPECT_EQ(mcs_from_name(info.name), mcs);
    const double coded = static_cast<double>(ku_payload_carriers * info.bits_per_symbol);
    const double rate = 8.0 * static_cast<double>(max_payload_bytes(mcs)) / coded;
    EXPECT_LE(rate, info.code_rate);
    EXPECT_GT(rate, 0.99 * info.code_rate);
  }
  EXPECT_FALSE(mcs_from_name("qam1024"));
}

}  // namespace
}  // namespace boresight::frame
