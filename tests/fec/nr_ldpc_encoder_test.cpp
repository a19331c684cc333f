#include "boresight/fec/nr_ldpc_encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "boresight/core/random.h"

namespace boresight::fec {
namespace {

// H c^T over the integers, row by row from the definition of a circulant.
std::size_t failed_checks(const NrLdpcGraph& graph, const std::vector<std::uint8_t>& codeword) {
  const unsigned z = graph.lifting_size();
  std::size_t failed = 0;
  for (unsigned i = 0; i < graph.rows(); ++i) {
    for (unsigned r = 0; r < z; ++r) {
      unsigned sum = 0;
      for (const LdpcEdge edge : graph.row(i)) sum += codeword[edge.column * z + (r + edge.shift) % z];
      failed += sum % 2;
    }
  }
  return failed;
}

TEST(NrLdpcEncoder, EveryGraphAndLiftingSizeSatisfiesItsChecks) {
  Random random(20);
  for (const auto base : {BaseGraph::bg1, BaseGraph::bg2}) {
    for (const unsigned z : nr_lifting_sizes) {
      const NrLdpcGraph graph(base, z);
      std::vector<std::uint8_t> codeword(graph.codeword_bits());
      const auto information = std::span(codeword).first(graph.information_bits());
      for (auto& bit : information) bit = random.next() & 1U;
      nr_ldpc_encode(graph, information, std::span(codeword).subspan(information.size()), graph.rows());
      ASSERT_EQ(failed_checks(graph, codeword), 0U) << z;
      codeword[random.below(static_cast<std::uint32_t>(codeword.size()))] ^= 1;
      ASSERT_GT(failed_checks(graph, codeword), 0U) << z;
    }
  }
}

TEST(NrLdpcEncoder, FewerRowsGiveTheSameFirstParityBits) {
  Random random(21);
  for (const auto base : {BaseGraph::bg1, BaseGraph::bg2}) {
    const NrLdpcGraph graph(base, 26);
    std::vector<std::uint8_t> information(graph.information_bits());
    for (auto& bit : information) bit = random.next() & 1U;
    std::vector<std::uint8_t> all(std::size_t{graph.rows()} * 26);
    nr_ldpc_encode(graph, information, all, graph.rows());
    for (const unsigned rows : {4U, 5U, 20U}) {
      std::vector<std::uint8_t> some(std::size_t{rows} * 26);
      nr_ldpc_encode(graph, information, some, rows);
      EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin()));
    }
  }
}

}  // namespace
}  // namespace boresight::fec
