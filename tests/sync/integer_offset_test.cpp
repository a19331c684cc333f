#include "boresight/sync/integer_offset.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/ofdm/demodulator.h"
#include "boresight/ofdm/modulator.h"
#include "boresight/ofdm/numerology.h"
#include "boresight/sync/detection_theory.h"
#include "boresight/sync/ku_sequences.h"

namespace boresight::sync {
namespace {

std::vector<cf32> wifi_symbol() {  // any BPSK on wifi20's 52 subcarriers
  Random random(1);
  std::vector<cf32> known(64);
  for (const std::uint16_t k : ofdm::wifi20().used_carriers()) known[k] = random.below(2) ? 1.0F : -1.0F;
  return known;
}

// Every whole offset, a window up to 12 samples early, two paths three samples apart: the symbol goes through
// the air, not only through the subcarriers.
TEST(IntegerOffset, FindsEveryOffsetThroughAChannel) {
  Random random(2);
  struct Grid {
    ofdm::Numerology numerology;
    std::vector<cf32> known;
    std::size_t most;
  };
  for (const Grid& g :
       {Grid{ofdm::ku20(), {sss().begin(), sss().end()}, 40}, {ofdm::wifi20(), wifi_symbol(), 6}}) {
    const std::size_t n = g.numerology.fft_size;
    const std::size_t prefix = g.numerology.prefix_samples;
    IntegerOffset search({g.known, g.most});
    ofdm::Demodulator demodulator(g.numerology);
    std::vector<cf32> symbol(n + prefix);
    ofdm::Modulator(g.numerology).process(g.known, symbol);
    for (int offset = -static_cast<int>(g.most); offset <= static_cast<int>(g.most); ++offset) {
      const std::size_t early = random.below(static_cast<std::uint32_t>(prefix - 4));
      std::vector<cf32> x(n);
      for (std::size_t i = 0; i < n; ++i) {
        const std::size_t at = prefix - early + i;
        const cf32 paths = symbol[at] + (at >= 3 ? cf32(0, 0.4F) * symbol[at - 3] : cf32(0));
        x[i] =
            paths * cf32(std::polar(1.0, 2 * pi * offset * static_cast<double>(i) / static_cast<double>(n)));
      }
      random.add_noise(x, 0.3F);
      std::vector<cf32> bins(n);
      demodulator.process(x, 0, 0, bins);
      const auto found = search.process(bins);
      ASSERT_TRUE(found) << n << " " << offset;
      EXPECT_EQ(found->offset, offset);
      // Between the two paths, 0.16 of the power on the later; and noise.
      EXPECT_NEAR(found->delay, static_cast<double>(early) + 3 * 0.16 / 1.16,
                  0.01 * static_cast<double>(n) + 0.5);
    }
  }
}

TEST(IntegerOffset, AlarmsInNoiseAtTheRateAskedFor) {
  Random random(3);
  IntegerOffset search({wifi_symbol(), 6, 0.05});
  std::size_t alarms = 0;
  const std::size_t trials = 4000;
  std::vector<cf32> bins(64);
  for (std::size_t trial = 0; trial < trials; ++trial) {
    for (cf32& b : bins) b = random.complex_normal(2.0F);
    alarms += search.process(bins).has_value();
  }
  // Thirteen shifts, of nearly the same subcarriers but other products: nearly independent.
  const auto interval = clopper_pearson(alarms, trials, 1e-4);
  EXPECT_LT(interval.low, 0.055) << alarms;
  EXPECT_GT(interval.high, 0.04) << alarms;
}

TEST(IntegerOffset, NothingComesOfNothing) {
  IntegerOffset search({wifi_symbol(), 6});
  std::vector<cf32> bins(64);
  EXPECT_FALSE(search.process(bins));
  bins[5] = cf32(NAN, 0);
  EXPECT_FALSE(search.process(bins));
  const auto known = wifi_symbol();
  for (const float scale : {1e-6F, 1e6F}) {
    for (std::size_t k = 0; k < 64; ++k) bins[k] = scale * known[(k + 62) % 64];
    const auto found = search.process(bins);
    ASSERT_TRUE(found) << scale;
    EXPECT_EQ(found->offset, 2);
    EXPECT_NEAR(found->statistic, 50.0 / 52, 1e-6);
  }
}

TEST(IntegerOffset, RefusesWhatCannotBe) {
  EXPECT_THROW(IntegerOffset({std::vector<cf32>(64), 2}), ConfigError);
  EXPECT_THROW(IntegerOffset({wifi_symbol(), 32}), ConfigError);
  EXPECT_THROW(IntegerOffset({wifi_symbol(), 2, 0.0}), ConfigError);
  auto bad = wifi_symbol();
  bad[3] = cf32(NAN, 0);
  EXPECT_THROW(IntegerOffset({bad, 2}), ConfigError);
}

}  // namespace
}  // namespace boresight::sync
