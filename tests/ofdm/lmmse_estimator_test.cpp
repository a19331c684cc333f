#include "boresight/ofdm/lmmse_estimator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/ofdm/noise_estimator.h"
#include "boresight/sim/tdl.h"
#include "support/allocation_counter.h"
#include "support/simd_targets.h"

namespace boresight::ofdm {
namespace {

using Matrix = std::vector<std::vector<cf64>>;

// Solves a x = b for every column of b, by elimination with pivots: the oracle's only tool.
Matrix solve(Matrix a, Matrix b) {
  const std::size_t n = a.size();
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t pivot = c;
    for (std::size_t r = c; r < n; ++r) {
      if (std::abs(a[r][c]) > std::abs(a[pivot][c])) pivot = r;
    }
    std::swap(a[c], a[pivot]);
    std::swap(b[c], b[pivot]);
    for (std::size_t r = 0; r < n; ++r) {
      if (r == c) continue;
      const cf64 factor = a[r][c] / a[c][c];
      for (std::size_t k = c; k < n; ++k) a[r][k] -= factor * a[c][k];
      for (std::size_t k = 0; k < b[c].size(); ++k) b[r][k] -= factor * b[c][k];
    }
  }
  for (std::size_t r = 0; r < n; ++r) {
    for (cf64& x : b[r]) x /= a[r][r];
  }
  return b;
}

// The estimator as its header's equation has it, all matrices written out.
struct Oracle {
  Matrix weights;  // [outputs][pilots], R_hp (R_pp + N)^-1
  double error = 0;

  Oracle(const LmmseEstimator::Config& config, std::span<const double> noise) {
    std::vector<PilotPosition> outputs;
    for (const auto s : config.symbols) {
      for (const auto k : config.numerology.used_carriers()) outputs.push_back({s, k});
    }
    const auto correlation = [&](PilotPosition a, PilotPosition b) {
      const double dk = config.numerology.signed_index(a.carrier) - config.numerology.signed_index(b.carrier);
      cf64 sum = 0;
      for (const DelayTap& tap : config.profile) {
        sum += std::polar(tap.power,
                          -2 * pi * dk * tap.delay_samples / static_cast<double>(config.numerology.fft_size));
      }
      return sum * std::cyl_bessel_j(0, 2 * pi * config.doppler * std::abs(a.symbol - b.symbol));
    };
    const std::size_t n = config.pilots.size();
    Matrix r(n, std::vector<cf64>(n));
    Matrix cross(n, std::vector<cf64>(outputs.size()));  // R_ph
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = 0; q < n; ++q) r[p][q] = correlation(config.pilots[p], config.pilots[q]);
      r[p][p] += noise[p];
      for (std::size_t k = 0; k < outputs.size(); ++k)
        cross[p][k] = correlation(config.pilots[p], outputs[k]);
    }
    const Matrix solution = solve(r, cross);  // (R_pp + N)^-1 R_ph: the adjoint of the weights
    weights.assign(outputs.size(), std::vector<cf64>(n));
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      error += 1.0;
      for (std::size_t p = 0; p < n; ++p) {
        weights[k][p] = std::conj(solution[p][k]);
        error -= (weights[k][p] * cross[p][k]).real();
      }
    }
    error /= static_cast<double>(outputs.size());
  }
};

std::vector<PilotPosition> block(const Numerology& numerology, std::uint16_t symbol = 0) {
  std::vector<PilotPosition> pilots;
  for (const auto k : numerology.used_carriers()) pilots.push_back({symbol, k});
  return pilots;
}

// Small grids on which the oracle is quick: block, scattered pilots that shift from symbol to symbol, edges.
std::vector<LmmseEstimator::Config> small_configs() {
  const Numerology wifi = wifi20();
  std::vector<LmmseEstimator::Config> configs;
  configs.push_back({.numerology = wifi, .pilots = block(wifi), .profile = uniform_profile(0, 8)});
  configs.push_back({.numerology = wifi, .pilots = block(wifi), .profile = exponential_profile(-0.7, 2.3)});
  const auto used = wifi.used_carriers();
  LmmseEstimator::Config scattered{
      .numerology = wifi, .symbols = {0, 3, 7}, .profile = uniform_profile(0, 5), .doppler = 0.03};
  for (std::uint16_t s = 0; s < 8; s += 2) {
    for (std::size_t i = s % 6; i < used.size(); i += 6) scattered.pilots.push_back({s, used[i]});
  }
  configs.push_back(scattered);
  LmmseEstimator::Config edges{.numerology = wifi, .symbols = {2}, .profile = uniform_profile(-1, 2)};
  for (std::uint16_t s = 0; s < 4; ++s) {
    for (std::size_t i = 0; i < 5; ++i) {
      edges.pilots.push_back({s, used[i]});
      edges.pilots.push_back({s, used[used.size() - 1 - i]});
    }
  }
  configs.push_back(edges);
  return configs;
}

// Observations of a channel with the power 1 on average are scaled so that the estimator finds the signal
// power that the oracle assumes.
std::vector<cf32> random_observations(std::size_t n, double power, Random& random) {
  std::vector<cf32> y(n);
  double sum = 0;
  for (cf32& x : y) {
    x = random.complex_normal();
    sum += static_cast<double>(std::norm(x));
  }
  const auto scale = static_cast<float>(std::sqrt(power * static_cast<double>(n) / sum));
  for (cf32& x : y) x *= scale;
  return y;
}

// Any observations give what the written-out matrices give, on every SIMD target: float rounding of some
// dozen terms, and 40 dB, the SNR up to which the rank is cut, leave 2e-3.
TEST(LmmseEstimator, IsTheWienerFilterOfItsEquation) {
  for (const auto& config : small_configs()) {
    LmmseEstimator estimator(config);
    for (const double noise : {0.01, 0.3, 5.0}) {
      const std::vector<double> equal(config.pilots.size(), noise);
      const Oracle oracle(config, equal);
      Random random(11);
      const auto y = random_observations(config.pilots.size(), 1 + noise, random);
      for_each_simd_target([&] {
        GridBuffer<cf32> channel(config.symbols.size(), 64);
        const auto result = estimator.process(y, noise, channel.view());
        EXPECT_NEAR(result.signal_power, 1.0, 1e-4);
        std::size_t k = 0;
        for (std::size_t s = 0; s < config.symbols.size(); ++s) {
          for (const auto carrier : config.numerology.used_carriers()) {
            cf64 expected = 0;
            for (std::size_t p = 0; p < y.size(); ++p) expected += oracle.weights[k][p] * cf64(y[p]);
            EXPECT_NEAR(std::abs(cf64(channel(s, carrier)) - expected), 0, 4e-3);
            ++k;
          }
          EXPECT_EQ(channel(s, 0), cf32(0));  // not used
        }
      });
    }
  }
}

TEST(LmmseEstimator, KnowsItsWienerError) {
  for (const auto& config : small_configs()) {
    const LmmseEstimator estimator(config);
    for (const double noise : {0.001, 0.1, 10.0}) {
      const std::vector<double> equal(config.pilots.size(), noise);
      EXPECT_NEAR(estimator.mean_square_error(noise) / Oracle(config, equal).error, 1.0, 0.02);
      if (config.doppler > 0) continue;
      EXPECT_NEAR(estimator.mean_square_error(noise, config.profile) / estimator.mean_square_error(noise),
                  1.0, 0.02);
    }
  }
}

// A noise of its own for every pilot, some of them far above the rest and two not to be used.
TEST(LmmseEstimator, WeighsUnequalNoise) {
  for (const auto& config : small_configs()) {
    LmmseEstimator estimator(config);
    Random random(12);
    std::vector<float> noise(config.pilots.size(), 0.05F);
    noise[3] = 40;
    noise[4] = 0.02F;
    noise[6] = 1e12F;
    std::vector<double> oracle_noise(noise.begin(), noise.end());
    const Oracle oracle(config, oracle_noise);
    auto y = random_observations(config.pilots.size(), 1.0, random);
    // The estimator measures the signal's power with the weights; scaled so that it finds 1.
    double total = 0;
    double weights = 0;
    double count = 0;
    for (std::size_t p = 0; p < y.size(); ++p) {
      if (p == 6) continue;
      total += 0.05 / oracle_noise[p] * static_cast<double>(std::norm(y[p]));
      weights += 0.05 / oracle_noise[p];
      count += 1;
    }
    const auto scale = static_cast<float>(std::sqrt((weights + 0.05 * count) / total));
    for (cf32& x : y) x *= scale;
    noise[6] = std::numeric_limits<float>::infinity();
    y[6] = {std::numeric_limits<float>::quiet_NaN(), 0};
    GridBuffer<cf32> channel(config.symbols.size(), 64);
    const auto result = estimator.process(y, noise, channel.view());
    EXPECT_NEAR(result.signal_power, 1.0, 1e-3);
    EXPECT_NEAR(result.noise_variance, 0.05, 1e-6);
    y[6] = 0;
    std::size_t k = 0;
    for (std::size_t s = 0; s < config.symbols.size(); ++s) {
      for (const auto carrier : config.numerology.used_carriers()) {
        cf64 expected = 0;
        for (std::size_t p = 0; p < y.size(); ++p) expected += oracle.weights[k][p] * cf64(y[p]);
        EXPECT_NEAR(std::abs(cf64(channel(s, carrier)) - expected), 0, 4e-3);
        ++k;
      }
    }
  }
}

struct Measured {
  double error = 0;
  double noise = 0;
  double stated = 0;
};

Measured measure(LmmseEstimator& estimator, const LmmseEstimator::Config& config,
                 const std::vector<sim::TdlTap>& taps, double noise_power, std::uint64_t trials) {
  Random random(13);
  Measured m;
  const Numerology& n = config.numerology;
  std::vector<cf32> observed(config.pilots.size());
  GridBuffer<cf32> channel(config.symbols.size(), n.fft_size);
  const auto used = n.used_carriers();
  const int first = n.signed_index(used.front());
  const auto span = static_cast<std::size_t>(n.signed_index(used.back()) - first + 1);
  std::vector<std::vector<cf64>> truth(16, std::vector<cf64>(span));
  const double symbol_s = static_cast<double>(n.symbol_samples()) / n.sample_rate_hz;
  for (std::uint64_t t = 0; t < trials; ++t) {
    const sim::TappedDelayLine line({.taps = taps,
                                     .sample_rate_hz = n.sample_rate_hz,
                                     .doppler_hz = config.doppler / symbol_s,
                                     .sinusoids = 16,
                                     .seed = 14,
                                     .realization = t});
    for (std::size_t s = 0; s < truth.size(); ++s) {
      line.response(static_cast<double>(s) * symbol_s, first * n.subcarrier_spacing_hz(),
                    n.subcarrier_spacing_hz(), truth[s]);
    }
    const auto at = [&](std::size_t s, std::size_t k) {
      return cf32(truth[s][static_cast<std::size_t>(n.signed_index(k) - first)]);
    };
    for (std::size_t p = 0; p < observed.size(); ++p) {
      observed[p] = at(config.pilots[p].symbol, config.pilots[p].carrier) +
                    random.complex_normal(static_cast<float>(noise_power));
    }
    const auto result =
        estimator.process(observed, estimator.spare() > 20 ? 0.0 : noise_power, channel.view());
    double error = 0;
    for (std::size_t s = 0; s < config.symbols.size(); ++s) {
      for (const auto k : used)
        error += static_cast<double>(std::norm(channel(s, k) - at(config.symbols[s], k)));
    }
    m.error += error / static_cast<double>(used.size() * config.symbols.size());
    m.noise += result.noise_variance;
    m.stated += result.error_variance;
  }
  const auto count = static_cast<double>(trials);
  return {m.error / count, m.noise / count, m.stated / count};
}

// One known ku symbol through NTN-TDL-A (rms delay spread 6 samples) with the profile known: the error is the
// Wiener error, the noise is measured unbiased, and the error that process() states is the one it makes. So
// with the robust profile and its error on this channel. 0.4 dB is the header's: measured 0.05 and -0.3.
TEST(LmmseEstimator, KuBlockReachesTheWienerError) {
  const Numerology n = ku240();
  const auto taps = sim::ntn_tdl(sim::NtnTdl::a, 6 / n.sample_rate_hz);
  LmmseEstimator::Config config{.numerology = n, .pilots = block(n)};
  for (const auto& tap : taps) config.profile.push_back({tap.delay_s * n.sample_rate_hz, tap.power});
  LmmseEstimator known(config);
  config.profile = exponential_profile(0, 6);
  LmmseEstimator robust(config);
  for (const double noise : {1.0, 0.1, 0.01}) {
    const auto m = measure(known, config, taps, noise, 400);
    EXPECT_NEAR(db_from_power(m.error / known.mean_square_error(noise)), 0, 0.25) << noise;
    EXPECT_NEAR(db_from_power(m.stated / known.mean_square_error(noise)), 0, 0.25) << noise;
    EXPECT_NEAR(m.noise / noise, 1, 0.01) << noise;
    std::vector<DelayTap> truth;
    for (const auto& tap : taps) truth.push_back({tap.delay_s * n.sample_rate_hz, tap.power});
    const auto r = measure(robust, config, taps, noise, 400);
    EXPECT_NEAR(db_from_power(r.error / robust.mean_square_error(noise, truth)), 0, 0.4) << noise;
  }
}

// Scattered pilots (every 20th subcarrier, as in ku) of 12 symbols, with Doppler: the Wiener error again
// (measured: +0.3 dB at 0 dB).
TEST(LmmseEstimator, ScatteredPilotsReachTheWienerError) {
  const Numerology n = ku240();
  LmmseEstimator::Config config{.numerology = n, .symbols = {0, 6, 11}, .doppler = 0.01};
  for (std::uint16_t s = 0; s < 12; ++s) {
    for (const auto k : n.carriers(Carrier::pilot)) config.pilots.push_back({s, k});
  }
  const auto taps = sim::ntn_tdl(sim::NtnTdl::b, 3 / n.sample_rate_hz);
  for (const auto& tap : taps) config.profile.push_back({tap.delay_s * n.sample_rate_hz, tap.power});
  LmmseEstimator estimator(config);
  for (const double noise : {1.0, 0.05}) {
    const auto m = measure(estimator, config, taps, noise, 500);
    EXPECT_NEAR(db_from_power(m.error / estimator.mean_square_error(noise)), 0, 0.4) << noise;
  }
}

// What the table of the header says.
TEST(LmmseEstimator, MismatchCostsWhatTheHeaderSays) {
  const Numerology n = ku240();
  const auto estimator = [&](std::vector<DelayTap> profile) {
    return LmmseEstimator({.numerology = n, .pilots = block(n), .profile = std::move(profile)});
  };
  const auto narrow = estimator(uniform_profile(-2, 34));
  const auto wide = estimator(uniform_profile(-2, 66));
  const auto exponential = estimator(exponential_profile(-1, 6));
  const std::vector<DelayTap> one{{4.3, 1}};
  std::vector<DelayTap> fading;
  for (const auto& tap : sim::ntn_tdl(sim::NtnTdl::a, 0.06)) fading.push_back({100 * tap.delay_s, tap.power});
  std::vector<DelayTap> far = fading;
  far.push_back({45, 0.01});
  const struct {
    const std::vector<DelayTap>& truth;
    double known, narrow, wide, exponential;
  } rows[] = {{one, 0.001, 0.036, 0.068, 0.039},
              {fading, 0.003, 0.037, 0.068, 0.040},
              {far, 0.004, 0.134, 0.068, 0.071}};
  for (const auto& row : rows) {
    EXPECT_NEAR(estimator(row.truth).mean_square_error(0.1, row.truth) / 0.1, row.known, 6e-4);
    EXPECT_NEAR(narrow.mean_square_error(0.1, row.truth) / 0.1, row.narrow, 6e-4);
    EXPECT_NEAR(wide.mean_square_error(0.1, row.truth) / 0.1, row.wide, 6e-4);
    EXPECT_NEAR(exponential.mean_square_error(0.1, row.truth) / 0.1, row.exponential, 6e-4);
  }
  EXPECT_NEAR(estimator(uniform_profile(0, 32)).mean_square_error(0.1, fading) / 0.1, 0.094, 6e-4);
}

// A carrier 30 dB above the signal in one ku symbol at 10 dB. Left alone it spoils the estimate; found by
// what the first estimate leaves over and weighed by its noise in a second, it costs nothing: the error is
// that without the jammer, within 0.5 dB (measured 0.2: the background beside it is overestimated).
TEST(LmmseEstimator, AJammedPilotIsFoundAndWeighedOut) {
  const Numerology n = ku240();
  LmmseEstimator estimator({.numerology = n, .pilots = block(n), .profile = uniform_profile(-2, 34)});
  NoiseEstimator noise_estimator({.carriers = 1020});
  const auto used = n.used_carriers();
  Random random(15);
  std::vector<cf32> observed(used.size());
  std::vector<float> noise(used.size());
  GridBuffer<cf32> channel(1, 1024);
  double first = 0;
  double second = 0;
  constexpr int trials = 60;
  for (int t = 0; t < trials; ++t) {
    std::vector<cf32> truth(1024);
    const double delay = 20 * random.uniform();
    const double phase = 2 * pi * random.uniform();
    for (std::size_t i = 0; i < used.size(); ++i) {
      truth[used[i]] = cf32(std::polar(1.0, phase - 2 * pi * n.signed_index(used[i]) * delay / 1024));
      observed[i] = truth[used[i]] + random.complex_normal(0.1F);
      const double x = pi * (static_cast<double>(i) - 611.4);  // between two subcarriers, as the FFT sees it
      observed[i] += cf32(std::polar(31.6, phase) * std::sin(x) / x);
    }
    const auto error = [&] {
      double sum = 0;
      for (const auto k : used) sum += static_cast<double>(std::norm(channel(0, k) - truth[k])) / 1020;
      return sum / trials;
    };
    estimator.process(observed, 0, channel.view());
    first += error();
    for (int round = 0; round < 3; ++round) {
      for (std::size_t i = 0; i < used.size(); ++i) noise[i] = std::norm(observed[i] - channel(0, used[i]));
      noise_estimator.process(noise, noise);
      estimator.process(observed, noise, channel.view());
    }
    second += error();
  }
  const std::vector<DelayTap> one{{10, 1}};
  const double clean = estimator.mean_square_error(0.1, one);
  EXPECT_GT(first / clean, 5);
  EXPECT_LT(db_from_power(second / clean), 0.5);
}

TEST(LmmseEstimator, LeastSquaresDividesByWhatIsKnown) {
  const std::vector<cf32> received{{0, 4}, {1, 1}};
  const std::vector<cf32> known{{0, 2}, {0, 0}};
  std::vector<cf32> observed(2);
  least_squares(received, known, observed);
  EXPECT_EQ(observed[0], cf32(2));
  EXPECT_EQ(observed[1], cf32(0));
}

TEST(LmmseEstimator, WhatIsNoNumberGivesNoChannel) {
  const auto config = small_configs()[0];
  LmmseEstimator estimator(config);
  GridBuffer<cf32> channel(1, 64);
  std::vector<cf32> y(config.pilots.size(), cf32(1));
  const auto expect_nothing = [&](const LmmseEstimator::Result& result) {
    EXPECT_EQ(result.signal_power, 0);
    EXPECT_EQ(result.noise_variance, 0);
    for (const cf32 h : channel.row(0)) EXPECT_EQ(h, cf32(0));
  };
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    estimator.process(y, 0.1, channel.view());
    EXPECT_NE(channel(0, 5), cf32(0));
    auto spoiled = y;
    spoiled[7] = {0, bad};
    expect_nothing(estimator.process(spoiled, 0.1, channel.view()));
  }
  estimator.process(y, 0.1, channel.view());
  std::vector<cf32> zero(y.size());
  expect_nothing(estimator.process(zero, 0.1, channel.view()));
  const std::vector<float> nothing_known(y.size(), std::numeric_limits<float>::quiet_NaN());
  expect_nothing(estimator.process(y, nothing_known, channel.view()));
}

TEST(LmmseEstimator, DoesNotAllocate) {
  const auto config = small_configs()[2];
  LmmseEstimator estimator(config);
  GridBuffer<cf32> channel(3, 64);
  const std::vector<cf32> y(config.pilots.size(), cf32(1));
  std::vector<float> noise(y.size(), 0.1F);
  noise[2] = 3;
  const AllocationCounter counter;
  estimator.process(y, 0.1, channel.view());
  estimator.process(y, noise, channel.view());
  EXPECT_EQ(counter.count(), 0U);
}

TEST(LmmseEstimator, RefusesWhatCannotBe) {
  const auto good = small_configs()[2];
  const auto refuses = [&](auto change) {
    auto config = good;
    change(config);
    EXPECT_THROW(LmmseEstimator{config}, ConfigError);
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  refuses([](auto& c) { c.pilots.clear(); });
  refuses([](auto& c) { c.pilots[0].carrier = 64; });
  refuses([](auto& c) { c.pilots[0].symbol = 5000; });
  refuses([](auto& c) { c.symbols.clear(); });
  refuses([](auto& c) { c.symbols = {5000}; });
  refuses([](auto& c) { c.profile.clear(); });
  refuses([](auto& c) { c.profile = {{0, 0}}; });
  refuses([&](auto& c) { c.profile = {{nan, 1}}; });
  refuses([](auto& c) { c.profile = {{0, -1}}; });
  refuses([](auto& c) { c.doppler = 0.6; });
  refuses([&](auto& c) { c.doppler = nan; });
  refuses([](auto& c) { c.max_snr_db = 61; });
  EXPECT_THROW(uniform_profile(0, 0), ConfigError);
  EXPECT_THROW(uniform_profile(nan, 1), ConfigError);
  EXPECT_THROW(exponential_profile(0, -1), ConfigError);
  EXPECT_THROW(exponential_profile(0, 2000), ConfigError);
}

TEST(DelayProfile, HasItsMoments) {
  for (const double decay : {0.2, 3.0, 40.0}) {
    double power = 0;
    double mean = 0;
    double square = 0;
    for (const DelayTap& tap : exponential_profile(-2, decay)) {
      power += tap.power;
      mean += tap.power * tap.delay_samples;
      square += tap.power * tap.delay_samples * tap.delay_samples;
    }
    EXPECT_NEAR(power, 1, 1e-9);
    EXPECT_NEAR(mean, decay - 2, 0.005 * decay);  // what is cut off at 8 decays: 9 e^-8
    EXPECT_NEAR(std::sqrt(square - mean * mean) / decay, decay > 1 ? 1 : 0.5, decay > 1 ? 0.02 : 0.5);
  }
  double power = 0;
  for (const DelayTap& tap : uniform_profile(-3, 7.3)) {
    power += tap.power;
    EXPECT_GT(tap.delay_samples, -3);
    EXPECT_LT(tap.delay_samples, 4.3);
  }
  EXPECT_NEAR(power, 1, 1e-12);
}

}  // namespace
}  // namespace boresight::ofdm
