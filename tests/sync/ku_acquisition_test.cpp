#include "boresight/sync/ku_acquisition.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/ofdm/modulator.h"
#include "boresight/ofdm/numerology.h"
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
}

TEST(KuSync, RefinesTimingAndCarrier) {
  KuSync sync({});
  Random random(5);
  for (const int off : {-300, -20, -1, 0, 1, 16, 250}) {
    const auto x = preamble_in_noise(6000, 1000, 0.0011, 0, random);
    const auto timing = sync.process(x, static_cast<std::size_t>(1000 + off), 0.00115);
    ASSERT_TRUE(timing) << off;
    EXPECT_EQ(timing->start, 1000) << off;
    // The phase from PSS to SSS: 1 / (1056 SNR) rad^2 over 2 pi 1056 samples; six of it.
    EXPECT_NEAR(timing->frequency, 0.0011, 6 / (2 * pi * 1056 * std::sqrt(1056.0))) << off;
  }
}

// The carrier estimate against its Cramer-Rao-like bound: two phases of 1056 samples each, 1056 apart.
TEST(KuSync, CarrierErrorIsThatOfTwoPhases) {
  KuSync sync({});
  Random random(6);
  double square = 0;
  const int trials = 400;
  for (int trial = 0; trial < trials; ++trial) {
    const auto x = preamble_in_noise(4000, 800, 0.0005, 3, random);
    const auto timing = sync.process(x, 800, 0.0005);
    ASSERT_TRUE(timing);
    square += std::pow(timing->frequency - 0.0005, 2);
  }
  const double snr = power_from_db(3);
  const double theory = 1 / (1040.0 * snr) / std::pow(2 * pi * 1056, 2);  // 1056 and 1024 samples
  EXPECT_NEAR(square / trials / theory, 1.0, 0.25);
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
