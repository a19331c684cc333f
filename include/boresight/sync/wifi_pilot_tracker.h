// Follows carrier phase and sampling clock from the pilots of every symbol, and from decisions.
#pragma once

#include <span>

#include "boresight/core/types.h"
#include "boresight/sync/tracking_filter.h"

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

  /// The training symbols are over. `snr` per subcarrier (power ratio, clamped to 1e-3 .. 1e9) says how well
  /// they give the phase. What they say about the frequency: phase change per symbol and its variance; the
  /// first symbol follows their middle by `symbols_ahead`.
  void start(double snr, double frequency_rad, double frequency_variance, double symbols_ahead) noexcept;

  /// The same for two repeated symbols of fft_size samples and nothing else: no change expected, the variance
  /// of Moose's estimator.
  void start(double snr) noexcept;

  /// The channel has been estimated anew: phase and delay are counted from there, what is known of their
  /// changes stays. `snr` is that of the new estimate; symbols are `symbol_samples` long from now on.
  void restart(double snr, double symbol_samples) noexcept;

  /// One symbol further: what will hold for it.
  State predict() noexcept;

  /// The same symbol, turned back by what predict() said. carriers [n]: signed indices of pilots and of data
  /// with decisions; matched [n]: received x conj(P H), P being the value sent or the mean that its soft bits
  /// give it; gain [n]: |P H|^2; noise_variance: of a received subcarrier. Returns what holds for this
  /// symbol. Where all is zero, or something not finite, that is the prediction.
  State correct(std::span<const float> carriers, std::span<const cf32> matched, std::span<const float> gain,
                double noise_variance) noexcept;

  double frequency_rad() const { return phase_.rate(); }  ///< phase change per symbol
  double drift_samples() const { return delay_.rate(); }  ///< delay change per symbol

 private:
  Config config_;
  TrackingFilter phase_;
  TrackingFilter delay_;
};

}  // namespace boresight::sync
