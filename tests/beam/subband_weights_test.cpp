#include "boresight/beam/subband_weights.h"

#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <cmath>
#include <complex>
#include <limits>
#include <vector>

#include "wideband.h"

namespace boresight::beam {
namespace {

using namespace wideband;

// From the samples of a SubbandBeamformer, against the covariance that the window has in theory: white noise
// in a bin at f with delay T between two elements has covariance exp(j 2 pi (f0 + f) T) rho(T), rho the
// autocorrelation of the sine window.
double window_correlation(double delay_samples, double n) {
  const double x = std::abs(delay_samples) / n;
  return (1 - x) * std::cos(pi * x) + std::sin(pi * x) / pi;
}

TEST(SubbandWeights, CovarianceOfTheBankGivesTheOptimumInEveryBin) {
  constexpr std::size_t elements = 4;
  constexpr std::size_t count = 1 << 18;
  SubbandBeamformer::Config c = config(elements);
  c.fft_size = 64;
  c.subbands = 64;
  c.forgetting = 1;
  SubbandBeamformer beam(c);
  beam.set_direction(off(5));
  const std::vector<Wave> jammers = {{60, 50}, {-35, 50}};
  const GridBuffer<cf32> x = sky(c.geometry, jammers, count, 2);
  std::vector<cf32> y(count);
  beam.process(x.view(), y);
  const SubbandWeights& weights = beam.weights();
  for (std::size_t s = 4; s < 60; ++s) {  // the edges hold both ends of the band
    Eigen::Matrix4cd r = Eigen::Matrix4cd::Identity();
    for (const Wave& jammer : jammers) {
      for (int i = 0; i < 4; ++i) {
        for (int k = 0; k < 4; ++k) {
          const double delay_s = dot(c.geometry.positions_m[static_cast<std::size_t>(i)] -
                                         c.geometry.positions_m[static_cast<std::size_t>(k)],
                                     off(jammer.angle_deg)) /
                                 speed_of_light_m_s;
          r(i, k) += std::polar(power_from_db(jammer.power_db) * window_correlation(delay_s * rate_hz, 64),
                                2 * pi * (carrier_hz + weights.subband_hz(s)) * delay_s);
        }
      }
    }
    Eigen::Vector4cd w;
    Eigen::Vector4cd a;
    for (int e = 0; e < 4; ++e) {
      w(e) = weights.weights()(s, static_cast<std::size_t>(e));
      a(e) = weights.steering()(s, static_cast<std::size_t>(e));
    }
    EXPECT_NEAR(std::abs(w.dot(a) - 1.0), 0, 1e-9);
    const double optimum = 1 / a.dot(r.llt().solve(a)).real();
    // 8192 frames, correlated by a tenth: 3 / 7000 and the loading, 0.02 dB; the jammers' side lobes from the
    // folded edge of the band add to the outer bins.
    EXPECT_NEAR(db_from_power(w.dot(r * w).real() / optimum), 0, 0.15) << s;
  }
  EXPECT_NEAR(weights.stats().noise_power, 1, 0.1);
  EXPECT_EQ(weights.stats().rejected, 0U);
}

TEST(SubbandWeights, LeavesOutBinsThatAreNotFinite) {
  SubbandWeights weights({.geometry = array::Geometry::line(2, 0.1),
                          .carrier_hz = 1e9,
                          .sample_rate_hz = 1e6,
                          .bins = 8,
                          .subbands = 4});
  GridBuffer<cf32> bins(2, 8);
  bins(1, 3) = std::numeric_limits<float>::infinity();
  weights.train(bins.view());
  EXPECT_EQ(weights.snapshots(), 0);
  EXPECT_EQ(weights.stats().bins_not_finite, 1U);
  weights.renew();
  for (std::size_t s = 0; s < 4; ++s) EXPECT_NEAR(std::abs(weights.weights()(s, 0) - 0.5), 0, 1e-12);
}

TEST(SubbandWeights, DeadElementsAndResponsesReachTheWeights) {
  constexpr std::size_t elements = 4;
  SubbandWeights weights({.geometry = array::Geometry::line(elements, 0.1),
                          .carrier_hz = 1e9,
                          .sample_rate_hz = 1e6,
                          .bins = 16,
                          .subbands = 4});
  GridBuffer<cf64> responses(4, elements);
  for (std::size_t s = 0; s < 4; ++s) {
    for (std::size_t e = 0; e < elements; ++e)
      responses(s, e) = std::polar(1.0 + 0.1 * static_cast<double>(e), 0.3 * static_cast<double>(e * s));
    responses(s, 2) = std::numeric_limits<double>::quiet_NaN();  // taken for dead
  }
  weights.set_responses(responses.view());
  Random random(8);
  GridBuffer<cf32> bins(elements, 16);
  for (int i = 0; i < 100; ++i) {
    for (std::size_t e = 0; e < elements; ++e) {
      std::ranges::fill(bins.row(e), cf32(0));
      if (e != 3) random.add_noise(bins.row(e), 1);  // 3 says nothing at all
    }
    weights.train(bins.view());
  }
  weights.renew();
  EXPECT_EQ(weights.stats().rejected, 0U);
  for (std::size_t s = 0; s < 4; ++s) {
    EXPECT_NEAR(std::abs(weights.weights()(s, 2)), 0, 1e-12);
    EXPECT_NEAR(std::abs(weights.weights()(s, 3)), 0, 1e-12);
    cf64 gain = 0;
    for (std::size_t e = 0; e < 3; ++e) gain += std::conj(weights.weights()(s, e)) * weights.steering()(s, e);
    EXPECT_NEAR(std::abs(gain - 1.0), 0, 1e-9);
    EXPECT_NEAR(std::arg(weights.steering()(s, 1) / std::polar(1.0, 0.3 * static_cast<double>(s))), 0, 1e-9);
  }
}

TEST(SubbandWeights, LinearWeightsMeetThoseOfTheSubbandsInTheirMiddle) {
  // Odd widths have a bin in their middle. One bin at a time through apply() reads the weights of bins.
  SubbandWeights::Config c{.geometry = array::Geometry::line(2, 0.1),
                           .carrier_hz = 1e9,
                           .sample_rate_hz = 200e6,
                           .bins = 12,
                           .subbands = 4,
                           .between = SubbandWeights::Between::linear};
  SubbandWeights weights(c);
  weights.set_direction({0.5, 0, std::sqrt(0.75)});
  weights.renew();
  GridBuffer<cf32> bins(2, 12);
  std::ranges::fill(bins.row(1), cf32(1));
  std::vector<cf32> out(12);
  weights.apply(bins.view(), out);
  const auto weight = [&](std::size_t ordered) { return std::conj(cf64(out[(ordered + 6) % 12])); };
  for (std::size_t s = 0; s < 4; ++s)
    EXPECT_NEAR(std::abs(weight(3 * s + 1) - weights.weights()(s, 1)), 0, 1e-6);
  for (std::size_t s = 0; s < 3; ++s) {
    const cf64 third = (2.0 * weights.weights()(s, 1) + weights.weights()(s + 1, 1)) / 3.0;
    EXPECT_NEAR(std::abs(weight(3 * s + 2) - third), 0, 1e-6);
  }
  EXPECT_NEAR(std::abs(weight(0) - weights.weights()(0, 1)), 0, 1e-6);
}

}  // namespace
}  // namespace boresight::beam
