// One burst, symbol by symbol, from samples to soft bits. Private.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/frame/ofdm_burst.h"
#include "boresight/modem/constellation.h"
#include "boresight/modem/llr.h"
#include "boresight/ofdm/demodulator.h"
#include "boresight/sync/tracking_filter.h"
#include "rx/ofdm_channel.h"

namespace boresight::rx {

/// Of an equalized subcarrier; 0 where it is erased.
inline float snr_of(float variance) noexcept {
  return variance > 0 && variance < 0.5F * ofdm::erased_variance ? 1 / variance : 0.0F;
}

/// Holds what is known of the channel during a burst: its response from the training, and how the phase, the
/// gain and the delay of all subcarriers go on from there.
///
/// The phase of subcarrier k is  phase - 2 pi (k - center) delay / N,  center being where the signal's power
/// over frequency has its center, so that phase and delay are measured independently.
class OfdmSymbols {
 public:
  struct Quality {
    double snr_db = 0;
    double effective_snr_db = 0;
    double mer_db = 0;
    std::size_t bridged_symbols = 0;
  };

  OfdmSymbols(const frame::OfdmBurst& burst, const OfdmReceiver::Config& config);

  /// Where FFT windows begin, in samples after the start of the first training symbol, prefix included:
  /// of training symbol i, and of symbol i of header and payload as the delay has been followed so far.
  std::ptrdiff_t training_window(std::size_t i) const;
  std::ptrdiff_t window_start(std::size_t symbol) const;

  /// samples [antennas x enough] from the start of the training on.
  void begin(Grid<const cf32> samples, double frequency) noexcept;

  /// Symbols 0, 1, .. in order: window [antennas x N] -> llr [data subcarriers * bits per symbol].
  void symbol(std::size_t index, Grid<const cf32> window, const modem::Constellation& constellation,
              std::span<modem::Llr> llr) noexcept;

  /// The header has been read, and its points are those of all its data subcarriers: its symbols are training
  /// too. Channel and tracking are estimated anew from both, and go on from there.
  void learn_header(std::span<const cf32> points) noexcept;

  double frequency() const;                       ///< cycles per sample, as followed
  double delay() const { return first_delay_; }   ///< of the training against its start, samples
  double drift() const { return delay_.rate(); }  ///< samples per symbol
  Quality quality() const;

  const OfdmChannel& channel() const { return channel_; }
  std::span<const cf32> equalized() const { return std::span(data_).first(data_count_); }

 private:
  struct Ramp {
    double phase = 0;  ///< rad, at the lowest subcarrier of the span
    double slope = 0;  ///< rad per subcarrier
  };
  struct Places {
    std::vector<std::uint16_t> data, pilots;
  };
  // What one symbol says of the ramp's error, at the distance `middle` from the center, where the two are
  // independent.
  struct RampError {
    double phase = 0;
    double phase_variance = 0;
    double slope = 0;
    double slope_variance = 0;  // 0: not measured
    double middle = 0;
  };

  Ramp ramp() const noexcept;
  float inverse_gain() const noexcept;
  void turn(const Ramp& ramp) noexcept;
  void correct(const RampError& error) noexcept;
  void start_tracking() noexcept;
  void move_window() noexcept;
  bool follow_known(std::span<const std::uint16_t> places, std::span<const cf32> values) noexcept;
  bool data_is_there() const noexcept;
  void follow_data(const Places& places, const modem::Constellation& constellation) noexcept;
  void measure_errors(std::size_t index) noexcept;
  void follow_channel(std::size_t index) noexcept;

  const frame::OfdmBurst* burst_;
  OfdmChannel channel_;
  std::vector<ofdm::Demodulator> demodulators_;
  std::vector<Places> places_;  // of each symbol of a period
  double max_rate_deviation_;   // of the clock, samples per symbol
  sync::TrackingFilter phase_;
  sync::TrackingFilter delay_;
  sync::TrackingFilter gain_;
  double frequency_ = 0;
  double first_delay_ = 0;
  double origin_variance_ = 1;  // of the channel's phase
  double turned_ = 0;           // phase of the channel now against that of the training alone
  double rate_variance_ = 1;    // of the phase from the training
  double center_ = 0;           // signed subcarrier index
  std::ptrdiff_t slip_ = 0;     // whole samples by which the window has moved
  bool seen_ = true;

  aligned_vector<cf32> bins_;  // [N]
  GridBuffer<cf32> training_;  // [2 antennas x span]
  GridBuffer<cf32> received_;  // [antennas x span]
  GridBuffer<cf32> header_;    // [header symbols * antennas x span]: as received
  std::vector<std::ptrdiff_t> header_slips_;
  std::vector<std::uint16_t> known_places_;
  std::vector<cf32> known_values_;
  aligned_vector<cf32> combined_;   // [span]
  aligned_vector<cf32> aligned_;    // [span], the ramp taken out
  std::vector<float> variance_;     // [span]
  std::vector<cf32> pilot_values_;  // of this symbol
  aligned_vector<cf32> data_;
  std::vector<float> data_variance_;
  std::size_t data_count_ = 0;
  double error_ = 0;         // of equalized pilots, weighted by g
  double error_weight_ = 0;  // sum of g
  std::size_t bridged_symbols_ = 0;
};

}  // namespace boresight::rx
