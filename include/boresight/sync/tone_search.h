// The unmodulated carriers in the gutter at the middle of a channel of the Ku-band downlink: nine of them,
// one in the middle and four to either side, 43.95 kHz apart (measured in 2021, weaker since 2023). Found as
// a comb:
//
//      |          |          |          |          |          |          |          |          |
//     -4         -3         -2         -1       midpoint     +1         +2         +3         +4     x
//     43949.5 Hz
//
//   C(f) = sum_m min( |X(f + 43949.5 m)|^2 / floor, 6 )       X: Hann window of 11 to 22 ms, floor: running
//   median
//
// 11 to 22 ms is the time in which a satellite's Doppler (below 7 kHz/s) moves by about a bin. In white noise
// C is a sum of nine exponential values cut off at 6, whose distribution sets the threshold: above 30 with the
// defaults, so that fewer than six lines (the DC spike, spurs) are never a satellite.
// Doppler is ambiguous by 43.95 kHz where the outer tones are lost in noise.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "boresight/core/types.h"

namespace boresight::sync {

class ToneSearch {
 public:
  static constexpr double spacing_hz = 43'949.5;
  static constexpr int tones = 9;

  struct Config {
    double sample_rate_hz = 2.5e6;  ///< 1 MHz to 60 MHz
    double center_hz = -117'187.5;  ///< middle of the samples above the channel's center; the tones' is
                                    ///< half a subcarrier below it
    double carrier_offset_hz = 0;   ///< middle of the range: an oscillator error that is known
    double max_carrier_offset_hz = 300e3;  ///< to either side, at most 2 MHz
    double false_alarm = 1e-3;             ///< of one window over the whole range; 1e-12 to 0.1
  };
  struct Found {
    double carrier_hz = 0;        ///< of the middle tone, against where it should be; at the window's middle
    double carrier_sigma_hz = 0;  ///< twice the Cramer-Rao bound: what the window costs
    double statistic = 0;         ///< C
    double cn0_db_hz = 0;         ///< of all tones together, over the noise density around them
  };
  static constexpr std::size_t most_found = 8;
  /// Windows before the first search, in which the noise floor is learned.
  static constexpr std::size_t learning_windows = 8;

  /// ConfigError for what is out of range, or when the samples do not hold the comb on every carrier.
  explicit ToneSearch(const Config& config);
  ~ToneSearch();
  ToneSearch(ToneSearch&&) noexcept;
  ToneSearch& operator=(ToneSearch&&) noexcept;

  std::size_t window_samples() const { return window_; }
  double threshold() const { return threshold_; }
  double bin_hz() const { return config_.sample_rate_hz / static_cast<double>(window_); }

  /// x [window_samples()]: the combs in it, the strongest first; of combs a multiple of the spacing apart
  /// only the strongest. Windows half overlapped see every tone in full. A window
  /// that holds a NaN, an infinity or powers beyond single precision gives nothing and changes nothing.
  std::span<const Found> process(std::span<const cf32> x) noexcept;
  /// Forgets the noise floor.
  void reset() noexcept;

  /// c with P(C > c) = probability.
  static double threshold_for(double probability);

 private:
  struct Workspace;
  Config config_;
  std::size_t window_ = 0;
  double threshold_ = 0;
  std::unique_ptr<Workspace> work_;
};

}  // namespace boresight::sync
