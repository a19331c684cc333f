// The PSS and SSS of the Ku-band downlink at every sample and on every carrier within a range, coherently, in
// the whole channel or in a slice of it: the first look at a stream of which nothing is known.
//
//     frame period P = rate / 750              U[d][n] = | sum_m x[n + m] t*[m] exp(-j 2 pi f_d m / rate) |^2
//     |<------------------------------>|                 -----------------------------------------------
//     |PSS|SSS| data ...               |PSS|                       E_t * power of x
//      n = 0 .. P - 1, d = carriers             in white noise exponential with mean 1
//
// Slice: t is the preamble in the slice (sync/ku_preamble.h), one inverse FFT for each carrier. At 240 Msps,
// and within 1 kHz of the channel's center, the PSS alone is looked for: its segment is matched once for all
// carriers, and the eight matches are summed for each carrier and for each half sample (kernels/preamble.h).
// That costs 3 dB of the preamble but a tenth of the time; TemplateFit tests the whole preamble where the PSS
// makes a place worth looking at.
//
// Half samples are looked at as well, through the sum of two neighbors, which are uncorrelated in white
// noise. Losses against a frame that lies right on a place: at most 1.3 dB between a sample and half of one;
// half a carrier step (step_hz) sinc^2(step_hz T / 2): 0.4 dB at 40 kHz and T = 8.8 us. TemplateFit has
// neither. A carrier f off the middle of a slice moves f / rate of the preamble out of it: 0.6 dB for 300 kHz
// in 2.5 MHz.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::sync {

class PreambleSearch {
 public:
  struct Config {
    double sample_rate_hz = 240e6;  ///< 1 MHz to 300 MHz
    double center_hz = 0;           ///< center of the slice above the channel's center
    double carrier_offset_hz = 0;   ///< middle of the range of carriers: an oscillator error that is known
    double max_carrier_offset_hz = 300e3;  ///< to either side of it, at most 2 MHz
    double carrier_step_hz = 40e3;         ///< at most; 5 kHz to 100 kHz
  };
  /// Levels are 5.5 sqrt(U), rounded down, at most 255: U up to 2150, so that no frame overflows.
  static constexpr double level_scale = 5.5;
  /// The U in the middle of a level.
  static constexpr double statistic_of(std::uint8_t level) {
    return (level + 0.5) * (level + 0.5) / (level_scale * level_scale);
  }

  /// ConfigError for what is out of range, and when the slice does not overlap the channel.
  explicit PreambleSearch(const Config& config);
  ~PreambleSearch();
  PreambleSearch(PreambleSearch&&) noexcept;
  PreambleSearch& operator=(PreambleSearch&&) noexcept;

  const Config& config() const { return config_; }
  double period_samples() const { return period_; }
  /// Start positions of one frame period: P rounded up.
  std::size_t positions() const { return positions_; }
  std::size_t carriers() const { return carriers_; }
  double carrier_hz(std::size_t index) const;
  /// Distance of neighboring carriers.
  double step_hz() const { return step_hz_; }
  /// E_t of what is looked for: the mean U of a frame of 0 dB right on a place, less noise's 1.
  double energy() const { return energy_; }
  /// x needs this many samples before the first position ...
  std::size_t lead_samples() const { return lead_; }
  /// ... and this many in all.
  std::size_t window_samples() const { return window_; }

  /// x [window_samples()]: white, see Whitener. Position n is x[lead_samples() + n + fraction], fraction in
  /// [0, 1). `power` is the mean of |x|^2. levels [carriers() x positions()]. Zero power gives zeros.
  void process(std::span<const cf32> x, double fraction, double power, Grid<std::uint8_t> levels) noexcept;

 private:
  struct Slice;
  struct Channel;
  Config config_;
  double period_ = 0;
  std::size_t positions_ = 0;
  std::size_t carriers_ = 0;
  double first_hz_ = 0;
  double step_hz_ = 0;
  double energy_ = 0;
  std::size_t lead_ = 0;
  std::size_t window_ = 0;
  std::unique_ptr<Slice> slice_;  // one of the two
  std::unique_ptr<Channel> channel_;
};

}  // namespace boresight::sync
