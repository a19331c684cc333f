#include "boresight/frame/wifi_ampdu.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/frame/wifi_phy.h"

namespace boresight::frame {
namespace {

std::vector<std::uint8_t> random_mpdu(std::size_t length, Random& random) {
  std::vector<std::uint8_t> mpdu(length);
  random.fill(mpdu);
  write_fcs(mpdu);
  return mpdu;
}

std::vector<std::uint8_t> aggregate(const std::vector<std::vector<std::uint8_t>>& mpdus) {
  std::vector<std::size_t> lengths;
  for (const auto& m : mpdus) lengths.push_back(m.size());
  std::vector<std::uint8_t> psdu(ampdu_bytes(lengths), 0xEE);
  std::size_t used = 0;
  for (const auto& m : mpdus) used = append_mpdu(psdu, used, m);
  EXPECT_EQ(used, psdu.size());
  return psdu;
}

TEST(WifiAmpdu, DelimiterBitByBit) {
  for (unsigned length = 0; length < 4096; ++length) {
    const auto d = encode_ampdu_delimiter(static_cast<std::uint16_t>(length));
    // 9.7.2: bits 4 to 15 are the length; the CRC divides by x^8 + x^2 + x + 1 the first 16 bits as sent,
    // lowest bit of a byte first, its register starting with ones, its result inverted, c7 sent first.
    EXPECT_EQ(((d[1] << 8) | d[0]) >> 4, length);
    unsigned reg = 0xFF;
    for (unsigned i = 0; i < 16; ++i) {
      const unsigned bit = (d[i / 8] >> (i % 8)) & 1U;
      const unsigned feedback = ((reg >> 7) & 1U) ^ bit;
      reg = ((reg << 1) ^ (feedback != 0 ? 7U : 0U)) & 0xFFU;
    }
    for (unsigned i = 0; i < 8; ++i) {
      ASSERT_EQ((d[2] >> i) & 1U, ((~reg) >> (7 - i)) & 1U) << length << ' ' << i;
    }
    ASSERT_EQ(d[3], 0x4E);
    ASSERT_EQ(parse_ampdu_delimiter(d), length);
    for (unsigned bit = 0; bit < 32; ++bit) {
      auto bad = d;
      bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      ASSERT_FALSE(parse_ampdu_delimiter(bad).has_value());
    }
  }
}

TEST(WifiAmpdu, WhatIsPutTogetherComesApart) {
  Random random(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::vector<std::uint8_t>> mpdus;
    for (unsigned i = 0; i < 1 + random.below(20); ++i)
      mpdus.push_back(random_mpdu(5 + random.below(1600), random));
    const auto psdu = aggregate(mpdus);
    std::vector<WifiMpdu> found(32);
    const std::size_t count = split_ampdu(psdu, found);
    ASSERT_EQ(count, mpdus.size());
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_TRUE(found[i].fcs_ok);
      EXPECT_TRUE(std::equal(found[i].bytes.begin(), found[i].bytes.end(), mpdus[i].begin(), mpdus[i].end()));
    }
  }
}

TEST(WifiAmpdu, DamageCostsOnlyWhatItTouches) {
  Random random(2);
  std::vector<std::vector<std::uint8_t>> mpdus;
  for (int i = 0; i < 10; ++i) mpdus.push_back(random_mpdu(100 + 7 * i, random));
  const auto good = aggregate(mpdus);
  // Third MPDU's delimiter, then a byte of it.
  const std::size_t third = aggregate({mpdus[0], mpdus[1]}).size();
  const std::size_t delimiter = (third + 3) / 4 * 4;
  for (const std::size_t at : {delimiter + 1, delimiter + 30}) {
    auto psdu = good;
    psdu[at] ^= 0x10U;
    std::vector<WifiMpdu> found(32);
    const std::size_t count = split_ampdu(psdu, found);
    const auto good_ones = std::count_if(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count),
                                         [](const WifiMpdu& m) { return m.fcs_ok; });
    EXPECT_EQ(good_ones, 9) << at;
    EXPECT_EQ(count, at == delimiter + 1 ? 9U : 10U);
  }
}

TEST(WifiAmpdu, HostileBytes) {
  std::vector<WifiMpdu> found(8);
  EXPECT_EQ(split_ampdu({}, found), 0U);
  EXPECT_EQ(split_ampdu(std::vector<std::uint8_t>(3, 0x4E), found), 0U);
  // Delimiters of length 0 all over; one that promises more than there is; one that ends with the PSDU.
  std::vector<std::uint8_t> psdu;
  const auto put = [&psdu](std::uint16_t length) {
    const auto d = encode_ampdu_delimiter(length);
    psdu.insert(psdu.end(), d.begin(), d.end());
  };
  for (int i = 0; i < 1000; ++i) put(0);
  EXPECT_EQ(split_ampdu(psdu, found), 0U);
  put(5);
  psdu.resize(psdu.size() + 4);
  EXPECT_EQ(split_ampdu(psdu, found), 0U);
  psdu.resize(psdu.size() + 1);
  EXPECT_EQ(split_ampdu(psdu, found), 1U);
  EXPECT_FALSE(found[0].fcs_ok);
  // More MPDUs than there is room for; those shorter than an FCS fail.
  psdu.clear();
  for (int i = 0; i < 100; ++i) {
    put(3);
    psdu.resize(psdu.size() + 4);
  }
  EXPECT_EQ(split_ampdu(psdu, found), found.size());
  Random random(3);
  for (int i = 0; i < 20'000; ++i) {
    psdu.resize(random.below(200));
    random.fill(psdu);
    for (std::size_t k = 0; k + 4 <= psdu.size() && random.below(4) != 0; k += 4 * (1 + random.below(8))) {
      const auto d = encode_ampdu_delimiter(static_cast<std::uint16_t>(random.below(256)));
      std::copy(d.begin(), d.end(), psdu.begin() + static_cast<std::ptrdiff_t>(k));
    }
    const std::size_t count = split_ampdu(psdu, found);
    for (std::size_t k = 0; k < count; ++k) {
      ASSERT_GE(found[k].bytes.data(), psdu.data());
      ASSERT_LE(found[k].bytes.data() + found[k].bytes.size(), psdu.data() + psdu.size());
      ASSERT_FALSE(found[k].fcs_ok);  // 2^-32 each
    }
  }
}

TEST(WifiAmpdu, WhatDoesNotFitIsNotPutIn) {
  std::vector<std::uint8_t> psdu(20);
  EXPECT_EQ(append_mpdu(psdu, 0, std::vector<std::uint8_t>(17)), 0U);
  EXPECT_EQ(append_mpdu(psdu, 0, {}), 0U);
  EXPECT_EQ(append_mpdu(psdu, 21, std::vector<std::uint8_t>(1)), 21U);
  EXPECT_EQ(append_mpdu(psdu, 0, std::vector<std::uint8_t>(16)), 20U);
  std::vector<std::uint8_t> large(5000);
  EXPECT_EQ(append_mpdu(large, 0, std::vector<std::uint8_t>(4096)), 0U);
  EXPECT_EQ(append_mpdu(large, 0, std::vector<std::uint8_t>(4095)), 4099U);
}

}  // namespace
}  // namespace boresight::frame
