#include "boresight/fec/ldpc_graph.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/fec/nr_base_graph.h"
#include "boresight/fec/wlan_ldpc.h"

namespace boresight::fec {
namespace {

// What the drawing in the header says and the decoders rely on.
void expect_sound_shape(const LdpcGraph& graph) {
  ASSERT_LE(graph.rows(), ldpc_max_rows);
  ASSERT_LE(graph.columns(), ldpc_max_columns);
  ASSERT_LE(graph.row_begin(graph.rows()), ldpc_max_edges);
  ASSERT_LE(graph.row_begin(graph.core_rows()), ldpc_max_core_edges);
  ASSERT_EQ(graph.information_columns() + graph.rows(), graph.columns());
  std::vector<unsigned> uses(graph.columns());
  std::vector<unsigned> core_uses(graph.columns());
  for (unsigned row = 0; row < graph.rows(); ++row) {
    const auto edges = graph.row(row);
    ASSERT_EQ(edges.size(), graph.row_begin(row + 1) - graph.row_begin(row));
    ASSERT_LE(edges.size(), ldpc_max_row_degree);
    ASSERT_GE(edges.size(), 2U);
    for (std::size_t e = 0; e < edges.size(); ++e) {
      ASSERT_LT(edges[e].shift, graph.lifting_size());
      ASSERT_TRUE(e == 0 || edges[e - 1].column < edges[e].column) << "ascending";
      ++uses[edges[e].column];
      core_uses[edges[e].column] += graph.is_extension(row) ? 0 : 1;
    }
    if (graph.is_extension(row)) {
      ASSERT_EQ(edges.back().column, graph.own_column(row));
      ASSERT_EQ(edges.back().shift, 0U);
    }
  }
  for (unsigned column = 0; column < graph.columns(); ++column) {
    const bool own = column >= graph.information_columns() + graph.core_rows();
    ASSERT_EQ(core_uses[column] == 0, own) << "the core checks every information bit";
    ASSERT_TRUE(!own || uses[column] == 1) << "no other row uses it";
  }
}

TEST(LdpcGraph, EveryCodeOfTheLibraryIsBuiltAsTheHeaderDraws) {
  for (const auto base : {BaseGraph::bg1, BaseGraph::bg2}) {
    for (const unsigned z : nr_lifting_sizes) expect_sound_shape(NrLdpcGraph(base, z));
  }
  for (const unsigned n : {648U, 1296U, 1944U}) {
    for (const auto rate : {WlanLdpcRate::half, WlanLdpcRate::two_thirds, WlanLdpcRate::three_quarters,
                            WlanLdpcRate::five_sixths}) {
      expect_sound_shape(WlanLdpcGraph(n, rate));
    }
  }
}

// Two core rows of two information and two parity columns, one extension row.
std::vector<LdpcEntry> small() {
  return {{0, {0, 1}}, {0, {1, 2}}, {0, {2, 0}}, {1, {0, 3}}, {1, {1, 0}},
          {1, {2, 0}}, {1, {3, 0}}, {2, {0, 4}}, {2, {4, 0}}};
}

std::string message(unsigned rows, unsigned columns, unsigned core_rows, unsigned lifting_size,
                    const std::vector<LdpcEntry>& entries) {
  try {
    const LdpcGraph graph(rows, columns, core_rows, lifting_size, entries);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(LdpcGraph, AGraphOfOnesOwnIsWhatWasSaid) {
  const LdpcGraph graph(3, 5, 2, 7, small());
  expect_sound_shape(graph);
  EXPECT_EQ(graph.information_bits(), 14U);
  EXPECT_EQ(graph.row(1).size(), 4U);
  EXPECT_EQ(graph.row(2)[0].shift, 4U);
  auto entries = small();
  EXPECT_TRUE(graph == LdpcGraph(3, 5, 2, 7, entries));
  EXPECT_FALSE(graph == LdpcGraph(3, 5, 2, 8, entries));
  entries[3].edge.shift = 5;
  EXPECT_FALSE(graph == LdpcGraph(3, 5, 2, 7, entries));
}

TEST(LdpcGraph, WhatIsNotAsDrawnIsRefusedByName) {
  EXPECT_EQ(message(3, 5, 2, 7, small()), "accepted");
  EXPECT_EQ(message(3, 5, 2, 1, small()), "LdpcGraph: lifting_size 1 is not in 2 .. 384");
  EXPECT_EQ(message(3, 5, 2, 385, small()), "LdpcGraph: lifting_size 385 is not in 2 .. 384");
  EXPECT_EQ(message(47, 60, 2, 7, small()), "LdpcGraph: rows 47 is not in 1 .. 46");
  EXPECT_EQ(message(3, 3, 2, 7, small()), "LdpcGraph: columns 3 is not in 4 .. 68");
  EXPECT_EQ(message(3, 69, 2, 7, small()), "LdpcGraph: columns 69 is not in 4 .. 68");
  EXPECT_EQ(message(3, 5, 4, 7, small()), "LdpcGraph: core_rows 4 is not in 1 .. 3");
  EXPECT_EQ(message(46, 68, 46, 7, small()),
            "LdpcGraph: columns and those before the extension 136 is not in 0 .. 94");
  EXPECT_EQ(message(3, 5, 2, 7, std::vector<LdpcEntry>(317)), "LdpcGraph: edges 317 is not in 0 .. 316");

  const auto changed = [](std::size_t i, LdpcEntry entry) {
    auto entries = small();
    entries[i] = entry;
    return message(3, 5, 2, 7, entries);
  };
  EXPECT_EQ(changed(0, {0, {0, 7}}),
            "LdpcGraph: edge of row 0 to column 0, shift 7: the shift is not below the lifting size");
  EXPECT_EQ(changed(1, {0, {0, 2}}), "LdpcGraph: edge of row 0 to column 0, shift 2: columns do not ascend");
  EXPECT_EQ(changed(8, {2, {5, 0}}),
            "LdpcGraph: edge of row 2 to column 5, shift 0: there is no such column");
  EXPECT_EQ(changed(6, {1, {4, 0}}),
            "LdpcGraph: edge of row 1 to column 4, shift 0: that is another row's own column");
  EXPECT_EQ(changed(8, {2, {4, 1}}),
            "LdpcGraph: edge of row 2 to column 4, shift 1: an own column is not shifted");
  EXPECT_EQ(changed(8, {2, {3, 0}}),
            "LdpcGraph: edge of row 2 to column 3, shift 0: an extension row ends with its own column");
  EXPECT_EQ(changed(8, {1, {4, 0}}), "LdpcGraph: edges of a row 1 is not in 2 .. 22");
  EXPECT_EQ(message(3, 5, 2, 7, {}), "LdpcGraph: edges of a row 0 is not in 2 .. 22");
  auto entries = small();
  entries.push_back({3, {0, 0}});
  EXPECT_EQ(message(3, 5, 2, 7, entries),
            "LdpcGraph: edge of row 3 to column 0, shift 0: rows do not ascend");
  entries.back() = {0, {0, 0}};
  EXPECT_EQ(message(3, 5, 2, 7, entries),
            "LdpcGraph: edge of row 0 to column 0, shift 0: rows do not ascend");

  entries.clear();
  for (std::uint16_t row = 0; row < 5; ++row) {
    for (std::uint16_t column = 0; column < 20; ++column) entries.push_back({row, {column, 0}});
  }
  EXPECT_EQ(message(5, 25, 5, 7, entries), "LdpcGraph: edges of the core 100 is not in 0 .. 88");
  entries.clear();
  for (std::uint16_t column = 0; column < 23; ++column) entries.push_back({0, {column, 0}});
  EXPECT_EQ(message(1, 24, 1, 7, entries), "LdpcGraph: edges of a row 23 is not in 2 .. 22");
}

}  // namespace
}  // namespace boresight::fec
