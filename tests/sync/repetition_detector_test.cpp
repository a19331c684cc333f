#include "boresight/sync/repetition_detector.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/sync/detection_theory.h"
#include "boresight/sync/tone_canceller.h"

namespace boresight::sync {
namespace {

using Detections = std::vector<RepetitionDetector::Detection>;

Detections run(RepetitionDetector& detector, std::span<const cf32> x, std::size_t piece = 100'000) {
  Detections all;
  while (!x.empty()) {
    const auto in = x.first(std::min(piece, x.size()));
    RepetitionDetector::Detection one[2];
    std::size_t consumed = 0;
    while (true) {
      const Progress p = detector.process(in.subspan(consumed), one);
      consumed += p.consumed;
      all.insert(all.end(), one, one + p.produced);
      if (p.produced == 0) break;
    }
    x = x.subspan(in.size());
  }
  return all;
}

// Unit-power parts at `start` and 500 samples of data behind them, on a carrier, in noise of the SNR.
std::vector<cf32> scene(const RepetitionDetector::Config& config, std::size_t total, std::size_t start,
                        double frequency, double snr_db, std::uint64_t seed) {
  Random random(seed);
  std::vector<cf32> part(config.period);
  for (cf32& s : part) s = random.complex_normal();
  std::vector<cf32> x(total);
  for (std::size_t m = 0; m < config.signs.size(); ++m) {
    for (std::size_t i = 0; i < config.period; ++i) {
      const bool mirrored = config.metric == RepetitionMetric::park && m == 1;
      x[start + m * config.period + i] =
          static_cast<float>(config.signs[m]) * (mirrored ? std::conj(part[config.period - 1 - i]) : part[i]);
    }
  }
  const std::size_t end = start + config.signs.size() * config.period;
  for (std::size_t i = end; i < std::min(total, end + 500); ++i) x[i] = random.complex_normal();
  for (std::size_t i = 0; i < total; ++i)
    x[i] *= cf32(std::polar(1.0, 0.7 + 2 * pi * frequency * static_cast<double>(i)));
  random.add_noise(x, static_cast<float>(power_from_db(-snr_db)));
  return x;
}

const RepetitionDetector::Config configs[] = {
    {.metric = RepetitionMetric::schmidl_cox, .period = 64, .signs = {1, 1}, .false_alarm_rate = 1e-8},
    {.metric = RepetitionMetric::schmidl_cox, .period = 61, .signs = {1, -1}, .false_alarm_rate = 1e-8},
    {.metric = RepetitionMetric::minn, .period = 32, .signs = {-1, 1, -1, -1}, .false_alarm_rate = 1e-8},
    {.metric = RepetitionMetric::minn,
     .period = 128,
     .signs = {-1, 1, 1, 1, 1, 1, 1, 1},
     .false_alarm_rate = 1e-8},
    {.metric = RepetitionMetric::minn, .period = 100, .signs = {1, 1, 1, -1, 1}, .false_alarm_rate = 1e-8},
    {.metric = RepetitionMetric::park, .period = 64, .signs = {1, 1}, .false_alarm_rate = 1e-8},
};

// The metric as the header has it, from the samples of one window.
double metric_of(const RepetitionDetector::Config& config, std::span<const cf32> x) {
  const std::size_t p = config.period;
  const std::size_t parts = config.signs.size();
  std::vector<std::vector<cf64>> part(parts, std::vector<cf64>(p));
  for (std::size_t m = 0; m < parts; ++m) {
    cf64 mean = 0;
    for (std::size_t i = 0; i < p; ++i) mean += cf64(x[m * p + i]) / static_cast<double>(p);
    for (std::size_t i = 0; i < p; ++i) part[m][i] = cf64(x[m * p + i]) - mean;
  }
  const auto energy = [&](std::size_t m) {
    double sum = 0;
    for (const cf64 s : part[m]) sum += std::norm(s);
    return sum;
  };
  cf64 c = 0;
  double all = energy(0);
  for (std::size_t m = 1; m < parts; ++m) {
    all += energy(m);
    for (std::size_t i = 0; i < p; ++i) {
      c += config.metric == RepetitionMetric::park
               ? part[1][i] * part[0][p - 1 - i]
               : static_cast<double>(config.signs[m] * config.signs[m - 1]) * part[m][i] *
                     std::conj(part[m - 1][i]);
    }
  }
  const auto l = static_cast<double>(parts);
  return config.metric == RepetitionMetric::minn ? std::abs(c) / all * l / (l - 1)
                                                 : std::abs(c) / std::sqrt(energy(0) * energy(1));
}

TEST(RepetitionDetector, MetricIsTheHeaders) {
  for (const auto& config : configs) {
    auto x = scene(config, 2500, 700, 1e-3, 6, 1);
    for (cf32& s : x) s += cf32(3, -2);
    RepetitionDetector detector(config);
    const std::size_t window = detector.window_samples();
    for (std::size_t n = 0; n < x.size(); ++n) {
      RepetitionDetector::Detection one;
      detector.process(std::span<const cf32>(x).subspan(n, 1), std::span(&one, 1));
      if (n % 37 != 0 || n + 1 < window) continue;
      ASSERT_NEAR(detector.metric(),
                  metric_of(config, std::span<const cf32>(x).subspan(n + 1 - window, window)), 1e-9)
          << n;
    }
  }
}

// Windows without a sample in common are independent: binomial, bounds of 1e-4 each. The theory of minn is
// good to 5 % (detection_theory.h), the others' is exact.
TEST(RepetitionDetector, AlarmsInNoiseAtTheRateAskedFor) {
  Random random(2);
  for (auto config : configs) {
    if (config.period > 64) continue;
    config.false_alarm_rate = 1e-2;
    RepetitionDetector detector(config);
    std::vector<cf32> noise(detector.window_samples());
    std::size_t alarms = 0;
    const std::size_t trials = 8000;
    for (std::size_t trial = 0; trial < trials; ++trial) {
      for (cf32& s : noise) s = random.complex_normal() + cf32(5, 0);
      RepetitionDetector::Detection one;
      detector.process(noise, std::span(&one, 1));
      alarms += detector.metric() > detector.threshold();
    }
    const auto interval = clopper_pearson(alarms, trials, 1e-4);
    EXPECT_LT(interval.low, 1e-2 * 1.1) << alarms;
    EXPECT_GT(interval.high, 1e-2 / 1.1) << alarms;
  }
}

// Found where it is, with its carrier. The phase of P (L - 1) products has the variance of Moose's (1994), at
// high SNR 1 / (P snr (L - 1)^2) from the two outer parts alone: five deviations. Schmidl and Cox' metric has
// its peak at the right place but is flat around it; Minn's falls at once.
TEST(RepetitionDetector, FindsTheStartAndTheCarrier) {
  for (const auto& config : configs) {
    for (const double turns : {-0.4, 0.0, 0.31}) {  // per period
      const double frequency = turns / static_cast<double>(config.period);
      RepetitionDetector detector(config);
      const auto found = run(detector, scene(config, 6000, 2345, frequency, 12, 3));
      ASSERT_EQ(found.size(), 1U) << config.period;
      const bool flat = config.metric == RepetitionMetric::schmidl_cox;
      EXPECT_NEAR(static_cast<double>(found[0].start), 2345, flat ? 6 : 1) << config.period;
      if (config.metric == RepetitionMetric::park) continue;
      const auto p = static_cast<double>(config.period);
      const double deviation = std::sqrt(1 / (p * power_from_db(12))) / (2 * pi * p);
      EXPECT_NEAR(found[0].frequency, frequency, 5 * deviation) << config.period;
    }
  }
}

TEST(RepetitionDetector, NeitherConstantNorScaleMatters) {
  for (const auto& config : configs) {
    const auto x = scene(config, 6000, 2345, 0.2 / static_cast<double>(config.period), 10, 4);
    RepetitionDetector plain(config);
    const auto want = run(plain, x);
    ASSERT_EQ(want.size(), 1U);
    for (const float scale : {1e-6F, 1.0F, 1e6F}) {
      for (const cf32 dc : {cf32(0), cf32(8, -6)}) {  // 20 dB above the signal
        auto y = x;
        for (cf32& s : y) s = scale * (s + dc);
        RepetitionDetector detector(config);
        const auto found = run(detector, y);
        ASSERT_EQ(found.size(), 1U) << scale;
        EXPECT_EQ(found[0].start, want[0].start);
        EXPECT_NEAR(found[0].metric, want[0].metric, 1e-5);
      }
    }
  }
}

// A burst 120 dB above, or a NaN, is forgotten with the last window that holds it: the same bits from there
// on.
TEST(RepetitionDetector, StrongSignalsLeaveNothingBehind) {
  for (const auto& config : configs) {
    const auto x = scene(config, 4000, 2800, 0, 10, 5);
    for (const cf32 bad : {cf32(1e6F, 1e6F), cf32(NAN, 1), cf32(0, std::numeric_limits<float>::infinity())}) {
      auto y = x;
      y[777] = bad;
      RepetitionDetector clean(config);
      RepetitionDetector damaged(config);
      for (std::size_t n = 0; n < x.size(); ++n) {
        RepetitionDetector::Detection one;
        clean.process(std::span<const cf32>(x).subspan(n, 1), std::span(&one, 1));
        damaged.process(std::span<const cf32>(y).subspan(n, 1), std::span(&one, 1));
        if (n < 777 || n > 777 + clean.window_samples() + config.period) {
          ASSERT_EQ(clean.metric(), damaged.metric()) << n;
        }
      }
    }
  }
}

TEST(RepetitionDetector, DoesNotDependOnHowTheStreamIsCut) {
  for (const auto& config : configs) {
    auto x = scene(config, 6000, 1000, 1e-3, 10, 6);
    const auto second = scene(config, 6000, 3900, 1e-3, 10, 6);
    for (std::size_t i = 3000; i < 6000; ++i) x[i] = second[i];
    RepetitionDetector whole(config);
    const auto want = run(whole, x);
    ASSERT_EQ(want.size(), 2U);
    for (const std::size_t piece : {1U, 7U, 1000U}) {
      RepetitionDetector detector(config);
      const auto got = run(detector, x, piece);
      ASSERT_EQ(got.size(), want.size());
      for (std::size_t i = 0; i < got.size(); ++i) {
        EXPECT_EQ(got[i].start, want[i].start);
        EXPECT_EQ(got[i].frequency, want[i].frequency);
        EXPECT_EQ(got[i].metric, want[i].metric);
      }
    }
  }
}

TEST(RepetitionDetector, SilenceAndConstantsAreNoSignal) {
  for (const auto& config : configs) {
    for (const cf32 level : {cf32(0), cf32(0.3F, -7), cf32(1e9F, 0)}) {
      RepetitionDetector detector(config);
      EXPECT_TRUE(run(detector, std::vector<cf32>(3000, level)).empty());
    }
  }
}

// A carrier 20 dB above the signal is a repetition by itself; with the canceller before the detector only the
// signal is left.
TEST(RepetitionDetector, FindsTheSignalUnderACarrierThatIsTakenAway) {
  const RepetitionDetector::Config config{.period = 128, .signs = {-1, 1, 1, 1, 1, 1, 1, 1}};
  auto x = scene(config, 200'000, 180'000, 1e-3, 5, 7);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] += cf32(std::polar(10.0, 2 * pi * 0.0712345 * static_cast<double>(i)));
  RepetitionDetector deceived(config);
  EXPECT_GT(run(deceived, x).size(), 50U);
  ToneCanceller canceller({});
  canceller.process(x, x);
  RepetitionDetector detector(config);
  const auto found = run(detector, std::span<const cf32>(x).subspan(2 * ToneCanceller::interval_samples));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NEAR(static_cast<double>(found[0].start + 2 * ToneCanceller::interval_samples), 180'000, 1);
  EXPECT_NEAR(found[0].frequency, 1e-3, 5e-5);  // five deviations
}

// Signs whose products add to zero: the carrier cancels out of C.
TEST(RepetitionDetector, BalancedSignsDoNotSeeACarrier) {
  RepetitionDetector detector({.period = 64, .signs = {1, 1, 1, -1, 1}});
  std::vector<cf32> x(5000);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = cf32(std::polar(1.0, 2 * pi * 0.0712345 * static_cast<double>(i)));
  Random(8).add_noise(x, 0.01F);
  EXPECT_TRUE(run(detector, x).empty());
}

TEST(RepetitionDetector, RefusesWhatCannotBe) {
  EXPECT_THROW(RepetitionDetector({.period = 3}), ConfigError);
  EXPECT_THROW(RepetitionDetector({.period = 70'000}), ConfigError);
  EXPECT_THROW(RepetitionDetector({.signs = {1}}), ConfigError);
  EXPECT_THROW(RepetitionDetector({.signs = {1, 0}}), ConfigError);
  EXPECT_THROW(RepetitionDetector({.metric = RepetitionMetric::park, .signs = {1, 1, 1}}), ConfigError);
  EXPECT_THROW(RepetitionDetector({.false_alarm_rate = 0}), ConfigError);
  EXPECT_THROW(RepetitionDetector({.false_alarm_rate = std::nan("")}), ConfigError);
}

}  // namespace
}  // namespace boresight::sync
