#include "boresight/sync/whitener.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"

namespace boresight::sync {
namespace {

constexpr std::size_t reach = Whitener::reach;

std::vector<cf32> whitened(const std::vector<cf32>& x, Whitener& whitener) {
  whitener.learn(x);
  std::vector<cf32> y(x.size() - 2 * reach);
  whitener.process(x, y);
  return y;
}

double mean_power(std::span<const cf32> x) {
  double sum = 0;
  for (const cf32 s : x) sum += static_cast<double>(std::norm(s));
  return sum / static_cast<double>(x.size());
}

double tone_power(std::span<const cf32> x, double frequency) {
  cf64 sum = 0;
  for (std::size_t n = 0; n < x.size(); ++n)
    sum += cf64(x[n]) * std::polar(1.0, -2 * pi * frequency * static_cast<double>(n));
  return std::norm(sum / static_cast<double>(x.size()));
}

std::vector<cf32> noise(std::size_t n, float power, std::uint64_t seed) {
  std::vector<cf32> x(n);
  Random(seed).add_noise(x, power);
  return x;
}

// Of 50,000 samples the mean power is known to 0.5 %; the filter is measured with 5 % in each bin, whose
// mean is known as well.
TEST(Whitener, WhiteNoiseOfAnyScaleComesOutWithUnitPower) {
  for (const float power : {1e-8F, 1.0F, 1e6F}) {
    Whitener whitener;
    const auto x = noise(50'000, power, 1);
    EXPECT_NEAR(mean_power(whitened(x, whitener)), 1, 0.03) << power;
    EXPECT_EQ(whitener.line_bins(), 0U);
    EXPECT_GT(whitener.usable_band(), 0.99);
  }
}

// A single sample through the filter of white noise stays where it was, and almost whole.
TEST(Whitener, KeepsPlaceAndPhase) {
  Whitener whitener;
  for (std::uint64_t i = 0; i < 8; ++i) whitener.learn(noise(100'000, 1, 2 + i));
  std::vector<cf32> x(4000);
  x[1777] = {0, 1};
  std::vector<cf32> y(x.size() - 2 * reach);
  whitener.process(x, y);
  EXPECT_NEAR(std::abs(y[1777 - reach] - cf32(0, 1)), 0, 0.05);
  double rest = 0;
  for (std::size_t n = 0; n < y.size(); ++n) rest += n == 1777 - reach ? 0 : std::norm(y[n]);
  EXPECT_LT(rest, 0.02);
}

// DC 20 dB and a tone 30 dB above all noise, off the middle of a bin: less than a tenth of the noise is left
// of each, where a bin is 1/512 of it.
TEST(Whitener, TakesOutTheDcSpikeAndSpurs) {
  Whitener whitener;
  auto x = noise(100'000, 1e-4F, 9);
  const double spur = 100.37 / 512;
  for (std::size_t n = 0; n < x.size(); ++n) {
    x[n] += 0.1F;
    x[n] += 0.316F * cf32(std::polar(1.0, 2 * pi * spur * static_cast<double>(n)));
  }
  const auto y = whitened(x, whitener);
  EXPECT_LT(tone_power(y, 0), 0.1);
  EXPECT_LT(tone_power(y, spur), 0.1);
  EXPECT_GE(whitener.line_bins(), 2U);
  EXPECT_GT(whitener.usable_band(), 0.6);
  EXPECT_NEAR(mean_power(y), whitener.usable_band(), 0.25);
}

// Noise through a receiver's filter: flat again where there was noise, nothing behind the edge.
TEST(Whitener, FlattensTheFiltersRollOff) {
  auto x = noise(200'064, 1, 3);
  std::vector<double> h(65);
  for (std::size_t i = 0; i < h.size(); ++i) {  // cutoff 0.35, Hann
    const double t = static_cast<double>(i) - 32;
    const double sinc = t == 0 ? 0.7 : std::sin(2 * pi * 0.35 * t) / (pi * t);
    h[i] = sinc * std::pow(std::cos(pi * t / 66), 2);
  }
  std::vector<cf32> filtered(x.size() - 64);
  for (std::size_t n = 0; n < filtered.size(); ++n) {
    cf64 sum = 0;
    for (std::size_t i = 0; i < h.size(); ++i) sum += h[i] * cf64(x[n + i]);
    filtered[n] = cf32(sum);
  }
  Whitener whitener;
  const auto y = whitened(filtered, whitener);
  EXPECT_NEAR(whitener.usable_band(), 0.71, 0.03);  // the response is 20 dB down at 0.355
  // The mean power in bands of a tenth, from the average of many transforms at single frequencies.
  for (const double f : {-0.32, -0.2, 0.0, 0.15, 0.3}) {
    double sum = 0;
    constexpr std::size_t piece = 256;
    for (std::size_t first = 0; first + piece <= y.size(); first += piece)
      sum += tone_power(std::span(y).subspan(first, piece), f) * piece;
    EXPECT_NEAR(sum / static_cast<double>(y.size() / piece), 1, 0.15) << f;  // 780 pieces: 3.6 %
  }
}

TEST(Whitener, SilenceStaysSilence) {
  Whitener whitener;
  const std::vector<cf32> x(5000);
  for (const cf32 s : whitened(x, whitener)) EXPECT_EQ(s, cf32(0));
  std::vector<cf32> y(100);
  Whitener new_one;
  new_one.process(noise(100 + 2 * reach, 1, 1), y);
  for (const cf32 s : y) EXPECT_EQ(s, cf32(0)) << "nothing learned";
}

// Windows that cannot be averaged change nothing: the filter is that of the samples without them.
TEST(Whitener, WhatIsNoNumberIsForgotten) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), infinity, 1e20F}) {
    Whitener whitener;
    const auto good = noise(50'000, 1, 1);
    const std::vector<cf32> all_bad(5000, cf32(bad, 0));
    whitener.learn(all_bad);
    EXPECT_FALSE(whitener.learned());
    auto hurt = good;
    hurt[20'000] = cf32(0, bad);
    whitener.learn(hurt);
    EXPECT_NEAR(mean_power(whitened(good, whitener)), 1, 0.03) << bad;
    EXPECT_GT(whitener.usable_band(), 0.99) << bad;
  }
}

}  // namespace
}  // namespace boresight::sync
