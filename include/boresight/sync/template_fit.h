// The second look: a known part of the frame (its preamble, its edge pilots) at a place that a search found,
// to a fraction of a sample in time and of a search step in carrier, and the decision whether it is there.
//
//   U = max over delay and carrier of | sum x t* |^2 / (E_t power)
//
// is compared with the level that noise passes with probability `false_alarm` in one frame period over the
// whole search. Under noise the field is complex Gaussian in delay and carrier; the expected number of its
// maxima above u is, with its gradient's standard deviations B (delay) and T (carrier) in rad per unit
// (Worsley, Adv. Appl. Probab. 26, 1994, chi-square field of two degrees in two dimensions),
//   e^-u ( 1 + sqrt(u / pi) (B P + T F) + B T P F (2 u - 1) / (2 pi) ),
// P the frame period, F the range of carriers. Solved for u: 24.5 for the preamble at 1e-3 in 240 MHz and
// +-300 kHz, where a grid of independent cells would have said 21.9.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "boresight/core/types.h"

namespace boresight::sync {

/// A frame that was found.
struct FrameEstimate {
  double start = 0;             ///< first sample of the frame, samples of the window given
  double carrier_hz = 0;        ///< carrier offset, of this one frame
  double carrier_sigma_hz = 0;  ///< Cramer-Rao bound at this SNR
  double statistic = 0;         ///< U
  double snr = 0;               ///< power ratio per sample of 240 MHz: signal in the channel over noise in it
};

class TemplateFit {
 public:
  struct Config {
    double sample_rate_hz = 0;  ///< 1 MHz to 300 MHz
    double duration_s = 0;      ///< of the template, 1 us to 4/3 ms
    double begin_s = 0;         ///< where it begins in the frame, 0 to 4/3 ms
    /// Transform of the template at frequencies i rate / n, i = -n/2 .. n/2 - 1; n = spectrum_bins(). Its
    /// scale is such that the amplitude of a frame of 0 dB in noise of unit power is 1.
    std::vector<cf32> spectrum;
    double max_carrier_offset_hz = 300e3;  ///< the range that was searched, for the threshold
    double false_alarm = 1e-3;             ///< per frame period over the whole search; 1e-12 to 0.1
  };
  /// Size of Config::spectrum: a power of two, at least twice the template. ConfigError for a rate or
  /// duration out of the Config's range.
  static std::size_t spectrum_bins(double sample_rate_hz, double duration_s);

  /// ConfigError for what is out of range, a spectrum of another size, or one with nothing in it.
  explicit TemplateFit(const Config& config);
  ~TemplateFit();
  TemplateFit(TemplateFit&&) noexcept;
  TemplateFit& operator=(TemplateFit&&) noexcept;

  double threshold() const { return threshold_; }
  /// The same for a search of only +-delay_samples and +-carrier_hz: of a frame whose place is known.
  double threshold_near(double false_alarm, double delay_samples, double carrier_hz) const;
  /// Samples needed before and behind the start that is looked at.
  std::size_t lead_samples() const;
  std::size_t trail_samples() const;
  /// E_t: the statistic of a frame at 0 dB, in noise of unit power.
  double energy() const;
  /// Cramer-Rao bound of a start at an SNR (power ratio per sample of 240 MHz), samples.
  double start_sigma(double snr) const;

  /// The largest U uphill from `start` or half a sample on, at most 2 samples away, and within
  /// +-`carrier_range_hz` of `carrier_hz`, 0 to the sample rate. `least`: the statistic that matters, 0:
  /// threshold(); what is sure to be below it may be left out. `power`: mean |x|^2 of the noise and what else
  /// is there; 0: measured, over 1024 samples or the template, whichever is longer.
  ///
  /// Nothing when x does not reach lead_samples() before and trail_samples() behind the start, is zero there,
  /// or has four times the power in the template's own samples: a click; and for a carrier or range beyond
  /// the sample rate.
  std::optional<FrameEstimate> process(std::span<const cf32> x, double start, double carrier_hz,
                                       double carrier_range_hz, double power = 0, double least = 0) noexcept;

  /// The threshold for a gradient of `delay_rad_per_s` and `carrier_rad_per_hz` over period_s and range_hz.
  static double threshold_for(double false_alarm, double delay_rad_per_s, double carrier_rad_per_hz,
                              double period_s, double range_hz);

 private:
  struct Workspace;
  double threshold_ = 0;
  std::unique_ptr<Workspace> work_;
};

/// PSS and SSS in a slice `center_hz` above the channel's center. ConfigError for a rate that is not 1 MHz to
/// 300 MHz.
TemplateFit::Config preamble_template(double sample_rate_hz, double center_hz);

}  // namespace boresight::sync
