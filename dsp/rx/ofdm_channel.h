// Channel and noise of all antennas from the two training symbols of a burst (and, in
// ofdm_channel_update.cpp, from its header and pilots), and the combining of antennas that follows from them.
// Private.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/frame/ofdm_burst.h"
#include "boresight/ofdm/channel_estimator.h"
#include "boresight/ofdm/combiner.h"
#include "boresight/ofdm/lmmse_estimator.h"
#include "boresight/ofdm/noise_estimator.h"
#include "boresight/rx/ofdm_receiver.h"

namespace boresight::rx {

/// Subcarriers stand side by side in order of frequency, from the lowest to the highest that any symbol uses:
/// the span. Those in it that are not used have no channel, and combining erases them.
class OfdmChannel {
 public:
  OfdmChannel(const frame::OfdmBurst& burst, const OfdmReceiver::Config& config);

  std::size_t span() const { return span_; }
  int lowest_index() const { return lowest_; }
  std::size_t place(std::uint16_t carrier) const;
  /// bins [N], FFT order -> out [span()].
  void take_span(std::span<const cf32> bins, std::span<cf32> out) const noexcept;

  /// training [2 antennas x span()]: symbol 0 and 1 of antenna 0, of antenna 1, .. Their windows open
  /// `advance` samples before the end of the first path's prefix.
  void estimate(Grid<const cf32> training) noexcept;
  /// More known symbols of the same channel, phase and delay taken out: begin, add each antenna of each
  /// symbol (received [span()], and where it is known), and estimate anew from the training and all of these.
  void begin_more() noexcept;
  void add_more(std::size_t antenna, std::span<const cf32> received, std::span<const std::uint16_t> places,
                std::span<const cf32> values) noexcept;
  /// Returns the phase of the new estimate against the old one, rad.
  double estimate_with_more() noexcept;
  /// Symbols whose pilots make one step of following the channel, 0: none.
  std::size_t follow_symbols() const { return follow_symbols_; }
  /// Adds to the channel what pilots say of its change that were added (add_more) since the last step, or
  /// since estimate_with_more(). Returns the phase of the new estimate against the old one, rad.
  double follow() noexcept;
  static std::size_t advance(const ofdm::Numerology& numerology);

  /// One symbol, received [antennas x span()] -> symbols, variance [span()], the channel of the training
  /// taken out.
  void combine(Grid<const cf32> received, std::span<cf32> symbols, std::span<float> variance) const noexcept;

  /// |channel|^2 over noise after combining, without the share of the noise in it: [span()].
  std::span<const float> snr() const { return snr_; }
  /// Samples by which the signal's mean delay is behind the end of the window's prefix, from the phase over
  /// frequency.
  double delay() const noexcept;
  Grid<const cf32> channel() const { return channel_.view(); }

 private:
  void choose_lags();
  static constexpr double widest_profile = 256;
  void estimate_lmmse() noexcept;
  void estimate_dft() noexcept;
  void estimate_channel() noexcept;
  void residuals(std::size_t antenna) noexcept;
  void weigh(std::size_t antenna) noexcept;
  void measure_noise() noexcept;
  void set_covariances() noexcept;
  cf64 turn_over(std::size_t lag) const noexcept;
  // Of delays up to `width` behind the first path; no pilots yet.
  static ofdm::LmmseEstimator::Config prior(const frame::OfdmBurst& burst, double width);
  void make_follower(std::size_t symbols, double width);
  void keep_before() noexcept;
  double turn_since() const noexcept;

  const frame::OfdmBurst* burst_;
  OfdmEstimator method_;
  std::size_t antennas_;
  int lowest_ = 0;
  std::size_t span_ = 0;
  std::array<std::size_t, 3> lags_{};  // of delay(), in subcarriers
  std::vector<std::size_t> used_;      // places in the span
  aligned_vector<cf32> known_;         // [used] training without its amplitude, conjugated
  GridBuffer<cf32> observed_;          // [antennas x used] mean of both symbols over known
  GridBuffer<cf32> more_;              // [antennas x span] sums over further symbols
  std::vector<float> more_count_;      // [antennas * span]
  double symbols_ = 2;                 // that observed_ is a mean of
  GridBuffer<cf32> difference_;        // [antennas x used] of both, of one symbol's noise
  std::vector<double> mean_noise_;     // [antennas] of one symbol
  std::vector<double> error_;          // [antennas] of the channel's estimate, per subcarrier
  std::vector<double> bias_;           // [antennas] |channel|^2 of the estimate over that of the channel
  std::vector<double> freedom_;        // [antennas] of the estimate, in observations
  std::vector<double> trial_freedom_;
  std::size_t chosen_ = 0;                   // prior
  GridBuffer<cf32> channel_;                 // [antennas x span]
  GridBuffer<cf32> before_;                  // likewise: the estimate before
  GridBuffer<cf32> trial_;                   // likewise
  GridBuffer<float> noise_;                  // [antennas x span], the channel's error included
  std::vector<ofdm::LmmseEstimator> lmmse_;  // from the narrowest profile to the widest
  std::optional<ofdm::ChannelEstimator> dft_;
  std::size_t follow_symbols_ = 0;
  std::optional<ofdm::LmmseEstimator> follower_;
  std::vector<std::size_t> follow_places_;  // pilots of any symbol of a step
  aligned_vector<cf32> change_;             // [those]
  GridBuffer<cf32> dft_bins_;               // [1 x N]
  aligned_vector<cf32> full_;               // [N]
  std::vector<float> full_noise_;           // [N]
  ofdm::NoiseEstimator noise_estimator_;
  std::vector<float> power_;    // [used]
  std::vector<float> weighed_;  // [used] noise as the estimator is told it
  std::vector<float> sorted_;   // [used]
  std::optional<ofdm::InterferenceRejectionCombiner> rejection_;
  std::size_t bands_ = 1;
  GridBuffer<cf64> covariance_;  // [antennas x antennas]
  aligned_vector<cf32> ones_;    // [span] scratch
  std::vector<float> snr_;       // [span]
};

}  // namespace boresight::rx
