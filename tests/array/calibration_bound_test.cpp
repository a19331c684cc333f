#include "boresight/array/calibration_bound.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <vector>

#include "array/calibration_fisher.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

// The Fisher matrix as the curvature of the Gaussian likelihood, log det R + tr R^-1 R0, by differences.
TEST(CalibrationBound, OfPhasesIsTheInverseOfTheLikelihoodsCurvature) {
  using C = std::complex<long double>;
  const double snr[] = {2.0, 0.5, 1.0};
  const auto divergence = [&](long double p1, long double p2) {
    // R = I + v v^H is inverted in closed form; its determinant does not depend on phases.
    const long double phases[] = {0, p1, p2};
    long double size = 0;
    C inner = 0;
    for (int e = 0; e < 3; ++e) {
      const long double v0 = std::sqrt(static_cast<long double>(snr[e]));
      inner += std::conj(std::polar(v0, phases[e])) * v0;
      size += v0 * v0;
    }
    return -std::norm(inner) / (1 + size);  // the part of tr R^-1 R0 that depends on the phases
  };
  const long double d = 1e-3L;
  const auto second = [&](int i, int k) {
    const auto at = [&](long double a, long double b) {
      long double p[2] = {0, 0};
      p[i] += a;
      p[k] += b;
      return divergence(p[0], p[1]);
    };
    return i == k ? (at(d, 0) - 2 * at(0, 0) + at(-d, 0)) / (d * d)
                  : (at(d, d) - at(d, -d) - at(-d, d) + at(-d, -d)) / (4 * d * d);
  };
  const long double f11 = second(0, 0);
  const long double f12 = second(0, 1);
  const long double f22 = second(1, 1);
  const long double determinant = f11 * f22 - f12 * f12;
  const auto bound = calibration_bound(snr, 0, 50, 1e6);
  EXPECT_EQ(bound[0].phase_rad_rms, 0);
  EXPECT_NEAR(bound[1].phase_rad_rms, std::sqrt(static_cast<double>(f22 / determinant) / 50), 1e-5);
  EXPECT_NEAR(bound[2].phase_rad_rms, std::sqrt(static_cast<double>(f11 / determinant) / 50), 1e-5);
  EXPECT_NEAR(bound[1].delay_s_rms * 2 * pi * 1e6 / std::sqrt(12.0), bound[1].phase_rad_rms, 1e-12);
}

/// Variance of a difference that the singular matrix `fisher` allows.
double variance(const Eigen::MatrixXd& fisher, Eigen::Index e, Eigen::Index r) {
  Eigen::VectorXd d = Eigen::VectorXd::Zero(fisher.rows());
  d(e) = 1;
  d(r) = -1;
  return d.dot(fisher.completeOrthogonalDecomposition().solve(d));
}

TEST(CalibrationBound, IsTheInverseOfTheFisherMatrixFromItsDefinition) {
  for (const std::vector<double>& snr :
       {std::vector<double>{2, 0.5, 1}, {0.1, 0.3, 0.05, 0.2, 0.1}, {1e3, 2e3, 1e2}}) {
    const FisherOfRankOne fisher(snr);
    const auto bound = calibration_bound(snr, 1, 50, 1e6);
    for (std::size_t e = 0; e < snr.size(); ++e) {
      const auto at = static_cast<Eigen::Index>(e);
      const double phase = e == 1 ? 0 : std::sqrt(variance(fisher.phases(), at, 1) / 50);
      const double gain = e == 1 ? 0 : std::sqrt(variance(fisher.gains_in_unknown_noise(), at, 1) / 50);
      EXPECT_NEAR(bound[e].phase_rad_rms, phase, 1e-6 * phase);
      EXPECT_NEAR(bound[e].gain_db_rms, 20 / std::log(10.0) * gain, 1e-5 * gain);
    }
  }
}

TEST(CalibrationBound, UnknownNoiseCostsGainsOfWeakSourcesAFewTenthsOfADecibel) {
  // Equal channels: (1 - s / ((1 - 2 q) E s (1 + E s) / 2))^-1, q = s / (1 + E s), by hand.
  for (const double s : {0.01, 0.1, 1.0, 100.0}) {
    const double sum = 8 * s;
    const double q = s / (1 + sum);
    const double cost = 1 / (1 - 2 * s / ((1 + sum) * (1 - 2 * q) * sum));
    const auto bound = calibration_bound(std::vector<double>(8, s), 0, 100, 1e6);
    const double ratio = bound[3].gain_db_rms * std::log(10.0) / 20 / bound[3].phase_rad_rms;
    EXPECT_NEAR(ratio * ratio, cost, 1e-9 * cost) << s;
  }
  // With two channels it would be everything: the noise is then taken for equal.
  const auto two = calibration_bound(std::vector<double>{1, 2}, 0, 100, 1e6);
  EXPECT_NEAR(two[1].gain_db_rms, 20 / std::log(10.0) * two[1].phase_rad_rms, 1e-12);
  const auto deaf = calibration_bound(std::vector<double>{1, 0, 2}, 0, 100, 1e6);
  EXPECT_EQ(deaf[1].gain_db_rms, std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isfinite(deaf[2].gain_db_rms));
}

}  // namespace
}  // namespace boresight::array
