#include "boresight/sync/tracking_filter.h"

#include <cmath>

namespace boresight::sync {

void TrackingFilter::reset(double value, double value_variance, double rate, double rate_variance,
                           double covariance) {
  value_ = value;
  rate_ = rate;
  p00_ = value_variance;
  p01_ = covariance;
  p11_ = rate_variance;
}

void TrackingFilter::predict() {
  value_ += rate_;
  p00_ += 2 * p01_ + p11_ + config_.value_walk_variance;
  p01_ += p11_;
  p11_ += config_.rate_walk_variance;
}

void TrackingFilter::correct(double error, double variance) {
  if (!std::isfinite(error) || !(variance > 0) || !std::isfinite(variance)) return;
  const double innovation = p00_ + variance;
  const double gain_value = p00_ / innovation;
  const double gain_rate = p01_ / innovation;
  value_ += gain_value * error;
  rate_ += gain_rate * error;
  p11_ -= gain_rate * p01_;
  p01_ -= gain_value * p01_;
  p00_ -= gain_value * p00_;
}

}  // namespace boresight::sync
