#include "boresight/fec/nr_ldpc_encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "boresight/core/random.h"
#include "support/allocation_counter.h"
#include "support/simd_targets.h"

namespace boresight::fec {
namespace {

using Bits = std::vector<std::uint8_t>;

Bits random_information(const NrLdpcGraph& graph, Random& random) {
  Bits bits(graph.information_bits());
  for (auto& bit : bits) bit = random.next() & 1U;
  return bits;
}

// sum[z] ^= in[(z + shift) mod Z]
void add_rotated(const std::uint8_t* in, std::size_t shift, std::uint8_t* sum, std::size_t z) {
  for (std::size_t i = 0; i < z; ++i) sum[i] = static_cast<std::uint8_t>(sum[i] ^ in[(i + shift) % z]);
}

// All parity by substitution, lane by lane.
Bits slow_parity(const NrLdpcGraph& graph, const Bits& information) {
  const std::size_t z = graph.lifting_size();
  const unsigned kb = graph.information_columns();
  Bits word(information);
  word.resize(graph.codeword_bits(), 0);
  std::uint8_t* const parity = word.data() + information.size();

  // The sum of the core rows leaves one circulant of column kb: the other two are equal and cancel.
  Bits total(z, 0);
  std::size_t odd_shift = 0;
  for (unsigned i = 0; i < nr_core_rows; ++i) {
    for (const LdpcEdge edge : graph.row(i)) {
      if (edge.column < kb) add_rotated(word.data() + edge.column * z, edge.shift, total.data(), z);
      if (edge.column == kb) odd_shift ^= edge.shift;
    }
  }
  for (std::size_t i = 0; i < z; ++i) parity[(i + odd_shift) % z] = total[i];
  // Core row i then gives column kb + i + 1, extension row i its own column.
  for (unsigned i = 0; i < graph.rows(); ++i) {
    if (i + 1 == nr_core_rows) continue;
    const unsigned solved = i < nr_core_rows ? kb + i + 1 : kb + i;
    Bits sum(z, 0);
    for (const LdpcEdge edge : graph.row(i)) {
      if (edge.column != solved) add_rotated(word.data() + edge.column * z, edge.shift, sum.data(), z);
    }
    std::copy(sum.begin(), sum.end(), word.begin() + static_cast<std::ptrdiff_t>(solved * z));
  }
  return {word.begin() + static_cast<std::ptrdiff_t>(information.size()), word.end()};
}

// H c^T over the integers, row by row from the definition of a circulant.
std::size_t failed_checks(const NrLdpcGraph& graph, const Bits& codeword) {
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
      Bits codeword = random_information(graph, random);
      codeword.resize(graph.codeword_bits());
      nr_ldpc_encode(graph, std::span(codeword).first(graph.information_bits()),
                     std::span(codeword).subspan(graph.information_bits()), graph.rows());
      ASSERT_EQ(failed_checks(graph, codeword), 0U) << z;
      codeword[random.below(static_cast<std::uint32_t>(codeword.size()))] ^= 1;
      ASSERT_GT(failed_checks(graph, codeword), 0U) << z;
    }
  }
}

// Spans that end where their memory ends, so that a sanitizer sees a step too far; odd addresses; guards
// around the parity; only the lowest bit of a lane counts.
TEST(NrLdpcEncoder, EveryTargetGivesTheSlowEncodersBits) {
  Random random(21);
  for (const auto base : {BaseGraph::bg1, BaseGraph::bg2}) {
    for (const unsigned z : nr_lifting_sizes) {
      const NrLdpcGraph graph(base, z);
      const Bits information = random_information(graph, random);
      const Bits expected = slow_parity(graph, information);
      const std::size_t odd = random.below(64);
      Bits shifted(odd + information.size());
      for (std::size_t i = 0; i < information.size(); ++i) {
        shifted[odd + i] = static_cast<std::uint8_t>(information[i] | (random.next() & 0xFEU));
      }
      for_each_simd_target([&] {
        for (const unsigned rows : {4U, 5U, 6U, 7U, 13U, 22U, 41U, graph.rows()}) {
          Bits parity(odd + rows * z, 0xEE);
          nr_ldpc_encode(graph, std::span(shifted).subspan(odd), std::span(parity).subspan(odd), rows);
          ASSERT_TRUE(
              std::equal(parity.begin() + static_cast<std::ptrdiff_t>(odd), parity.end(), expected.begin()))
              << z << ' ' << rows;
          ASSERT_EQ(std::count(parity.begin(), parity.begin() + static_cast<std::ptrdiff_t>(odd), 0xEE),
                    static_cast<std::ptrdiff_t>(odd));
          Bits guarded(rows * z + 64, 0xEE);
          nr_ldpc_encode(graph, std::span(shifted).subspan(odd), std::span(guarded).first(rows * z), rows);
          ASSERT_TRUE(std::all_of(guarded.end() - 64, guarded.end(), [](auto x) { return x == 0xEE; }));
        }
      });
    }
  }
}

TEST(NrLdpcEncoder, DoesNotAllocate) {
  Random random(22);
  const NrLdpcGraph graph(BaseGraph::bg1, 384);
  const Bits information = random_information(graph, random);
  Bits parity(std::size_t{graph.rows()} * 384);
  nr_ldpc_encode(graph, information, parity, graph.rows());
  const AllocationCounter counter;
  nr_ldpc_encode(graph, information, parity, graph.rows());
  EXPECT_EQ(counter.count(), 0U);
}

}  // namespace
}  // namespace boresight::fec
