#include "boresight/beam/weights.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "boresight/core/error.h"
#include "boresight/doa/covariance.h"
#include "scenario.h"
#include "support/allocation_counter.h"

namespace boresight::beam {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<PlaneWave> two_jammers(std::size_t elements, double jammer_to_noise_db = 40) {
  return {{line_steering(elements, 25), power_from_db(jammer_to_noise_db)},
          {line_steering(elements, -40), power_from_db(jammer_to_noise_db)}};
}

TEST(ConventionalWeights, UnitGainAndTenLogNGain) {
  for (const std::size_t elements : {1, 4, 16, 64}) {
    const std::vector<cf64> a = line_steering(elements, 33);
    std::vector<cf64> w(elements);
    conventional(a, w);
    EXPECT_NEAR(std::abs(response(w, a) - 1.0), 0, 1e-14);
    const GridBuffer<cf64> noise = theory_covariance({}, elements);
    EXPECT_NEAR(db_from_power(sinr(noise.view(), w, a)), db_from_power(static_cast<double>(elements)), 1e-12);
  }
  std::vector<cf64> w(3, cf64(7));
  conventional(std::vector<cf64>(3), w);
  EXPECT_EQ(w, std::vector<cf64>(3));
  for (const double size : {1e-160, 1e160, nan}) {  // a^H a is next to nothing, infinite, nothing
    std::ranges::fill(w, cf64(7));
    conventional(std::vector<cf64>{size, 1e-170, 1e-170}, w);
    EXPECT_EQ(w, std::vector<cf64>(3)) << size;
  }
}

TEST(MvdrWeights, ReachTheOptimumWithAKnownCovariance) {
  // 16-element half-wave line, jammers at 25 and -40 deg, 40 dB: SINR_opt / (N SNR) = -0.042 dB (Van
  // Trees 6.2).
  const std::size_t n = 16;
  const std::vector<cf64> a = line_steering(n, 0);
  for (const double jammer_db : {40.0, 60.0}) {
    const GridBuffer<cf64> r = theory_covariance(two_jammers(n, jammer_db), n);
    const double best_db = db_from_power(optimum_sinr(r.view(), a));
    std::vector<cf64> w(n);
    mvdr(r.view(), a, 0.0, w);
    EXPECT_NEAR(std::abs(response(w, a) - 1.0), 0, 1e-12);
    EXPECT_NEAR(db_from_power(sinr(r.view(), w, a)), best_db, 1e-3);
    EXPECT_NEAR(best_db - db_from_power(n), -0.042, 1e-3);

    MvdrSolver solver({.elements = n, .loading_over_noise_db = -60});
    ASSERT_TRUE(solver.solve(r.view(), a, w));
    EXPECT_NEAR(db_from_power(sinr(r.view(), w, a)), best_db, 1e-3);
  }
}

TEST(MvdrWeights, RefuseWhatHasNoAnswer) {
  const std::vector<cf64> a = line_steering(4, 0);
  std::vector<cf64> w(4);
  GridBuffer<cf64> r(4, 4);
  EXPECT_THROW(mvdr(r.view(), a, 0.0, w), ConfigError);  // zero
  EXPECT_NO_THROW(mvdr(r.view(), a, 1.0, w));            // loaded: conventional
  for (const cf64 value : w) EXPECT_NEAR(std::abs(value), 0.25, 1e-15);
  EXPECT_THROW(mvdr(r.view(), a, -1.0, w), ConfigError);
  EXPECT_THROW(mvdr(r.view(), a, nan, w), ConfigError);
  r(2, 1) = nan;
  EXPECT_THROW(mvdr(r.view(), a, 1.0, w), ConfigError);
}

struct Training {
  std::size_t elements;
  std::size_t snapshot_count;
  double signal_to_noise = 0;  ///< of the signal of interest in the training data, linear; 0 for none
};

/// SINR / SINR_opt of `trials` weights from sample covariances; `weigh` fills the weights.
template <typename Weigh>
std::vector<double> efficiencies(const Training& training, std::size_t trials, std::uint64_t seed,
                                 Weigh weigh) {
  const std::size_t n = training.elements;
  const std::vector<cf64> a = line_steering(n, 0);
  const std::vector<PlaneWave> jammers = two_jammers(n);
  std::vector<PlaneWave> seen = jammers;
  if (training.signal_to_noise > 0) seen.push_back({a, training.signal_to_noise});
  const GridBuffer<cf64> interference = theory_covariance(jammers, n);
  const double best = optimum_sinr(interference.view(), a);
  Random random(seed);
  doa::SampleCovariance covariance({.elements = n});
  GridBuffer<cf64> r(n, n);
  std::vector<cf64> w(n);
  std::vector<double> rho(trials);
  for (double& value : rho) {
    const GridBuffer<cf32> x = snapshots(seen, n, training.snapshot_count, random);
    covariance.reset();
    covariance.update(x.view());
    covariance.matrix(r.view());
    weigh(r.view(), a, w);
    value = sinr(interference.view(), w, a) / best;
  }
  return rho;
}

/// Their mean.
template <typename Weigh>
double mean_efficiency(const Training& training, std::size_t trials, std::uint64_t seed, Weigh weigh) {
  const std::vector<double> rho = efficiencies(training, trials, seed, weigh);
  return std::accumulate(rho.begin(), rho.end(), 0.0) / static_cast<double>(trials);
}

/// The value that Beta(a, b), a and b whole numbers, stays below with probability p: the cumulative
/// distribution is a binomial tail.
double beta_quantile(std::size_t a, std::size_t b, double p) {
  const std::size_t n = a + b - 1;
  double low = 0;
  double high = 1;
  for (int i = 0; i < 60; ++i) {
    const double x = 0.5 * (low + high);
    double below = 0;
    for (std::size_t j = a; j <= n; ++j) {
      const auto k = static_cast<double>(j);
      const auto m = static_cast<double>(n);
      below += std::exp(std::lgamma(m + 1) - std::lgamma(k + 1) - std::lgamma(m - k + 1) + k * std::log(x) +
                        (m - k) * std::log1p(-x));
    }
    (below < p ? low : high) = x;
  }
  return low;
}

TEST(SampleMatrixInversion, ConvergesAsReedMallettBrennanSay) {
  // Reed, Mallett and Brennan 1974: SINR / SINR_opt is Beta(K - N + 2, N - 1), with mean (K + 2 - N) / (K +
  // 1). Mean and 5th percentile within 0.1 dB. The trials are as many as put the percentile's standard error,
  // sqrt(0.05 * 0.95 / trials) / density, at 0.03 dB; the seeds are fixed.
  struct Case {
    std::size_t n, k, trials;
    double mean_db, fifth_db;  // as an independent program computed them
  };
  for (const Case& c : {Case{8, 16, 10000, -2.30, -4.08}, Case{8, 40, 3000, -0.81, -1.40},
                        Case{16, 32, 4000, -2.63, -3.95}, Case{16, 80, 2000, -0.89, -1.31},
                        Case{64, 128, 400, -2.91, -3.57}, Case{64, 320, 200, -0.95, -1.16}}) {
    std::vector<double> rho = efficiencies({c.n, c.k}, c.trials, 1974 + c.n + c.k,
                                           [](auto r, const auto& a, auto& w) { mvdr(r, a, 0.0, w); });
    const double mean = std::accumulate(rho.begin(), rho.end(), 0.0) / static_cast<double>(c.trials);
    const auto fifth = rho.begin() + static_cast<std::ptrdiff_t>(c.trials / 20);
    std::nth_element(rho.begin(), fifth, rho.end());
    const double theory = static_cast<double>(c.k + 2 - c.n) / static_cast<double>(c.k + 1);
    EXPECT_NEAR(db_from_power(theory), c.mean_db, 0.006);
    EXPECT_NEAR(db_from_power(beta_quantile(c.k - c.n + 2, c.n - 1, 0.05)), c.fifth_db, 0.006);
    EXPECT_NEAR(db_from_power(mean), c.mean_db, 0.1) << "N = " << c.n << ", K = " << c.k;
    EXPECT_NEAR(db_from_power(*fifth), c.fifth_db, 0.1) << "N = " << c.n << ", K = " << c.k;
  }
}

TEST(DiagonalLoading, MakesFewSnapshotsEnough) {
  // Monte-Carlo figures of an independent NumPy program for N = 16, two 40 dB jammers, noise-only training,
  // loading 10 dB over the true noise: K = 8 -1.10 dB, K = 16 -0.56, K = 32 -0.27. 400 trials scatter by
  // less than 0.05 dB; the two programs' jammer directions are the same.
  const auto loaded = [](auto r, const auto& a, auto& w) { mvdr(r, a, 10.0, w); };
  EXPECT_NEAR(db_from_power(mean_efficiency({16, 8}, 400, 21, loaded)), -1.10, 0.15);
  EXPECT_NEAR(db_from_power(mean_efficiency({16, 16}, 400, 22, loaded)), -0.56, 0.10);
  EXPECT_NEAR(db_from_power(mean_efficiency({16, 32}, 400, 23, loaded)), -0.27, 0.05);
}

TEST(DiagonalLoading, SavesTheSignalThatIsInTheTrainingData) {
  // The same program's figures at 0 dB per element and K = 160: -4.23 dB unloaded, -0.83 dB loaded.
  const auto unloaded = [](auto r, const auto& a, auto& w) { mvdr(r, a, 0.0, w); };
  const auto loaded = [](auto r, const auto& a, auto& w) { mvdr(r, a, 10.0, w); };
  EXPECT_NEAR(db_from_power(mean_efficiency({16, 160, 1.0}, 200, 31, unloaded)), -4.23, 0.25);
  EXPECT_NEAR(db_from_power(mean_efficiency({16, 160, 1.0}, 200, 32, loaded)), -0.83, 0.10);

  // The streaming solver finds the noise floor by itself; its estimate is a little low with few snapshots.
  MvdrSolver solver({.elements = 16, .loading_over_noise_db = 10});
  const auto measured = [&](auto r, const auto& a, auto& w) { solver.solve(r, a, w); };
  EXPECT_NEAR(db_from_power(mean_efficiency({16, 160, 1.0}, 200, 33, measured)), -0.83, 0.25);
}

TEST(NullSteering, UnitGainAndNullsDownToRounding) {
  const std::size_t n = 16;
  const std::vector<cf64> a = line_steering(n, 5);
  const std::vector<double> nulls_deg = {-60, -40, 20, 33, 71};
  GridBuffer<cf64> nulls(nulls_deg.size(), n);
  for (std::size_t k = 0; k < nulls_deg.size(); ++k) {
    std::ranges::copy(line_steering(n, nulls_deg[k]), nulls.row(k).begin());
  }
  std::vector<cf64> w(n);
  null_steering(a, nulls.view(), w);
  EXPECT_NEAR(std::abs(response(w, a) - 1.0), 0, 1e-13);
  for (const double deg : nulls_deg) {
    EXPECT_LT(db_from_power(std::norm(response(w, line_steering(n, deg)))), -250) << deg;
  }
  // Least norm: MVDR with infinitely strong jammers there tends to the same weights.
  std::vector<PlaneWave> jammers;
  for (const double deg : nulls_deg) jammers.push_back({line_steering(n, deg), 1e9});
  std::vector<cf64> limit(n);
  mvdr(theory_covariance(jammers, n).view(), a, 0.0, limit);
  for (std::size_t e = 0; e < n; ++e) EXPECT_NEAR(std::abs(w[e] - limit[e]), 0, 1e-6);
}

TEST(NullSteering, WithoutNullsIsConventionalAndWithAllDegreesOfFreedomStillWorks) {
  const std::vector<cf64> a = line_steering(4, 10);
  std::vector<cf64> w(4);
  std::vector<cf64> plain(4);
  null_steering(a, {}, w);
  conventional(a, plain);
  for (std::size_t e = 0; e < 4; ++e) EXPECT_NEAR(std::abs(w[e] - plain[e]), 0, 1e-15);

  GridBuffer<cf64> nulls(3, 4);
  for (std::size_t k = 0; k < 3; ++k) {
    std::ranges::copy(line_steering(4, 30.0 + 20.0 * static_cast<double>(k)), nulls.row(k).begin());
  }
  null_steering(a, nulls.view(), w);
  EXPECT_NEAR(std::abs(response(w, a) - 1.0), 0, 1e-12);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_NEAR(std::abs(response(w, line_steering(4, 30.0 + 20.0 * static_cast<double>(k)))), 0, 1e-12);
  }
}

TEST(NullSteering, RefusesContradictions) {
  const std::vector<cf64> a = line_steering(4, 10);
  std::vector<cf64> w(4);
  GridBuffer<cf64> nulls(4, 4);
  for (std::size_t k = 0; k < 4; ++k) {
    std::ranges::copy(line_steering(4, 20.0 * static_cast<double>(k) - 50.0), nulls.row(k).begin());
  }
  EXPECT_THROW(null_steering(a, nulls.view(), w),
               ConfigError);  // four nulls and a look direction, four elements

  GridBuffer<cf64> one(1, 4);
  std::ranges::copy(a, one.row(0).begin());
  EXPECT_THROW(null_steering(a, one.view(), w), ConfigError);  // a null on the look direction
  one(0, 2) = nan;
  EXPECT_THROW(null_steering(a, one.view(), w), ConfigError);

  GridBuffer<cf64> twice(2, 4);
  for (std::size_t k = 0; k < 2; ++k) std::ranges::copy(line_steering(4, 40), twice.row(k).begin());
  EXPECT_THROW(null_steering(a, twice.view(), w), ConfigError);
}

TEST(MvdrSolver, IsMvdrWithItsOwnLoading) {
  Random random(41);
  for (const std::size_t n : {1, 2, 3, 8, 16, 37}) {
    const GridBuffer<cf32> x = snapshots(two_jammers(n), n, 5 * n, random);
    doa::SampleCovariance covariance({.elements = n});
    covariance.update(x.view());
    GridBuffer<cf64> r(n, n);
    covariance.matrix(r.view());
    const std::vector<cf64> a = line_steering(n, 7);
    std::vector<cf64> w(n);
    std::vector<cf64> expected(n);
    MvdrSolver solver({.elements = n, .loading_over_noise_db = 3});
    ASSERT_TRUE(solver.solve(r.view(), a, w));
    EXPECT_NEAR(solver.loading(), power_from_db(3) * solver.noise_power(), 1e-12 * solver.loading());
    mvdr(r.view(), a, solver.loading(), expected);
    for (std::size_t e = 0; e < n; ++e) EXPECT_NEAR(std::abs(w[e] - expected[e]), 0, 1e-10) << n;
  }
}

TEST(MvdrSolver, MeasuresNoiseAndInterference) {
  const std::size_t n = 16;
  const GridBuffer<cf64> r =
      theory_covariance({{line_steering(n, 25), 500.0}, {line_steering(n, 60), 300.0}}, n);
  std::vector<cf64> w(n);
  MvdrSolver solver({.elements = n});
  ASSERT_TRUE(solver.solve(r.view(), line_steering(n, 0), w));
  EXPECT_NEAR(solver.noise_power(), 1, 1e-10);
  EXPECT_NEAR(solver.interference_to_noise(), 800, 1e-6);  // the trace counts both
  ASSERT_EQ(solver.eigenvalues().size(), n);
  EXPECT_TRUE(std::ranges::is_sorted(solver.eigenvalues()));
  EXPECT_NEAR(solver.eigenvalues()[13], 1, 1e-10);
  EXPECT_NEAR(solver.eigenvalues()[14] + solver.eigenvalues()[15], 800.0 * n + 2, 1e-8);
}

TEST(MvdrSolver, NeverAllocates) {
  Random random(42);
  for (const std::size_t n : {4, 16, 64, 100}) {
    const GridBuffer<cf32> x = snapshots(two_jammers(n), n, 2 * n, random);
    doa::SampleCovariance covariance({.elements = n});
    GridBuffer<cf64> r(n, n);
    const std::vector<cf64> a = line_steering(n, 7);
    std::vector<cf64> w(n);
    MvdrSolver solver({.elements = n});
    const AllocationCounter counter;
    covariance.update(x.view());
    covariance.matrix(r.view());
    solver.solve(r.view(), a, w);
    r(1, 1) = nan;
    solver.solve(r.view(), a, w);
    EXPECT_EQ(counter.count(), 0U) << n;
  }
}

TEST(MvdrSolver, KeepsTheWeightsWhenTheCovarianceIsNotFinite) {
  const std::size_t n = 4;
  std::vector<cf64> a = line_steering(n, 10);
  std::vector<cf64> w(n);
  MvdrSolver solver({.elements = n});
  GridBuffer<cf64> r = theory_covariance({}, n);
  ASSERT_TRUE(solver.solve(r.view(), a, w));
  const std::vector<cf64> before = w;
  const double noise_power = solver.noise_power();
  r(2, 1) = nan;
  EXPECT_FALSE(solver.solve(r.view(), a, w));
  r(2, 1) = cf64(0, std::numeric_limits<double>::infinity());
  EXPECT_FALSE(solver.solve(r.view(), a, w));
  r(2, 1) = 0;
  a[3] = nan;
  EXPECT_FALSE(solver.solve(r.view(), a, w));
  EXPECT_EQ(solver.rejected(), 3U);
  EXPECT_EQ(w, before);
  EXPECT_EQ(solver.noise_power(), noise_power);
}

TEST(MvdrSolver, SilenceGivesConventionalWeights) {
  const std::vector<cf64> a = line_steering(8, 10);
  std::vector<cf64> w(8);
  std::vector<cf64> expected(8);
  MvdrSolver solver({.elements = 8});
  const GridBuffer<cf64> zero(8, 8);
  ASSERT_TRUE(solver.solve(zero.view(), a, w));
  conventional(a, expected);
  EXPECT_EQ(w, expected);
  EXPECT_EQ(solver.noise_power(), 0);
  EXPECT_EQ(solver.interference_to_noise(), 0);
}

TEST(MvdrSolver, DeadElementsGetNoWeightAndDoNotDisturbTheRest) {
  // Elements 2 and 5 of 8 are dead. The others must do exactly what six elements alone would do.
  const std::vector<PlaneWave> jammer = {{line_steering(8, 30), 1e4}};
  const std::vector<cf64> a = line_steering(8, 0);
  GridBuffer<cf64> r = theory_covariance(jammer, 8);
  const std::vector<std::size_t> live = {0, 1, 3, 4, 6, 7};
  GridBuffer<cf64> r_live(6, 6);
  std::vector<cf64> a_live(6);
  for (std::size_t i = 0; i < 6; ++i) {
    a_live[i] = a[live[i]];
    for (std::size_t k = 0; k < 6; ++k) r_live(i, k) = r(live[i], live[k]);
  }
  for (const std::size_t dead : {2, 5}) {
    for (std::size_t k = 0; k < 8; ++k) r(dead, k) = r(k, dead) = 0;
  }
  MvdrSolver solver({.elements = 8});
  MvdrSolver solver_live({.elements = 6});
  std::vector<cf64> w(8);
  std::vector<cf64> w_live(6);
  ASSERT_TRUE(solver.solve(r.view(), a, w));
  ASSERT_TRUE(solver_live.solve(r_live.view(), a_live, w_live));
  EXPECT_EQ(w[2], cf64(0));
  EXPECT_EQ(w[5], cf64(0));
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(std::abs(w[live[i]] - w_live[i]), 0, 1e-10);
  EXPECT_NEAR(solver.noise_power(), 1, 1e-9);
  EXPECT_NEAR(solver.interference_to_noise(), 1e4, 1e-4);
}

TEST(MvdrSolver, SingularCovarianceIsLoadedEnough) {
  // One snapshot: rank 1, the estimated noise floor is rounding. The weights must be finite, with unit gain,
  // and a deep null on that snapshot.
  const std::size_t n = 8;
  const std::vector<cf64> a = line_steering(n, 0);
  const std::vector<cf64> jammer = line_steering(n, 30);
  GridBuffer<cf64> r(n, n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < n; ++k) r(i, k) = 1e4 * jammer[i] * std::conj(jammer[k]);
  }
  MvdrSolver solver({.elements = n});
  std::vector<cf64> w(n);
  ASSERT_TRUE(solver.solve(r.view(), a, w));
  EXPECT_GT(solver.loading(), 0);
  EXPECT_NEAR(std::abs(response(w, a) - 1.0), 0, 1e-12);
  EXPECT_LT(std::abs(response(w, jammer)), 1e-6);
}

TEST(MvdrSolver, RefusesValuesOutOfRange) {
  EXPECT_THROW(MvdrSolver({.elements = 0}), ConfigError);
  EXPECT_THROW(MvdrSolver({.elements = 1025}), ConfigError);
  for (const double bad : {-61.0, 61.0, nan}) {
    EXPECT_THROW(MvdrSolver({.elements = 4, .loading_over_noise_db = bad}), ConfigError) << bad;
  }
}

}  // namespace
}  // namespace boresight::beam
