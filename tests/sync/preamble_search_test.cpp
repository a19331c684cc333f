#include "boresight/sync/preamble_search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/grid.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "support/ku_downlink.h"
#include "support/simd_targets.h"

namespace boresight::sync {
namespace {

GridBuffer<std::uint8_t> levels_of(PreambleSearch& search, std::span<const cf32> x, double fraction = 0,
                                   double power = 1) {
  GridBuffer<std::uint8_t> levels(search.carriers(), search.positions());
  search.process(x, fraction, power, levels.view());
  return levels;
}

// The plain sum over the whole preamble at one place (any fraction of a sample) and carrier, in double
// precision, with the preamble as the generator of the tests gives it: sinc interpolation of its 240 Msps
// samples.
double direct_statistic(std::span<const cf32> x, double place, double carrier_hz, double rate_hz,
                        double center_hz, std::size_t first_sample, std::size_t last_sample, double energy) {
  static const std::vector<cf32> frame = test::downlink::frame_samples({});
  // Correlate with the spectrum: sum over the preamble's samples of conj(p) times the slice at their time.
  cf64 sum = 0;
  for (std::size_t i = first_sample; i < last_sample; ++i) {
    const double seconds = static_cast<double>(i) / 240e6;
    const double at = place + seconds * rate_hz;
    const auto middle = static_cast<std::ptrdiff_t>(std::floor(at));
    cf64 value = 0;
    for (std::ptrdiff_t n = middle - 200; n <= middle + 200; ++n) {
      if (n < 0 || n >= static_cast<std::ptrdiff_t>(x.size())) continue;
      const double t = at - static_cast<double>(n);
      const double sinc = t == 0 ? 1 : std::sin(pi * t) / (pi * t);
      const double taper = std::cos(pi * t / 402);
      value += sinc * taper * taper * cf64(x[static_cast<std::size_t>(n)]);
    }
    const double turns = (carrier_hz + 0 * center_hz) * seconds - center_hz * seconds;
    sum += value * std::conj(cf64(frame[i])) * std::polar(1.0, -2 * pi * turns);
  }
  // The slice's samples stand sqrt(240 MHz / rate) closer than those of the sum.
  return std::norm(sum) * rate_hz / 240e6 / energy;
}

// Levels of noise on some places and carriers of a slice: the larger of the place itself and half a sample
// on. What the search leaves out of the preamble (16 samples of tails) and rounds to levels is 0.3 of sqrt(U)
// at most.
TEST(PreambleSearch, SliceIsThePlainCorrelation) {
  const double rate = 20e6;
  const double center = 37.5e6;
  PreambleSearch search({.sample_rate_hz = rate, .center_hz = center});
  EXPECT_EQ(search.positions(), 26'667U);
  EXPECT_NEAR(search.period_samples(), 26'666.667, 1e-3);
  std::vector<cf32> x(search.window_samples());
  Random(3).add_noise(x, 1);
  for (const double fraction : {0.0, 0.37}) {
    const auto levels = levels_of(search, x, fraction);
    for (const std::size_t d : {std::size_t{0}, search.carriers() / 2, search.carriers() - 1}) {
      for (const std::size_t n : {std::size_t{700}, std::size_t{849}, std::size_t{26'000}}) {
        double exact = 0;
        for (const double half : {0.0, 0.5}) {
          exact = std::max(
              exact, direct_statistic(x, static_cast<double>(search.lead_samples() + n) + fraction + half,
                                      search.carrier_hz(d), rate, center, 0, 2112, search.energy()));
        }
        EXPECT_NEAR(std::sqrt(PreambleSearch::statistic_of(levels(d, n))), std::sqrt(exact), 0.35)
            << d << " " << n;
      }
    }
  }
}

// The same for the whole channel, where the body of the PSS alone is looked for; the tree of carriers adds
// its part.
TEST(PreambleSearch, ChannelIsThePlainCorrelationWithThePss) {
  PreambleSearch search({});
  EXPECT_EQ(search.positions(), 320'000U);
  std::vector<cf32> x(search.window_samples());
  Random(4).add_noise(x, 1);
  const auto levels = levels_of(search, x);
  const auto frame = test::downlink::frame_samples({});
  for (const std::size_t d : {std::size_t{0}, std::size_t{7}, search.carriers() - 1}) {
    for (const std::size_t n :
         {std::size_t{0}, std::size_t{14'463}, std::size_t{14'464}, std::size_t{319'999}}) {
      cf64 on = 0;
      cf64 behind = 0;
      for (std::size_t i = 32; i < 1056; ++i) {
        const double turns = search.carrier_hz(d) * static_cast<double>(i) / 240e6;
        const cf64 t = std::conj(cf64(frame[i])) * std::polar(1.0, -2 * pi * turns);
        on += cf64(x[n + i]) * t;
        behind += cf64(x[n + i + 1]) * t;
      }
      const double exact = std::max(std::abs(on), std::abs(on + behind) / std::sqrt(2.0)) / 32;
      EXPECT_NEAR(std::sqrt(PreambleSearch::statistic_of(levels(d, n))), exact, 0.45) << d << " " << n;
    }
  }
}

// Targets differ by roundings: by a level at most, and almost never.
TEST(PreambleSearch, TargetsAgree) {
  PreambleSearch search({.sample_rate_hz = 5e6, .center_hz = -20e6});
  std::vector<cf32> x(search.window_samples());
  Random(5).add_noise(x, 1);
  const auto reference = levels_of(search, x, 0.25);
  for_each_simd_target([&] {
    const auto levels = levels_of(search, x, 0.25);
    std::size_t apart = 0;
    for (std::size_t d = 0; d < search.carriers(); ++d) {
      for (std::size_t n = 0; n < search.positions(); ++n) {
        ASSERT_LE(std::abs(levels(d, n) - reference(d, n)), 1);
        apart += levels(d, n) != reference(d, n);
      }
    }
    EXPECT_LT(apart, search.carriers() * search.positions() / 1000);
  });
}

// U of white noise is exponential with mean 1: what passes 4 is e^-4 of it on one place; of the larger of two
// independent places it would be twice that, and a sample and half a sample on are correlated by 1/sqrt(2).
TEST(PreambleSearch, NoiseIsExponential) {
  PreambleSearch search({.sample_rate_hz = 20e6, .center_hz = 10e6});
  std::vector<cf32> x(search.window_samples());
  Random(6).add_noise(x, 1);
  const auto levels = levels_of(search, x);
  double above = 0;
  const auto limit = static_cast<int>(std::floor(PreambleSearch::level_scale * 2));  // 2 = sqrt(4)
  for (std::size_t d = 0; d < search.carriers(); ++d) {
    for (std::size_t n = 0; n < search.positions(); ++n) above += levels(d, n) >= limit;
  }
  const double share = above / static_cast<double>(search.carriers() * search.positions());
  EXPECT_GT(share, std::exp(-4.0));
  EXPECT_LT(share, 2 * std::exp(-4.0));
}

TEST(PreambleSearch, SilenceHasNoLevels) {
  PreambleSearch search({.sample_rate_hz = 2.5e6, .center_hz = 30e6});
  const std::vector<cf32> x(search.window_samples());
  for (const double power : {0.0, 1.0}) {
    const auto levels = levels_of(search, x, 0, power);
    for (std::size_t d = 0; d < search.carriers(); ++d) {
      for (std::size_t n = 0; n < search.positions(); ++n) ASSERT_EQ(levels(d, n), 0);
    }
  }
}

TEST(PreambleSearch, RefusesWhatCannotBe) {
  EXPECT_THROW(PreambleSearch({.sample_rate_hz = 1e5}), ConfigError);
  EXPECT_THROW(PreambleSearch({.sample_rate_hz = 20e6, .center_hz = 130e6}), ConfigError);
  EXPECT_THROW(PreambleSearch({.max_carrier_offset_hz = 3e6}), ConfigError);
  EXPECT_THROW(PreambleSearch({.carrier_step_hz = 1}), ConfigError);
}

}  // namespace
}  // namespace boresight::sync
