#include "boresight/sync/delay_track.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <Eigen/Dense>

#include "boresight/core/error.h"

namespace boresight::sync {
namespace {

constexpr std::size_t frames_of_a_parabola = 32;
constexpr std::size_t frames_of_a_fit = 3;

}  // namespace

DelayTrack::DelayTrack(const Config& config) : config_(config) {
  require(config.period_samples > 0 && std::isfinite(config.period_samples),
          "delay track: a period of " + std::to_string(config.period_samples) + " samples is not positive");
  require(config.carrier_hz >= 1e6 && std::isfinite(config.carrier_hz),
          "delay track: carrier " + std::to_string(config.carrier_hz) + " Hz is below 1 MHz");
  require(config.window >= 4 && config.window <= 1024,
          "delay track: a window of " + std::to_string(config.window) + " frames is outside 4 .. 1024");
  points_.resize(config.window);
  doppler_sigma_hz_ = std::numeric_limits<double>::infinity();
}

void DelayTrack::reset() {
  head_ = 0;
  count_ = 0;
  first_doppler_hz_ = 0;
  fit();
}

void DelayTrack::move_origin(double by) {
  for (Point& point : points_) point.start -= by;
  c_[0] -= by;
}

double DelayTrack::period() const {
  return count_ >= frames_of_a_fit ? c_[1]
                                   : config_.period_samples * (1 - first_doppler_hz_ / config_.carrier_hz);
}

double DelayTrack::last_start() const {
  return count_ == 0 ? 0 : at(count_ - 1).start;
}

double DelayTrack::predict(double near) const {
  if (count_ == 0) return near;
  const double frames = std::round((near - last_start()) / period());
  if (count_ < frames_of_a_fit) return last_start() + frames * period();
  return c_[0] + frames * (c_[1] + frames * c_[2]);
}

double DelayTrack::gate(double near, double tolerance) const {
  if (count_ == 0) return std::numeric_limits<double>::infinity();
  const double n = std::round((near - last_start()) / period());
  const double slack = 1 + 3 * at(count_ - 1).sigma;  // a start may be off by a sample without being wrong
  if (count_ < frames_of_a_fit) return slack + std::abs(n) * tolerance * config_.period_samples;
  const double g[3] = {1, n, n * n};
  double variance = 0;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) variance += g[i] * covariance_[i][j] * g[j];
  }
  return slack + 3 * std::sqrt(std::max(0.0, variance));
}

void DelayTrack::add(double start, double sigma) {
  if (!std::isfinite(start) || !std::isfinite(sigma)) return;
  Point point{0, start, std::max(sigma, 1e-6)};
  if (count_ > 0) {
    point.number = at(count_ - 1).number + std::max(1.0, std::round((start - last_start()) / period()));
  }
  if (count_ == points_.size()) {
    head_ = (head_ + 1) % points_.size();
    --count_;
  }
  points_[(head_ + count_) % points_.size()] = point;
  ++count_;
  // Frames so old that a parabola no longer holds (a quarter of a second) are forgotten.
  while (point.number - at(0).number > 2.0 * static_cast<double>(points_.size())) {
    head_ = (head_ + 1) % points_.size();
    --count_;
  }
  fit();
}

void DelayTrack::fit() {
  if (count_ < 2) {
    doppler_sigma_hz_ = std::numeric_limits<double>::infinity();
    doppler_hz_ = 0;
    return;
  }
  const int order = count_ >= frames_of_a_parabola ? 3 : 2;
  const Point& last = at(count_ - 1);
  Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
  Eigen::Vector3d right = Eigen::Vector3d::Zero();
  for (std::size_t i = 0; i < count_; ++i) {
    const Point& p = at(i);
    const double n = p.number - last.number;
    const Eigen::Vector3d g(1, n, order == 3 ? n * n : 0);
    const double weight = 1 / (p.sigma * p.sigma);
    // Against the period without Doppler, so that what is fitted are samples and not millions of them.
    normal += weight * g * g.transpose();
    right += weight * (p.start - last.start - n * config_.period_samples) * g;
  }
  if (order == 2) normal(2, 2) = 1;
  const Eigen::Matrix3d inverse = normal.inverse();
  const Eigen::Vector3d c = inverse * right;
  c_[0] = last.start + c[0];
  c_[1] = config_.period_samples + c[1];
  c_[2] = order == 3 ? c[2] : 0;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) covariance_[i][j] = i < order && j < order ? inverse(i, j) : 0;
  }
  doppler_hz_ = -c[1] / config_.period_samples * config_.carrier_hz;
  doppler_sigma_hz_ = std::sqrt(inverse(1, 1)) / config_.period_samples * config_.carrier_hz;
}

}  // namespace boresight::sync
