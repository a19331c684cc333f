#include "boresight/fec/interleaver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"

namespace boresight::fec {
namespace {

// Twelve in rows of four; eleven, where the last row lacks its last place.
TEST(RowColumnInterleaver, RowsAreWrittenAndColumnsRead) {
  const RowColumnInterleaver interleaver(4);
  const std::vector<std::uint8_t> in{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  std::vector<std::uint8_t> out(12);
  interleaver.interleave(in, out);
  EXPECT_EQ(out, (std::vector<std::uint8_t>{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}));
  out.resize(11);
  interleaver.interleave(std::span(in).first(11), out);
  EXPECT_EQ(out, (std::vector<std::uint8_t>{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7}));
}

TEST(RowColumnInterleaver, EverySizeComesBackAndNeighborsAreAColumnApart) {
  for (const std::size_t columns : {1, 2, 3, 7, 16, 100}) {
    const RowColumnInterleaver interleaver(columns);
    for (std::size_t n = 0; n < 120; ++n) {
      std::vector<std::uint8_t> bits(n);
      std::vector<modem::Llr> llrs(n);
      for (std::size_t i = 0; i < n; ++i) {
        bits[i] = static_cast<std::uint8_t>(i);
        llrs[i] = static_cast<modem::Llr>(i);
      }
      std::vector<std::uint8_t> mixed(n, 255);
      std::vector<std::uint8_t> back(n, 255);
      std::vector<modem::Llr> mixed_llrs(n, -1);
      std::vector<modem::Llr> llrs_back(n, -1);
      interleaver.interleave(bits, mixed);
      interleaver.deinterleave(mixed, back);
      interleaver.interleave(llrs, mixed_llrs);
      interleaver.deinterleave(mixed_llrs, llrs_back);
      ASSERT_EQ(back, bits) << columns << ' ' << n;
      ASSERT_EQ(llrs_back, llrs);
      std::vector<std::size_t> place(n);
      for (std::size_t i = 0; i < n; ++i) {
        ASSERT_EQ(mixed_llrs[i], mixed[i]);
        place[mixed[i]] = i;
      }
      for (std::size_t i = 0; i + 1 < n; ++i) {
        if ((i + 1) % columns == 0) continue;
        const std::size_t apart = place[i + 1] - place[i];
        ASSERT_TRUE(apart == n / columns || apart == (n + columns - 1) / columns) << columns << ' ' << n;
      }
    }
  }
}

TEST(RowColumnInterleaver, ImpossibleSizesAreRefused) {
  EXPECT_THROW(RowColumnInterleaver(0), ConfigError);
  EXPECT_THROW(RowColumnInterleaver((std::size_t{1} << 31) + 1), ConfigError);
  const RowColumnInterleaver widest(std::size_t{1} << 31);
  const std::vector<std::uint8_t> in{3, 1, 2};
  std::vector<std::uint8_t> out(3);
  widest.interleave(in, out);
  EXPECT_EQ(out, in);
}

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
