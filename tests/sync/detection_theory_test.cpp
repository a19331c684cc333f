#include "boresight/sync/detection_theory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/types.h"

namespace boresight::sync {
namespace {

// n equal weights: the tail of the Erlang distribution, exp(-x) sum_{i < n} x^i / i!.
TEST(QuadraticFormTail, IsErlangsForEqualWeights) {
  for (const int n : {3, 8, 20}) {
    const std::vector<double> weights(n, 2.0);
    const std::vector<double> powers(n, 0.0);
    for (const double x : {0.5, 5.0, 20.0, 40.0}) {
      double term = std::exp(-x);
      double tail = 0;
      for (int i = 0; i < n; ++i) {
        tail += term;
        term *= x / (i + 1);
      }
      EXPECT_NEAR(quadratic_form_tail(weights, powers, 2 * x), tail, 1e-7) << n << " " << x;
    }
  }
}

// Equal weights with powers: Marcum's Q, here its series over Poisson numbers of degrees of freedom.
TEST(QuadraticFormTail, IsMarcumsForPowers) {
  const std::vector<double> weights(4, 1.0);
  const std::vector<double> powers{1.0, 4.0, 0.0, 7.5};
  for (const double x : {2.0, 10.0, 16.5, 40.0}) {
    double tail = 0;
    double poisson = std::exp(-12.5);
    for (int j = 0; j < 200; ++j) {
      double term = std::exp(-x);
      double erlang = 0;
      for (int i = 0; i < 4 + j; ++i) {
        erlang += term;
        term *= x / (i + 1);
      }
      tail += poisson * erlang;
      poisson *= 12.5 / (j + 1);
    }
    EXPECT_NEAR(quadratic_form_tail(weights, powers, x), tail, 1e-7) << x;
  }
}

// The whole modulus, simulated: the imaginary part is left out, which is the 0.02 of the header; 20,000
// trials have a standard error of 0.0035.
TEST(DifferentialDetection, AgreesWithSimulation) {
  Random random(1);
  for (const double power : {4.0, 8.0, 16.0}) {
    for (const double threshold : {15.0, 27.0, 60.0}) {
      int hits = 0;
      const int trials = 20'000;
      for (int trial = 0; trial < trials; ++trial) {
        cf64 sum = 0;
        cf64 last = 0;
        for (int m = 0; m < 8; ++m) {
          const cf64 c = std::sqrt(power) + cf64(random.complex_normal());
          if (m > 0) sum += c * std::conj(last);
          last = c;
        }
        hits += std::abs(sum) > threshold;
      }
      const double theory = differential_detection_probability(8, power, threshold);
      EXPECT_NEAR(static_cast<double>(hits) / trials, theory, 0.012 + 0.014) << power << " " << threshold;
    }
  }
}

// What is left out costs no more than the header says, at the thresholds that all but 3 % to all but 99 % of
// 20,000 statistics pass, at the edges of the header's steps. Four standard errors are 0.014.
TEST(DifferentialDetection, IsTooLowByNoMoreThanTheHeaderSays) {
  Random random(4);
  for (const std::size_t segments : {3U, 8U, 16U, 64U}) {
    for (const auto& [strength, missing] :
         {std::pair{3.4, 0.06}, std::pair{8.0, 0.03}, std::pair{16.0, 0.02}}) {
      const double power = strength / std::sqrt(static_cast<double>(segments));
      std::vector<double> statistics(20'000);
      for (double& statistic : statistics) {
        cf64 sum = 0;
        cf64 last = 0;
        for (std::size_t m = 0; m < segments; ++m) {
          const cf64 c = std::sqrt(power) + cf64(random.complex_normal());
          if (m > 0) sum += c * std::conj(last);
          last = c;
        }
        statistic = std::abs(sum);
      }
      std::sort(statistics.begin(), statistics.end(), std::greater<>());
      for (const double passed : {0.97, 0.9, 0.75, 0.5, 0.25, 0.1, 0.01}) {
        const double threshold = statistics[static_cast<std::size_t>(passed * 20'000)];
        const double theory = differential_detection_probability(segments, power, threshold);
        EXPECT_LE(theory, passed + 0.014) << segments << " segments, " << strength;
        EXPECT_GE(theory, passed - 0.014 - missing) << segments << " segments, " << strength;
      }
    }
  }
}

// Simulated, for two, four and eight segments: 1e6 trials, at 1e-3 a standard error of 3 %; five of them and
// the tenth of the header.
TEST(DifferentialTail, IsSeenInNoise) {
  Random random(2);
  for (const std::size_t segments : {2U, 4U, 8U}) {
    const double threshold = differential_threshold(segments, 1e-3);
    EXPECT_NEAR(differential_tail(segments, threshold), 1e-3, 1e-9);
    int hits = 0;
    for (int trial = 0; trial < 400'000; ++trial) {
      cf32 sum = 0;
      cf32 last = random.complex_normal();
      for (std::size_t m = 1; m < segments; ++m) {
        const cf32 n = random.complex_normal();
        sum += n * std::conj(last);
        last = n;
      }
      hits += std::norm(sum) > static_cast<float>(threshold * threshold);
    }
    EXPECT_NEAR(hits / 400e3, 1e-3, 1e-3 * (0.1 + 5 * 0.05)) << segments;
  }
}

// Against the energy. Two segments have a closed form to compare with: given |b|, |<a, b>|^2 / |a|^2 |b|^2 is
// Beta(1, n - 1), and |a|^2 / (|a|^2 + |b|^2) Beta(n, n); their product over the ratio is integrated.
TEST(DifferentialRatioTail, IsTheClosedFormOfTwoSegments) {
  for (const int n : {4, 16, 128}) {
    for (const double probability : {1e-2, 1e-4, 1e-8, 1e-12}) {
      const double ratio = differential_ratio_threshold(n, 2, probability);
      double sum = 0;
      double weight = 0;
      const int steps = 20'000;
      for (int i = 1; i < steps; ++i) {
        const double f = static_cast<double>(i) / steps;
        const double density = std::exp((n - 1) * std::log(4 * f * (1 - f)));
        const double rho_2 = ratio * ratio / (f * (1 - f));
        weight += density;
        if (rho_2 < 1) sum += density * std::exp((n - 1) * std::log1p(-rho_2));
      }
      EXPECT_NEAR(sum / weight / probability, 1.0, probability > 1e-3 ? 0.1 : 0.05)
          << n << " " << probability;
    }
  }
}

TEST(DifferentialRatioTail, IsSeenInNoise) {
  Random random(3);
  const std::size_t sizes[][2] = {{16, 2}, {16, 5}, {1, 48}, {8, 8}};
  for (const auto& [copies, segments] : sizes) {
    const double ratio = differential_ratio_threshold(copies, segments, 2e-3);
    int hits = 0;
    const int trials = 100'000;
    for (int trial = 0; trial < trials; ++trial) {
      cf32 sum = 0;
      float energy = 0;
      for (std::size_t i = 0; i < copies; ++i) {
        cf32 last = random.complex_normal();
        energy += std::norm(last);
        for (std::size_t m = 1; m < segments; ++m) {
          const cf32 n = random.complex_normal();
          energy += std::norm(n);
          sum += n * std::conj(last);
          last = n;
        }
      }
      hits += std::abs(sum) > static_cast<float>(ratio) * energy;
    }
    // 200 expected: five standard errors and the header's 5 %.
    EXPECT_NEAR(hits, 200, 5 * std::sqrt(200.0) + 10) << copies << " " << segments;
  }
}

// Against values that R's binom.test prints: 10 of 100 at 95 % (0.0490, 0.1762), none of 30 (0, 0.1157).
TEST(ClopperPearson, GivesTheTextbooksIntervals) {
  EXPECT_NEAR(clopper_pearson(10, 100, 0.025).low, 0.04900469, 1e-7);
  EXPECT_NEAR(clopper_pearson(10, 100, 0.025).high, 0.17622260, 1e-7);
  EXPECT_EQ(clopper_pearson(0, 30, 0.025).low, 0.0);
  EXPECT_NEAR(clopper_pearson(0, 30, 0.025).high, 1 - std::pow(0.025, 1.0 / 30), 1e-9);
  EXPECT_NEAR(clopper_pearson(30, 30, 0.025).low, std::pow(0.025, 1.0 / 30), 1e-9);
  EXPECT_EQ(clopper_pearson(30, 30, 0.025).high, 1.0);
}

// Of so many trials the normal distribution says the same: 1.6449 standard deviations to either side, its own
// error being of the order of one hit.
TEST(ClopperPearson, HoldsUpToTheMostTrials) {
  for (const std::size_t trials : {std::size_t{1} << 30, std::size_t{1} << 36, clopper_pearson_max_trials}) {
    const auto n = static_cast<double>(trials);
    const Interval interval = clopper_pearson(trials / 2, trials, 0.05);
    const double deviation = 0.5 / std::sqrt(n);
    EXPECT_NEAR((0.5 - interval.low) / deviation, 1.64485, 0.01) << n;
    EXPECT_NEAR((interval.high - 0.5) / deviation, 1.64485, 0.01) << n;
  }
}

}  // namespace
}  // namespace boresight::sync
