#include "boresight/sync/ku_acquisition.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>
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

// PSS and SSS at `start` with a carrier offset (cycles per sample), in unit-power noise scaled by the SNR.
std::vector<cf32> preamble_in_noise(std::size_t total, std::size_t start, double frequency, double snr_db,
                                    Random& random) {
  std::vector<cf32> x(total);
  std::vector<cf32> symbol(1056);
  ofdm::Modulator(ofdm::ku20()).process(sss(), symbol);
  for (std::size_t i = 0; i < 1056; ++i) {
    x[start + i] = pss()[i];
    x[start + 1056 + i] = symbol[i];
  }
  const double phase = random.uniform();
  for (std::size_t i = 0; i < total; ++i) {
    x[i] *= cf32(std::polar(1.0, 2 * pi * (phase + frequency * static_cast<double>(i))));
  }
  random.add_noise(x, static_cast<float>(power_from_db(-snr_db)));
  return x;
}

// The same, a fraction of a sample later: exactly so for both bodies, each of which with its prefix is
// periodic.
std::vector<cf32> delayed_preamble_in_noise(std::size_t total, std::size_t start, double fraction,
                                            double frequency, double snr_db, Random& random) {
  const auto n = ofdm::ku20();
  std::vector<cf32> spectrum(1024);
  std::vector<cf32> symbol(1056);
  std::vector<cf32> x(total);
  for (std::size_t s = 0; s < 2; ++s) {
    if (s == 0) {
      ofdm::Demodulator(n).process(pss().subspan(32), 0, 0, spectrum);
    } else {
      std::copy(sss().begin(), sss().end(), spectrum.begin());
    }
    for (std::size_t k = 0; k < 1024; ++k)
      spectrum[k] *= cf32(std::polar(1.0, -2 * pi * fraction * n.signed_index(k) / 1024.0));
    ofdm::Modulator(n).process(spectrum, symbol);
    for (std::size_t i = 0; i < 1056; ++i)
      x[start + 1056 * s + i] = s == 0 && i < 32 ? -symbol[i] : symbol[i];
  }
  for (std::size_t i = 0; i < total; ++i)
    x[i] *= cf32(std::polar(1.0, 1 + 2 * pi * frequency * static_cast<double>(i)));
  random.add_noise(x, static_cast<float>(power_from_db(-snr_db)));
  return x;
}

// Windows of noise with an alarm at 1e-4 per sample. Were the 4096 positions independent, 1 - exp(-0.41) of
// the 400 windows would have one: 134. Statistics 128 apart share six of their seven products and pass in
// clumps; were every clump two, 73 would. The standard error is 9; outside 60 .. 150 the threshold is wrong
// by a tenth.
TEST(PssSearch, FalseAlarmsComeAtTheRateAskedFor) {
  PssSearch search({.false_alarm_rate = 1e-4, .max_carrier_offset = 3.9, .positions = 4096});
  Random random(1);
  std::vector<cf32> noise(search.window_samples());
  int alarms = 0;
  for (int window = 0; window < 400; ++window) {
    std::fill(noise.begin(), noise.end(), cf32(0));
    random.add_noise(noise, 0.01F);
    alarms += search.process(noise).has_value();
  }
  EXPECT_GE(alarms, 60);
  EXPECT_LE(alarms, 150);
}

TEST(PssSearch, NoAlarmInTenMillionSamplesOfNoise) {
  PssSearch search({.false_alarm_rate = 1e-10, .positions = 65536});
  Random random(2);
  std::vector<cf32> noise(search.window_samples());
  for (int window = 0; window < 153; ++window) {
    std::fill(noise.begin(), noise.end(), cf32(0));
    random.add_noise(noise, 3.0F);
    EXPECT_FALSE(search.process(noise));
  }
}

// The statistic as the header defines it, in double precision; 0 where the carrier is out of range.
double statistic_at(std::span<const cf32> x, std::size_t n, double threshold, double max_carrier_offset) {
  cf64 c[8];
  for (std::size_t m = 0; m < 8; ++m) {
    for (std::size_t i = 0; i < 128; ++i)
      c[m] += cf64(x[n + 128 * m + i]) * std::conj(cf64(pss_segment()[i]));
  }
  cf64 d = 0;
  for (std::size_t m = 1; m < 8; ++m) d += (m == 1 ? -1.0 : 1.0) * c[m] * std::conj(c[m - 1]);
  double energy = 0;
  for (std::size_t i = n / 16 * 16; i < n / 16 * 16 + 1040; ++i)
    energy += static_cast<double>(std::norm(x[i]));
  const double statistic = std::abs(d) / (128 * energy / 1040);
  const bool out_of_range = std::abs(std::arg(d)) * 8 / (2 * pi) > max_carrier_offset;
  return statistic >= threshold && out_of_range ? 0.0 : statistic;
}

TEST(PssSearch, StatisticIsTheHeaders) {
  PssSearch search({.positions = 1024});
  Random random(11);
  const auto x = preamble_in_noise(search.window_samples(), 517, 1e-3, -3, random);
  search.process(x);
  for (std::size_t n = 0; n < search.statistic_2().size(); n += 3) {
    // Single precision: 1e-6 of what is added, which for the sum of seven products is their size, about 10.
    ASSERT_NEAR(std::sqrt(search.statistic_2()[n]), statistic_at(x, n, search.threshold(), 2.9), 1e-4) << n;
  }
}

// Windows one after the other, computed from what the last left and anew.
TEST(PssSearch, FollowingWindowsGiveTheSameBits) {
  PssSearch following({.positions = 2048});
  Random random(12);
  for (const std::size_t preamble : {2000U, 3000U, 4090U}) {
    const auto x = preamble_in_noise(2048 * 3 + following.window_samples(), preamble, 1e-3, 3, random);
    for (std::size_t w = 0; w < 4; ++w) {
      const auto window = std::span<const cf32>(x).subspan(2048 * w, following.window_samples());
      PssSearch anew({.positions = 2048});
      const auto want = anew.process(window);
      const auto got = following.process(window, w > 0);
      ASSERT_EQ(got.has_value(), want.has_value()) << preamble << " " << w;
      if (got) {
        EXPECT_EQ(got->position, want->position);
        EXPECT_EQ(got->frequency, want->frequency);
        EXPECT_EQ(got->statistic, want->statistic);
      }
      ASSERT_TRUE(
          std::equal(anew.statistic_2().begin(), anew.statistic_2().end(), following.statistic_2().begin()));
    }
  }
}

// A NaN, an Inf or a pulse 120 dB above the noise: every position that does not look at it is as before, to
// the bit; and those that do see no preamble where there is none.
TEST(PssSearch, DamageReachesAsFarAsItsSamples) {
  PssSearch search({});
  Random random(13);
  const auto clean = preamble_in_noise(search.window_samples(), 6000, 1e-3, 0, random);
  search.process(clean);
  const std::vector<float> want(search.statistic_2().begin(), search.statistic_2().end());
  const float inf = std::numeric_limits<float>::infinity();
  for (const cf32 bad : {cf32(NAN, 0), cf32(0, inf), cf32(1e6F, -1e6F), cf32(1e18F, 0), cf32(3e38F, 3e38F)}) {
    auto x = clean;
    x[3000] = bad;
    const auto found = search.process(x);
    ASSERT_TRUE(found);
    EXPECT_NEAR(static_cast<double>(found->position), 6032, 2);
    for (std::size_t n = 0; n < want.size(); ++n) {
      if (n / 16 * 16 + 1040 <= 3000 || n / 16 * 16 > 3000) {
        ASSERT_EQ(search.statistic_2()[n], want[n]) << n;
      }
    }
  }
}

// Positions a symbol apart see different samples, so that the alarms among them are binomial. The bounds are
// those of Clopper and Pearson at 1e-4 each. What the header derives is P(|D| > t) of D over its own mean
// power; over the power of the 1040 samples a fraction exp(-(t / l)^2 / 2080) of it is left, 0.91 at 1e-4.
TEST(PssSearch, StatisticPassesAsOftenAsItsThresholdSays) {
  PssSearch search({.max_carrier_offset = 3.9, .positions = 65536});
  Random random(14);
  std::vector<cf32> noise(search.window_samples());
  const double rates[] = {1e-2, 1e-3};
  std::size_t alarms[2] = {};
  std::size_t trials = 0;
  for (int window = 0; window < 160; ++window) {
    std::fill(noise.begin(), noise.end(), cf32(0));
    random.add_noise(noise, 1.0F);
    search.process(noise);
    for (std::size_t n = 0; n + 1168 < search.positions(); n += 1168, ++trials) {
      for (int i = 0; i < 2; ++i)
        alarms[i] += search.statistic_2()[n] > std::pow(PssSearch::threshold_for(rates[i]), 2);
    }
  }
  for (int i = 0; i < 2; ++i) {
    const auto interval = clopper_pearson(alarms[i], trials, 1e-4);
    const double t = PssSearch::threshold_for(rates[i]) / std::cos(pi / 9);
    const double theory = rates[i] * std::exp(-t * t / 2080);
    EXPECT_LT(interval.low, theory) << alarms[i] << " of " << trials;
    EXPECT_GT(interval.high, theory) << alarms[i] << " of " << trials;
  }
}

// The probability of detection at the right position against theory: the quadratic form of eight segments, at
// offsets where the match loses nothing and 1.1 dB. Bounds of 1e-4; the theory leaves out up to 0.02.
TEST(PssSearch, DetectsAsOftenAsTheorySays) {
  PssSearch search({.positions = 1024});
  Random random(15);
  for (const double subcarriers : {0.0, 2.25}) {
    for (const double snr_db : {-14.0, -13.0, -12.0}) {
      std::size_t hits = 0;
      const std::size_t trials = 800;
      for (std::size_t trial = 0; trial < trials; ++trial) {
        const auto x = preamble_in_noise(search.window_samples(), 200, subcarriers / 1024, snr_db, random);
        search.process(x);
        hits += search.statistic_2()[232] > search.threshold() * search.threshold();
      }
      const double snr = power_from_db(snr_db);
      const double angle = pi * subcarriers / 8;
      const double match =
          subcarriers == 0 ? 1.0 : std::pow(std::sin(angle) / (128 * std::sin(angle / 128)), 2);
      const double theory =
          differential_detection_probability(8, 128 * snr * match, search.threshold() * (1 + snr));
      const auto interval = clopper_pearson(hits, trials, 1e-4);
      EXPECT_LT(interval.low, theory + 0.02) << subcarriers << " " << snr_db;
      EXPECT_GT(interval.high, theory - 0.02) << subcarriers << " " << snr_db;
    }
  }
}

// Two preambles in one window, and between them one on a carrier out of range: both are found.
TEST(PssSearch, GoesThroughAWindowOnce) {
  PssSearch search({});
  Random random(8);
  auto x = preamble_in_noise(search.window_samples(), 1000, 0.5e-3, 10, random);
  const auto second = preamble_in_noise(search.window_samples(), 5000, -0.5e-3, 10, random);
  const auto decoy = preamble_in_noise(search.window_samples(), 4300, 3.5 / 1024, 10, random);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += second[i] + decoy[i];
  bool first_found = false;
  bool second_found = false;
  std::size_t count = 0;
  for (auto found = search.process(x); found; found = search.next(found->position + 128)) {
    first_found = first_found || std::abs(static_cast<double>(found->position) - 1032) <= 2;
    second_found = second_found || std::abs(static_cast<double>(found->position) - 5032) <= 2;
    ++count;
  }
  EXPECT_TRUE(first_found && second_found);
  EXPECT_LE(count, search.positions() / 128);
}

// Any start and any carrier within +-2.4 subcarriers, at -6 dB: 5 dB below the most robust payload.
TEST(PssSearch, FindsThePreambleAndItsCarrier) {
  PssSearch search({});
  Random random(3);
  for (int trial = 0; trial < 100; ++trial) {
    const std::size_t start = 100 + random.below(7000);
    const double frequency = (random.uniform() * 4.8 - 2.4) / 1024;
    const auto x = preamble_in_noise(search.window_samples(), start, frequency, -6, random);
    const auto found = search.process(x);
    ASSERT_TRUE(found) << trial;
    EXPECT_NEAR(static_cast<double>(found->position), static_cast<double>(start + 32), 2.0) << trial;
    EXPECT_NEAR(found->frequency * 1024, frequency * 1024, 0.2) << trial;  // 5 sigma at this SNR
  }
}

TEST(PssSearch, DoesNotDependOnTheScale) {
  PssSearch search({});
  for (const float scale : {1e-6F, 1.0F, 1e6F}) {
    Random random(4);
    auto x = preamble_in_noise(search.window_samples(), 3000, 1e-3, 0, random);
    for (cf32& s : x) s *= scale;
    ASSERT_TRUE(search.process(x)) << scale;
  }
}

TEST(PssSearch, SilenceHasNoCandidate) {
  PssSearch search({});
  EXPECT_FALSE(search.process(std::vector<cf32>(search.window_samples())));
}

TEST(PssSearch, RefusesWhatCannotBe) {
  EXPECT_THROW(PssSearch({.false_alarm_rate = 0}), ConfigError);
  EXPECT_THROW(PssSearch({.max_carrier_offset = 4}), ConfigError);
  EXPECT_THROW(PssSearch({.positions = 10}), ConfigError);
  EXPECT_THROW(PssSearch({.positions = 2040}), ConfigError);
}

TEST(KuSync, RefinesTimingAndCarrier) {
  KuSync sync({});
  Random random(5);
  for (const int off : {-300, -20, -1, 0, 1, 16, 250}) {
    const auto x = preamble_in_noise(6000, 1000, 0.0011, 0, random);
    const auto timing = sync.process(x, static_cast<std::size_t>(1000 + off), 0.00115);
    ASSERT_TRUE(timing) << off;
    EXPECT_EQ(timing->start, 1000) << off;
    // Six deviations of two phases a symbol apart, which the bound is below.
    EXPECT_NEAR(timing->frequency, 0.0011, 6 / (2 * pi * 1056 * std::sqrt(1056.0))) << off;
  }
}

// Carrier and delay against their Cramer-Rao bounds (the header's), at any carrier and fraction of a sample:
// within 0.5 dB, of which chance may have 0.35 (600 trials, three deviations of a variance).
TEST(KuSync, CarrierAndDelayReachTheirBounds) {
  KuSync sync({});
  Random random(6);
  const int trials = 600;
  for (const double snr_db : {-10.0, 0.0, 12.0}) {
    double carrier_square = 0;
    double delay_square = 0;
    for (int trial = 0; trial < trials; ++trial) {
      const double frequency = (random.uniform() * 4 - 2) / 1024;
      const double fraction = random.uniform() - 0.5;
      const auto x = delayed_preamble_in_noise(4000, 800, fraction, frequency, snr_db, random);
      // What the search would say: half a subcarrier off at the worst.
      const auto timing = sync.process(x, 800, frequency + (random.uniform() - 0.5) * 0.3 / 1024);
      ASSERT_TRUE(timing) << snr_db;
      carrier_square += std::pow(timing->frequency - frequency, 2);
      delay_square += std::pow(static_cast<double>(timing->start) + timing->delay - 800 - fraction, 2);
    }
    const double snr = power_from_db(snr_db);
    const double n = 2112;
    const double carrier_bound = 6 / (4 * pi * pi * snr * n * (n * n - 1));
    const double delay_bound = 12 / (8 * pi * pi * snr * n);
    EXPECT_NEAR(db_from_power(carrier_square / trials / carrier_bound), 0.15, 0.5) << snr_db;
    EXPECT_NEAR(db_from_power(delay_square / trials / delay_bound), 0.3, 0.5) << snr_db;
  }
}

// Beta(1, 1019) over 1024 taps: at a false-alarm probability of 0.05, 50 of 1000 first looks. A tap that is
// not where it should be is looked at again and must pass again, in other noise but for the overlap: fewer
// are left.
TEST(KuSync, FalseAlarmsComeAtTheRateAskedFor) {
  KuSync sync({.false_alarm_probability = 0.05});
  Random random(7);
  int alarms = 0;
  std::vector<cf32> noise(3200);
  for (int trial = 0; trial < 1000; ++trial) {
    std::fill(noise.begin(), noise.end(), cf32(0));
    random.add_noise(noise, 1.0F);
    // Delays beyond a symbol's neighbourhood are looked at again: both looks must pass.
    alarms += sync.process(noise, 512, 0).has_value();
  }
  EXPECT_LE(alarms, 85);
}

}  // namespace
}  // namespace boresight::sync
