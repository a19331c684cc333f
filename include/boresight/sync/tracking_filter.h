// The loop filter of carrier phase and of timing: a Kalman filter for a quantity and its rate.
#pragma once

#include <cstddef>

namespace boresight::sync {

/// Constant-rate model, one step per OFDM symbol (Bar-Shalom, Li and Kirubarajan, 2001, section 6.2):
///   value' = value + rate + w1,  rate' = rate + w2,   measurement = value + v
/// with white w1, w2, v. In the steady state it is a second-order loop whose bandwidth follows the SNR.
class TrackingFilter {
 public:
  struct Config {
    double value_walk_variance = 0;  ///< E[w1^2] per step: oscillator phase noise, sampling jitter
    double rate_walk_variance = 0;   ///< E[w2^2] per step: Doppler rate, clock wander
  };

  explicit TrackingFilter(const Config& config) : config_(config) {}

  /// Starts from an estimate and the variance of its error; `covariance` of the errors of value and rate.
  void reset(double value, double value_variance, double rate, double rate_variance, double covariance = 0);
  /// One step ahead.
  void predict();
  /// Takes a measurement of (value - value()), that is of the filter's own error, with its variance. Ignored
  /// unless the error is finite and the variance positive.
  void correct(double error, double variance);

  double value() const { return value_; }
  double rate() const { return rate_; }
  double rate_variance() const { return p11_; }
  double value_variance() const { return p00_; }

 private:
  Config config_;
  double value_ = 0;
  double rate_ = 0;
  double p00_ = 0;
  double p01_ = 0;
  double p11_ = 0;
};

}  // namespace boresight::sync
