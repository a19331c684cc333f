#include "boresight/modem/soft_demapper.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/ofdm/equalizer.h"

namespace boresight::modem {
namespace {

struct Case {
  Modulation modulation;
  BitMap map;
};
const Case cases[] = {{Modulation::bpsk, BitMap::wifi},  {Modulation::qpsk, BitMap::nr},
                      {Modulation::qpsk, BitMap::wifi},  {Modulation::qam16, BitMap::nr},
                      {Modulation::qam16, BitMap::wifi}, {Modulation::qam64, BitMap::nr},
                      {Modulation::qam64, BitMap::wifi}};

// The oracle: max-log over all points of the plane, in double precision.
std::vector<double> slow_llr(const Constellation& c, cf64 y, double variance) {
  const unsigned bits = c.bits();
  std::vector<double> best0(bits, 1e300);
  std::vector<double> best1(bits, 1e300);
  for (unsigned value = 0; value < (1U << bits); ++value) {
    std::vector<std::uint8_t> lanes(bits);
    for (unsigned b = 0; b < bits; ++b) lanes[b] = (value >> b) & 1U;
    cf32 point;
    c.map(lanes, {&point, 1});
    const double distance = std::norm(y - cf64(point)) / variance;
    for (unsigned b = 0; b < bits; ++b) {
      double& best = lanes[b] ? best1[b] : best0[b];
      best = std::min(best, distance);
    }
  }
  for (unsigned b = 0; b < bits; ++b) best1[b] -= best0[b];
  return best1;
}

// One step of rounding is the only difference allowed.
TEST(SoftDemapper, AgreesWithMaxLogOverThePlane) {
  Random random(11);
  for (const auto& [modulation, map] : cases) {
    const Constellation c(modulation, map);
    for (int trial = 0; trial < 500; ++trial) {
      const cf32 y = random.complex_normal(2.0F);
      const auto variance = static_cast<float>(0.05 + random.uniform());
      std::vector<Llr> llr(c.bits());
      soft_demap(c, {&y, 1}, {&variance, 1}, llr);
      const auto expected = slow_llr(c, cf64(y), static_cast<double>(variance));
      for (unsigned b = 0; b < c.bits(); ++b) {
        EXPECT_NEAR(llr[b], std::clamp(expected[b] * 4.0, -127.0, 127.0), 0.51);
      }
    }
  }
}

// Exact bit error rate of square Gray QAM in AWGN (Cho and Yoon, IEEE Trans. Commun. 50(7), 2002).
double closed_form_ber(Modulation modulation, double es_n0) {
  const auto m = static_cast<double>(1U << bits_per_symbol(modulation));
  const double root = std::sqrt(m);
  const auto axis_bits = static_cast<unsigned>(std::lround(std::log2(root)));
  double sum = 0;
  for (unsigned k = 1; k <= axis_bits; ++k) {
    const auto last = static_cast<int>((1.0 - std::pow(2.0, -static_cast<double>(k))) * root) - 1;
    for (int i = 0; i <= last; ++i) {
      const double ratio = i * std::pow(2.0, k - 1) / root;
      const double sign = static_cast<int>(std::floor(ratio)) % 2 == 0 ? 1.0 : -1.0;
      const double weight = std::pow(2.0, k - 1) - std::floor(ratio + 0.5);
      sum += sign * weight * std::erfc((2 * i + 1) * std::sqrt(1.5 * es_n0 / (m - 1)));
    }
  }
  return sum / (root * axis_bits);
}

// The sign of the LLR is the hard decision; 200,000 symbols, five binomial standard errors.
TEST(SoftDemapper, HardDecisionsHaveTheClosedFormErrorRate) {
  Random random(12);
  const struct {
    Modulation modulation;
    double es_n0_db;
  } points[] = {{Modulation::qpsk, 7.0}, {Modulation::qam16, 13.0}, {Modulation::qam64, 19.0}};
  for (const auto& [modulation, es_n0_db] : points) {
    for (const auto map : {BitMap::nr, BitMap::wifi}) {
      const Constellation c(modulation, map);
      const std::size_t n = 200'000;
      std::vector<std::uint8_t> sent(n * c.bits());
      for (auto& bit : sent) bit = static_cast<std::uint8_t>(random.next() >> 63);
      std::vector<cf32> symbols(n);
      c.map(sent, symbols);
      const auto variance = static_cast<float>(power_from_db(-es_n0_db));
      random.add_noise(symbols, variance);
      std::vector<Llr> llr(sent.size());
      soft_demap(c, symbols, std::vector<float>(n, variance), llr);
      std::size_t errors = 0;
      for (std::size_t i = 0; i < sent.size(); ++i) errors += sent[i] != (llr[i] < 0);
      const double p = closed_form_ber(modulation, power_from_db(es_n0_db));
      const auto total = static_cast<double>(sent.size());
      EXPECT_NEAR(static_cast<double>(errors) / total, p, 5 * std::sqrt(p / total)) << c.bits();
    }
  }
}

TEST(SoftDemapper, UnknownIsZero) {
  const Constellation c(Modulation::qam16, BitMap::nr);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<cf32> symbols{{0.3F, 0.3F}, {0.3F, 0.3F}, {0.3F, 0.3F}, {nan, 0.3F}};
  const std::vector<float> variance{0.0F, nan, ofdm::erased_variance, 1.0F};
  std::vector<Llr> llr(16, 99);
  soft_demap(c, symbols, variance, llr);
  for (std::size_t i = 0; i < 12; ++i) EXPECT_EQ(llr[i], 0) << i;
  EXPECT_EQ(llr[12], 0);  // the I bits of the NaN symbol
  EXPECT_EQ(llr[14], 0);
}

}  // namespace
}  // namespace boresight::modem
