#include "boresight/array/calibration_bound.h"

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <cmath>
#include <limits>

#include "boresight/core/assert.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Variances of log gains against channel r, per sample, where every channel's noise is unknown.
VectorXd gain_variances(const VectorXd& s, Index r) {
  const Index n = s.size();
  const double sum = s.sum();
  const double q = 1 / (1 + sum);
  const VectorXd v = s.cwiseSqrt();
  MatrixXd f(2 * n, 2 * n);  // gains, then noises
  f.topLeftCorner(n, n) = 2 * (1 - sum) * q * q * s * s.transpose();
  f.topLeftCorner(n, n).diagonal() += 2 * sum * q * s;
  f.topRightCorner(n, n) = -2 * q * q * s * s.transpose();
  f.topRightCorner(n, n).diagonal() += 2 * q * s;
  f.bottomLeftCorner(n, n) = f.topRightCorner(n, n).transpose();
  f.bottomRightCorner(n, n) = (MatrixXd::Identity(n, n) - q * v * v.transpose()).cwiseAbs2();
  // The source's power in a bin does what all gains together do there.
  VectorXd common = VectorXd::Zero(2 * n);
  common.head(n).setOnes();
  const VectorXd along = f * common;
  f -= along * along.transpose() / common.dot(along);
  const MatrixXd gains =
      f.topLeftCorner(n, n) -
      f.topRightCorner(n, n) * f.bottomRightCorner(n, n).ldlt().solve(f.bottomLeftCorner(n, n));
  // The reference is fixed.
  MatrixXd others(n - 1, n - 1);
  const auto from = [&](Index i) { return i < r ? i : i + 1; };
  for (Index i = 0; i < n - 1; ++i) {
    for (Index k = 0; k < n - 1; ++k) others(i, k) = gains(from(i), from(k));
  }
  const VectorXd variances = others.inverse().diagonal();
  VectorXd out = VectorXd::Zero(n);
  for (Index i = 0; i < n - 1; ++i) out(from(i)) = variances(i);
  return out;
}

}  // namespace

std::vector<CalibrationBound> calibration_bound(std::span<const double> snr, std::size_t reference,
                                                double samples, double bandwidth_hz) {
  BORESIGHT_ASSERT(reference < snr.size());
  double sum = 0;
  bool all_heard = true;
  for (const double s : snr) {
    sum += s;
    all_heard = all_heard && s > 0;
  }
  const double omega_rms = 2 * pi * bandwidth_hz / std::sqrt(12.0);
  VectorXd gains;
  if (snr.size() > 2 && all_heard) {
    gains = gain_variances(Eigen::Map<const VectorXd>(snr.data(), static_cast<Index>(snr.size())),
                           static_cast<Index>(reference)) /
            samples;
  }
  std::vector<CalibrationBound> bounds(snr.size());
  for (std::size_t e = 0; e < snr.size(); ++e) {
    if (e == reference) continue;
    const double variance = (1 + sum) / (2 * samples * sum) * (1 / snr[e] + 1 / snr[reference]);
    bounds[e].phase_rad_rms = std::sqrt(variance);
    bounds[e].delay_s_rms = std::sqrt(variance) / omega_rms;
    const double of_gain = gains.size() > 0 ? gains(static_cast<Index>(e)) : variance;
    bounds[e].gain_db_rms = 20 / std::log(10.0) * std::sqrt(of_gain);
  }
  return bounds;
}

}  // namespace boresight::array
