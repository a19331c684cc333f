#include "boresight/ofdm/combiner.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/doa/covariance.h"
#include "support/allocation_counter.h"
#include "support/simd_targets.h"

namespace boresight::ofdm {
namespace {

constexpr float nan_f = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr std::size_t lengths[] = {0, 1, 2, 7, 15, 16, 17, 33, 128, 1023};

bool finite(cf32 x) {
  return std::isfinite(x.real()) && std::isfinite(x.imag());
}

// One subcarrier of combine(), as its header has it.
struct Symbol {
  cf64 symbol = 0;
  double variance = erased_variance;
};

Symbol oracle(Grid<const cf32> y, Grid<const cf32> h, Grid<const float> noise, std::size_t k) {
  cf64 sum = 0;
  double gain = 0;
  for (std::size_t b = 0; b < y.rows(); ++b) {
    const float n = noise(b, noise.columns() == 1 ? 0 : k);
    if (!(n > 0) || !std::isfinite(n) || !finite(y(b, k)) || !finite(h(b, k))) continue;
    sum += std::conj(cf64(h(b, k))) * cf64(y(b, k)) / static_cast<double>(n);
    gain += std::norm(cf64(h(b, k))) / static_cast<double>(n);
  }
  if (gain < 1e-30) return {};
  return {sum / gain, 1 / gain};
}

struct Scene {
  GridBuffer<cf32> received, channel;
  GridBuffer<float> noise;
};

Scene random_scene(std::size_t antennas, std::size_t carriers, Random& random) {
  Scene s{GridBuffer<cf32>(antennas, carriers), GridBuffer<cf32>(antennas, carriers),
          GridBuffer<float>(antennas, carriers)};
  for (std::size_t b = 0; b < antennas; ++b) {
    for (std::size_t k = 0; k < carriers; ++k) {
      s.received(b, k) = random.complex_normal();
      s.channel(b, k) = random.complex_normal();
      s.noise(b, k) = static_cast<float>(0.01 + random.uniform());
    }
  }
  return s;
}

// Every length, unaligned starts, 1 to 9 antennas, both shapes of the noise, and values that are none.
TEST(Combiner, IsTheSumOfItsHeaderOnEveryTarget) {
  for_each_simd_target([] {
    Random random(1);
    for (const std::size_t length : lengths) {
      for (const std::size_t antennas : {1UL, 2UL, 3UL, 4UL, 8UL, 9UL}) {
        for (const std::size_t start : {0UL, 1UL, 3UL}) {
          Scene s = random_scene(antennas, length + 3, random);
          if (length > 6) {
            s.received(0, start + 1) = {nan_f, 0};
            s.channel(0, start + 2) = {0, infinity};
            s.channel(antennas - 1, start + 3) = 0;
            s.noise(0, start + 4) = 0;
            s.noise(antennas - 1, start + 5) = nan_f;
            s.noise(0, start + 6) = infinity;
          }
          const auto y = Grid<const cf32>(s.received.view()).columns(start, length);
          const auto h = Grid<const cf32>(s.channel.view()).columns(start, length);
          for (const bool each : {true, false}) {
            const auto n = Grid<const float>(s.noise.view()).columns(each ? start : 0, each ? length : 1);
            std::vector<cf32> symbols(length + 1, cf32(7));
            std::vector<float> variance(length + 1, 7);
            combine(y, h, n, std::span(symbols).first(length), std::span(variance).first(length));
            for (std::size_t k = 0; k < length; ++k) {
              const Symbol expected = oracle(y, h, n, k);
              EXPECT_NEAR(std::abs(cf64(symbols[k]) - expected.symbol), 0,
                          2e-5 * (1 + std::sqrt(expected.variance < 1e20 ? expected.variance : 0)));
              EXPECT_NEAR(variance[k] / expected.variance, 1, 1e-5);
            }
            EXPECT_EQ(symbols[length], cf32(7));
            EXPECT_EQ(variance[length], 7);
          }
        }
      }
    }
  });
}

TEST(Combiner, ErasesWhatCannotBeKnown) {
  for_each_simd_target([] {
    GridBuffer<cf32> y(2, 6);
    GridBuffer<cf32> h(2, 6);
    GridBuffer<float> n(2, 6);
    for (std::size_t b = 0; b < 2; ++b) {
      for (std::size_t k = 0; k < 6; ++k) {
        y(b, k) = {1, 1};
        h(b, k) = 1;
        n(b, k) = 1;
      }
      h(b, 0) = 0;
      n(b, 1) = 0;
      y(b, 2) = {nan_f, 1};
      h(b, 3) = {1e30F, 0};  // its square is no float
      h(b, 4) = {1e-20F, 0};
    }
    std::vector<cf32> symbols(6);
    std::vector<float> variance(6);
    combine(y.view(), h.view(), n.view(), symbols, variance);
    for (int k = 0; k < 5; ++k) {
      EXPECT_EQ(symbols[k], cf32(0)) << k;
      EXPECT_EQ(variance[k], erased_variance) << k;
    }
    EXPECT_NEAR(variance[5], 0.5, 1e-6);
  });
}

TEST(Combiner, WithOneAntennaIsZeroForcing) {
  Random random(2);
  const Scene s = random_scene(1, 100, random);
  std::vector<std::uint16_t> carriers(100);
  for (std::uint16_t k = 0; k < 100; ++k) carriers[k] = k;
  std::vector<cf32> a(100);
  std::vector<cf32> b(100);
  std::vector<float> va(100);
  std::vector<float> vb(100);
  combine(s.received.view(), s.channel.view(), s.noise.view(), a, va);
  equalize(s.received.row(0), s.channel.row(0), s.noise.row(0), carriers, b, vb);
  for (int k = 0; k < 100; ++k) {
    EXPECT_NEAR(std::abs(a[k] - b[k]), 0, 1e-5 * std::abs(b[k]));
    EXPECT_NEAR(va[k] / vb[k], 1, 1e-5);
  }
}

// The SNR after combining is the sum of the branch SNRs, here -3 (with a dead and a NaN antenna beside it), 0
// and 3.5 dB: 4.238 in all, 6.27 dB. 200,000 symbols measure a noise power to 0.22 %: 0.05 dB is five
// standard errors. The stated variance agrees.
TEST(Combiner, SnrIsTheSumOfTheBranches) {
  const float noise_of[] = {0.25F, 2.0F, 1.0F, 1.0F, 0.6F};
  const double snr_db[] = {-3, 0, -300, 0, 3.5};
  constexpr std::size_t carriers = 1000;
  Random random(3);
  double expected = 0;
  GridBuffer<float> noise(5, 1);
  for (std::size_t b = 0; b < 5; ++b) {
    noise(b, 0) = noise_of[b];
    if (b != 3) expected += power_from_db(snr_db[b]);
  }
  GridBuffer<cf32> y(5, carriers);
  GridBuffer<cf32> h(5, carriers);
  std::vector<cf32> symbols(carriers);
  std::vector<float> variance(carriers);
  double error = 0;
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<cf32> sent(carriers);
    for (std::size_t k = 0; k < carriers; ++k) {
      sent[k] = cf32(std::polar(1.0, pi / 2 * random.below(4)));
      for (std::size_t b = 0; b < 5; ++b) {
        const double amplitude = std::sqrt(power_from_db(snr_db[b]) * static_cast<double>(noise_of[b]));
        h(b, k) = cf32(std::polar(amplitude, 2 * pi * random.uniform()));
        y(b, k) = b == 3 ? cf32(nan_f, nan_f) : h(b, k) * sent[k] + random.complex_normal(noise_of[b]);
      }
    }
    combine(y.view(), h.view(), noise.view(), symbols, variance);
    for (std::size_t k = 0; k < carriers; ++k) {
      error += static_cast<double>(std::norm(symbols[k] - sent[k])) / (carriers * 200);
      ASSERT_NEAR(variance[k] * expected, 1, 1e-4);
    }
  }
  EXPECT_NEAR(db_from_power(1 / error), db_from_power(expected), 0.05);
}

// Gaussian symbols, for which the MMSE estimate is the mean: its error is v / (1 + v), and no other factor
// does better.
TEST(Combiner, MmseHasTheLeastError) {
  Random random(4);
  constexpr float v = 0.5F;
  constexpr std::size_t n = 100'000;
  std::vector<cf32> sent(n);
  std::vector<cf32> symbols(n);
  std::vector<float> variance(n, v);
  for (std::size_t k = 0; k < n; ++k) {
    sent[k] = random.complex_normal();
    symbols[k] = sent[k] + random.complex_normal(v);
  }
  to_mmse(symbols, variance);
  EXPECT_NEAR(variance[0], v / (1 + v), 1e-6);
  const auto error = [&](float factor) {
    double sum = 0;
    for (std::size_t k = 0; k < n; ++k) sum += static_cast<double>(std::norm(factor * symbols[k] - sent[k]));
    return sum / n;
  };
  EXPECT_NEAR(error(1) / static_cast<double>(variance[0]), 1, 5 / std::sqrt(double{n}));
  EXPECT_LT(error(1), error(1.03F));
  EXPECT_LT(error(1), error(0.97F));
}

// --- Interference rejection ---

std::vector<cf64> random_vector(std::size_t n, Random& random) {
  std::vector<cf64> x(n);
  for (cf64& value : x) value = cf64(random.complex_normal());
  return x;
}

// Noise of `own` per antenna and jammers with their steering vectors: R = diag + sum of j j^H.
GridBuffer<cf64> covariance_of(const std::vector<double>& own,
                               const std::vector<std::vector<cf64>>& jammers) {
  const std::size_t n = own.size();
  GridBuffer<cf64> r(n, n);
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = 0; b < n; ++b) {
      r(a, b) = a == b ? own[a] : 0.0;
      for (const auto& j : jammers) r(a, b) += j[a] * std::conj(j[b]);
    }
  }
  return r;
}

// R^-1 h by conjugate gradients in double precision: another way than the code's.
std::vector<cf64> solve(const GridBuffer<cf64>& r, const std::vector<cf64>& h) {
  const std::size_t n = h.size();
  std::vector<cf64> x(n);
  std::vector<cf64> residual = h;
  std::vector<cf64> direction = h;
  const auto dot = [&](const auto& a, const auto& b) {
    cf64 sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += std::conj(a[i]) * b[i];
    return sum.real();
  };
  double power = dot(residual, residual);
  for (std::size_t step = 0; step < 5 * n && power > 1e-28; ++step) {
    std::vector<cf64> turned(n);
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = 0; b < n; ++b) turned[a] += r(a, b) * direction[b];
    }
    const double length = power / dot(direction, turned);
    for (std::size_t i = 0; i < n; ++i) {
      x[i] += length * direction[i];
      residual[i] -= length * turned[i];
    }
    const double next = dot(residual, residual);
    for (std::size_t i = 0; i < n; ++i) direction[i] = residual[i] + next / power * direction[i];
    power = next;
  }
  return x;
}

// Symbols and variance are those of the weights R^-1 h, in two bands with different covariances, on every
// target and length.
TEST(InterferenceRejection, IsTheOptimumOfItsHeaderOnEveryTarget) {
  for_each_simd_target([] {
    Random random(5);
    for (const std::size_t antennas : {1UL, 2UL, 3UL, 4UL, 8UL, 16UL}) {
      for (const std::size_t carriers : {2UL, 7UL, 33UL, 129UL}) {
        InterferenceRejectionCombiner combiner({.antennas = antennas, .carriers = carriers, .bands = 2});
        std::vector<GridBuffer<cf64>> r;
        for (std::size_t band = 0; band < 2; ++band) {
          std::vector<double> own(antennas);
          for (double& x : own) x = 0.1 + random.uniform();
          auto jammer = random_vector(antennas, random);
          for (cf64& x : jammer) x *= 3;
          r.push_back(covariance_of(own, {jammer, random_vector(antennas, random)}));
          combiner.set_covariance(band, r.back().view());
        }
        const Scene s = random_scene(antennas, carriers, random);
        std::vector<cf32> symbols(carriers);
        std::vector<float> variance(carriers);
        combiner.process(s.received.view(), s.channel.view(), symbols, variance);
        for (std::size_t k = 0; k < carriers; ++k) {
          std::vector<cf64> h(antennas);
          for (std::size_t b = 0; b < antennas; ++b) h[b] = cf64(s.channel(b, k));
          const auto w = solve(r[k >= combiner.first_carrier(1) ? 1 : 0], h);
          cf64 sum = 0;
          double gain = 0;
          for (std::size_t b = 0; b < antennas; ++b) {
            sum += std::conj(w[b]) * cf64(s.received(b, k));
            gain += (std::conj(w[b]) * h[b]).real();
          }
          EXPECT_NEAR(variance[k] * gain, 1, 1e-3);
          EXPECT_NEAR(std::abs(cf64(symbols[k]) - sum / gain), 0, 1e-3 * (1 + std::abs(sum / gain)));
        }
      }
    }
  });
}

// Four antennas, a jammer 30 dB above the noise on each: the SINR measured on symbols is the closed form h^H
// R^-1 h, with R known; with R measured on 64 vectors the mean of what is kept is (64 + 2 - 4) / 65.
TEST(InterferenceRejection, ReachesTheLargestSinr) {
  constexpr std::size_t antennas = 4;
  constexpr std::size_t carriers = 2000;
  constexpr std::size_t training = 64;
  Random random(6);
  double kept = 0;
  constexpr int scenes = 60;
  for (int scene = 0; scene < scenes; ++scene) {
    const auto h = random_vector(antennas, random);
    auto jammer = random_vector(antennas, random);
    for (cf64& x : jammer) x *= std::sqrt(1000.0);
    const auto r = covariance_of(std::vector<double>(antennas, 1.0), {jammer});
    const auto w = solve(r, h);
    double best = 0;
    for (std::size_t b = 0; b < antennas; ++b) best += (std::conj(w[b]) * h[b]).real();

    const auto disturb = [&](Grid<cf32> x) {
      for (std::size_t k = 0; k < x.columns(); ++k) {
        const cf64 j = cf64(random.complex_normal());
        for (std::size_t b = 0; b < antennas; ++b) {
          x(b, k) += cf32(jammer[b] * j) + random.complex_normal();
        }
      }
    };
    GridBuffer<cf32> y(antennas, carriers);
    GridBuffer<cf32> channel(antennas, carriers);
    std::vector<cf32> sent(carriers);
    for (std::size_t k = 0; k < carriers; ++k) {
      sent[k] = cf32(std::polar(1.0, pi / 2 * random.below(4)));
      for (std::size_t b = 0; b < antennas; ++b) {
        channel(b, k) = cf32(h[b]);
        y(b, k) = channel(b, k) * sent[k];
      }
    }
    disturb(y.view());
    std::vector<cf32> symbols(carriers);
    std::vector<float> variance(carriers);
    const auto sinr = [&] {
      double error = 0;
      for (std::size_t k = 0; k < carriers; ++k) {
        error += static_cast<double>(std::norm(symbols[k] - sent[k])) / carriers;
      }
      return 1 / error;
    };
    InterferenceRejectionCombiner combiner({.antennas = antennas, .carriers = carriers});
    combiner.set_covariance(0, r.view());
    combiner.process(y.view(), channel.view(), symbols, variance);
    // 2000 exponential values: 2.2 % one sigma, 0.1 dB; five.
    EXPECT_NEAR(db_from_power(sinr() / best), 0, 0.5);
    EXPECT_NEAR(variance[9] * best, 1, 1e-3);

    GridBuffer<cf32> noise(antennas, training);
    disturb(noise.view());
    doa::SampleCovariance measured({.elements = antennas});
    measured.update(noise.view());
    GridBuffer<cf64> estimate(antennas, antennas);
    measured.matrix(estimate.view());
    combiner.set_covariance(0, estimate.view());
    combiner.process(y.view(), channel.view(), symbols, variance);
    kept += sinr() / best / scenes;
  }
  // A scene's share is beta distributed (spread 2.6 %) and measured to 2.2 %: 60 of them to 0.45 %.
  EXPECT_NEAR(kept, (training + 2.0 - antennas) / (training + 1.0), 0.02);
}

TEST(InterferenceRejection, WithADiagonalCovarianceIsMaximumRatio) {
  Random random(7);
  const Scene s = random_scene(3, 50, random);
  GridBuffer<float> noise(3, 1);
  std::vector<double> own(3);
  for (std::size_t b = 0; b < 3; ++b) {
    noise(b, 0) = s.noise(b, 0);
    own[b] = static_cast<double>(noise(b, 0));
  }
  InterferenceRejectionCombiner combiner({.antennas = 3, .carriers = 50});
  combiner.set_covariance(0, covariance_of(own, {}).view());
  std::vector<cf32> a(50);
  std::vector<cf32> b(50);
  std::vector<float> va(50);
  std::vector<float> vb(50);
  combiner.process(s.received.view(), s.channel.view(), a, va);
  combine(s.received.view(), s.channel.view(), noise.view(), b, vb);
  for (int k = 0; k < 50; ++k) {
    EXPECT_NEAR(std::abs(a[k] - b[k]), 0, 1e-4 * (1 + std::abs(b[k])));
    EXPECT_NEAR(va[k] / vb[k], 1, 1e-4);
  }
}

// A dead antenna, one whose covariance is NaN and that delivers NaN, and a copy of another (singular R).
TEST(InterferenceRejection, LeavesOutWhatIsDead) {
  Random random(8);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Scene s = random_scene(4, 40, random);
  auto r = covariance_of({1, 0, nan, 1}, {});
  for (std::size_t b = 0; b < 4; ++b) {
    if (b != 2) r(2, b) = r(b, 2) = nan;
  }
  for (std::size_t k = 0; k < 40; ++k) {
    s.received(1, k) = s.channel(1, k) = 0;
    s.received(2, k) = {nan_f, nan_f};
  }
  InterferenceRejectionCombiner combiner({.antennas = 4, .carriers = 40});
  std::vector<cf32> symbols(40, cf32(1));
  std::vector<float> variance(40);
  combiner.process(s.received.view(), s.channel.view(), symbols, variance);
  for (const cf32 x : symbols) EXPECT_EQ(x, cf32(0));  // no covariance yet
  combiner.set_covariance(0, r.view());
  combiner.process(s.received.view(), s.channel.view(), symbols, variance);
  for (std::size_t k = 0; k < 40; ++k) {
    const double gain = static_cast<double>(std::norm(s.channel(0, k)) + std::norm(s.channel(3, k)));
    EXPECT_NEAR(variance[k] * gain, 1, 1e-4);
    EXPECT_TRUE(finite(symbols[k]));
  }
  s.received(3, 5) = {infinity, 0};
  combiner.process(s.received.view(), s.channel.view(), symbols, variance);
  EXPECT_EQ(symbols[5], cf32(0));
  EXPECT_EQ(variance[5], erased_variance);
  EXPECT_NE(symbols[6], cf32(0));

  auto twins = covariance_of({0, 0, 1, 1}, {{1, 1, 0, 0}});
  combiner.set_covariance(0, twins.view());
  Scene clean = random_scene(4, 40, random);
  for (std::size_t k = 0; k < 40; ++k) {
    clean.received(1, k) = clean.received(0, k);
    clean.channel(1, k) = clean.channel(0, k);
  }
  combiner.process(clean.received.view(), clean.channel.view(), symbols, variance);
  for (std::size_t k = 0; k < 40; ++k) {
    double gain = 0;
    for (std::size_t b = 1; b < 4; ++b) gain += static_cast<double>(std::norm(clean.channel(b, k)));
    EXPECT_NEAR(variance[k] * gain, 1, 1e-2);  // the copy brings nothing
  }
}

TEST(InterferenceRejection, DoesNotAllocate) {
  InterferenceRejectionCombiner combiner({.antennas = 4, .carriers = 40, .bands = 3});
  Random random(9);
  const Scene s = random_scene(4, 40, random);
  const auto r = covariance_of({1, 1, 1, 1}, {});
  std::vector<cf32> symbols(40);
  std::vector<float> variance(40);
  const AllocationCounter counter;
  for (std::size_t band = 0; band < 3; ++band) combiner.set_covariance(band, r.view());
  combiner.process(s.received.view(), s.channel.view(), symbols, variance);
  combine(s.received.view(), s.channel.view(), s.noise.view(), symbols, variance);
  EXPECT_EQ(counter.count(), 0U);
}

TEST(InterferenceRejection, RefusesWhatCannotBe) {
  EXPECT_THROW(InterferenceRejectionCombiner({.antennas = 0, .carriers = 4}), ConfigError);
  EXPECT_THROW(InterferenceRejectionCombiner({.antennas = 17, .carriers = 4}), ConfigError);
  EXPECT_THROW(InterferenceRejectionCombiner({.antennas = 1, .carriers = 0}), ConfigError);
  EXPECT_THROW(InterferenceRejectionCombiner({.antennas = 1, .carriers = 4, .bands = 5}), ConfigError);
  EXPECT_THROW(InterferenceRejectionCombiner({.antennas = 1, .carriers = 4, .bands = 0}), ConfigError);
}

}  // namespace
}  // namespace boresight::ofdm
