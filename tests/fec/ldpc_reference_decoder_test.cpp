#include "boresight/fec/ldpc_reference_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/fec/nr_base_graph.h"
#include "boresight/fec/nr_ldpc_encoder.h"
#include "boresight/fec/wlan_ldpc.h"

namespace boresight::fec {
namespace {

struct Block {
  std::vector<std::uint8_t> codeword;
  std::vector<float> llr_nats;
};

// BPSK over AWGN of the codeword's bits from `first` to `last`.
void transmit(Random& random, Block& block, std::size_t first, std::size_t last, double rate,
              double eb_n0_db) {
  const double variance = 1 / (2 * rate * std::pow(10, eb_n0_db / 10));
  for (std::size_t i = first; i < last; ++i) {
    const double y = (block.codeword[i] ? -1.0 : 1.0) + std::sqrt(variance) * random.normal();
    block.llr_nats[i] = static_cast<float>(2 * y / variance);
  }
}

// The first `sent_columns` block columns are transmitted, less the two punctured ones.
Block noisy_block(Random& random, const NrLdpcGraph& graph, unsigned sent_columns, double eb_n0_db) {
  Block block{std::vector<std::uint8_t>(graph.codeword_bits()), std::vector<float>(graph.codeword_bits(), 0)};
  const std::size_t z = graph.lifting_size();
  const auto information = std::span(block.codeword).first(graph.information_bits());
  for (auto& bit : information) bit = random.next() & 1U;
  nr_ldpc_encode(graph, information, std::span(block.codeword).subspan(information.size()), graph.rows());
  const double rate = static_cast<double>(graph.information_columns()) / (sent_columns - 2);
  transmit(random, block, 2 * z, sent_columns * z, rate, eb_n0_db);
  return block;
}

Block noisy_block(Random& random, const WlanLdpcGraph& graph, double eb_n0_db) {
  Block block{std::vector<std::uint8_t>(graph.codeword_bits()), std::vector<float>(graph.codeword_bits(), 0)};
  const auto information = std::span(block.codeword).first(graph.information_bits());
  for (auto& bit : information) bit = random.next() & 1U;
  wlan_ldpc_encode(graph, information, std::span(block.codeword).subspan(information.size()));
  const double rate =
      static_cast<double>(graph.information_bits()) / static_cast<double>(graph.codeword_bits());
  transmit(random, block, 0, graph.codeword_bits(), rate, eb_n0_db);
  return block;
}

bool same_information(const std::vector<std::uint8_t>& bits, const Block& block) {
  return std::equal(bits.begin(), bits.end(), block.codeword.begin());
}

// Layered belief propagation in double precision straight from the tanh rule, one check at a time.
struct Reference {
  std::vector<std::uint8_t> bits;
  unsigned iterations = 0;
};

Reference reference_sum_product(const LdpcGraph& graph, const std::vector<float>& llr, unsigned rows,
                                unsigned max_iterations) {
  const unsigned z = graph.lifting_size();
  std::vector<double> total(llr.begin(), llr.end());
  std::vector<double> message(std::size_t{graph.row_begin(graph.rows())} * z, 0.0);
  Reference result;
  bool holds = false;
  while (result.iterations < max_iterations && !holds) {
    for (unsigned i = 0; i < rows; ++i) {
      const auto row = graph.row(i);
      for (unsigned r = 0; r < z; ++r) {
        std::vector<double> in(row.size());
        for (std::size_t k = 0; k < row.size(); ++k) {
          in[k] =
              total[row[k].column * z + (r + row[k].shift) % z] - message[(graph.row_begin(i) + k) * z + r];
        }
        for (std::size_t k = 0; k < row.size(); ++k) {
          double product = 1;
          for (std::size_t other = 0; other < row.size(); ++other) {
            if (other != k) product *= std::tanh(in[other] / 2);
          }
          const double out = 2 * std::atanh(std::clamp(product, -1 + 1e-16, 1 - 1e-16));
          message[(graph.row_begin(i) + k) * z + r] = out;
          total[row[k].column * z + (r + row[k].shift) % z] = in[k] + out;
        }
      }
    }
    ++result.iterations;
    holds = true;
    for (unsigned i = 0; i < rows; ++i) {
      for (unsigned r = 0; r < z; ++r) {
        bool odd = false;
        for (const LdpcEdge e : graph.row(i)) odd ^= total[e.column * z + (r + e.shift) % z] < 0;
        holds = holds && !odd;
      }
    }
  }
  for (std::size_t i = 0; i < graph.information_bits(); ++i) result.bits.push_back(total[i] < 0 ? 1 : 0);
  return result;
}

// Decisions and iteration counts of float against double: a rare difference comes from a total within
// rounding of zero, so one block in a hundred may differ.
TEST(LdpcReferenceDecoder, SumProductFollowsTheTanhRuleInDoublePrecision) {
  Random random(40);
  LdpcReferenceDecoder decoder({.rule = CheckRule::sum_product});
  int different = 0;
  int trials = 0;
  for (const auto base : {BaseGraph::bg1, BaseGraph::bg2}) {
    for (const unsigned z : {2U, 7U, 16U}) {
      const NrLdpcGraph graph(base, z);
      const unsigned sent = base == BaseGraph::bg1 ? 46 : 22;
      std::vector<std::uint8_t> bits(graph.information_bits());
      for (int trial = 0; trial < 20; ++trial, ++trials) {
        const Block block = noisy_block(random, graph, sent, 0.5 + 0.1 * trial);
        const auto result = decoder.decode(graph, block.llr_nats, 6, bits);
        const auto expected =
            reference_sum_product(graph, block.llr_nats, sent - graph.information_columns(), 6);
        different += bits != expected.bits || result.iterations != expected.iterations;
      }
    }
  }
  for (const unsigned length : {648U, 1296U}) {
    for (const auto rate : {WlanLdpcRate::half, WlanLdpcRate::five_sixths}) {
      const WlanLdpcGraph graph(length, rate);
      std::vector<std::uint8_t> bits(graph.information_bits());
      for (int trial = 0; trial < 10; ++trial, ++trials) {
        const Block block = noisy_block(random, graph, 2.0 + 0.2 * trial);
        const auto result = decoder.decode(graph, block.llr_nats, 6, bits);
        const auto expected = reference_sum_product(graph, block.llr_nats, graph.rows(), 6);
        different += bits != expected.bits || result.iterations != expected.iterations;
      }
    }
  }
  EXPECT_EQ(trials, 160);
  EXPECT_LE(different, 1);
}

TEST(LdpcReferenceDecoder, CleanBlocksOfEveryGraphAndSizeStopAtOnce) {
  Random random(41);
  for (const auto rule : {CheckRule::min_sum, CheckRule::offset_min_sum, CheckRule::sum_product}) {
    LdpcReferenceDecoder decoder({.rule = rule});
    for (const auto base : {BaseGraph::bg1, BaseGraph::bg2}) {
      for (const unsigned z : nr_lifting_sizes) {
        if (rule != CheckRule::min_sum && z % 5 != 0) continue;
        const NrLdpcGraph graph(base, z);
        const Block block = noisy_block(random, graph, graph.columns(), 14);
        std::vector<std::uint8_t> bits(graph.information_bits());
        const auto result = decoder.decode(graph, block.llr_nats, 20, bits);
        ASSERT_TRUE(result.parity_ok);
        ASSERT_LE(result.iterations, 2U);
        ASSERT_TRUE(same_information(bits, block)) << z;
      }
    }
  }
}

// Wrong at high signal-to-noise ratio is how a decoder that overflows shows itself.
TEST(LdpcReferenceDecoder, HugeInputsAndManyIterationsStayFinite) {
  Random random(42);
  for (const auto rule : {CheckRule::min_sum, CheckRule::offset_min_sum, CheckRule::sum_product}) {
    LdpcReferenceDecoder decoder({.max_lifting_size = 32, .rule = rule});
    const NrLdpcGraph graph(BaseGraph::bg1, 32);
    Block block = noisy_block(random, graph, 46, 8);
    std::vector<std::uint8_t> bits(graph.information_bits());
    for (auto& x : block.llr_nats) x *= 1e3F;
    EXPECT_TRUE(decoder.decode(graph, block.llr_nats, 50, bits).parity_ok);
    EXPECT_TRUE(same_information(bits, block));
    // With every input at the limit, a message can balance but not outvote a wrong parity input, whose one
    // check then fails; the information bits have several checks and come out right.
    for (auto& x : block.llr_nats) x *= 1e30F;
    decoder.decode(graph, block.llr_nats, 50, bits);
    EXPECT_TRUE(same_information(bits, block));

    // Contradictions that never converge, with NaN and infinities among them.
    for (auto& x : block.llr_nats) x = random.below(2) != 0 ? 3e38F : -3e38F;
    block.llr_nats[100] = std::numeric_limits<float>::quiet_NaN();
    block.llr_nats[200] = std::numeric_limits<float>::infinity();
    block.llr_nats[300] = -std::numeric_limits<float>::infinity();
    const auto lost = decoder.decode(graph, block.llr_nats, 200, bits);
    EXPECT_FALSE(lost.parity_ok);
    EXPECT_EQ(lost.iterations, 200U);

    // Nothing of it remains in the next block.
    const Block next = noisy_block(random, graph, 46, 8);
    EXPECT_TRUE(decoder.decode(graph, next.llr_nats, 50, bits).parity_ok);
    EXPECT_TRUE(same_information(bits, next));
  }
}

TEST(LdpcReferenceDecoder, SilenceIsNoCodeword) {
  for (const auto rule : {CheckRule::min_sum, CheckRule::offset_min_sum, CheckRule::sum_product}) {
    LdpcReferenceDecoder decoder({.max_lifting_size = 16, .rule = rule});
    const NrLdpcGraph graph(BaseGraph::bg2, 16);
    std::vector<std::uint8_t> bits(graph.information_bits(), 1);
    const auto result = decoder.decode(graph, std::vector<float>(graph.codeword_bits(), 0.0F), 5, bits);
    EXPECT_FALSE(result.parity_ok);
    EXPECT_FALSE(result.decided);
    EXPECT_EQ(bits, std::vector<std::uint8_t>(bits.size(), 0));
  }
}

TEST(LdpcReferenceDecoder, WrongSizesGiveAnEmptyResult) {
  LdpcReferenceDecoder decoder({.max_lifting_size = 16});
  const NrLdpcGraph graph(BaseGraph::bg2, 16);
  const NrLdpcGraph larger(BaseGraph::bg2, 18);
  std::vector<float> llr(graph.codeword_bits(), 1.0F);
  std::vector<std::uint8_t> bits(graph.information_bits(), 7);
  EXPECT_EQ(decoder.decode(graph, std::span(llr).first(10), 5, bits).iterations, 0U);
  EXPECT_EQ(decoder.decode(graph, llr, 5, std::span(bits).first(10)).iterations, 0U);
  std::vector<float> larger_llr(larger.codeword_bits(), 1.0F);
  std::vector<std::uint8_t> larger_bits(larger.information_bits(), 7);
  EXPECT_EQ(decoder.decode(larger, larger_llr, 5, larger_bits).iterations, 0U);
  EXPECT_EQ(bits, std::vector<std::uint8_t>(bits.size(), 7));
  EXPECT_THROW(LdpcReferenceDecoder({.max_lifting_size = 385}), ConfigError);
  EXPECT_THROW(LdpcReferenceDecoder({.min_sum_scale = 0.0F}), ConfigError);
  EXPECT_THROW(LdpcReferenceDecoder({.offset_min_sum_offset_nats = NAN}), ConfigError);
}

int block_errors(CheckRule rule, unsigned iterations, double eb_n0_db, int blocks) {
  Random random(43);
  LdpcReferenceDecoder decoder({.rule = rule});
  const NrLdpcGraph graph(BaseGraph::bg1, 384);
  std::vector<std::uint8_t> bits(graph.information_bits());
  int errors = 0;
  for (int i = 0; i < blocks; ++i) {
    const Block block = noisy_block(random, graph, 46, eb_n0_db);
    decoder.decode(graph, block.llr_nats, iterations, bits);
    errors += !same_information(bits, block);
  }
  return errors;
}

// Block error rate 1e-2 of BG1, K = 8448, R = 1/2, from a simulator checked against the published aff3ct
// curves: sum-product with 50 iterations 0.73 dB, min-sum 0.75 with 10 iterations 1.62 dB, both within
// 0.03 dB. The curves fall a decade in 0.05 to 0.08 dB, so 0.15 dB above, 1e-3 or less is expected, and a
// rate of 0.08 would pass here with a probability of 4 %. 0.25 dB below, 0.4 or more is expected; a rate of
// 0.1 would give 9 errors in 30 blocks in one of 500 runs.
TEST(LdpcReferenceDecoder, SumProductReachesItsThreshold) {
  EXPECT_LE(block_errors(CheckRule::sum_product, 50, 0.73 + 0.15, 100), 3);
  EXPECT_GE(block_errors(CheckRule::sum_product, 50, 0.73 - 0.25, 30), 9);
}

TEST(LdpcReferenceDecoder, MinSumReachesItsThreshold) {
  EXPECT_LE(block_errors(CheckRule::min_sum, 10, 1.62 + 0.15, 300), 3);
  EXPECT_GE(block_errors(CheckRule::min_sum, 10, 1.62 - 0.25, 30), 9);
}

// At ten iterations offset min-sum gains about 0.1 dB on normalized min-sum, so between the two thresholds it
// must win.
TEST(LdpcReferenceDecoder, OffsetMinSumBeatsNormalizedAtTenIterations) {
  const int normalized = block_errors(CheckRule::min_sum, 10, 1.47, 60);
  const int offset = block_errors(CheckRule::offset_min_sum, 10, 1.47, 60);
  EXPECT_LT(offset + 4, normalized);
}

}  // namespace
}  // namespace boresight::fec
