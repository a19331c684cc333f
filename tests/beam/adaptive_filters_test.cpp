// LMS, NLMS, RLS, constant modulus and training on a known sequence, against the Wiener solution and the
// theory of their excess errors.
#include <gtest/gtest.h>

#include <limits>

#include "boresight/beam/constant_modulus.h"
#include "boresight/beam/lms.h"
#include "boresight/beam/rls.h"
#include "boresight/beam/weights.h"
#include "boresight/beam/wiener.h"
#include "boresight/core/error.h"
#include "boresight/sync/ku_sequences.h"
#include "scenario.h"
#include "support/allocation_counter.h"

namespace boresight::beam {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// A known QPSK signal of unit power towards `signal_deg` among jammers and unit noise.
struct Link {
  std::size_t elements;
  std::vector<PlaneWave> jammers;
  std::vector<cf64> steering;
  GridBuffer<cf64> covariance;  // with the signal
  Eigen::VectorXcd wiener;
  double least_error = 0;  // E|s - w^H x|^2 of the Wiener weights

  Link(std::size_t n, std::vector<PlaneWave> waves, double signal_deg = 0)
      : elements(n), jammers(std::move(waves)), steering(line_steering(n, signal_deg)) {
    std::vector<PlaneWave> all = jammers;
    all.push_back({steering, 1.0});
    covariance = theory_covariance(all, n);
    wiener = dense(covariance.view()).ldlt().solve(dense(steering));
    least_error = 1 - dense(steering).dot(wiener).real();
  }

  void samples(std::size_t count, Random& random, GridBuffer<cf32>& x, std::vector<cf32>& s) const {
    x = snapshots(jammers, elements, count, random);
    s.resize(count);
    for (std::size_t t = 0; t < count; ++t) {
      const std::uint32_t bits = random.below(4);
      s[t] = cf32(bits % 2 == 0 ? 1.0F : -1.0F, bits / 2 == 0 ? 1.0F : -1.0F) * 0.70710678F;
      for (std::size_t e = 0; e < elements; ++e) x(e, t) += s[t] * cf32(steering[e]);
    }
  }

  /// (error of w) / least error - 1, exactly: (w - w_opt)^H R (w - w_opt) / least error.
  double excess(std::span<const cf64> w) const {
    const Eigen::VectorXcd d = dense(w) - wiener;
    return d.dot(dense(covariance.view()) * d).real() / least_error;
  }
};

/// Mean excess error after the start is forgotten.
template <typename Filter>
double mean_excess(Filter& filter, const Link& link, std::size_t settle, std::size_t count,
                   std::uint64_t seed) {
  Random random(seed);
  GridBuffer<cf32> x;
  std::vector<cf32> s;
  link.samples(settle + count, random, x, s);
  std::vector<cf32> y(1);
  double sum = 0;
  for (std::size_t t = 0; t < settle + count; ++t) {
    filter.process(x.view().columns(t, 1), std::span(s).subspan(t, 1), y);
    if (t >= settle) sum += link.excess(filter.weights());
  }
  return sum / static_cast<double>(count);
}

TEST(Lms, MisadjustmentIsWhatTheorySays) {
  // A / (1 - A), A = sum of step g / (2 - step g), exact for independent Gaussian snapshots; the QPSK
  // signal's smaller fourth moment is one of eight eigenvalues. 60,000 samples with a memory of some hundred:
  // 5 %.
  const Link link(8, {{line_steering(8, 40), 3.0}});
  const Eigen::VectorXd g =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXcd>(dense(link.covariance.view())).eigenvalues();
  for (const double share : {0.05, 0.2}) {
    const double step = share * LmsFilter::stable_step(g.sum());
    double a = 0;
    for (const double value : g) a += step * value / (2 - step * value);
    LmsFilter filter({.elements = 8, .rule = LmsFilter::Rule::lms, .step = step});
    EXPECT_NEAR(mean_excess(filter, link, 10000, 60000, 1), a / (1 - a), 0.07 * a / (1 - a)) << share;
    EXPECT_EQ(filter.restarts(), 0U);
  }
}

TEST(Lms, DivergesBeyondItsLimitAndStartsOver) {
  const Link link(8, {{line_steering(8, 40), 3.0}});
  LmsFilter filter({.elements = 8, .rule = LmsFilter::Rule::lms, .step = 6 * LmsFilter::stable_step(40)});
  Random random(2);
  GridBuffer<cf32> x;
  std::vector<cf32> s;
  link.samples(20000, random, x, s);
  std::vector<cf32> y(s.size());
  filter.process(x.view(), s, y);
  EXPECT_GT(filter.restarts(), 0U);
  for (const cf64 w : filter.weights()) EXPECT_TRUE(std::isfinite(std::abs(w)));
}

TEST(Nlms, MisadjustmentInWhiteNoise) {
  // Nothing but noise arrives and s is noise too, so w_opt = 0, and every step is the theory's own: excess =
  // step / (2 - step) E / (E - 1).
  for (const std::size_t n : {4, 16}) {
    for (const double step : {0.1, 1.0}) {
      LmsFilter filter({.elements = n, .step = step});
      Random random(3);
      std::vector<cf64> x(n);
      double sum = 0;
      constexpr int settle = 2000;
      constexpr int count = 60000;
      for (int t = 0; t < settle + count; ++t) {
        for (cf64& value : x) value = cf64(random.complex_normal());
        filter.step(x, cf64(random.complex_normal()));
        if (t < settle) continue;
        for (const cf64 w : filter.weights()) sum += std::norm(w);
      }
      const double expected = step / (2 - step) * static_cast<double>(n) / static_cast<double>(n - 1);
      EXPECT_NEAR(sum / count, expected, 0.07 * expected) << n << ' ' << step;
    }
  }
}

TEST(Rls, IsTheLeastSquaresSolutionOfAllSamples) {
  // (loading I + sum x x^H)^-1 sum x s*, to rounding, with a jammer of 60 dB.
  const Link link(8, {{line_steering(8, 40), 1e6}});
  Random random(4);
  GridBuffer<cf32> x;
  std::vector<cf32> s;
  link.samples(300, random, x, s);
  RlsFilter filter({.elements = 8, .forgetting = 1.0, .loading = 0.01});
  std::vector<cf32> y(s.size());
  filter.process(x.view(), s, y);
  Eigen::MatrixXcd r = 0.01 * Eigen::MatrixXcd::Identity(8, 8);
  Eigen::VectorXcd p = Eigen::VectorXcd::Zero(8);
  for (std::size_t t = 0; t < s.size(); ++t) {
    Eigen::VectorXcd v(8);
    for (std::size_t e = 0; e < 8; ++e) v(static_cast<Eigen::Index>(e)) = cf64(x(e, t));
    r += v * v.adjoint();
    p += v * std::conj(cf64(s[t]));
  }
  const Eigen::VectorXcd expected = r.ldlt().solve(p);
  EXPECT_LT((dense(filter.weights()) - expected).norm(), 1e-6 * expected.norm());
}

TEST(Rls, ConvergesToWienerUnderAStrongJammer) {
  // Excess E / n after n samples without forgetting, whatever the eigenvalues (Haykin): 40 dB of jammer. Mean
  // of 200 runs, each with a relative spread of (2 / E)^1/2: 4 standard errors are 10 %; 1 / (n - E) is the
  // exact form for Gaussian samples.
  const Link link(8, {{line_steering(8, 40), 1e4}});
  double sum = 0;
  for (std::uint64_t run = 0; run < 200; ++run) {
    RlsFilter filter({.elements = 8, .forgetting = 1.0});
    sum += mean_excess(filter, link, 199, 1, 50 + run);
  }
  EXPECT_NEAR(sum / 200, 8.0 / (200 - 8), 0.1 * 8.0 / (200 - 8));
  // With forgetting: E (1 - f) / (1 + f), to first order in E (1 - f).
  RlsFilter filter({.elements = 8, .forgetting = 0.998});
  const double expected = 8 * 0.002 / 1.998;
  EXPECT_NEAR(mean_excess(filter, link, 5000, 40000, 5), expected, 0.1 * expected);
}

TEST(Rls, WhereNothingIsHeardNothingGrows) {
  // Element 2 is dead and elements 0 and 1 are one: a million samples' worth of forgetting.
  RlsFilter filter({.elements = 4, .forgetting = 0.9});
  Random random(6);
  std::vector<cf64> x(4);
  double error = 0;
  for (int t = 0; t < 20000; ++t) {
    const cf64 s(random.complex_normal());
    x[0] = x[1] = s + 0.1 * cf64(random.complex_normal());
    x[3] = 0.1 * cf64(random.complex_normal());
    const cf64 y = filter.step(x, s);
    if (t > 10000) error += std::norm(s - y);
  }
  EXPECT_EQ(filter.restarts(), 0U);
  EXPECT_EQ(filter.weights()[2], cf64(0));
  for (const cf64 w : filter.weights()) EXPECT_LT(std::abs(w), 2);
  EXPECT_LT(error / 10000, 0.03);  // 0.01 is what the noise leaves
}

TEST(ConstantModulus, CapturesQpskUnderNoiseJammers) {
  // Nothing known but |s| = 1: from the conventional beam, with array errors, through two noise jammers of 10
  // dB, to within 1 dB of the best SINR.
  const std::size_t n = 8;
  Link link(n, {{line_steering(n, 35), 10.0}, {line_steering(n, -50), 10.0}});
  Random random(7);
  GridBuffer<cf32> x;
  std::vector<cf32> s;
  link.samples(30000, random, x, s);
  ConstantModulusFilter filter({.elements = n, .step = 0.02});
  std::vector<cf64> start(n);
  conventional(line_steering(n, 2), start);
  filter.set_weights(start);
  std::vector<cf32> y(s.size());
  filter.process(x.view(), y);
  const GridBuffer<cf64> interference = theory_covariance(link.jammers, n);
  const std::vector<cf64> w(filter.weights().begin(), filter.weights().end());
  EXPECT_GT(db_from_power(sinr(interference.view(), w, link.steering)),
            db_from_power(optimum_sinr(interference.view(), link.steering)) - 1);
  EXPECT_LT(db_from_power(sinr(interference.view(), start, link.steering)),
            db_from_power(optimum_sinr(interference.view(), link.steering)) - 3);
  double spread = 0;
  for (std::size_t t = 25000; t < y.size(); ++t) spread += std::pow(std::abs(y[t]) - 1, 2);
  EXPECT_LT(spread / 5000, 0.1);
  filter.reset();
  EXPECT_EQ(std::vector<cf64>(filter.weights().begin(), filter.weights().end()), start);
}

TEST(Wiener, PlainAndTrained) {
  const Link link(8, {{line_steering(8, 40), 1e4}});
  std::vector<cf64> w(8);
  wiener(link.covariance.view(), link.steering, 0.0, w);
  EXPECT_LT((dense(w) - link.wiener).norm(), 1e-10 * link.wiener.norm());
  EXPECT_THROW(wiener(link.covariance.view(), link.steering, -1.0, w), ConfigError);
  EXPECT_THROW(wiener(link.covariance.view(), std::vector<cf64>(8, cf64(nan)), 1.0, w), ConfigError);
  EXPECT_THROW(wiener(GridBuffer<cf64>(8, 8).view(), link.steering, 0.0, w), ConfigError);
}

TEST(KnownSequenceTrainer, OnePssIsEnough) {
  // 1056 samples at -5 dB per element under 40 dB of jammer, the array's phases anything: within E / K plus
  // the loading's share of the optimum, 0.3 dB.
  const std::size_t n = 8;
  Random random(8);
  std::vector<cf64> a(n);
  std::vector<cf64> v(n);
  for (std::size_t e = 0; e < n; ++e) {
    a[e] = std::polar(1.0, 2 * pi * random.uniform());
    v[e] = std::polar(1.0, 2 * pi * random.uniform());
  }
  const double amplitude = amplitude_from_db(-5);
  GridBuffer<cf32> x = snapshots({{v, 1e4}}, n, sync::pss_samples, random);
  for (std::size_t t = 0; t < sync::pss_samples; ++t) {
    for (std::size_t e = 0; e < n; ++e) x(e, t) += cf32(amplitude * a[e]) * sync::pss()[t];
  }
  KnownSequenceTrainer trainer({.elements = n});
  std::vector<cf64> w(n);
  EXPECT_FALSE(trainer.solve(w));
  const AllocationCounter counter;
  trainer.update(x.view().columns(0, 500), sync::pss().first(500));
  trainer.update(x.view().columns(500, 556), sync::pss().subspan(500));
  ASSERT_TRUE(trainer.solve(w));
  EXPECT_EQ(counter.count(), 0U);
  const GridBuffer<cf64> interference = theory_covariance({{v, 1e4}}, n);
  const double best = power_from_db(-5) * optimum_sinr(interference.view(), a);
  const double reached = power_from_db(-5) * sinr(interference.view(), w, a);
  EXPECT_GT(db_from_power(reached), db_from_power(best) - 0.3);
  EXPECT_LE(reached, best * (1 + 1e-9));
  EXPECT_NEAR(trainer.error(), 1 / (1 + best), 0.15 / (1 + best));

  x(3, 7) = cf32(std::numeric_limits<float>::quiet_NaN(), 0);
  const std::vector<cf64> before = w;
  trainer.update(x.view(), sync::pss());
  EXPECT_FALSE(trainer.solve(w));
  EXPECT_EQ(trainer.rejected(), 1U);
  EXPECT_EQ(w, before);
  trainer.reset();
  EXPECT_FALSE(trainer.solve(w));
}

TEST(AdaptiveFilters, NanLeavesNoTraceAndNothingAllocates) {
  const Link link(4, {});
  Random random(9);
  GridBuffer<cf32> x;
  std::vector<cf32> s;
  link.samples(50, random, x, s);
  x(1, 20) = cf32(0, std::numeric_limits<float>::infinity());
  s[30] = cf32(std::numeric_limits<float>::quiet_NaN(), 0);
  std::vector<cf32> y(50);
  LmsFilter lms({.elements = 4});
  RlsFilter rls({.elements = 4});
  ConstantModulusFilter modulus({.elements = 4});
  const AllocationCounter counter;
  lms.process(x.view(), s, y);
  EXPECT_EQ(y[20], cf32(0));
  EXPECT_EQ(y[30], cf32(0));
  rls.process(x.view(), s, y);
  EXPECT_EQ(y[20], cf32(0));
  modulus.process(x.view(), y);
  EXPECT_EQ(y[20], cf32(0));
  EXPECT_EQ(counter.count(), 0U);
  EXPECT_EQ(lms.skipped(), 2U);
  EXPECT_EQ(rls.skipped(), 2U);
  EXPECT_EQ(modulus.skipped(), 1U);
  for (std::size_t e = 0; e < 4; ++e) {
    EXPECT_TRUE(std::isfinite(std::abs(lms.weights()[e] + rls.weights()[e] + modulus.weights()[e])));
  }
  modulus.set_weights(std::vector<cf64>(4));
  EXPECT_EQ(modulus.weights()[0], cf64(1));
}

TEST(AdaptiveFilters, RefuseValuesOutOfRange) {
  EXPECT_THROW(LmsFilter({.elements = 0}), ConfigError);
  EXPECT_THROW(LmsFilter({.elements = 4, .step = 2}), ConfigError);
  EXPECT_THROW(LmsFilter({.elements = 4, .step = 0}), ConfigError);
  EXPECT_THROW(LmsFilter({.elements = 4, .rule = LmsFilter::Rule::lms, .step = nan}), ConfigError);
  EXPECT_NO_THROW(LmsFilter({.elements = 4, .rule = LmsFilter::Rule::lms, .step = 3}));
  EXPECT_THROW(RlsFilter({.elements = 4, .forgetting = 1.1}), ConfigError);
  EXPECT_THROW(RlsFilter({.elements = 4, .forgetting = nan}), ConfigError);
  EXPECT_THROW(RlsFilter({.elements = 4, .loading = 0}), ConfigError);
  EXPECT_THROW(ConstantModulusFilter({.elements = 4, .step = 2}), ConfigError);
  EXPECT_THROW(ConstantModulusFilter({.elements = 4, .modulus = 0}), ConfigError);
  EXPECT_THROW(KnownSequenceTrainer({.elements = 2000}), ConfigError);
}

}  // namespace
}  // namespace boresight::beam
