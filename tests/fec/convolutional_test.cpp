#include "boresight/fec/convolutional.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"

namespace boresight::fec {
namespace {

using Bits = std::vector<std::uint8_t>;
using Llrs = std::vector<modem::Llr>;
using Termination = ViterbiDecoder::Termination;

Bits random_bits(Random& random, std::size_t n) {
  Bits bits(n);
  for (auto& bit : bits) bit = random.next() & 1U;
  return bits;
}

Bits encode_terminated(Bits bits) {
  bits.resize(bits.size() + convolutional_tail_bits, 0);
  Bits coded(2 * bits.size());
  convolutional_encode(bits, coded);
  return coded;
}

Llrs to_llrs(const Bits& coded, int magnitude) {
  Llrs llrs;
  for (const auto bit : coded) llrs.push_back(static_cast<modem::Llr>(bit ? -magnitude : magnitude));
  return llrs;
}

long correlation(const Llrs& llrs, const Bits& coded) {
  long sum = 0;
  for (std::size_t i = 0; i < coded.size(); ++i) sum += coded[i] ? -llrs[i] : llrs[i];
  return sum;
}

// Convolution with the generators as 17.3.5.6 prints them: 133 = 1011011, 171 = 1111001, newest bit first.
TEST(ConvolutionalEncoder, IsTheConvolutionWithBothGenerators) {
  constexpr std::string_view a = "1011011";
  constexpr std::string_view b = "1111001";
  Random random(7);
  const Bits bits = random_bits(random, 200);
  Bits coded(400);
  convolutional_encode(bits, coded);
  for (std::size_t n = 0; n < bits.size(); ++n) {
    unsigned sum_a = 0;
    unsigned sum_b = 0;
    for (std::size_t d = 0; d < 7 && d <= n; ++d) {
      sum_a += (a[d] - '0') * bits[n - d];
      sum_b += (b[d] - '0') * bits[n - d];
    }
    ASSERT_EQ(coded[2 * n], sum_a % 2);
    ASSERT_EQ(coded[2 * n + 1], sum_b % 2);
  }
}

// Figures 17-9 and 17-10: 2/3 sends A0 B0 A1, 3/4 sends A0 B0 A1 B2. Lanes are labelled by their index.
TEST(Puncturing, PatternsAreThoseOfTheFigures) {
  Bits lanes(12);
  for (std::size_t i = 0; i < lanes.size(); ++i) lanes[i] = static_cast<std::uint8_t>(i);
  Bits two_thirds(9);
  puncture(lanes, PuncturedRate::two_thirds, two_thirds);
  EXPECT_THAT(two_thirds, testing::ElementsAre(0, 1, 2, 4, 5, 6, 8, 9, 10));
  Bits three_quarters(8);
  puncture(lanes, PuncturedRate::three_quarters, three_quarters);
  EXPECT_THAT(three_quarters, testing::ElementsAre(0, 1, 2, 5, 6, 7, 8, 11));
}

TEST(Puncturing, DepuncturePutsZerosBackForAnyLength) {
  for (const auto rate : {PuncturedRate::half, PuncturedRate::two_thirds, PuncturedRate::three_quarters}) {
    for (std::size_t n = 0; n < 30; ++n) {
      Bits coded(n);
      for (std::size_t i = 0; i < n; ++i) coded[i] = static_cast<std::uint8_t>(i + 1);
      Bits sent(punctured_bits(n, rate));
      puncture(coded, rate, sent);
      const Llrs received(sent.begin(), sent.end());
      Llrs back(n);
      depuncture(received, rate, back);
      std::size_t kept = 0;
      for (std::size_t i = 0; i < n; ++i) {
        EXPECT_TRUE(back[i] == 0 || back[i] == static_cast<modem::Llr>(i + 1));
        kept += back[i] != 0;
      }
      EXPECT_EQ(kept, sent.size());
    }
  }
}

// The decoder's codeword must correlate as well with any input as the best of all codewords.
TEST(ViterbiDecoder, IsMaximumLikelihoodOnShortBlocks) {
  Random random(8);
  ViterbiDecoder decoder({.max_information_bits = 40});
  for (const auto termination : {Termination::zero, Termination::open}) {
    const std::size_t k = 9;
    std::vector<Bits> codebook;
    for (unsigned word = 0; word < (1U << k); ++word) {
      Bits bits(k);
      for (unsigned i = 0; i < k; ++i) bits[i] = (word >> i) & 1U;
      Bits coded = encode_terminated(bits);
      if (termination == Termination::open) coded.resize(2 * k);
      codebook.push_back(coded);
    }
    for (int trial = 0; trial < 300; ++trial) {
      const int range = trial % 3 == 0 ? 2 : trial % 3 == 1 ? 20 : 127;  // many ties, usual, extreme
      Llrs llrs(codebook[0].size());
      for (auto& l : llrs) {
        l = static_cast<modem::Llr>(static_cast<int>(random.below(2 * range + 1)) - range);
      }
      Bits decided(k);
      ASSERT_TRUE(decoder.decode(llrs, decided, termination));
      long best = -1'000'000;
      for (const Bits& coded : codebook) best = std::max(best, correlation(llrs, coded));
      Bits coded = encode_terminated(decided);
      coded.resize(llrs.size());
      ASSERT_EQ(correlation(llrs, coded), best);
    }
  }
}

TEST(ViterbiDecoder, LongSaturatedBlocksOfEveryLengthAndRate) {
  Random random(9);
  ViterbiDecoder decoder({.max_information_bits = 20'000});
  for (const auto rate : {PuncturedRate::half, PuncturedRate::two_thirds, PuncturedRate::three_quarters}) {
    for (const std::size_t n : {1, 2, 7, 24, 25, 26, 1000, 1001, 20'000}) {
      const Bits bits = random_bits(random, n);
      const Bits coded = encode_terminated(bits);
      Bits sent(punctured_bits(coded.size(), rate));
      puncture(coded, rate, sent);
      Llrs llrs(coded.size());
      depuncture(to_llrs(sent, 127), rate, llrs);
      Bits decided(n);
      ASSERT_TRUE(decoder.decode(llrs, decided));
      EXPECT_EQ(decided, bits) << n;
    }
  }
}

// Any four errors within one constraint length are corrected at d_free = 10.
TEST(ViterbiDecoder, CorrectsFourHardErrors) {
  Random random(10);
  ViterbiDecoder decoder({.max_information_bits = 100});
  for (int trial = 0; trial < 500; ++trial) {
    const Bits bits = random_bits(random, 100);
    Llrs llrs = to_llrs(encode_terminated(bits), 10);
    const std::size_t begin = random.below(200);
    for (const std::size_t e : {0, 2, 3, 7}) {
      llrs[(begin + e) % llrs.size()] = static_cast<modem::Llr>(-llrs[(begin + e) % llrs.size()]);
    }
    Bits decided(100);
    ASSERT_TRUE(decoder.decode(llrs, decided));
    ASSERT_EQ(decided, bits);
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
  const double sigma = std::sqrt(1 / (2 * es_n0));
  std::size_t errors = 0;
  std::size_t total = 0;
  for (int block = 0; block < 500; ++block) {
    const Bits bits = random_bits(random, n);
    const Bits coded = encode_terminated(bits);
    Llrs llrs(coded.size());
    for (std::size_t i = 0; i < coded.size(); ++i) {
      const double y = (coded[i] ? -1.0 : 1.0) + sigma * random.normal();
      llrs[i] = modem::quantize_llr(static_cast<float>(2 * y / (sigma * sigma)));
    }
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

TEST(ViterbiDecoder, WrongSizesAreReportedNotDecoded) {
  ViterbiDecoder decoder({.max_information_bits = 10});
  Bits bits(11, 7);
  EXPECT_FALSE(decoder.decode(Llrs(34), bits));
  bits.resize(10);
  EXPECT_FALSE(decoder.decode(Llrs(31), bits));
  EXPECT_FALSE(decoder.decode({}, bits));
  EXPECT_EQ(bits, Bits(10, 7));
  EXPECT_TRUE(decoder.decode(Llrs(32), bits));
  EXPECT_TRUE(decoder.decode(Llrs(12), {}));
  EXPECT_THROW(ViterbiDecoder({.max_information_bits = 0}), ConfigError);
  EXPECT_THROW(ViterbiDecoder({.max_information_bits = std::size_t{1} << 40}), ConfigError);
}

}  // namespace
}  // namespace boresight::fec
