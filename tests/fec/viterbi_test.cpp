#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/fec/convolutional.h"
#include "fec/viterbi_oracle.h"
#include "support/allocation_counter.h"
#include "support/simd_targets.h"

namespace boresight::fec {
namespace {

using namespace viterbi_test;

constexpr PuncturedRate rates[] = {PuncturedRate::half, PuncturedRate::two_thirds,
                                   PuncturedRate::three_quarters, PuncturedRate::five_sixths};

Bits oracle_bits(const Llrs& llrs, std::size_t n, Termination termination) {
  Oracle oracle(0);
  oracle.run(llrs);
  Bits bits = oracle.bits_to(termination == Termination::zero ? 0 : oracle.best_state());
  bits.resize(n);
  return bits;
}

TEST(ViterbiDecoder, IsTheOracleToTheBitOnEveryTarget) {
  std::vector<std::size_t> lengths;
  for (std::size_t n = 0; n < 20; ++n) lengths.push_back(n);
  // Around the ends of the kernel's pieces of 96 steps, with and without tail, and of the traceback's pieces.
  for (const std::size_t n : {89, 90, 91, 95, 96, 97, 192, 500, 857, 858, 863, 864, 865, 2000, 3001}) {
    lengths.push_back(n);
  }
  struct Case {
    Termination termination;
    Llrs llrs;
    Bits expected;
  };
  std::vector<Case> cases;
  Random random(1);
  for (const auto termination : {Termination::zero, Termination::open}) {
    for (const std::size_t n : lengths) {
      const std::size_t steps = n + (termination == Termination::zero ? convolutional_tail_bits : 0);
      for (int kind = 0; kind < hostile_kinds; ++kind) {
        const Llrs llrs = hostile_llrs(random, 2 * steps, kind);
        cases.push_back({termination, llrs, oracle_bits(llrs, n, termination)});
      }
      const Bits coded = encode(random_bits(random, n), termination);
      Llrs llrs = noisy_llrs(random, coded, 0.8);
      cases.push_back({termination, llrs, oracle_bits(llrs, n, termination)});
      // Metrics grow fastest and are furthest apart: 127 or -128 for every bit of one codeword.
      for (std::size_t i = 0; i < coded.size(); ++i) llrs[i] = coded[i] != 0 ? -128 : 127;
      cases.push_back({termination, llrs, oracle_bits(llrs, n, termination)});
    }
  }
  ViterbiDecoder decoder({.max_information_bits = 3001});
  for_each_simd_target([&] {
    for (const Case& c : cases) {
      Bits bits(c.expected.size(), 7);
      ASSERT_TRUE(decoder.decode(c.llrs, bits, c.termination));
      ASSERT_EQ(bits, c.expected) << bits.size();
      EXPECT_TRUE(decoder.last_is_best());
    }
  });
}

// The decoder's codeword must correlate as well with any input as the best of all codewords.
TEST(ViterbiDecoder, IsMaximumLikelihoodOnShortBlocks) {
  Random random(8);
  ViterbiDecoder decoder({.max_information_bits = 40, .max_rounds = 67});
  for (const auto termination : {Termination::zero, Termination::open, Termination::tail_biting}) {
    for (const std::size_t k : {1, 4, 9}) {
      std::vector<Bits> codebook;
      for (unsigned word = 0; word < (1U << k); ++word) {
        Bits bits(k);
        for (unsigned i = 0; i < k; ++i) bits[i] = (word >> i) & 1U;
        codebook.push_back(encode(bits, termination));
      }
      for (int trial = 0; trial < 300; ++trial) {
        const Llrs llrs = hostile_llrs(random, codebook[0].size(), trial % 4);
        Bits decided(k);
        ASSERT_TRUE(decoder.decode(llrs, decided, termination));
        long best = std::numeric_limits<long>::min();
        for (const Bits& coded : codebook) best = std::max(best, correlation(llrs, coded));
        ASSERT_EQ(correlation(llrs, encode(decided, termination)), best);
        ASSERT_TRUE(decoder.last_is_best());
      }
    }
  }
}

TEST(ViterbiDecoder, LongSaturatedBlocksOfEveryLengthAndRate) {
  Random random(9);
  ViterbiDecoder decoder({.max_information_bits = 20'000});
  for (const auto termination : {Termination::zero, Termination::tail_biting}) {
    for (const auto rate : rates) {
      for (const std::size_t n : {1, 2, 7, 24, 25, 26, 1000, 1001, 20'000}) {
        // Short tail-biting blocks at the higher rates are not uniquely decodable.
        if (termination == Termination::tail_biting && n < 24 && rate != PuncturedRate::half) continue;
        const Bits bits = random_bits(random, n);
        const Bits coded = encode(bits, termination);
        Bits sent(punctured_bits(coded.size(), rate));
        puncture(coded, rate, sent);
        Llrs llrs(coded.size());
        depuncture(to_llrs(sent, 127), rate, llrs);
        Bits decided(n);
        ASSERT_TRUE(decoder.decode(llrs, decided, termination));
        EXPECT_EQ(decided, bits) << n;
      }
    }
  }
}

// Any four errors within one constraint length are corrected at d_free = 10.
TEST(ViterbiDecoder, CorrectsFourHardErrors) {
  Random random(10);
  ViterbiDecoder decoder({.max_information_bits = 100});
  for (const auto termination : {Termination::zero, Termination::tail_biting}) {
    for (int trial = 0; trial < 500; ++trial) {
      const Bits bits = random_bits(random, 100);
      Llrs llrs = to_llrs(encode(bits, termination), 10);
      const std::size_t begin = random.below(200);
      for (const std::size_t e : {0, 2, 3, 7}) {
        llrs[(begin + e) % llrs.size()] = static_cast<modem::Llr>(-llrs[(begin + e) % llrs.size()]);
      }
      Bits decided(100);
      ASSERT_TRUE(decoder.decode(llrs, decided, termination));
      ASSERT_EQ(decided, bits);
    }
  }
}

// Union bound with the information weights of the (133, 171) code (Odenwalder 1976; Proakis, table 8.2-1):
// P_b <= sum c_d Q(sqrt(2 d R Eb/N0)). At 3.5 dB it is 1.1e-4, somewhat above the truth; the
// first term alone (4.0e-5) is below it. 5e6 bits give about 100 error events, a standard error near 12 %.
TEST(ViterbiDecoder, BitErrorRateLiesUnderTheUnionBound) {
  constexpr double eb_n0_db = 3.5;
  constexpr double rate = 0.5;
  const double es_n0 = rate * std::pow(10.0, eb_n0_db / 10);
  const std::pair<int, double> weights[] = {{10, 36},      {12, 211},      {14, 1404},
                                            {16, 11633},   {18, 77433},    {20, 502690},
                                            {22, 3322763}, {24, 21292910}, {26, 134365911}};
  double bound = 0;
  double first_term = 0;
  for (const auto& [d, c] : weights) {
    bound += c * 0.5 * std::erfc(std::sqrt(d * es_n0));
    if (d == 10) first_term = bound;
  }
  Random random(11);
  const std::size_t n = 10'000;
  ViterbiDecoder decoder({.max_information_bits = n});
  std::size_t errors = 0;
  std::size_t total = 0;
  for (int block = 0; block < 500; ++block) {
    const Bits bits = random_bits(random, n);
    const Llrs llrs = noisy_llrs(random, encode(bits, Termination::zero), es_n0);
    Bits decided(n);
    ASSERT_TRUE(decoder.decode(llrs, decided));
    for (std::size_t i = 0; i < n; ++i) errors += decided[i] != bits[i];
    total += n;
  }
  const double ber = static_cast<double>(errors) / static_cast<double>(total);
  RecordProperty("ber_times_1e9", static_cast<int>(ber * 1e9));
  EXPECT_LT(ber, 1.1 * bound);
  EXPECT_GT(ber, 0.9 * first_term);
}

TEST(ViterbiDecoder, AllocatesNothing) {
  Random random(14);
  ViterbiDecoder decoder({.max_information_bits = 1000});
  const Llrs llrs = hostile_llrs(random, 2012, 2);
  Bits bits(1000);
  const AllocationCounter counter;
  EXPECT_TRUE(decoder.decode(llrs, bits, Termination::zero));
  EXPECT_TRUE(decoder.decode(std::span(llrs).first(2000), bits, Termination::open));
  EXPECT_TRUE(decoder.decode(std::span(llrs).first(2000), bits, Termination::tail_biting));
  EXPECT_EQ(counter.count(), 0U);
}

TEST(ViterbiDecoder, WrongSizesAreReportedNotDecoded) {
  ViterbiDecoder decoder({.max_information_bits = 10});
  Bits bits(11, 7);
  EXPECT_FALSE(decoder.decode(Llrs(34), bits));
  EXPECT_FALSE(decoder.decode(Llrs(22), bits, Termination::open));
  EXPECT_FALSE(decoder.decode(Llrs(22), bits, Termination::tail_biting));
  bits.resize(10);
  EXPECT_FALSE(decoder.decode(Llrs(31), bits));
  EXPECT_FALSE(decoder.decode({}, bits));
  EXPECT_FALSE(decoder.decode(Llrs(32), bits, Termination::open));
  EXPECT_FALSE(decoder.decode(Llrs(32), bits, Termination::tail_biting));
  EXPECT_EQ(bits, Bits(10, 7));
  EXPECT_TRUE(decoder.decode(Llrs(32), bits));
  EXPECT_TRUE(decoder.decode(Llrs(12), {}));
  EXPECT_TRUE(decoder.decode({}, {}, Termination::open));
  EXPECT_TRUE(decoder.decode({}, {}, Termination::tail_biting));
}

TEST(ViterbiDecoder, BadConfigurationsAreNamed) {
  const auto message = [](const ViterbiDecoder::Config& config) -> std::string {
    try {
      const ViterbiDecoder decoder(config);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(message({.max_information_bits = 0}),
            "ViterbiDecoder: max_information_bits 0 is not in 1 .. 67108864");
  EXPECT_EQ(message({.max_information_bits = std::size_t{1} << 40}),
            "ViterbiDecoder: max_information_bits 1099511627776 is not in 1 .. 67108864");
  EXPECT_EQ(message({.max_information_bits = 1, .max_rounds = 0}), "ViterbiDecoder: max_rounds 0 is below 1");
  EXPECT_EQ(message({.max_information_bits = 1}), "accepted");
}

}  // namespace
}  // namespace boresight::fec
