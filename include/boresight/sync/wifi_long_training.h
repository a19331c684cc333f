// Places the two long training symbols of an IEEE 802.11 OFDM frame to the sample.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "boresight/core/aligned.h"
#include "boresight/core/types.h"

namespace boresight::sync {

/// Matched filter of the known 64-sample symbol, both repetitions added in power:
///   q(d) = (|X(d)|^2 + |X(d + 64)|^2) / (64 sum |x - mean x|^2 over [d, d + 128)),   0 <= q <= 1/2 .. 1.
/// The place is where the matched filters of the prefix and of both symbols have the largest amplitude
/// together: without the prefix, one symbol early is only half a symbol worse, and at 0 dB one
/// frame in 4000 is taken there.
/// Of white noise q follows Beta(2, 125), so P(q > t) = (1 - t)^126 + 126 t (1 - t)^125 for each of the
/// positions searched (at the one that is chosen it is no larger than the largest), from which the threshold
/// follows.
/// Then the carrier offset from the angle between the symbols (Moose, IEEE Trans. Commun. 42 (1994) 2908)
/// and the DC offset from what does not turn with the carrier (it cannot be told from the signal where the
/// carrier offset is a whole number of subcarrier spacings, 0 among them).
class LongTrainingSearch {
 public:
  static constexpr std::size_t prefix_samples = 32;

  struct Config {
    double false_alarm_rate = 1e-6;  ///< probability per search on white noise, 1e-15 .. 0.1
    std::size_t positions = 113;     ///< 1 .. 4096
  };

  struct Found {
    std::size_t position = 0;  ///< first sample of the first long training symbol, its prefix excluded
    double frequency = 0;      ///< carrier offset, cycles per sample
    cf32 dc;                   ///< constant that the receiver added; 0 where it is not seen for certain
    double quality = 0;        ///< q there
  };

  /// ConfigError if a value is outside its limits.
  explicit LongTrainingSearch(const Config& config);

  std::size_t positions() const { return config_.positions; }
  std::size_t input_samples() const { return prefix_samples + config_.positions + 127; }

  /// samples [input_samples()], of which the first prefix_samples are before the first position that is
  /// searched; `coarse_frequency` within 1/128 of the truth. Nothing if no position passes
  /// the threshold (zero input never does). `amplitudes`: nothing, or [positions] for what the place is
  /// chosen by, the sum of the three amplitudes at every position.
  std::optional<Found> find(std::span<const cf32> samples, double coarse_frequency,
                            std::span<float> amplitudes = {}) noexcept;

  double threshold() const { return threshold_; }

 private:
  struct Correlation {
    aligned_vector<float> re, im;
    cf32 at(std::size_t i) const { return {re[i], im[i]}; }
  };
  void correlate(std::size_t tap, std::size_t first, Correlation& out) const noexcept;

  Config config_;
  double threshold_ = 0;
  aligned_vector<cf32> reference_;  // [64], unit mean power
  aligned_vector<cf32> derotated_;
  aligned_vector<float> in_re_, in_im_;   // [input_samples()]
  Correlation first_half_, second_half_;  // [positions + 64], [positions + 128]
};

}  // namespace boresight::sync
