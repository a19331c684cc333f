// Measures a calibration from samples: of a source that all channels share (injected noise or tones), or of a
// plane wave from a known direction (the satellite itself).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "boresight/array/calibration.h"
#include "boresight/array/calibration_bound.h"
#include "boresight/array/geometry.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"

namespace boresight::array {

/// In every bin of a filter bank the source makes a covariance of rank one, P(f) h(f) h(f)^H, and the noise
/// of the channels stands on its diagonal, which is not used: channels may differ in noise. Each channel is
/// compared with the source as the other channels tell it (their sum with weights h / n, n what is left of
/// their powers: noise), and its gain, phase and delay are fitted over all bins, weighted with the signal
/// there; repeated until nothing moves, which is the maximum-likelihood fit (the dominant eigenvector in
/// white noise, with the bins tied together by the model). Any spectrum will do: where there is no source
/// there is no weight, so tones, stepped tones and noise need no telling apart.
///
/// Phases, delays and gains are on the bound (calibration_bound) from -10 dB per sample upward. Delays
/// between channels of T samples are noise of their own, (pi T / fft_size)^2 / 2 of the signal: take long
/// frames for strong sources.
///
/// What can be known: gains, phases and delays relative to one another only. A single tone says gain and
/// phase at its frequency and nothing about delay. Tones D apart leave delays open by multiples of 1 / D;
/// within max_delay_samples the smallest that fits is found. A plane wave that comes from elsewhere than
/// stated turns up as phases and delays.
class CalibrationEstimator {
 public:
  struct Config {
    std::size_t channels = 0;  ///< 2 to 256
    double sample_rate_hz = 0;
    std::size_t fft_size = 256;  ///< even, 32 to 8192; channels^2 x fft_size at most 2^24
    double band_hz = 0;          ///< two-sided part of the band that is used; 0: nine tenths of the rate
    /// Two-sided part around the tuned frequency that is not: there receivers hear their own oscillators,
    /// each channel with a constant of its own, which is a second source to the others. 0, or below band_hz.
    double notch_hz = 0;
    std::size_t shape_points =
        0;                      ///< of phase and gain over frequency beyond a delay: 0, or 2 to fft_size / 8
    std::size_t reference = 0;  ///< another one takes its place when it is not ok
    double dead_below_db = 20;  ///< a channel with so much less signal than the median is dead; 3 to 100
    /// A channel with more noise than signal, and an SNR so much below the median's, is noisy; 3 to 100.
    double noisy_below_db = 20;
    double max_delay_samples = 8;  ///< between channels, above 0, at most fft_size / 16
    /// For add() with a direction: where the elements are and what is tuned to.
    Geometry geometry = {};
    double carrier_hz = 0;
  };

  struct Result {
    bool ok = false;
    std::string reason;  ///< why not, in one line; the calibration then is empty
    Calibration calibration;
    /// What the bound (calibration_bound) says of the phases at the SNRs found, rms over the live channels.
    double bound_deg_rms = 0;
    double bound_delay_s_rms = 0;
    /// Of each channel, [channels]: what Calibration's residuals are the rms of. 0 for the reference (its own
    /// are in all others) and for channels that are not ok.
    std::vector<double> residual_db_rms = {};
    std::vector<double> residual_deg_rms = {};
    /// Middle of the source's spectrum relative to the tuned frequency, weighted with the square of its
    /// density: where a tone stands, to a tenth of a bin of the filter bank.
    double source_offset_hz = 0;
    /// Delays are not known because the source is a tone, or little wider. Without, when they are not known
    /// either, it is too weak to be seen over frequency: more samples bring its width and delays to light.
    bool narrow = false;
  };

  /// ConfigError names the value and the limit.
  explicit CalibrationEstimator(const Config& config);
  ~CalibrationEstimator();
  CalibrationEstimator(CalibrationEstimator&&) noexcept;
  CalibrationEstimator& operator=(CalibrationEstimator&&) noexcept;

  /// Samples [channels x n], any n, of a source common to all channels. No allocation. NaN and Inf are taken
  /// for zero. Calls continue one another; after a gap call break_stream().
  void add(Grid<const cf32> x) noexcept;
  /// The same of a plane wave from `direction` (array frame, any length): its delays and phases at the
  /// elements are taken away first. The direction may move from call to call. A direction that is zero or not
  /// finite, or a configuration without geometry: the samples are left out.
  void add(Grid<const cf32> x, Vec3 direction) noexcept;
  void break_stream() noexcept;

  /// The fit, with the stamp it will be judged by. Not ok: fewer than two live channels (dead, stuck,
  /// duplicate and noisy ones are not); too few samples (two
  /// frames); no common source, that is phases that the bound puts above 0.2 rad rms; a second source within
  /// 12 dB of the first one, of another direction (three channels and more); a frequency_hz that is not the
  /// plane wave's carrier_hz.
  Result solve(double frequency_hz, double gain_db, double time_s) const;

  /// Samples per channel that went in.
  std::uint64_t samples() const;
  std::uint64_t samples_zeroed() const;
  void reset() noexcept;

 private:
  struct State;

  Config config_;
  std::unique_ptr<State> state_;
};

}  // namespace boresight::array
