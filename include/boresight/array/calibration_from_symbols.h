// Measures a calibration from symbols that are known: a synchronization sequence or preamble that the
// satellite sends (the PSS is one), or a sequence injected. Noise and jammers do not know it: in what is
// found they are down by the number of symbols.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "boresight/array/calibration_estimator.h"
#include "boresight/array/geometry.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"

namespace boresight::array {

/// Every call brings one sequence s as sent and what the channels made of it,
///   x_e = alpha h_e s(t - delay_e) + noise,  alpha a phase that nobody knows, another one in every call.
/// Channels are correlated with s, C_e(f) = X_e(f) S*(f); calls are turned onto the sum of those before (by
/// the correlation of all channels at the delays that can be) and added; and of each channel, in white noise,
///   delay = argmax |sum C_e(f) exp(j 2 pi f delay)|,  gain and phase = that sum / sum |S(f)|^2
/// are the maximum-likelihood estimates. The Cramer-Rao bound of a phase against the reference is that of
/// calibration_bound with a perfect reference: (1 / s_e + 1 / s_r) / (2 K), K all samples, s what there is of
/// the sequence over noise and jammers per sample. It is reached from where all channels together have 13 dB
/// in one call; below that there is no calibration. Delays of T samples lose the ends of a sequence of n:
/// noise T / n of the signal. A jammer J times the sequence adds J to the noise and no bias, where
/// CalibrationEstimator, which takes for the source what is strongest, would calibrate on the jammer.
///
/// The satellite's carrier and time are taken away (or put into s) by the caller: a carrier that is off by f
/// costs sinc^2(f T) of a sequence T long. Powers of calls are taken for equal. What multipath is different
/// in the channels is taken for theirs.
class CalibrationFromSymbols {
 public:
  struct Config {
    std::size_t channels = 0;  ///< 2 to 256
    double sample_rate_hz = 0;
    std::size_t most_samples = 4096;  ///< of one call, 32 to 65536; channels x most_samples at most 2^21
    std::size_t reference = 0;        ///< another one takes its place when it is not ok
    double dead_below_db = 20;        ///< as CalibrationEstimator
    double noisy_below_db = 20;
    /// Of a channel against s, both ways: of the channels and of the arrival. Above 0, at most most_samples
    /// / 4.
    double max_delay_samples = 8;
    /// For add() with a direction: where the elements are and what is tuned to.
    Geometry geometry = {};
    double carrier_hz = 0;
  };
  using Result = CalibrationEstimator::Result;

  /// ConfigError names the value and the limit.
  explicit CalibrationFromSymbols(const Config& config);
  ~CalibrationFromSymbols();
  CalibrationFromSymbols(CalibrationFromSymbols&&) noexcept;
  CalibrationFromSymbols& operator=(CalibrationFromSymbols&&) noexcept;

  /// x [channels x n], symbols [n], one sequence; n 32 to most_samples, else it is left out. NaN and Inf are
  /// taken for zero. No allocation.
  void add(Grid<const cf32> x, std::span<const cf32> symbols) noexcept;
  /// The same of a plane wave from `direction` (array frame, any length), whose delays and phases at the
  /// elements are taken away first. Left out when the direction is zero or not finite, or there is no
  /// geometry.
  void add(Grid<const cf32> x, std::span<const cf32> symbols, Vec3 direction) noexcept;

  /// The fit, with the stamp it will be judged by. Not ok: nothing added; fewer than two live channels; less
  /// than 13 dB in a call; phases that the bound puts above 0.2 rad rms; a frequency_hz that is not the plane
  /// wave's carrier_hz. A channel in which the symbols do not stand out of its own noise (noise alone does
  /// once in 10,000 times) is noisy when that noise is noisy_below_db above the median one, otherwise dead; a
  /// stuck channel is one of the two, a copy of another one is not told from it. Calibration::shape stays empty.
  Result solve(double frequency_hz, double gain_db, double time_s) const;

  std::uint64_t calls() const;
  std::uint64_t samples() const;  ///< per channel
  std::uint64_t samples_zeroed() const;
  void reset() noexcept;

 private:
  struct State;

  Config config_;
  std::unique_ptr<State> state_;
};

}  // namespace boresight::array
