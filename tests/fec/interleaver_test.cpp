#include "boresight/fec/interleaver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"

namespace boresight::fec {
namespace {

using Size = std::pair<std::size_t, unsigned>;  // N_CBPS, N_BPSC
const Size standard_sizes[] = {{48, 1}, {96, 2}, {192, 4}, {288, 6}, {384, 8}};

// The receiver's two permutations, which 17.3.5.7 gives in equations of their own.
TEST(WlanInterleaver, TheClausesInverseFormulasUndoIt) {
  for (const auto& [n, bpsc] : standard_sizes) {
    const WlanInterleaver interleaver(n, bpsc);
    const std::size_t s = std::max(bpsc / 2, 1U);
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t j = interleaver.position()[k];
      const std::size_t i = s * (j / s) + (j + 16 * j / n) % s;
      EXPECT_EQ(16 * i - (n - 1) * (16 * i / n), k);
    }
  }
}

// First entries worked by hand from the clause: 16-QAM, N_CBPS 192 (i = 12 k for k < 16, pairs swap in
// every second column).
TEST(WlanInterleaver, FirstPositionsOf16Qam) {
  const WlanInterleaver interleaver(192, 4);
  const std::size_t expected[] = {0,   13,  24,  37,  48,  61,  72,  85, 96,
                                  109, 120, 133, 144, 157, 168, 181, 1,  12};
  for (std::size_t k = 0; k < std::size(expected); ++k) {
    EXPECT_EQ(interleaver.position()[k], expected[k]) << k;
  }
}

TEST(WlanInterleaver, RoundTripOfSeveralSymbols) {
  Random random(6);
  for (const auto& [n, bpsc] : standard_sizes) {
    const WlanInterleaver interleaver(n, bpsc);
    std::vector<std::uint8_t> bits(3 * n);
    std::vector<modem::Llr> llrs(3 * n);
    for (std::size_t i = 0; i < bits.size(); ++i) {
      bits[i] = random.next() & 1U;
      llrs[i] = static_cast<modem::Llr>(random.below(200));
    }
    std::vector<std::uint8_t> mixed(bits.size());
    std::vector<std::uint8_t> bits_back(bits.size());
    std::vector<modem::Llr> mixed_llrs(bits.size());
    std::vector<modem::Llr> llrs_back(bits.size());
    interleaver.interleave(bits, mixed);
    interleaver.deinterleave(mixed, bits_back);
    interleaver.interleave(llrs, mixed_llrs);
    interleaver.deinterleave(mixed_llrs, llrs_back);
    EXPECT_EQ(bits_back, bits);
    EXPECT_EQ(llrs_back, llrs);
    EXPECT_NE(mixed, bits);
    EXPECT_EQ(mixed[n + interleaver.position()[5]], bits[n + 5]);
  }
}

TEST(WlanInterleaver, ImpossibleSizesAreRefused) {
  EXPECT_THROW(WlanInterleaver(0, 1), ConfigError);
  EXPECT_THROW(WlanInterleaver(50, 1), ConfigError);
  EXPECT_THROW(WlanInterleaver(96, 3), ConfigError);
  EXPECT_THROW(WlanInterleaver(64, 6), ConfigError);
  EXPECT_THROW(WlanInterleaver(131072, 2), ConfigError);
}

}  // namespace
}  // namespace boresight::fec
