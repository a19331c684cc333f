#include "boresight/modem/constellation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
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

// IEEE 802.11-2020 21.3.10.9, figures of 256-QAM: an axis from -15 to 15 reads 0000, 0001, 0011, 0010, 0110,
// 0111, 0101, 0100, 1100, ...; IEEE 802.11ax-2021 27.3.12.9 goes on in the same way.
TEST(Constellation, WifiPointsOfTheLargeOnes) {
  expect_point(point(Modulation::qam256, BitMap::wifi, "00000000"), -15, -15, 170);
  expect_point(point(Modulation::qam256, BitMap::wifi, "00110100"), -11, -1, 170);
  expect_point(point(Modulation::qam256, BitMap::wifi, "11001000"), 1, 15, 170);
  expect_point(point(Modulation::qam1024, BitMap::wifi, "0000010000"), -31, 31, 682);
  expect_point(point(Modulation::qam1024, BitMap::wifi, "0000111000"), -29, 1, 682);
  expect_point(point(Modulation::qam1024, BitMap::wifi, "0100010001"), -1, 29, 682);
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

// TS 38.211 5.1.2, 5.1.6 and 5.1.7, worked by hand from the formulas:
//   256-QAM:  s0 (8 - s2 (4 - s4 (2 - s6))),  1024-QAM:  s0 (16 - s2 (8 - s4 (4 - s6 (2 - s8))))
TEST(Constellation, NrPointsOfTheLargeOnesAndOfTheSmallest) {
  expect_point(point(Modulation::bpsk, BitMap::nr, "0"), 1, 1, 2);
  expect_point(point(Modulation::bpsk, BitMap::nr, "1"), -1, -1, 2);
  expect_point(point(Modulation::qam256, BitMap::nr, "00000000"), 5, 5, 170);
  expect_point(point(Modulation::qam256, BitMap::nr, "10110101"), -11, 15, 170);  // I: 1 1 0 0, Q: 0 1 1 1
  expect_point(point(Modulation::qam256, BitMap::nr, "00001100"), 3, 3, 170);     // I and Q: 0 0 1 0
  expect_point(point(Modulation::qam1024, BitMap::nr, "0000000000"), 11, 11, 682);
  expect_point(point(Modulation::qam1024, BitMap::nr, "1101010101"), -11, -31,
               682);  // I: 1 0 0 0 0, Q: all 1
}

// Every map, bit by bit against the formulas as the standards print them.
TEST(Constellation, EveryPointIsTheFormulas) {
  const auto nr_axis = [](unsigned bits, auto bit) {
    double level = 1;
    for (unsigned b = bits - 1; b > 0; --b) level = std::exp2(bits - b) - (1 - 2 * bit(b)) * level;
    return (1 - 2 * bit(0)) * level;
  };
  const auto wifi_axis = [](unsigned bits, auto bit) {  // reflected binary code upwards from -2^bits + 1
    unsigned binary = 0;
    unsigned above = 0;
    for (unsigned b = 0; b < bits; ++b) binary = 2 * binary + (above ^= static_cast<unsigned>(bit(b)));
    return 2.0 * binary - std::exp2(bits) + 1;
  };
  for (unsigned axis_bits = 1; axis_bits <= 5; ++axis_bits) {
    const auto modulation = static_cast<Modulation>(axis_bits);
    const double norm = std::sqrt(2.0 * (std::exp2(2 * axis_bits) - 1) / 3);
    for (const BitMap map : {BitMap::nr, BitMap::wifi}) {
      const Constellation c(modulation, map);
      for (unsigned value = 0; value < (1U << c.bits()); ++value) {
        const auto bit = [&](unsigned position) -> int {
          return static_cast<int>(value >> (c.bits() - 1 - position)) & 1;
        };
        double i = 0;
        double q = 0;
        if (map == BitMap::nr) {
          i = nr_axis(axis_bits, [&](unsigned b) { return bit(2 * b); });
          q = nr_axis(axis_bits, [&](unsigned b) { return bit(2 * b + 1); });
        } else {
          i = wifi_axis(axis_bits, bit);
          q = wifi_axis(axis_bits, [&](unsigned b) { return bit(axis_bits + b); });
        }
        EXPECT_NEAR(static_cast<double>(c.point(value).real()) * norm, i, 1e-5);
        EXPECT_NEAR(static_cast<double>(c.point(value).imag()) * norm, q, 1e-5);
      }
    }
  }
}

TEST(Constellation, AxisPointsAreNrsTurnedBack) {
  expect_point(point(Modulation::qpsk, BitMap::axis, "00"), 1, 0, 1);
  expect_point(point(Modulation::qpsk, BitMap::axis, "10"), 0, 1, 1);
  expect_point(point(Modulation::qpsk, BitMap::axis, "11"), -1, 0, 1);
  expect_point(point(Modulation::qpsk, BitMap::axis, "01"), 0, -1, 1);
  for (const char* bits : {"00", "01", "10", "11"}) {
    const cf32 turned = point(Modulation::qpsk, BitMap::nr, bits) * cf32(std::polar(1.0, -std::atan(1.0)));
    EXPECT_NEAR(std::abs(turned - point(Modulation::qpsk, BitMap::axis, bits)), 0, 1e-6) << bits;
  }
  EXPECT_THROW(Constellation(Modulation::bpsk, BitMap::axis), ConfigError);
  EXPECT_THROW(Constellation(Modulation::qam16, BitMap::axis), ConfigError);
}

TEST(Constellation, UnitMeanPowerAndGrayNeighbours) {
  for (const auto modulation :
       {Modulation::qpsk, Modulation::qam16, Modulation::qam64, Modulation::qam256, Modulation::qam1024}) {
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

}  // namespace
}  // namespace boresight::modem
