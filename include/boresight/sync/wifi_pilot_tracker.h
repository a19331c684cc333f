// Follows carrier phase and sampling clock from the four pilots of every symbol.
#pragma once

#include <span>

#include "boresight/core/types.h"

namespace boresight::sync {

/// Two Kalman filters with two states each (value and change per symbol): the phase common to all
/// subcarriers, and the delay that a wrong sampling clock adds up to. The gain starts from what the training
/// symbols left unknown and settles at what the oscillators need, so no loop bandwidth has to be chosen.
/// A received pilot k is  H_k P_k exp(j (phase - 2 pi k delay / N)), delay positive when the signal is late.
class PilotTracker {
 public:
  struct Config {
    double fft_size = 64;
    double symbol_samples = 80;
    double phase_noise_rad = 0.01;      ///< random walk of the phase, rms per symbol
    double frequency_walk_rad = 3e-4;   ///< random walk of the phase change per symbol, rms per symbol
    double clock_offset_limit = 40e-6;  ///< rms of the sampling clock offset before anything is known
    double delay_walk_samples = 1e-5;   ///< random walk of the delay, rms per symbol
  };

  /// ConfigError unless all values are finite and positive.
  explicit PilotTracker(const Config& config);

  struct State {
    double phase_rad = 0;
    double delay_samples = 0;
  };

  /// `snr` per subcarrier of the training symbols (power ratio, clamped to 1e-3 .. 1e9) says how well the
  /// frequency is known: the training symbols measured it over one FFT length.
  void start(double snr) noexcept;

  /// One symbol further. carriers [n]: signed indices; matched [n]: received pilot x conj(P H), so that its
  /// magnitude is |H|^2; gain [n]: |H|^2; noise_variance: of a received subcarrier. Returns what holds for
  /// this symbol. Symbols whose pilots are all zero, or not finite, are bridged by the prediction.
  State update(std::span<const int> carriers, std::span<const cf32> matched, std::span<const float> gain,
               double noise_variance) noexcept;

  double frequency_rad() const { return phase_.rate; }  ///< phase change per symbol
  double drift_samples() const { return delay_.rate; }  ///< delay change per symbol

 private:
  struct Filter {
    double value = 0, rate = 0;
    double p_vv = 0, p_vr = 0, p_rr = 0;
    void predict(double walk_value, double walk_rate);
    void correct(double error, double variance);
  };

  Config config_;
  Filter phase_;
  Filter delay_;
};

}  // namespace boresight::sync
