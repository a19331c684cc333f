#include "boresight/fec/nr_rate_matching.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/fec/nr_segmentation.h"

namespace boresight::fec {
namespace {

// Codeword positions in order of transmission, letter by letter from 5.3.2 step 2 (NULL), 5.4.2.1 and
// 5.4.2.2. Positions count from the first punctured column.
std::vector<std::size_t> slow_positions(const NrRateMatching& m) {
  const std::size_t z = m.lifting_size;
  const bool is_bg1 = m.graph == BaseGraph::bg1;
  const std::size_t n = (is_bg1 ? 66 : 50) * z;
  const std::size_t n_cb = m.limited_buffer_bits == 0 ? n : std::min(n, m.limited_buffer_bits);
  const std::size_t k = (is_bg1 ? 22 : 10) * z;
  std::vector<bool> null(n, false);
  for (std::size_t i = m.bits_per_block; i < k; ++i) null[i - 2 * z] = true;

  const std::size_t numerator_1[] = {0, 17, 33, 56};
  const std::size_t numerator_2[] = {0, 13, 25, 43};
  const std::size_t k_0 = is_bg1 ? numerator_1[m.redundancy_version] * n_cb / (66 * z) * z
                                 : numerator_2[m.redundancy_version] * n_cb / (50 * z) * z;
  std::vector<std::size_t> e;
  for (std::size_t j = 0; e.size() < m.coded_bits; ++j) {
    const std::size_t position = (k_0 + j) % n_cb;
    if (!null[position]) e.push_back(position + 2 * z);
  }
  std::vector<std::size_t> f(e.size());
  for (std::size_t j = 0; j < m.coded_bits / m.bits_per_symbol; ++j) {
    for (std::size_t i = 0; i < m.bits_per_symbol; ++i) {
      f[i + j * m.bits_per_symbol] = e[i * m.coded_bits / m.bits_per_symbol + j];
    }
  }
  return f;
}

std::vector<NrRateMatching> cases() {
  std::vector<NrRateMatching> all;
  for (const auto graph : {BaseGraph::bg1, BaseGraph::bg2}) {
    for (const std::size_t a : {24, 300, 500, 2000, 3000, 8400}) {
      const NrSegmentation s = nr_segment(a, graph);
      for (const unsigned qm : {1U, 2U, 4U, 6U, 8U, 10U}) {
        for (unsigned rv = 0; rv < 4; ++rv) {
          for (const double expansion : {0.1, 1.02, 2.0, 3.3, 7.9}) {  // part of a codeword up to several
            const auto e =
                static_cast<std::size_t>(expansion * static_cast<double>(s.bits_per_block) + 8) / qm * qm;
            all.push_back({graph, s.lifting_size, s.bits_per_block, e, qm, rv});
            // Buffers from the shortest allowed, in no whole columns, to one that is no limit.
            for (const std::size_t limit :
                 {s.information_bits, 3 * s.information_bits / 2 + 1, std::size_t{99'999}}) {
              all.push_back({graph, s.lifting_size, s.bits_per_block, e, qm, rv, limit});
            }
          }
        }
      }
    }
  }
  return all;
}

TEST(NrRateMatching, MatchesTheClauseForEveryVersion) {
  std::size_t with_filler = 0;
  for (const NrRateMatching& m : cases()) {
    const auto positions = slow_positions(m);
    // Lanes are copied, not computed with, so each can carry a label.
    std::vector<std::uint8_t> codeword(base_graph_columns(m.graph) * m.lifting_size);
    for (std::size_t i = 0; i < codeword.size(); ++i) codeword[i] = static_cast<std::uint8_t>(i % 251);
    std::vector<std::uint8_t> out(m.coded_bits);
    nr_rate_match(m, codeword, out);
    for (std::size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], positions[i] % 251);

    const std::size_t last = *std::max_element(positions.begin(), positions.end());
    const std::size_t core = base_graph_information_columns(m.graph) + 4;
    EXPECT_EQ(m.rows_needed() + base_graph_information_columns(m.graph),
              std::max(core, last / m.lifting_size + 1));
    with_filler += m.bits_per_block % m.lifting_size != 0;
  }
  EXPECT_GT(with_filler, 100U);
}

TEST(NrRateMatching, RecoverAddsEverySoftBitWhereItCameFrom) {
  Random random(30);
  for (const NrRateMatching& m : cases()) {
    const auto positions = slow_positions(m);
    std::vector<modem::Llr> llrs(m.coded_bits);
    for (auto& l : llrs) l = static_cast<modem::Llr>(static_cast<int>(random.below(7)) - 3);
    std::vector<int> expected(base_graph_columns(m.graph) * m.lifting_size, 0);
    for (std::size_t i = 0; i < llrs.size(); ++i) expected[positions[i]] += llrs[i];
    ASSERT_LE(*std::max_element(expected.begin(), expected.end()), modem::llr_max) << "nothing saturates";
    ASSERT_GE(*std::min_element(expected.begin(), expected.end()), -modem::llr_max);
    std::vector<modem::Llr> sums(expected.size(), 0);
    nr_rate_recover(m, llrs, sums);
    ASSERT_EQ(std::vector<int>(sums.begin(), sums.end()), expected);
  }
}

// Everything but filler is what rate matching can send or what is never sent.
TEST(NrRateMatching, ReceiversOfNothingKnowTheFiller) {
  for (const NrRateMatching& m : cases()) {
    std::vector<modem::Llr> codeword(base_graph_columns(m.graph) * m.lifting_size, -5);
    nr_begin_recovery(m, codeword);
    const std::size_t k = std::size_t{base_graph_information_columns(m.graph)} * m.lifting_size;
    for (std::size_t i = 0; i < codeword.size(); ++i) {
      ASSERT_EQ(codeword[i], i >= m.bits_per_block && i < k ? modem::llr_max : 0) << i;
    }
  }
}

TEST(NrRateMatching, SumsOfSoftBitsSaturate) {
  const NrRateMatching m{.graph = BaseGraph::bg2,
                         .lifting_size = 2,
                         .bits_per_block = 20,
                         .coded_bits = 3 * 100,
                         .bits_per_symbol = 2};
  const auto positions = slow_positions(m);
  for (const int one : {100, -100, -128}) {
    std::vector<modem::Llr> sums(104, 0);
    nr_rate_recover(m, std::vector<modem::Llr>(m.coded_bits, static_cast<modem::Llr>(one)), sums);
    for (const std::size_t p : positions) ASSERT_EQ(sums[p], one > 0 ? 127 : -127);
  }
}

// 5.4.2.1, the branch on C' - mod(G / (N_L Q_m), C') - 1 as printed, N_L = 1.
TEST(NrRateMatching, SharesOfTheCodeBlocksFollowTheClause) {
  for (const unsigned qm : {2U, 4U, 6U}) {
    for (const unsigned c : {1U, 2U, 7U, 24U}) {
      for (std::size_t g = 24 * qm; g < 3000; g += qm) {
        std::size_t sum = 0;
        for (unsigned j = 0; j < c; ++j) {
          const bool first_kind = static_cast<long>(j) <= static_cast<long>(c - (g / qm) % c) - 1;
          const std::size_t floor_share = qm * (g / (qm * c));
          const std::size_t ceil_share = qm * ((g + qm * c - 1) / (qm * c));
          const std::size_t e = nr_coded_bits_of_block(g, qm, c, j);
          ASSERT_EQ(e, first_kind ? floor_share : ceil_share);
          sum += e;
        }
        ASSERT_EQ(sum, g);
      }
    }
  }
}

}  // namespace
}  // namespace boresight::fec
