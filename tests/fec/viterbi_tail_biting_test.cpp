#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/fec/convolutional.h"
#include "fec/viterbi_oracle.h"
#include "support/simd_targets.h"

namespace boresight::fec {
namespace {

using namespace viterbi_test;

// 64 decoders, each of which knows the state in which the block begins and ends.
std::pair<Bits, long> best_tail_biting(const Llrs& llrs) {
  std::pair<Bits, long> best{{}, std::numeric_limits<long>::min()};
  for (unsigned state = 0; state < Oracle::states; ++state) {
    Oracle oracle(state);
    oracle.run(llrs);
    if (oracle.metric(state) > best.second) best = {oracle.bits_to(state), oracle.metric(state)};
  }
  return best;
}

// With up to 67 rounds it is the exhaustive decoder. With four it makes 3 to 5 % more errors (20,000 blocks
// of 24 and 32 bits at 0 and 1.5 dB), 0.01 dB. Both see the same noise, so that only the blocks count which
// one of them gets right: the excess e is known to 3 sqrt(e + 1).
TEST(TailBitingViterbi, ErrsLikeTheExhaustiveDecoder) {
  Random random(12);
  ViterbiDecoder usual({.max_information_bits = 40});
  ViterbiDecoder patient({.max_information_bits = 40, .max_rounds = 67});
  for (const double eb_n0_db : {0.0, 1.0, 2.0}) {
    int errors = 0;
    int usual_errors = 0;
    std::size_t rounds = 0;
    constexpr int blocks = 900;
    for (int block = 0; block < blocks; ++block) {
      const std::size_t n = 20 + random.below(21);
      const Bits bits = random_bits(random, n);
      const Llrs llrs =
          noisy_llrs(random, encode(bits, Termination::tail_biting), 0.5 * std::pow(10, eb_n0_db / 10));
      const auto [best_bits, best_metric] = best_tail_biting(llrs);
      Bits decided(n);
      ASSERT_TRUE(patient.decode(llrs, decided, Termination::tail_biting));
      ASSERT_TRUE(patient.last_is_best());
      ASSERT_LE(patient.last_rounds(), 67U);
      ASSERT_EQ(correlation(llrs, encode(decided, Termination::tail_biting)), best_metric);
      ASSERT_TRUE(usual.decode(llrs, decided, Termination::tail_biting));
      ASSERT_LE(usual.last_rounds(), 4U);
      const long metric = correlation(llrs, encode(decided, Termination::tail_biting));
      ASSERT_LE(metric, best_metric);
      if (usual.last_is_best()) {
        ASSERT_EQ(metric, best_metric);
      }
      errors += best_bits != bits;
      usual_errors += decided != bits;
      rounds += usual.last_rounds();
    }
    RecordProperty("errors_at_" + std::to_string(eb_n0_db), errors);
    RecordProperty("usual_errors_at_" + std::to_string(eb_n0_db), usual_errors);
    EXPECT_LE(usual_errors, 1.05 * errors + 3 * std::sqrt(std::abs(usual_errors - errors) + 1));
    EXPECT_LT(rounds, 2.5 * blocks);
  }
}

TEST(TailBitingViterbi, IsTheSameOnEveryTarget) {
  for (const std::size_t max_rounds : {1, 2, 4, 67}) {
    ViterbiDecoder decoder({.max_information_bits = 1000, .max_rounds = max_rounds});
    std::vector<Bits> first;
    for_each_simd_target([&] {
      Random random(13);
      std::vector<Bits> all;
      for (const std::size_t n : {1, 2, 3, 4, 5, 6, 7, 11, 12, 24, 40, 100, 1000}) {
        for (int kind = 0; kind < hostile_kinds; ++kind) {
          const Llrs llrs = hostile_llrs(random, 2 * n, kind);
          all.emplace_back(n, 7);
          ASSERT_TRUE(decoder.decode(llrs, all.back(), Termination::tail_biting));
          for (const auto bit : all.back()) ASSERT_LE(bit, 1);
          all.back().push_back(static_cast<std::uint8_t>(decoder.last_rounds()));
        }
      }
      if (first.empty()) first = all;
      EXPECT_EQ(all, first);
    });
  }
}

}  // namespace
}  // namespace boresight::fec
