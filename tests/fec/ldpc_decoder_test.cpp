#include "boresight/fec/ldpc_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/fec/ldpc_reference_decoder.h"
#include "boresight/fec/nr_base_graph.h"
#include "boresight/fec/nr_ldpc_encoder.h"
#include "boresight/fec/nr_rate_matching.h"
#include "boresight/fec/wlan_ldpc.h"
#include "support/allocation_counter.h"
#include "support/binomial.h"
#include "support/ldpc_int8_oracle.h"
#include "support/simd_targets.h"

namespace boresight::fec {

bool operator==(const LdpcDecoder::Result& a, const LdpcDecoder::Result& b) {
  return a.parity_ok == b.parity_ok && a.decided == b.decided && a.crc_ok == b.crc_ok &&
         a.iterations == b.iterations;
}
void PrintTo(const LdpcDecoder::Result& r, std::ostream* out) {
  *out << "{parity " << r.parity_ok << ", decided " << r.decided << ", crc " << r.crc_ok << ", iterations "
       << r.iterations << "}";
}

namespace {

struct Block {
  std::vector<std::uint8_t> codeword;
  std::vector<modem::Llr> llr;
};

// BPSK over AWGN; of the transmitted columns the first `sent_bits` bits arrive. The information ends with
// its CRC-24B where there is room for one.
Block noisy_block(Random& random, const NrLdpcGraph& graph, std::size_t sent_bits, double eb_n0_db) {
  Block block{std::vector<std::uint8_t>(graph.codeword_bits()),
              std::vector<modem::Llr>(graph.codeword_bits())};
  const auto information = std::span(block.codeword).first(graph.information_bits());
  for (auto& bit : information) bit = random.next() & 1U;
  if (information.size() > crc24_bits) {
    const std::uint32_t crc = crc24b_of_bits(information.first(information.size() - crc24_bits));
    const auto end = information.last(crc24_bits);
    for (unsigned i = 0; i < crc24_bits; ++i) end[i] = (crc >> (crc24_bits - 1 - i)) & 1U;
  }
  nr_ldpc_encode(graph, information, std::span(block.codeword).subspan(information.size()), graph.rows());
  const double rate = static_cast<double>(graph.information_bits()) / static_cast<double>(sent_bits);
  const double variance = 1 / (2 * rate * std::pow(10, eb_n0_db / 10));
  const std::size_t begin = std::size_t{nr_punctured_columns} * graph.lifting_size();
  for (std::size_t i = begin; i < begin + sent_bits; ++i) {
    const double y = (block.codeword[i] ? -1.0 : 1.0) + std::sqrt(variance) * random.normal();
    block.llr[i] = modem::quantize_llr(static_cast<float>(2 * y / variance));
  }
  return block;
}

bool same_information(const std::vector<std::uint8_t>& bits, const Block& block) {
  return std::equal(bits.begin(), bits.end(), block.codeword.begin());
}

LdpcDecoder::Options with_crc(const LdpcGraph& graph, unsigned iterations) {
  return {.max_iterations = iterations, .crc = Crc::crc24b, .crc_bits = graph.information_bits()};
}

// Near the threshold, where decisions hang on single steps of the arithmetic.
TEST(LdpcDecoder, EveryTargetFollowsTheOracleToTheBit) {
  for_each_simd_target([] {
    Random random(50);
    LdpcDecoder decoder({});
    int passed = 0;
    int failed = 0;
    for (const auto base : {BaseGraph::bg1, BaseGraph::bg2}) {
      for (const unsigned z : nr_lifting_sizes) {
        const NrLdpcGraph graph(base, z);
        const unsigned columns = base == BaseGraph::bg1 ? 24 + random.below(42) : 12 + random.below(38);
        const std::size_t sent = std::size_t{columns} * z - random.below(z);
        const Block block = noisy_block(random, graph, sent, 1.0 + 0.01 * random.below(200));
        for (const auto stop : {LdpcDecoder::Stop::parity, LdpcDecoder::Stop::never}) {
          auto options = with_crc(graph, random.below(9));
          options.stop = stop;
          if (random.below(2) != 0) options.crc = Crc::none;
          std::vector<std::uint8_t> bits(graph.information_bits());
          const auto result = decoder.decode(graph, block.llr, options, bits);
          const auto expected = ldpc_int8_oracle(graph, block.llr, options);
          ASSERT_EQ(result, expected.result) << "Z " << z;
          ASSERT_EQ(bits, expected.bits) << "Z " << z;
          (result.parity_ok ? passed : failed) += 1;
        }
      }
    }
    EXPECT_GE(passed, 20);
    EXPECT_GE(failed, 20);
  });
}

TEST(LdpcDecoder, ArbitrarySoftBitsFollowTheOracle) {
  for_each_simd_target([] {
    Random random(51);
    LdpcDecoder decoder({});
    for (const unsigned z : {2U, 3U, 15U, 64U, 72U, 384U}) {
      const NrLdpcGraph graph(BaseGraph::bg2, z);
      for (const unsigned spread : {1U, 2U, 256U}) {  // only -128, -128 and +127, anything
        std::vector<modem::Llr> llr(graph.codeword_bits());
        for (auto& x : llr) {
          x = static_cast<modem::Llr>(spread == 256 ? static_cast<int>(random.below(256)) - 128
                                                    : -128 + 255 * static_cast<int>(random.below(spread)));
        }
        const LdpcDecoder::Options options{.max_iterations = 12};
        std::vector<std::uint8_t> bits(graph.information_bits());
        const auto result = decoder.decode(graph, llr, options, bits);
        const auto expected = ldpc_int8_oracle(graph, llr, options);
        ASSERT_EQ(result, expected.result) << z << ' ' << spread;
        ASSERT_EQ(bits, expected.bits) << z << ' ' << spread;
      }
    }
  });
}

TEST(LdpcDecoder, ABatchGivesWhatSingleCallsGive) {
  for_each_simd_target([] {
    Random random(52);
    LdpcDecoder decoder({});
    for (const unsigned z : {2U, 5U, 20U, 22U, 36U, 80U, 96U, 112U, 352U}) {
      const NrLdpcGraph graph(BaseGraph::bg2, z);
      for (const std::size_t blocks : {1U, 2U, 3U, 4U, 7U}) {
        std::vector<modem::Llr> llr;
        std::vector<std::uint8_t> expected_bits;
        std::vector<LdpcDecoder::Result> expected;
        const auto options = with_crc(graph, 8);
        for (std::size_t b = 0; b < blocks; ++b) {
          // Blocks that end at once, at last and never, side by side; one has fewer rows than the others.
          const Block block = noisy_block(random, graph, std::size_t{b == 1 ? 18U : 20U} * z,
                                          1.0 + 1.5 * static_cast<double>(b % 3));
          llr.insert(llr.end(), block.llr.begin(), block.llr.end());
          std::vector<std::uint8_t> bits(graph.information_bits());
          expected.push_back(decoder.decode(graph, block.llr, options, bits));
          expected_bits.insert(expected_bits.end(), bits.begin(), bits.end());
        }
        std::vector<std::uint8_t> bits(blocks * graph.information_bits());
        std::vector<LdpcDecoder::Result> results(blocks);
        decoder.decode_batch(graph, llr, options, bits, results);
        ASSERT_EQ(results, expected) << z;
        ASSERT_EQ(bits, expected_bits) << z;
      }
    }
  });
}

TEST(LdpcDecoder, CleanBlocksOfEveryGraphAndSizeStopAtOnce) {
  Random random(53);
  LdpcDecoder decoder({});
  for (const auto base : {BaseGraph::bg1, BaseGraph::bg2}) {
    for (const unsigned z : nr_lifting_sizes) {
      const NrLdpcGraph graph(base, z);
      const Block block = noisy_block(random, graph, std::size_t{graph.columns() - 2} * z, 12);
      std::vector<std::uint8_t> bits(graph.information_bits());
      const auto result = decoder.decode(graph, block.llr, with_crc(graph, 20), bits);
      ASSERT_TRUE(result.parity_ok && result.decided) << z;
      ASSERT_EQ(result.crc_ok, graph.information_bits() > crc24_bits) << z;
      ASSERT_LE(result.iterations, graph.information_bits() > crc24_bits ? 3U : 20U) << z;
      ASSERT_TRUE(same_information(bits, block)) << z;
    }
  }
}

// Totals that saturate under messages without a limit lose clean blocks; more iterations lose more.
TEST(LdpcDecoder, HighSnrAndManyFixedIterationsLoseNothing) {
  Random random(54);
  LdpcDecoder decoder({});
  for (const unsigned z : {64U, 384U}) {
    const NrLdpcGraph graph(BaseGraph::bg1, z);
    std::vector<std::uint8_t> bits(graph.information_bits());
    for (const std::size_t sent : {26U * z, 44U * z, 66U * z}) {
      for (int trial = 0; trial < 20; ++trial) {
        Block block = noisy_block(random, graph, sent, 8);
        auto options = with_crc(graph, trial % 2 == 0 ? 6 : 100);
        options.stop = LdpcDecoder::Stop::never;
        ASSERT_TRUE(decoder.decode(graph, block.llr, options, bits).crc_ok);
        ASSERT_TRUE(same_information(bits, block));
        for (std::size_t i = 0; i < block.llr.size(); ++i) {
          if (block.llr[i] != 0) block.llr[i] = block.codeword[i] != 0 ? -127 : 127;
        }
        ASSERT_TRUE(decoder.decode(graph, block.llr, options, bits).crc_ok);
        ASSERT_TRUE(same_information(bits, block)) << "certain and right";
      }
    }
  }
}

TEST(LdpcDecoder, SilenceIsNoCodewordAndCertainZerosAreOne) {
  LdpcDecoder decoder({});
  const NrLdpcGraph graph(BaseGraph::bg2, 40);
  std::vector<std::uint8_t> bits(graph.information_bits(), 1);
  const auto silent =
      decoder.decode(graph, std::vector<modem::Llr>(graph.codeword_bits(), 0), with_crc(graph, 5), bits);
  EXPECT_FALSE(silent.parity_ok || silent.decided || silent.crc_ok);
  EXPECT_EQ(silent.iterations, 5U);
  EXPECT_EQ(bits, std::vector<std::uint8_t>(bits.size(), 0));
  const auto zeros =
      decoder.decode(graph, std::vector<modem::Llr>(graph.codeword_bits(), 127), with_crc(graph, 5), bits);
  EXPECT_TRUE(zeros.decided && zeros.crc_ok && zeros.parity_ok);
  EXPECT_EQ(zeros.iterations, 1U);
}

// Erased words satisfy every check. Neither decoder takes them for codewords, however few bits are missing.
TEST(LdpcDecoder, ParityOfErasedBitsIsNotOkInEitherDecoder) {
  LdpcDecoder decoder({});
  LdpcReferenceDecoder reference({});
  for (const auto base : {BaseGraph::bg1, BaseGraph::bg2}) {
    const NrLdpcGraph graph(base, 24);
    const std::size_t z = graph.lifting_size();
    std::vector<std::uint8_t> bits(graph.information_bits());
    for (const unsigned iterations : {0U, 1U, 10U}) {
      for (const std::size_t received : {std::size_t{0}, 4 * z, graph.information_bits() - 3 * z}) {
        std::vector<modem::Llr> llr(graph.codeword_bits(), 0);
        std::fill_n(llr.begin() + static_cast<std::ptrdiff_t>(2 * z), received, modem::Llr{100});
        std::vector<float> nats(llr.begin(), llr.end());
        const auto fast = decoder.decode(graph, llr, {.max_iterations = iterations}, bits);
        const auto slow = reference.decode(graph, nats, iterations, bits);
        EXPECT_FALSE(fast.parity_ok || fast.decided) << received;
        EXPECT_FALSE(slow.parity_ok || slow.decided) << received;
      }
    }
  }
}

// No iterations: the soft bits as they are. 802.11n has no punctured columns, so a clean block is right.
TEST(LdpcDecoder, NoIterationsJudgeTheSoftBits) {
  for_each_simd_target([] {
    Random random(59);
    LdpcDecoder decoder({});
    for (const unsigned n : {648U, 1944U}) {
      const WlanLdpcGraph graph(n, WlanLdpcRate::half);
      for (const std::size_t blocks : {1U, 3U}) {
        std::vector<modem::Llr> llr;
        std::vector<std::uint8_t> expected;
        for (std::size_t b = 0; b < blocks; ++b) {
          std::vector<std::uint8_t> codeword(n);
          const auto information = std::span(codeword).first(graph.information_bits());
          for (auto& bit : information) bit = random.next() & 1U;
          wlan_ldpc_encode(graph, information, std::span(codeword).subspan(information.size()));
          for (const auto bit : codeword) llr.push_back(bit != 0 ? -40 : 40);
          expected.insert(expected.end(), information.begin(), information.end());
        }
        llr.back() = static_cast<modem::Llr>(-llr.back());  // the last block has a wrong bit
        std::vector<std::uint8_t> bits(expected.size());
        std::vector<LdpcDecoder::Result> results(blocks);
        decoder.decode_batch(graph, llr, {.max_iterations = 0}, bits, results);
        EXPECT_EQ(bits, expected);
        for (std::size_t b = 0; b < blocks; ++b) {
          EXPECT_EQ(results[b].parity_ok, b + 1 < blocks) << n;
          EXPECT_TRUE(results[b].decided);
          EXPECT_EQ(results[b].iterations, 0U);
        }
      }
    }
  });
}

TEST(LdpcDecoder, ACrcOfNoLengthEndsAllInformationBits) {
  Random random(60);
  LdpcDecoder decoder({});
  const NrLdpcGraph graph(BaseGraph::bg1, 64);
  std::vector<std::uint8_t> bits(graph.information_bits());
  for (int trial = 0; trial < 20; ++trial) {
    const Block block = noisy_block(random, graph, 44 * 64, 2.5);
    const auto said = decoder.decode(graph, block.llr, with_crc(graph, 20), bits);
    const auto unsaid = decoder.decode(graph, block.llr, {.max_iterations = 20, .crc = Crc::crc24b}, bits);
    EXPECT_EQ(unsaid, said);
    EXPECT_TRUE(unsaid.crc_ok);
    EXPECT_LT(unsaid.iterations, 20U);
  }
}

// What the header's example promises to who uses only what is public: a block with filler is right.
TEST(LdpcDecoder, BlocksWithFillerComeOutOfRateRecovery) {
  Random random(61);
  LdpcDecoder decoder({});
  for (const auto base : {BaseGraph::bg1, BaseGraph::bg2}) {
    const NrLdpcGraph graph(base, 96);
    const std::size_t k = graph.information_bits();
    for (const std::size_t filler : {std::size_t{0}, std::size_t{1}, k / 4}) {
      const NrRateMatching matching{.graph = base,
                                    .lifting_size = 96,
                                    .bits_per_block = k - filler,
                                    .coded_bits = 2 * (k - filler) / 4 * 4,
                                    .bits_per_symbol = 4};
      std::vector<std::uint8_t> codeword(graph.codeword_bits());
      for (std::size_t i = 0; i < k - filler; ++i) codeword[i] = random.next() & 1U;
      nr_ldpc_encode(graph, std::span(codeword).first(k), std::span(codeword).subspan(k), graph.rows());
      std::vector<std::uint8_t> sent(matching.coded_bits);
      nr_rate_match(matching, codeword, sent);
      std::vector<modem::Llr> received(sent.size());
      const double variance = 1 / std::pow(10, 0.35);  // 3.5 dB at rate 1/2, 1.5 dB above the threshold
      for (std::size_t i = 0; i < sent.size(); ++i) {
        const double y = (sent[i] ? -1.0 : 1.0) + std::sqrt(variance) * random.normal();
        received[i] = modem::quantize_llr(static_cast<float>(2 * y / variance));
      }
      std::vector<modem::Llr> llr(graph.codeword_bits(), 55);  // left over from another block
      nr_begin_recovery(matching, llr);
      nr_rate_recover(matching, received, llr);
      std::vector<std::uint8_t> bits(k);
      const auto result = decoder.decode(graph, llr, {.max_iterations = 20}, bits);
      EXPECT_TRUE(result.parity_ok) << filler;
      EXPECT_TRUE(std::equal(bits.begin(), bits.end(), codeword.begin())) << filler;
    }
  }
}

// Of one shape and other shifts: what was laid out for the first must not serve the second.
TEST(LdpcDecoder, GraphsOfOneShapeAreNotTakenForEachOther) {
  const WlanLdpcGraph graph(648, WlanLdpcRate::half);
  std::vector<LdpcEntry> turned;  // information column c turned by c
  for (std::uint16_t row = 0; row < graph.rows(); ++row) {
    for (const LdpcEdge edge : graph.row(row)) {
      const unsigned by = edge.column < graph.information_columns() ? edge.column : 0U;
      turned.push_back({row, {edge.column, static_cast<std::uint16_t>((edge.shift + by) % 27)}});
    }
  }
  const LdpcGraph other(12, 24, 12, 27, turned);
  ASSERT_FALSE(other == graph);
  Random random(62);
  std::vector<std::uint8_t> codeword(648);
  std::vector<std::uint8_t> bits(324);
  std::vector<modem::Llr> llr(648);
  LdpcDecoder decoder({});
  for (int trial = 0; trial < 10; ++trial) {
    const auto information = std::span(codeword).first(324);
    for (auto& bit : information) bit = random.next() & 1U;
    wlan_ldpc_encode(graph, information, std::span(codeword).subspan(324));
    for (std::size_t i = 0; i < 648; ++i) llr[i] = codeword[i] ? -20 : 20;
    EXPECT_TRUE(decoder.decode(graph, llr, {}, bits).parity_ok);
    // Bit z of column c is bit z + c of the other code's.
    for (std::size_t i = 0; i < 324; ++i) {
      const std::size_t column = i / 27;
      llr[column * 27 + (i + column) % 27] = codeword[i] ? -20 : 20;
    }
    const auto result = decoder.decode(other, llr, {}, bits);
    EXPECT_TRUE(result.parity_ok);
    EXPECT_EQ(result.iterations, 1U);
    for (std::size_t i = 0; i < 324; ++i) {
      ASSERT_EQ(bits[i / 27 * 27 + (i + i / 27) % 27], codeword[i]);
    }
  }
}

// Without the CRC the core's parity alone would stop at a wrong word: at two iterations and low SNR some of
// the high-rate core's words are near. With it no wrong word is called right.
TEST(LdpcDecoder, TheCrcDecidesWhatParityLeavesOpen) {
  Random random(55);
  LdpcDecoder decoder({});
  const NrLdpcGraph graph(BaseGraph::bg2, 4);
  std::vector<std::uint8_t> bits(graph.information_bits());
  int parity_wrong = 0;
  int crc_wrong = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    const Block block = noisy_block(random, graph, 200, -2);
    const auto parity = decoder.decode(graph, block.llr, {.max_iterations = 20}, bits);
    parity_wrong += parity.parity_ok && !same_information(bits, block);
    const auto crc = decoder.decode(graph, block.llr, with_crc(graph, 20), bits);
    crc_wrong += crc.crc_ok && !same_information(bits, block);
  }
  EXPECT_GT(parity_wrong, 3);
  EXPECT_EQ(crc_wrong, 0);
}

// 24 bits of CRC pass one random word in 2^24, and a block is judged once an iteration at most.
TEST(LdpcDecoder, RandomSoftBitsPassNoCrc) {
  Random random(56);
  LdpcDecoder decoder({});
  const NrLdpcGraph graph(BaseGraph::bg2, 3);
  std::vector<std::uint8_t> bits(graph.information_bits());
  std::vector<modem::Llr> llr(graph.codeword_bits());
  int passed = 0;
  for (int trial = 0; trial < 20'000; ++trial) {
    for (auto& x : llr) x = static_cast<modem::Llr>(static_cast<int>(random.below(256)) - 128);
    passed += decoder.decode(graph, llr, with_crc(graph, 10), bits).crc_ok;
  }
  EXPECT_EQ(passed, 0);  // expected 20,000 x 10 / 2^24 = 0.01
}

// The probability itself, with a CRC short enough to be passed often. Noise is judged once, after its last
// iteration, except where parity came to hold before; a block with undecided bits never passes, so of the
// decided ones 2^-8 should. Exact binomial tails (Clopper and Pearson 1934), 0.1 % on either side: 100 of
// 25,500 are expected, and a third more or fewer would be found out.
TEST(LdpcDecoder, RandomSoftBitsPassAShortCrcAsOftenAsItsLengthSays) {
  Random random(63);
  LdpcDecoder decoder({});
  const NrLdpcGraph graph(BaseGraph::bg2, 7);
  std::vector<std::uint8_t> bits(graph.information_bits());
  std::vector<modem::Llr> llr(graph.codeword_bits());
  int decided = 0;
  int passed = 0;
  for (int trial = 0; trial < 40'000; ++trial) {
    for (auto& x : llr) x = static_cast<modem::Llr>(static_cast<int>(random.below(255)) - 127);
    const auto result = decoder.decode(graph, llr, {.max_iterations = 4, .crc = Crc::crc8}, bits);
    decided += result.decided;
    passed += result.crc_ok;
  }
  RecordProperty("decided", decided);
  RecordProperty("passed", passed);
  EXPECT_GE(decided, 5'000);
  constexpr double p = 1.0 / 256;
  EXPECT_GT(binomial_at_least(passed, decided, p), 1e-3) << passed << " of " << decided;
  EXPECT_LT(binomial_at_least(passed + 1, decided, p), 1 - 1e-3) << passed << " of " << decided;
}

TEST(LdpcDecoder, WrongSizesGiveAnEmptyResult) {
  LdpcDecoder decoder({.max_lifting_size = 16});
  const NrLdpcGraph graph(BaseGraph::bg2, 16);
  const NrLdpcGraph larger(BaseGraph::bg2, 18);
  const std::vector<modem::Llr> llr(larger.codeword_bits(), 1);
  std::vector<std::uint8_t> bits(larger.information_bits(), 7);
  const auto fitting_llr = std::span(llr).first(graph.codeword_bits());
  const auto fitting_bits = std::span(bits).first(graph.information_bits());
  const LdpcDecoder::Result nothing;
  EXPECT_EQ(decoder.decode(graph, llr, {}, fitting_bits), nothing);
  EXPECT_EQ(decoder.decode(graph, fitting_llr, {}, bits), nothing);
  EXPECT_EQ(decoder.decode(graph, {}, {}, {}), nothing);
  EXPECT_EQ(decoder.decode(larger, llr, {}, bits), nothing);
  EXPECT_EQ(decoder.decode(graph, fitting_llr, {.crc = Crc::crc24a, .crc_bits = 161}, fitting_bits), nothing);
  EXPECT_EQ(bits, std::vector<std::uint8_t>(bits.size(), 7));
  EXPECT_THROW(LdpcDecoder({.max_lifting_size = 385}), ConfigError);
  EXPECT_THROW(LdpcDecoder({.max_lifting_size = 1}), ConfigError);
}

TEST(LdpcDecoder, CallsAllocateNothing) {
  Random random(57);
  for_each_simd_target([&] {
    LdpcDecoder decoder({});
    for (const unsigned z : {384U, 20U, 2U, 384U}) {
      const NrLdpcGraph graph(z == 20 ? BaseGraph::bg2 : BaseGraph::bg1, z);
      const Block block = noisy_block(random, graph, 44 * z, 3);
      std::vector<std::uint8_t> bits(graph.information_bits());
      const AllocationCounter counter;
      decoder.decode(graph, block.llr, with_crc(graph, 3), bits);
      EXPECT_EQ(counter.count(), 0U);
    }
  });
}

// Block error rate 1e-2 of BG1, K = 8448 is at 1.52 dB (R = 1/2, 10 iterations), 2.68 dB (3/4) and 3.31 dB
// (5/6); docs/error-rates.md has the curves. 0.04 dB above, 2.5e-3 to 4e-3 are expected: 1.3 to 2 of 500
// blocks, and six or more with a probability below 2 %. A decoder 0.1 dB worse loses 14 to 21 of them and
// passes with one below 0.5 %. 0.15 dB below, 0.3 or more is expected.
TEST(LdpcDecoder, ReachesItsThresholds) {
  struct Case {
    std::size_t sent_bits;
    double threshold_db;
  };
  LdpcDecoder decoder({});
  const NrLdpcGraph graph(BaseGraph::bg1, 384);
  std::vector<std::uint8_t> bits(graph.information_bits());
  for (const Case c : {Case{16896, 1.52}, Case{11264, 2.68}, Case{10138, 3.31}}) {
    Random random(58);
    const auto errors = [&](double offset_db, int blocks) {
      int lost = 0;
      for (int i = 0; i < blocks; ++i) {
        const Block block = noisy_block(random, graph, c.sent_bits, c.threshold_db + offset_db);
        decoder.decode(graph, block.llr, {.max_iterations = 10}, bits);
        lost += !same_information(bits, block);
      }
      return lost;
    };
    EXPECT_LE(errors(0.04, 500), 5) << c.sent_bits;
    EXPECT_GE(errors(-0.15, 40), 4) << c.sent_bits;
  }
}

}  // namespace
}  // namespace boresight::fec
