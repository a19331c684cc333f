#include "boresight/sync/ku_edge_pilots.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/digest.h"
#include "boresight/core/units.h"

namespace boresight::sync {
namespace {

// One byte for each value, by symbol and then by subcarrier; the hash was computed from the transcription.
TEST(KuEdgePilots, HaveTheRecordedHash) {
  std::vector<std::uint8_t> quarters;
  for (std::size_t i = 0; i < edge_pilot_symbols; ++i) {
    for (std::size_t c = 0; c < edge_pilot_subcarriers.size(); ++c)
      quarters.push_back(edge_pilot_quarter(i, c));
  }
  EXPECT_EQ(to_hex(sha256(quarters)), "ef0a7b68b31d10bd50e6001f6792a006d40ff0038947bf01bbb7cc099ab2eef3");
}

TEST(KuEdgePilots, FirstAndLastSymbolAreThoseOfTheFactSheet) {
  const std::uint8_t first[] = {1, 3, 0, 3, 0, 3, 1, 3, 3, 2, 0, 0, 1, 1, 1, 0};
  const std::uint8_t last[] = {2, 3, 0, 1, 3, 2, 0, 3, 0, 1, 3, 0, 3, 3, 2, 0};
  for (std::size_t c = 0; c < 16; ++c) {
    EXPECT_EQ(edge_pilot_quarter(0, c), first[c]) << c;
    EXPECT_EQ(edge_pilot_quarter(299, c), last[c]) << c;
    const cf64 expected = std::polar(1.0, pi / 2 * (first[c] + 0.5));
    EXPECT_NEAR(std::abs(cf64(edge_pilot(0, c)) - expected), 0.0, 1e-6) << c;
  }
}

// No two subcarriers look alike: the largest normalized correlation is 0.13.
TEST(KuEdgePilots, DifferFromEachOther) {
  double largest = 0;
  for (std::size_t a = 0; a < 16; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      cf64 sum = 0;
      for (std::size_t i = 0; i < edge_pilot_symbols; ++i)
        sum += cf64(edge_pilot(i, a) * std::conj(edge_pilot(i, b)));
      largest = std::max(largest, std::abs(sum) / 300);
    }
  }
  EXPECT_NEAR(largest, 0.13, 0.01);
}

}  // namespace
}  // namespace boresight::sync
