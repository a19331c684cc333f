#include "boresight/fec/ldpc_graph.h"

#include <gtest/gtest.h>

#include <vector>

#include "boresight/fec/nr_base_graph.h"
#include "boresight/fec/wlan_ldpc.h"

namespace boresight::fec {
namespace {

// What the drawing in the header says and the decoders rely on.
void expect_sound(const LdpcGraph& graph) {
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
    ASSERT_GE(edges.size(), 3U);
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
    for (const unsigned z : nr_lifting_sizes) expect_sound(NrLdpcGraph(base, z));
  }
  for (const unsigned n : {648U, 1296U, 1944U}) {
    for (const auto rate : {WlanLdpcRate::half, WlanLdpcRate::two_thirds, WlanLdpcRate::three_quarters,
                            WlanLdpcRate::five_sixths}) {
      expect_sound(WlanLdpcGraph(n, rate));
    }
  }
}

}  // namespace
}  // namespace boresight::fec
