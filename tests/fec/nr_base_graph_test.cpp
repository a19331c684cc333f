#include "boresight/fec/nr_base_graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "boresight/core/digest.h"
#include "boresight/core/error.h"
#include "fec/nr_base_graph_data.h"

namespace boresight::fec {
namespace {

// The digest of the tables written as lines "row column V0 .. V7", rows and columns ascending. Three public
// transcriptions of the standard's tables gave this text.
template <typename Table>
std::string digest_of(const Table& table) {
  std::ostringstream text;
  for (const auto& entry : table) {
    text << unsigned{entry.row} << ' ' << unsigned{entry.column};
    for (const auto shift : entry.shift) text << ' ' << shift;
    text << '\n';
  }
  const std::string lines = text.str();
  const std::vector<std::uint8_t> bytes(lines.begin(), lines.end());
  return to_hex(sha256(bytes));
}

TEST(NrBaseGraph, TablesAreTheVerifiedOnes) {
  EXPECT_EQ(digest_of(detail::base_graph_1),
            "8303573c470203e2bb9539ebcd894f26a5ef3bf6c7f9a45f04f65d2a1e407658");
  EXPECT_EQ(digest_of(detail::base_graph_2),
            "d525c00e4b64720bdf465250798709ccadcc7fa464dbd3a61f0d55d4cacd06d9");
}

TEST(NrBaseGraph, LiftingSizesAreThoseOfTheTable) {
  std::set<unsigned> expected;
  for (const unsigned a : {2, 3, 5, 7, 9, 11, 13, 15}) {
    for (unsigned z = a; z <= 384; z *= 2) expected.insert(z);
  }
  EXPECT_EQ(std::set<unsigned>(nr_lifting_sizes.begin(), nr_lifting_sizes.end()), expected);
  EXPECT_TRUE(std::is_sorted(nr_lifting_sizes.begin(), nr_lifting_sizes.end()));
  for (unsigned z = 0; z < 800; ++z) {
    const unsigned set = nr_lifting_set(z);
    ASSERT_EQ(set < 8, expected.contains(z)) << z;
  }
  EXPECT_EQ(nr_lifting_set(256), 0U);
  EXPECT_EQ(nr_lifting_set(384), 1U);
  EXPECT_EQ(nr_lifting_set(320), 2U);
  EXPECT_EQ(nr_lifting_set(224), 3U);
  EXPECT_EQ(nr_lifting_set(288), 4U);
  EXPECT_EQ(nr_lifting_set(352), 5U);
  EXPECT_EQ(nr_lifting_set(208), 6U);
  EXPECT_EQ(nr_lifting_set(240), 7U);
}

// What the encoder and the decoder rely on, for every graph and size.
TEST(NrBaseGraph, StructureHoldsForEveryLiftingSize) {
  for (const auto base : {BaseGraph::bg1, BaseGraph::bg2}) {
    for (const unsigned z : nr_lifting_sizes) {
      const NrLdpcGraph graph(base, z);
      const unsigned kb = graph.information_columns();
      std::vector<unsigned> first_parity_shifts;
      std::vector<int> column_weight(graph.columns(), 0);
      for (unsigned i = 0; i < graph.rows(); ++i) {
        const auto row = graph.row(i);
        ASSERT_GE(row.size(), 3U);
        ASSERT_LE(row.size(), ldpc_max_row_degree);
        ASSERT_TRUE(std::is_sorted(row.begin(), row.end(),
                                   [](LdpcEdge a, LdpcEdge b) { return a.column < b.column; }));
        for (const LdpcEdge edge : row) {
          ASSERT_LT(edge.shift, z);
          ++column_weight[edge.column];
          if (edge.column == kb && i < nr_core_rows) first_parity_shifts.push_back(edge.shift);
          if (edge.column > kb && edge.column < kb + 4 && i < nr_core_rows) {
            ASSERT_EQ(edge.shift, 0U);  // the double diagonal
            ASSERT_TRUE(edge.column == kb + i || edge.column == kb + i + 1);
          }
          if (i >= nr_core_rows) {
            ASSERT_LE(edge.column, kb + i);
          }
        }
        if (i >= nr_core_rows) {
          ASSERT_EQ(row.back().column, kb + i);
          ASSERT_EQ(row.back().shift, 0U);
        }
      }
      ASSERT_EQ(first_parity_shifts.size(), 3U);
      std::sort(first_parity_shifts.begin(), first_parity_shifts.end());
      ASSERT_TRUE(first_parity_shifts[0] == first_parity_shifts[1] ||
                  first_parity_shifts[1] == first_parity_shifts[2]);
      for (unsigned c = kb + nr_core_rows; c < graph.columns(); ++c) ASSERT_EQ(column_weight[c], 1);
      ASSERT_EQ(graph.row_begin(graph.rows()), base == BaseGraph::bg1 ? 316U : 197U);
    }
  }
}

TEST(NrBaseGraph, UnknownLiftingSizesAreRefused) {
  EXPECT_THROW(NrLdpcGraph(BaseGraph::bg1, 0), ConfigError);
  EXPECT_THROW(NrLdpcGraph(BaseGraph::bg1, 17), ConfigError);
  EXPECT_THROW(NrLdpcGraph(BaseGraph::bg2, 512), ConfigError);
}

}  // namespace
}  // namespace boresight::fec
