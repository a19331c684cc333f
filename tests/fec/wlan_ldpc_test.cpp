#include "boresight/fec/wlan_ldpc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bitset>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "boresight/core/digest.h"
#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/fec/ldpc_decoder.h"
#include "fec/wlan_ldpc_data.h"
#include "support/allocation_counter.h"
#include "support/simd_targets.h"

namespace boresight::fec {
namespace {

// What is known of each code besides its digest: 4-cycles are counted per Z, and few in number.
struct Code {
  unsigned length;
  WlanLdpcRate rate;
  unsigned rows;
  unsigned edges;
  unsigned short_cycles;
};
constexpr Code codes[] = {
    {648, WlanLdpcRate::half, 12, 88, 0},           {648, WlanLdpcRate::two_thirds, 8, 88, 0},
    {648, WlanLdpcRate::three_quarters, 6, 88, 2},  {648, WlanLdpcRate::five_sixths, 4, 88, 0},
    {1296, WlanLdpcRate::half, 12, 86, 0},          {1296, WlanLdpcRate::two_thirds, 8, 88, 2},
    {1296, WlanLdpcRate::three_quarters, 6, 88, 0}, {1296, WlanLdpcRate::five_sixths, 4, 85, 0},
    {1944, WlanLdpcRate::half, 12, 86, 0},          {1944, WlanLdpcRate::two_thirds, 8, 88, 1},
    {1944, WlanLdpcRate::three_quarters, 6, 85, 0}, {1944, WlanLdpcRate::five_sixths, 4, 79, 0}};

std::vector<std::uint8_t> random_codeword(Random& random, const WlanLdpcGraph& graph) {
  std::vector<std::uint8_t> codeword(graph.codeword_bits());
  const auto information = std::span(codeword).first(graph.information_bits());
  for (auto& bit : information) bit = random.next() & 1U;
  wlan_ldpc_encode(graph, information, std::span(codeword).subspan(information.size()));
  return codeword;
}

// Lines of 24 numbers, in the order of annex F: n = 648, 1296, 1944, each with R = 1/2, 2/3, 3/4, 5/6. Three
// public transcriptions gave this text (one of them holds no parity part), and a fourth, bit by bit, the
// matrix of n = 648, R = 5/6.
TEST(WlanLdpc, TablesAreTheVerifiedOnes) {
  std::ostringstream text;
  for (const auto& row : detail::wlan_ldpc_rows) {
    for (std::size_t j = 0; j < row.size(); ++j) text << (j > 0 ? " " : "") << int{row[j]};
    text << '\n';
  }
  const std::string lines = text.str();
  const std::vector<std::uint8_t> bytes(lines.begin(), lines.end());
  EXPECT_EQ(to_hex(sha256(bytes)), "2aa9cec0bb349d4b783c753eb02076f612afc3cc9e91abb8cde2a39bee0ef168");
}

// What the encoder and the decoders rely on.
TEST(WlanLdpc, StructureOfEveryCode) {
  for (const Code& code : codes) {
    SCOPED_TRACE(testing::Message() << code.length << " rows " << code.rows);
    const WlanLdpcGraph graph(code.length, code.rate);
    const unsigned z = code.length / 24;
    const unsigned kb = 24 - code.rows;
    const auto [numerator, denominator] = wlan_ldpc_ratio(code.rate);
    EXPECT_EQ(graph.lifting_size(), z);
    EXPECT_EQ(graph.rows(), code.rows);
    EXPECT_EQ(graph.core_rows(), code.rows);
    EXPECT_EQ(graph.columns(), 24U);
    EXPECT_EQ(graph.codeword_bits(), code.length);
    EXPECT_EQ(graph.information_bits() * denominator, code.length * numerator);
    EXPECT_EQ(graph.row_begin(graph.rows()), code.edges);
    EXPECT_LE(code.edges, ldpc_max_core_edges);
    EXPECT_EQ(graph.rate(), code.rate);

    std::vector<unsigned> column_weight(24, 0);
    unsigned short_cycles = 0;
    for (unsigned i = 0; i < graph.rows(); ++i) {
      const auto row = graph.row(i);
      EXPECT_FALSE(graph.is_extension(i));
      EXPECT_GE(row.size(), 7U);
      EXPECT_LE(row.size(), ldpc_max_row_degree);
      std::vector<LdpcEdge> parity;
      for (const LdpcEdge edge : row) {
        EXPECT_LT(edge.shift, z);
        ++column_weight[edge.column];
        if (edge.column >= kb) parity.push_back(edge);
      }
      EXPECT_TRUE(
          std::is_sorted(row.begin(), row.end(), [](LdpcEdge a, LdpcEdge b) { return a.column < b.column; }));

      // Column kb in the first, the middle and the last row, with shifts 1, 0, 1; then the double diagonal.
      std::vector<LdpcEdge> expected;
      if (i == 0 || i == code.rows - 1) expected.push_back({static_cast<std::uint16_t>(kb), 1});
      if (i == code.rows / 2) expected.push_back({static_cast<std::uint16_t>(kb), 0});
      if (i > 0) expected.push_back({static_cast<std::uint16_t>(kb + i), 0});
      if (i + 1 < code.rows) expected.push_back({static_cast<std::uint16_t>(kb + i + 1), 0});
      ASSERT_EQ(parity.size(), expected.size());
      for (std::size_t k = 0; k < parity.size(); ++k) {
        EXPECT_EQ(parity[k].column, expected[k].column);
        EXPECT_EQ(parity[k].shift, expected[k].shift);
      }

      for (unsigned other = 0; other < i; ++other) {
        std::vector<unsigned> pairs_at_distance(z, 0);
        for (const LdpcEdge a : row) {
          for (const LdpcEdge b : graph.row(other)) {
            if (a.column == b.column) short_cycles += pairs_at_distance[(z + a.shift - b.shift) % z]++;
          }
        }
      }
    }
    EXPECT_EQ(short_cycles, code.short_cycles);
    EXPECT_GE(*std::min_element(column_weight.begin(), column_weight.end()), 2U);
  }
}

// H from the definition of P_i (the identity with its columns shifted to the right i times), made systematic
// by Gaussian elimination: what annex F alone says of the parity bits. Row r then holds the information bits
// whose sum is parity bit r.
using Row = std::bitset<1944>;
std::vector<Row> eliminated(const Code& code, std::size_t first_table_row) {
  const std::size_t z = code.length / 24;
  const std::size_t checks = code.rows * z;
  std::vector<Row> h(checks);
  for (std::size_t i = 0; i < checks; ++i) {
    for (std::size_t j = 0; j < 24; ++j) {
      const auto shift = detail::wlan_ldpc_rows[first_table_row + i / z][j];
      if (shift >= 0) h[i].set(j * z + (i + static_cast<std::uint8_t>(shift)) % z);
    }
  }
  const std::size_t k = code.length - checks;
  for (std::size_t p = 0; p < checks; ++p) {
    std::size_t pivot = p;
    while (pivot < checks && !h[pivot][k + p]) ++pivot;
    if (pivot == checks) return {};  // not of full rank
    std::swap(h[p], h[pivot]);
    for (std::size_t i = 0; i < checks; ++i) {
      if (i != p && h[i][k + p]) h[i] ^= h[p];
    }
  }
  return h;
}

TEST(WlanLdpc, EncoderAgreesWithGaussianElimination) {
  Random random(50);
  std::size_t table_row = 0;
  for (const Code& code : codes) {
    SCOPED_TRACE(testing::Message() << code.length << " rows " << code.rows);
    const WlanLdpcGraph graph(code.length, code.rate);
    const auto h = eliminated(code, table_row);
    table_row += code.rows;
    ASSERT_FALSE(h.empty());
    const std::size_t k = graph.information_bits();
    for (int trial = 0; trial < 5; ++trial) {
      const auto codeword = random_codeword(random, graph);
      Row word;
      for (std::size_t i = 0; i < k; ++i) word[i] = codeword[i] != 0;
      for (std::size_t i = 0; i < h.size(); ++i) {
        const bool parity = (h[i] & word).count() % 2 != 0;
        ASSERT_EQ(codeword[k + i], parity ? 1 : 0) << i;
      }
    }
  }
  EXPECT_EQ(table_row, detail::wlan_ldpc_rows.size());
}

TEST(WlanLdpc, EveryCodewordSatisfiesItsChecks) {
  Random random(51);
  for (const Code& code : codes) {
    const WlanLdpcGraph graph(code.length, code.rate);
    const auto failed_checks = [&](const std::vector<std::uint8_t>& codeword) {
      unsigned failed = 0;
      for (unsigned i = 0; i < graph.rows(); ++i) {
        for (unsigned r = 0; r < graph.lifting_size(); ++r) {
          unsigned sum = 0;
          for (const LdpcEdge e : graph.row(i)) {
            sum += codeword[e.column * graph.lifting_size() + (r + e.shift) % graph.lifting_size()];
          }
          failed += sum % 2;
        }
      }
      return failed;
    };
    for (int trial = 0; trial < 20; ++trial) {
      auto codeword = random_codeword(random, graph);
      ASSERT_EQ(failed_checks(codeword), 0U);
      codeword[random.below(code.length)] ^= 1;
      ASSERT_GE(failed_checks(codeword), 2U);
    }
  }
}

TEST(WlanLdpc, OtherLengthsAreRefused) {
  for (const unsigned length : {0U, 24U, 647U, 649U, 672U, 1295U, 1945U, 3888U, 4294967295U}) {
    EXPECT_THROW(WlanLdpcGraph(length, WlanLdpcRate::half), ConfigError) << length;
  }
}

struct Blocks {
  std::vector<std::uint8_t> bits;
  std::vector<modem::Llr> llr;
};

// Codewords one after the other over AWGN.
Blocks noisy_blocks(Random& random, const WlanLdpcGraph& graph, std::size_t count, double eb_n0_db) {
  const auto [numerator, denominator] = wlan_ldpc_ratio(graph.rate());
  const double variance = denominator / (2.0 * numerator * std::pow(10, eb_n0_db / 10));
  Blocks blocks;
  for (std::size_t n = 0; n < count; ++n) {
    const auto codeword = random_codeword(random, graph);
    blocks.bits.insert(blocks.bits.end(), codeword.begin(),
                       codeword.begin() + static_cast<std::ptrdiff_t>(graph.information_bits()));
    for (const auto bit : codeword) {
      const double y = (bit != 0 ? -1.0 : 1.0) + std::sqrt(variance) * random.normal();
      blocks.llr.push_back(modem::quantize_llr(static_cast<float>(2 * y / variance)));
    }
  }
  return blocks;
}

// Block error rate 1e-2 of these codes with ten iterations lies between 2.0 (n = 1944, R = 1/2) and 4.1 dB
// (n = 648, R = 5/6) and falls a decade in less than 0.5 dB.
double safe_eb_n0_db(WlanLdpcRate rate) {
  return 4.5 + 0.7 * static_cast<double>(rate);
}

TEST(WlanLdpc, FastDecoderReadsEveryCodeAloneAndInBatches) {
  for_each_simd_target([] {
    Random random(52);
    LdpcDecoder decoder({.max_lifting_size = wlan_ldpc_max_lifting_size});
    for (const Code& code : codes) {
      const WlanLdpcGraph graph(code.length, code.rate);
      const std::size_t k = graph.information_bits();
      for (const double eb_n0_db : {20.0, safe_eb_n0_db(code.rate)}) {
        for (std::size_t count = 1; count <= 7; ++count) {
          const Blocks blocks = noisy_blocks(random, graph, count, eb_n0_db);
          std::vector<std::uint8_t> batch(count * k), one(k);
          std::vector<LdpcDecoder::Result> results(count);
          decoder.decode_batch(graph, blocks.llr, {}, batch, results);
          ASSERT_EQ(batch, blocks.bits) << code.length << ' ' << code.rows << ' ' << eb_n0_db;
          for (std::size_t n = 0; n < count; ++n) {
            ASSERT_TRUE(results[n].parity_ok && results[n].decided);
            const auto llr = std::span(blocks.llr).subspan(n * code.length, code.length);
            const auto result = decoder.decode(graph, llr, {}, one);
            ASSERT_TRUE(result.parity_ok && result.decided);
            ASSERT_LE(result.iterations, results[n].iterations);
            ASSERT_TRUE(std::equal(one.begin(), one.end(), blocks.bits.data() + n * k));
          }
        }
      }
    }
  });
}

// Where many blocks are lost, with the same number of iterations for all: wrong decisions agree too.
TEST(WlanLdpc, BatchesGiveTheDecisionsOfSingleBlocks) {
  for_each_simd_target([] {
    Random random(53);
    LdpcDecoder decoder({.max_lifting_size = wlan_ldpc_max_lifting_size});
    const LdpcDecoder::Options options{.max_iterations = 4, .stop = LdpcDecoder::Stop::never};
    for (const Code& code : codes) {
      const WlanLdpcGraph graph(code.length, code.rate);
      const std::size_t k = graph.information_bits();
      std::size_t lost = 0;
      for (std::size_t count = 1; count <= 7; ++count) {
        const Blocks blocks = noisy_blocks(random, graph, count, safe_eb_n0_db(code.rate) - 3);
        std::vector<std::uint8_t> batch(count * k), one(k);
        std::vector<LdpcDecoder::Result> results(count);
        decoder.decode_batch(graph, blocks.llr, options, batch, results);
        for (std::size_t n = 0; n < count; ++n) {
          const auto llr = std::span(blocks.llr).subspan(n * code.length, code.length);
          const auto result = decoder.decode(graph, llr, options, one);
          ASSERT_TRUE(std::equal(one.begin(), one.end(), batch.data() + n * k));
          ASSERT_EQ(result.decided, results[n].decided);
          ASSERT_EQ(result.iterations, results[n].iterations);
          lost += std::equal(one.begin(), one.end(), blocks.bits.data() + n * k) ? 0 : 1;
        }
      }
      ASSERT_GT(lost, 0U) << code.length << ' ' << code.rows;
    }
  });
}

TEST(WlanLdpc, GraphsAndEncodingAllocateNothing) {
  std::vector<std::uint8_t> information(972, 1), parity(972);
  const AllocationCounter counter;
  const WlanLdpcGraph graph(1944, WlanLdpcRate::half);
  wlan_ldpc_encode(graph, information, parity);
  EXPECT_EQ(counter.count(), 0U);
}

}  // namespace
}  // namespace boresight::fec
