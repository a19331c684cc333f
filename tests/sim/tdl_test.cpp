#include "boresight/sim/tdl.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/ofdm/demodulator.h"
#include "boresight/ofdm/modulator.h"
#include "boresight/ofdm/numerology.h"

namespace boresight::sim {
namespace {

constexpr NtnTdl profiles[] = {NtnTdl::a, NtnTdl::b, NtnTdl::c, NtnTdl::d};

// TR 38.811 normalizes its delays to an rms delay spread of 1; the tables' last digits leave 1e-3 of it. A
// wrong digit in a delay or a power shows here.
TEST(NtnTdl, HasTheDelaySpreadThatWasAskedFor) {
  for (const NtnTdl profile : profiles) {
    double power = 0;
    double mean = 0;
    double square = 0;
    for (const TdlTap& tap : ntn_tdl(profile, 100e-9)) {
      power += tap.power;
      mean += tap.power * tap.delay_s;
      square += tap.power * tap.delay_s * tap.delay_s;
    }
    EXPECT_NEAR(power, 1.0, 1e-12);
    EXPECT_NEAR(std::sqrt(square - mean * mean), 100e-9, 0.1e-9) << static_cast<int>(profile);
  }
}

// The rows of tables 6.9.2-1 to -4, as dB relative to the first tap: specular and scattered rows apart.
TEST(NtnTdl, HasTheStandardsRows) {
  const struct {
    NtnTdl profile;
    std::size_t tap;
    double delay, specular_db, scattered_db;
  } rows[] = {
      {NtnTdl::a, 1, 1.0811, -INFINITY, -4.675},   {NtnTdl::a, 2, 2.8416, -INFINITY, -6.482},
      {NtnTdl::b, 1, 0.7249, -INFINITY, -1.973},   {NtnTdl::b, 2, 0.7410, -INFINITY, -4.332},
      {NtnTdl::b, 3, 5.7392, -INFINITY, -11.914},  {NtnTdl::c, 0, 0, -0.394, -10.618},
      {NtnTdl::c, 1, 14.8124, -INFINITY, -23.373}, {NtnTdl::d, 0, 0, -0.284, -11.991},
      {NtnTdl::d, 1, 0.5596, -INFINITY, -9.887},   {NtnTdl::d, 2, 7.3340, -INFINITY, -16.771},
  };
  for (const auto& row : rows) {
    const auto taps = ntn_tdl(row.profile, 1.0);
    const TdlTap& tap = taps.at(row.tap);
    const double scattered = tap.power / taps[0].power / (1 + tap.k_factor);
    EXPECT_DOUBLE_EQ(tap.delay_s, row.delay);
    EXPECT_NEAR(db_from_power(scattered), row.scattered_db, 1e-3);
    if (std::isfinite(row.specular_db)) {
      EXPECT_NEAR(db_from_power(scattered * tap.k_factor), row.specular_db, 1e-3);
    } else {
      EXPECT_EQ(tap.k_factor, 0.0);
    }
  }
}

struct Moments {
  double power = 0;
  double square = 0;  // mean |g|^4
};

std::vector<Moments> moments(NtnTdl profile, std::size_t realizations) {
  std::vector<Moments> m;
  std::vector<cf64> gains;
  for (std::size_t r = 0; r < realizations; ++r) {
    const TappedDelayLine line({.taps = ntn_tdl(profile, 1e-7),
                                .sample_rate_hz = 1e8,
                                .doppler_hz = 300,
                                .sinusoids = 16,
                                .realization = r});
    gains.resize(line.taps());
    m.resize(line.taps());
    line.gains(0.37, gains);
    for (std::size_t i = 0; i < gains.size(); ++i) {
      m[i].power += std::norm(gains[i]) / static_cast<double>(realizations);
      m[i].square += std::norm(gains[i]) * std::norm(gains[i]) / static_cast<double>(realizations);
    }
  }
  return m;
}

// Power-delay profile, level and K over 10,000 realizations. A Rayleigh power has the relative spread 1: 5
// standard errors are 5 %. The K factor from the moments: E|g|^4 / (E|g|^2)^2 = 2 - (K / (K + 1))^2, whose
// standard error for Rayleigh is sqrt(E|g|^8 - ...) / 100 = 0.045 at most (E|g|^8 = 24): 0.25 allowed.
TEST(TappedDelayLine, HasTheProfilesPowersAndKFactors) {
  for (const NtnTdl profile : profiles) {
    const auto taps = ntn_tdl(profile, 1e-7);
    const auto measured = moments(profile, 10'000);
    double total = 0;
    for (std::size_t i = 0; i < taps.size(); ++i) {
      total += measured[i].power;
      EXPECT_NEAR(measured[i].power / taps[i].power, 1.0, 0.05);
      const double share = taps[i].k_factor / (1 + taps[i].k_factor);
      const double ratio = measured[i].square / (measured[i].power * measured[i].power);
      EXPECT_NEAR(ratio, 2 - share * share, taps[i].k_factor > 0 ? 0.02 : 0.25);
    }
    EXPECT_NEAR(total, 1.0, 0.05);
  }
}

// |g|^2 of a Rayleigh tap is exponential: Kolmogorov-Smirnov over 5,000 realizations, 1.95 n^-1/2 is the
// one-in-a-thousand bound.
TEST(TappedDelayLine, FadesLikeRayleigh) {
  constexpr std::size_t n = 5000;
  std::vector<double> power(n);
  for (std::size_t r = 0; r < n; ++r) {
    const TappedDelayLine line(
        {.taps = {{.power = 1}}, .sample_rate_hz = 1e6, .doppler_hz = 10, .realization = r});
    cf64 gain;
    line.gains(1.0, {&gain, 1});
    power[r] = std::norm(gain);
  }
  std::sort(power.begin(), power.end());
  double distance = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double cdf = 1 - std::exp(-power[i]);
    distance = std::max({distance, std::abs(cdf - static_cast<double>(i) / n),
                         std::abs(cdf - static_cast<double>(i + 1) / n)});
  }
  EXPECT_LT(distance, 1.95 / std::sqrt(static_cast<double>(n)));
}

// E g(t + lag) g*(t) = J0(2 pi doppler lag): 4,000 realizations at 8 times each. The imaginary part is 0.
TEST(TappedDelayLine, HasTheDopplerSpectrumOfClarke) {
  constexpr double doppler = 100;
  const double turns[] = {0, 0.1, 0.25, 0.5, 0.75, 1.0, 1.7};
  std::vector<cf64> correlation(std::size(turns));
  constexpr int realizations = 4000;
  for (std::uint64_t r = 0; r < realizations; ++r) {
    const TappedDelayLine line({.taps = {{.power = 1}},
                                .sample_rate_hz = 1e6,
                                .doppler_hz = doppler,
                                .sinusoids = 16,
                                .realization = r});
    for (int k = 0; k < 8; ++k) {
      cf64 here;
      line.gains(0.1 * k, {&here, 1});
      for (std::size_t i = 0; i < std::size(turns); ++i) {
        cf64 there;
        line.gains(0.1 * k + turns[i] / doppler, {&there, 1});
        correlation[i] += there * std::conj(here) / (8.0 * realizations);
      }
    }
  }
  // Times of one realization are partly independent; as if they were not, the standard error is 1 / 63.
  for (std::size_t i = 0; i < std::size(turns); ++i) {
    EXPECT_NEAR(correlation[i].real(), std::cyl_bessel_j(0, 2 * pi * turns[i]), 4.0 / 63) << turns[i];
    EXPECT_NEAR(correlation[i].imag(), 0, 4.0 / 63) << turns[i];
  }
}

TEST(TappedDelayLine, TheSpecularPartTurnsAtItsDoppler) {
  const TappedDelayLine line({.taps = {{.power = 4, .k_factor = 1e12}},
                              .sample_rate_hz = 1e6,
                              .doppler_hz = 50,
                              .specular_doppler_hz = -20});
  cf64 at0;
  cf64 at1;
  line.gains(0, {&at0, 1});
  line.gains(0.0125, {&at1, 1});
  EXPECT_NEAR(std::abs(at0), 2.0, 1e-5);
  EXPECT_NEAR(std::abs(at1 / at0 - cf64(0, -1)), 0.0, 1e-5);  // a quarter turn backwards
}

// The delay line in the time domain against H_k in the frequency domain: an OFDM symbol of every second
// subcarrier set (the band of an oversampled waveform), delays of any fraction within the prefix.
TEST(TappedDelayLine, OfdmSeesItsResponse) {
  ofdm::Numerology n = ofdm::ku20();
  n.sample_rate_hz = 40e6;
  for (std::size_t k = 0; k < n.fft_size; ++k) {
    const int index = n.signed_index(k);
    n.map[k] = index != 0 && std::abs(index) < 260 ? ofdm::Carrier::data : ofdm::Carrier::null;
  }
  TappedDelayLine line({.taps = {{0, 0.6}, {3.27 / 40e6, 0.3}, {11.5 / 40e6, 0.1}}, .sample_rate_hz = 40e6});
  Random random(3);
  std::vector<cf32> sent(n.fft_size);
  std::vector<cf32> samples(n.symbol_samples());
  for (const auto k : n.used_carriers()) sent[k] = random.complex_normal();
  ofdm::Modulator(n).process(sent, samples);
  samples.resize(samples.size() + TappedDelayLine::latency_samples);
  line.process(samples, samples);
  std::vector<cf32> received(n.fft_size);
  ofdm::Demodulator(n).process(std::span(samples).last(n.fft_size), 0, 0, received);
  std::vector<cf64> response(519);
  line.response(0, -259 * n.subcarrier_spacing_hz(), n.subcarrier_spacing_hz(), response);
  double error = 0;
  double power = 0;
  for (const auto k : n.used_carriers()) {
    const cf64 expected = response[static_cast<std::size_t>(n.signed_index(k) + 259)] * cf64(sent[k]);
    error += std::norm(cf64(received[k]) - expected);
    power += std::norm(expected);
  }
  EXPECT_LT(db_from_power(error / power), -70);
}

// A carrier through one moving tap, sample by sample against gains(): the interpolation between steps.
TEST(TappedDelayLine, GainsMoveBetweenSamples) {
  const TappedDelayLine::Config config{.taps = {{.power = 1, .k_factor = 1}},
                                       .sample_rate_hz = 1e6,
                                       .doppler_hz = 2000,
                                       .specular_doppler_hz = 1500};
  TappedDelayLine line(config);
  std::vector<cf32> x(5000, cf32(1));
  line.process(x, x);
  double worst = 0;
  for (std::size_t m = 20; m < x.size(); ++m) {
    cf64 gain;
    line.gains((static_cast<double>(m) - TappedDelayLine::latency_samples) / 1e6, {&gain, 1});
    worst = std::max(worst, std::abs(cf64(x[m]) - gain));
  }
  EXPECT_LT(worst, 3e-4);  // 5e-5 for each unit of gain, which reaches some units
}

TEST(TappedDelayLine, PiecesGiveTheSameSamples) {
  const TappedDelayLine::Config config{
      .taps = ntn_tdl(NtnTdl::b, 3e-6), .sample_rate_hz = 40e6, .doppler_hz = 90e3, .seed = 5};
  std::vector<cf32> x(10'000);
  Random(4).add_noise(x, 1.0F);
  std::vector<cf32> whole(x.size());
  TappedDelayLine(config).process(x, whole);
  for (const std::size_t piece : {1UL, 7UL, 4097UL}) {
    TappedDelayLine line(config);
    std::vector<cf32> pieces(x.size());
    for (std::size_t i = 0; i < x.size(); i += piece) {
      const std::size_t n = std::min(piece, x.size() - i);
      line.process(std::span(x).subspan(i, n), std::span(pieces).subspan(i, n));
    }
    EXPECT_EQ(pieces, whole) << piece;
  }
}

TEST(TappedDelayLine, RefusesWhatCannotBe) {
  const TappedDelayLine::Config good{.taps = {{0, 1}}, .sample_rate_hz = 1e6};
  EXPECT_NO_THROW(TappedDelayLine{good});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  auto config = good;
  config.taps.clear();
  EXPECT_THROW(TappedDelayLine{config}, ConfigError);
  for (const TdlTap& tap :
       {TdlTap{-1e-9, 1}, TdlTap{1, 1}, TdlTap{0, -1}, TdlTap{0, nan}, TdlTap{0, 1, -1}}) {
    config = good;
    config.taps = {tap};
    EXPECT_THROW(TappedDelayLine{config}, ConfigError);
  }
  config = good;
  config.sample_rate_hz = nan;
  EXPECT_THROW(TappedDelayLine{config}, ConfigError);
  config = good;
  config.doppler_hz = 2e5;
  EXPECT_THROW(TappedDelayLine{config}, ConfigError);
  config = good;
  config.sinusoids = 0;
  EXPECT_THROW(TappedDelayLine{config}, ConfigError);
  EXPECT_THROW(ntn_tdl(NtnTdl::a, -1), ConfigError);
  EXPECT_THROW(ntn_tdl(NtnTdl::a, nan), ConfigError);
}

}  // namespace
}  // namespace boresight::sim
