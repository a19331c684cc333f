// The second look: the whole preamble at a place that PreambleSearch found, to a fraction of a sample in time
// and of a search step in carrier, and the decision whether it is there.
//
//   U = max over delay and carrier of | sum x t* |^2 / (E_t power)
//
// is compared with the level that noise passes with probability `false_alarm` in one frame period over the
// whole search. Under noise the field is complex Gaussian in delay and carrier; the expected number of its
// maxima above u is, with its gradient's standard deviations B (delay) and T (carrier) in rad per unit
// (Worsley, Adv. Appl. Probab. 26, 1994, chi-square field of two degrees in two dimensions),
//   e^-u ( 1 + sqrt(u / pi) (B P + T F) + B T P F (2 u - 1) / (2 pi) ),
// P the frame period, F the range of carriers. Solved for u: 24.6 at 1e-3 in 240 MHz and +-300 kHz, where a
// grid of independent cells would have said 21.9.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "boresight/core/types.h"

namespace boresight::sync {

/// A preamble that was found.
struct PreambleEstimate {
  double start = 0;             ///< first sample of the PSS prefix, samples of the window given
  double carrier_hz = 0;        ///< carrier offset, of this one preamble: see carrier_sigma_hz
  double statistic = 0;         ///< U
  double snr = 0;               ///< power ratio per sample of 240 MHz: signal in the channel over noise in it
  double carrier_sigma_hz = 0;  ///< Cramer-Rao bound at this SNR
};

class PreambleFit {
 public:
  struct Config {
    double sample_rate_hz = 240e6;
    double center_hz = 0;                  ///< as in PreambleSearch::Config
    double max_carrier_offset_hz = 300e3;  ///< the range that was searched, for the threshold
    double false_alarm = 1e-3;             ///< per frame period over the whole search; 1e-12 to 0.1
  };

  /// ConfigError as PreambleSearch, and for a false alarm out of range.
  explicit PreambleFit(const Config& config);
  ~PreambleFit();
  PreambleFit(PreambleFit&&) noexcept;
  PreambleFit& operator=(PreambleFit&&) noexcept;

  double threshold() const { return threshold_; }
  /// Samples needed before and behind the start that is looked at.
  std::size_t lead_samples() const;
  std::size_t trail_samples() const;
  /// E_t: the statistic of a frame at 0 dB, in noise of unit power.
  double energy() const;
  /// Cramer-Rao bound of a start at an SNR (power ratio per sample of 240 MHz), samples.
  double start_sigma(double snr) const;

  /// The largest U within +-0.6 samples of `start` and +-`carrier_range_hz` of `carrier_hz`; it may be below
  /// the threshold. Nothing when it is far below, when x does not reach lead_samples() before and
  /// trail_samples() behind it, or is zero there. power: mean |x|^2 of the noise and what else is there; 0:
  /// measured over the preamble and what lies around it, at least 1024 samples.
  std::optional<PreambleEstimate> process(std::span<const cf32> x, double start, double carrier_hz,
                                          double carrier_range_hz, double power = 0) noexcept;

  /// The threshold for a gradient of `delay_rad_per_s` and `carrier_rad_per_hz`.
  static double threshold_for(double false_alarm, double delay_rad_per_s, double carrier_rad_per_hz,
                              double range_hz);

 private:
  struct Workspace;
  double threshold_ = 0;
  std::unique_ptr<Workspace> work_;
};

}  // namespace boresight::sync
