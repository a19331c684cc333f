#include "boresight/modem/soft_demapper.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/ofdm/equalizer.h"
#include "modem/soft_demapper_reference.h"
#include "support/closed_form.h"
#include "support/simd_targets.h"

namespace boresight::modem {
namespace {

std::vector<Constellation> all_constellations() {
  std::vector<Constellation> all{{Modulation::qpsk, BitMap::axis}};
  for (std::size_t m = 0; m < modulation_count; ++m) {
    all.emplace_back(static_cast<Modulation>(m), BitMap::nr);
    all.emplace_back(static_cast<Modulation>(m), BitMap::wifi);
  }
  return all;
}

// Max-log over all points of the plane, in double precision, in nats: the specification.
std::vector<double> slow_llr(const Constellation& c, cf64 y, double variance) {
  std::vector<double> best0(c.bits(), 1e300);
  std::vector<double> best1(c.bits(), 1e300);
  for (unsigned value = 0; value < (1U << c.bits()); ++value) {
    const double distance = std::norm(y - cf64(c.point(value))) / variance;
    for (unsigned b = 0; b < c.bits(); ++b) {
      double& best = (value >> (c.bits() - 1 - b)) & 1U ? best1[b] : best0[b];
      best = std::min(best, distance);
    }
  }
  for (unsigned b = 0; b < c.bits(); ++b) best1[b] -= best0[b];
  return best1;
}

// Symbols in and around a constellation, with variances from those of a hopeless channel (5 dB) to 60 dB.
struct Data {
  std::vector<cf32> symbols;
  std::vector<float> variance;
};
Data measurements(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  Data data{std::vector<cf32>(count), std::vector<float>(count)};
  random.add_noise(data.symbols, 1.5F);
  for (float& v : data.variance) v = static_cast<float>(power_from_db(-5 - 55 * random.uniform()));
  return data;
}

// 0.5 is the rounding to steps; 0.05 the single precision of the kernel at 60 dB.
TEST(SoftDemapper, IsMaxLogOverThePlane) {
  const Data data = measurements(300, 11);
  for (const Constellation& c : all_constellations()) {
    std::vector<Llr> llr(data.symbols.size() * c.bits());
    soft_demap(c, data.symbols, data.variance, llr);
    for (std::size_t n = 0; n < data.symbols.size(); ++n) {
      const auto expected = slow_llr(c, cf64(data.symbols[n]), static_cast<double>(data.variance[n]));
      for (unsigned b = 0; b < c.bits(); ++b) {
        EXPECT_NEAR(llr[n * c.bits() + b], std::clamp(expected[b] * 4.0, -127.0, 127.0), 0.55)
            << c.bits() << " bits, " << data.symbols[n] << " " << data.variance[n];
      }
    }
  }
}

// Every target, odd lengths, unaligned starts: within one step of the plain version, and all targets and cuts
// the same to the bit. Nothing is written behind the end.
TEST(SoftDemapper, EveryTargetAndLengthIsThePlainVersion) {
  const Data data = measurements(1100, 13);
  for (const Constellation& c : all_constellations()) {
    const unsigned bits = c.bits();
    std::vector<double> nats(data.symbols.size() * bits);
    reference::soft_demap(c, data.symbols, data.variance, nats);
    std::vector<Llr> whole(nats.size());
    soft_demap(c, data.symbols, data.variance, whole);
    for_each_simd_target([&] {
      for (const std::size_t length : {0U, 1U, 2U, 7U, 15U, 16U, 31U, 32U, 33U, 255U, 256U, 257U, 1023U}) {
        for (const std::size_t start : {0U, 1U, 3U}) {
          std::vector<Llr> llr(start + length * bits + 40, 99);
          const auto out = std::span(llr).subspan(start, length * bits);
          soft_demap(c, std::span(data.symbols).subspan(start, length),
                     std::span(data.variance).subspan(start, length), out);
          ASSERT_TRUE(std::equal(out.begin(), out.end(), whole.begin() + start * bits))
              << bits << " bits, " << length << " symbols from " << start;
          ASSERT_EQ(std::count(llr.begin(), llr.begin() + start, 99), start);
          ASSERT_EQ(std::count(llr.end() - 40, llr.end(), 99), 40);
        }
      }
    });
    for (std::size_t i = 0; i < whole.size(); ++i) {
      ASSERT_LE(std::abs(whole[i] - reference::quantize(nats[i])), 1) << bits << " bits, LLR " << i;
    }
  }
}

TEST(SoftDemapper, WeightsAndMatchedSymbolsSayTheSame) {
  const Data data = measurements(1000, 14);
  std::vector<float> weight(data.symbols.size());
  std::vector<float> fourth(data.symbols.size());
  std::vector<cf32> matched(data.symbols.size());
  for (std::size_t n = 0; n < weight.size(); ++n) {
    weight[n] = 1 / data.variance[n];
    fourth[n] = weight[n] / 4;
    matched[n] = data.symbols[n] * weight[n];
  }
  for (const Constellation& c : all_constellations()) {
    std::vector<Llr> expected(weight.size() * c.bits());
    soft_demap(c, data.symbols, data.variance, expected);
    for_each_simd_target([&] {
      std::vector<Llr> weighted(expected.size());
      soft_demap_weighted(c, data.symbols, weight, weighted);
      std::vector<Llr> with_factor(expected.size());
      soft_demap_weighted(c, data.symbols, fourth, with_factor, 4);
      EXPECT_EQ(with_factor, weighted);  // powers of two are exact
      std::vector<Llr> from_matched(expected.size());
      soft_demap_matched(c, matched, weight, from_matched);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_LE(std::abs(weighted[i] - expected[i]), 1) << c.bits() << " bits, LLR " << i;
        ASSERT_LE(std::abs(from_matched[i] - expected[i]), 1) << c.bits() << " bits, LLR " << i;
      }
    });
  }
}

// Max-log of one bit per axis leaves nothing out.
TEST(SoftDemapper, IsExactWhereAnAxisHasOneBit) {
  const Data data = measurements(500, 15);
  for (const Constellation& c : all_constellations()) {
    if (c.i_bits() != 1) continue;
    std::vector<Llr> llr(data.symbols.size() * c.bits());
    std::vector<double> exact(llr.size());
    soft_demap(c, data.symbols, data.variance, llr);
    soft_demap_exact(c, data.symbols, data.variance, exact);
    for (std::size_t i = 0; i < llr.size(); ++i) {
      EXPECT_NEAR(llr[i], std::clamp(exact[i] * 4, -127.0, 127.0), 0.55) << i;
    }
  }
}

// The exact LLR against the sum of exponentials as it is written, at noise that lets it not overflow; and
// max-log within ln(points of one side) of it, half of them being the most that a sum can add to its maximum.
TEST(SoftDemapper, ExactIsTheRatioOfTheSums) {
  Random random(16);
  for (const Constellation& c : all_constellations()) {
    for (int trial = 0; trial < 40; ++trial) {
      const cf32 y = random.complex_normal(1.0F);
      const auto variance = static_cast<float>(0.03 + random.uniform());
      std::vector<double> exact(c.bits());
      soft_demap_exact(c, {&y, 1}, {&variance, 1}, exact);
      const auto max_log = slow_llr(c, cf64(y), static_cast<double>(variance));
      for (unsigned b = 0; b < c.bits(); ++b) {
        double sum[2] = {0, 0};
        for (unsigned value = 0; value < (1U << c.bits()); ++value) {
          const bool bit = ((value >> (c.bits() - 1 - b)) & 1U) != 0;
          sum[bit] += std::exp(-std::norm(cf64(y) - cf64(c.point(value))) / static_cast<double>(variance));
        }
        EXPECT_NEAR(exact[b], std::log(sum[0] / sum[1]), 1e-9 * (1 + std::abs(exact[b])));
        EXPECT_LE(std::abs(exact[b] - max_log[b]), (c.bits() - 1) * std::log(2.0) + 1e-9);
      }
    }
  }
}

// What an LLR means: of the bits with exact L in a bin, the fraction of zeros is the mean of 1 / (1 + e^-L).
// 16-QAM at 8 dB, 64-QAM at 12 dB, 256-QAM at 18 dB, 4 standard errors in each bin.
TEST(SoftDemapper, ExactLlrsAreConsistent) {
  Random random(17);
  const struct {
    Modulation modulation;
    double es_n0_db;
    std::size_t symbols;
  } cases[] = {
      {Modulation::qam16, 8, 60'000}, {Modulation::qam64, 12, 20'000}, {Modulation::qam256, 18, 5'000}};
  for (const auto& [modulation, es_n0_db, count] : cases) {
    const Constellation c(modulation, BitMap::nr);
    std::vector<std::uint8_t> sent(count * c.bits());
    for (auto& bit : sent) bit = static_cast<std::uint8_t>(random.next() >> 63);
    std::vector<cf32> symbols(count);
    c.map(sent, symbols);
    const auto variance = static_cast<float>(power_from_db(-es_n0_db));
    random.add_noise(symbols, variance);
    std::vector<double> llr(sent.size());
    soft_demap_exact(c, symbols, std::vector<float>(count, variance), llr);
    constexpr int bins = 17;  // one nat each, -8.5 .. 8.5
    double zeros[bins] = {};
    double expected[bins] = {};
    double spread[bins] = {};
    for (std::size_t i = 0; i < llr.size(); ++i) {
      const auto bin = static_cast<int>(std::lround(llr[i])) + bins / 2;
      if (bin < 0 || bin >= bins) continue;
      const double p = 1 / (1 + std::exp(-llr[i]));
      zeros[bin] += sent[i] == 0;
      expected[bin] += p;
      spread[bin] += p * (1 - p);
    }
    for (int bin = 0; bin < bins; ++bin) {
      EXPECT_NEAR(zeros[bin], expected[bin], 4 * std::sqrt(spread[bin]) + 1)
          << c.bits() << " bits, bin " << bin;
    }
  }
}

// The sign of the LLR is the hard decision. Every constellation within 0.05 dB of the closed form: the error
// rate lies between those 0.05 dB to either side, which are 2.5 to 3 % away, give or take four binomial
// standard errors, 1.1 to 1.5 % with 4 million bits at 2 to 3 errors in a hundred. An LLR that rounds to 0
// decides nothing; half of them count.
TEST(SoftDemapper, HardDecisionsHaveTheClosedFormErrorRate) {
  Random random(12);
  const double es_n0_db[modulation_count] = {3.2, 6.2, 12.5, 18.0, 23.5, 29.0};
  for (const Constellation& c : all_constellations()) {
    const std::size_t n = 4'000'000 / c.bits();
    std::vector<std::uint8_t> sent(n * c.bits());
    for (auto& bit : sent) bit = static_cast<std::uint8_t>(random.next() >> 63);
    std::vector<cf32> symbols(n);
    c.map(sent, symbols);
    const double db = es_n0_db[static_cast<std::size_t>(c.modulation())];
    const auto variance = static_cast<float>(power_from_db(-db));
    random.add_noise(symbols, variance);
    std::vector<Llr> llr(sent.size());
    soft_demap(c, symbols, std::vector<float>(n, variance), llr);
    double errors = 0;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      errors += llr[i] == 0 ? 0.5 : static_cast<double>((sent[i] != 0) != (llr[i] < 0));
    }
    const auto total = static_cast<double>(sent.size());
    const double most = closed_form_ber(c.modulation(), power_from_db(db - 0.05));
    const double least = closed_form_ber(c.modulation(), power_from_db(db + 0.05));
    EXPECT_LT(errors / total, most + 4 * std::sqrt(most / total)) << c.bits();
    EXPECT_GT(errors / total, least - 4 * std::sqrt(least / total)) << c.bits();
  }
}

TEST(SoftDemapper, UnknownIsZero) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<cf32> symbols{{0.3F, 0.3F}, {0.3F, 0.3F}, {0.3F, 0.3F}, {0.3F, 0.3F}, {0.3F, 0.3F},
                                  {nan, 0.3F},  {0.3F, nan},  {inf, 0.3F},  {0.3F, -inf}, {nan, inf}};
  const std::vector<float> variance{0.0F, nan, ofdm::erased_variance, -1.0F, 1e-32F, 1.0F, 1.0F, 1.0F,
                                    1.0F, inf};
  for (const Constellation& c : all_constellations()) {
    const bool one_axis = c.modulation() == Modulation::bpsk && c.bit_map() == BitMap::wifi;
    for_each_simd_target([&] {
      std::vector<Llr> llr(symbols.size() * c.bits(), 99);
      soft_demap(c, symbols, variance, llr);
      for (std::size_t n = 0; n < symbols.size(); ++n) {
        if (one_axis && (n == 6 || n == 8)) continue;  // which do not hear of Q
        for (unsigned b = 0; b < c.bits(); ++b) EXPECT_EQ(llr[n * c.bits() + b], 0) << n << " " << b;
      }
      std::vector<float> weight{0.0F, nan, inf, -1.0F, 1e32F, 1.0F, 1.0F, 1.0F, 1.0F, 0.0F};
      std::fill(llr.begin(), llr.end(), Llr{99});
      soft_demap_weighted(c, symbols, weight, llr);
      for (std::size_t i = 0; i < 5 * std::size_t{c.bits()}; ++i) EXPECT_EQ(llr[i], 0) << i;
      std::fill(llr.begin(), llr.end(), Llr{99});
      soft_demap_matched(c, symbols, weight, llr);
      for (std::size_t i = 0; i < 5 * std::size_t{c.bits()}; ++i) EXPECT_EQ(llr[i], 0) << i;
    });
    std::vector<double> exact(symbols.size() * c.bits(), 9);
    soft_demap_exact(c, symbols, variance, exact);
    for (std::size_t n = 0; n < symbols.size(); ++n) {
      if (n == 4) continue;  // in double precision it is a variance
      for (unsigned b = 0; b < c.bits(); ++b) EXPECT_NEAR(exact[n * c.bits() + b], 0, 1e-25) << n;
    }
  }
}

// Zeros of either sign are zeros; far outside and without noise everything is clipped, to the right side.
TEST(SoftDemapper, EdgesOfTheRange) {
  for (const Constellation& c : all_constellations()) {
    for_each_simd_target([&] {
      const std::vector<cf32> zero{{0.0F, 0.0F}, {-0.0F, -0.0F}};
      const std::vector<float> noise{0.1F, 0.1F};
      std::vector<Llr> llr(2 * c.bits());
      soft_demap(c, zero, noise, llr);
      EXPECT_TRUE(std::equal(llr.begin(), llr.begin() + c.bits(), llr.begin() + c.bits()));
      EXPECT_EQ(llr[c.bit_position(0, 0)], 0);
      for (const float variance : {1e-5F, 1e-8F, 1e-12F, 1e-20F}) {
        for (unsigned value = 0; value < (1U << c.bits()); ++value) {
          const auto clipped = [&](unsigned b) { return (value >> (c.bits() - 1 - b)) & 1U ? -127 : 127; };
          std::vector<Llr> out(c.bits());
          const cf32 y = c.point(value);
          soft_demap(c, {&y, 1}, {&variance, 1}, out);
          for (unsigned b = 0; b < c.bits(); ++b) EXPECT_EQ(out[b], clipped(b)) << c.bits() << " " << value;
          const cf32 far = 1e4F * y;  // the nearest points are at the edge: only the first bits stay
          soft_demap(c, {&far, 1}, {&variance, 1}, out);
          EXPECT_EQ(out[c.bit_position(0, 0)], clipped(c.bit_position(0, 0)));
          if (c.q_bits() > 0) {
            EXPECT_EQ(out[c.bit_position(1, 0)], clipped(c.bit_position(1, 0)));
          }
        }
      }
    });
  }
}

}  // namespace
}  // namespace boresight::modem
