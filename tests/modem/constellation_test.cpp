#include "boresight/modem/constellation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include "boresight/core/error.h"

namespace boresight::modem {
namespace {

cf32 point(Modulation modulation, BitMap map, const std::string& bits) {
  std::vector<std::uint8_t> values;
  for (const char c : bits) values.push_back(c == '1');
  cf32 symbol;
  Constellation(modulation, map).map(values, {&symbol, 1});
  return symbol;
}

void expect_point(cf32 actual, float i, float q, float norm) {
  EXPECT_NEAR(actual.real() * std::sqrt(norm), i, 1e-5);
  EXPECT_NEAR(actual.imag() * std::sqrt(norm), q, 1e-5);
}

// Rows of the tables in IEEE 802.11-2020 17.3.5.8.
TEST(Constellation, WifiPointsOfTheStandard) {
  expect_point(point(Modulation::bpsk, BitMap::wifi, "0"), -1, 0, 1);
  expect_point(point(Modulation::qpsk, BitMap::wifi, "10"), 1, -1, 2);
  expect_point(point(Modulation::qam16, BitMap::wifi, "0010"), -3, 3, 10);
  expect_point(point(Modulation::qam16, BitMap::wifi, "0111"), -1, 1, 10);
  expect_point(point(Modulation::qam64, BitMap::wifi, "000100"), -7, 7, 42);
  expect_point(point(Modulation::qam64, BitMap::wifi, "011110"), -3, 1, 42);
  expect_point(point(Modulation::qam64, BitMap::wifi, "101010"), 5, -1, 42);
}

// TS 38.211 5.1.3 to 5.1.5, worked by hand.
TEST(Constellation, NrPointsOfTheStandard) {
  expect_point(point(Modulation::qpsk, BitMap::nr, "01"), 1, -1, 2);
  expect_point(point(Modulation::qam16, BitMap::nr, "0000"), 1, 1, 10);
  expect_point(point(Modulation::qam16, BitMap::nr, "1011"), -3, 3, 10);
  expect_point(point(Modulation::qam64, BitMap::nr, "000000"), 3, 3, 42);
  expect_point(point(Modulation::qam64, BitMap::nr, "110111"), -1, -7, 42);
  expect_point(point(Modulation::qam64, BitMap::nr, "001000"), 5, 3, 42);
}

TEST(Constellation, UnitMeanPowerAndGrayNeighbours) {
  for (const auto modulation : {Modulation::qpsk, Modulation::qam16, Modulation::qam64}) {
    for (const auto map : {BitMap::nr, BitMap::wifi}) {
      const Constellation c(modulation, map);
      const auto levels = c.levels();
      float power = 0;
      for (const float level : levels) power += 2 * level * level;
      EXPECT_NEAR(power / static_cast<float>(levels.size()), 1.0F, 1e-5);
      // Neighbours on the axis differ in one bit.
      std::vector<std::size_t> order(levels.size());
      for (std::size_t v = 0; v < order.size(); ++v) order[v] = v;
      std::sort(order.begin(), order.end(), [&](auto a, auto b) { return levels[a] < levels[b]; });
      for (std::size_t v = 1; v < order.size(); ++v) EXPECT_EQ(std::popcount(order[v] ^ order[v - 1]), 1);
    }
  }
}

TEST(Constellation, NrHasNoBpskHere) {
  EXPECT_THROW(Constellation(Modulation::bpsk, BitMap::nr), ConfigError);
}

}  // namespace
}  // namespace boresight::modem
