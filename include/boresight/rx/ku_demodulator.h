// One ku frame, symbol by symbol, from samples to soft bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/modem/constellation.h"
#include "boresight/modem/llr.h"
#include "boresight/ofdm/demodulator.h"
#include "boresight/ofdm/equalizer.h"
#include "boresight/ofdm/lmmse_estimator.h"
#include "boresight/ofdm/noise_estimator.h"
#include "boresight/sync/tracking_filter.h"

namespace boresight::rx {

/// Holds what is known of the channel during a frame: its response from the SSS, and how the common phase,
/// the gain and the delay go on from there, followed on the pilots of every symbol.
///
///   demodulate ─▶ pilots: phase, gain, delay error ─▶ tracking filters ─▶ turn the channel and equalize ─▶
///   demap
///
/// The channel is the LMMSE estimate for paths that may lie anywhere from 8 samples before to 16 behind the
/// start that was measured, which of several paths is the middle: what lies outside is lost, as noise. It
/// adds 2.5 to 2.7 % to the noise (0.11 to 0.12 dB), which the soft bits are told. Subcarriers that stand
/// out of the SSS's noise by 6 dB (carriers, narrow-band interference) are taken with as little weight as
/// their noise deserves, the 127 worst at most.
///
/// The FFT window moves by whole samples; the rest of the delay, within half a sample, is a phase slope.
///
/// A symbol whose pilots do not rise out of its noise (a fade, a gap, a strong pulse) is bridged: the filters
/// predict and take nothing from it, its LLRs are 0, and it is counted. "Do not rise": the coherent power of
/// the 51 pilots is below 6 times what noise alone would give, which noise exceeds once in 400 symbols, and
/// pilots at -4 dB, the worst that headers are read at, fall short of once in 500.
class KuDemodulator {
 public:
  struct Config {
    double phase_walk_variance = 1e-3;   ///< rad^2 per symbol: oscillator phase noise
    double rate_walk_variance = 1e-9;    ///< (rad per symbol)^2 per symbol: Doppler rate
    double delay_walk_variance = 1e-7;   ///< samples^2 per symbol
    double drift_walk_variance = 1e-12;  ///< (samples per symbol)^2 per symbol: clock wander
    double gain_walk_variance = 1e-5;    ///< per symbol, of the gain against the SSS's: weights that change
  };
  /// What one frame was like, over the symbols seen so far.
  struct Quality {
    double snr_db = 0;  ///< channel power over noise, per subcarrier, from the SSS; unbiased
    double mer_db = 0;  ///< modulation error ratio of the equalized pilots, bridged symbols left out
    std::size_t bridged_symbols = 0;  ///< in which the pilots were not seen and the tracking predicted
  };

  /// ConfigError for a variance that is negative or not finite.
  explicit KuDemodulator(const Config& config);

  /// Where the FFT window of symbol `i` begins, in samples after the start of the frame, prefix included.
  /// Depends on the delay followed so far; ask again for each symbol.
  std::ptrdiff_t window_start(std::size_t symbol) const;

  /// Symbol 1: window [1024] gives the channel. `frequency` (cycles per sample) is taken off this and all
  /// later windows of the frame. `drift` (samples per symbol) with its variance is what is known of the
  /// sampling clock; `rate_variance` ((rad per symbol)^2) says how sure the frequency is.
  void begin(std::span<const cf32> window, double frequency, double rate_variance, double drift,
             double drift_variance) noexcept;

  /// Symbols 2 and on, in order: window [1024] -> llr [969 * bits per symbol].
  void symbol(std::size_t index, std::span<const cf32> window, const modem::Constellation& constellation,
              std::span<modem::Llr> llr) noexcept;

  /// Carrier offset as followed to the last symbol, cycles per sample.
  double frequency() const;
  double rate_variance() const { return phase_.rate_variance(); }
  /// Delay against the frame's start and its growth, samples and samples per symbol.
  double delay() const { return delay_.value(); }
  double drift() const { return delay_.rate(); }
  double drift_variance() const { return delay_.rate_variance(); }
  Quality quality() const;

  /// Probes: the last symbol's equalized data subcarriers [969], the channel of the SSS [1024] and the noise
  /// per subcarrier [1024], the error of the channel's estimate included.
  std::span<const cf32> equalized() const { return equalized_; }
  std::span<const cf32> channel() const { return channel_; }
  std::span<const float> noise_variance() const { return noise_; }

 private:
  // Planar, padded with zeros to whole vectors.
  struct Pilots {
    explicit Pilots(std::size_t count);
    aligned_vector<float> re;
    aligned_vector<float> im;
  };

  void estimate() noexcept;
  void measure_noise(const ofdm::LmmseEstimator::Result& result) noexcept;
  bool weigh() noexcept;
  bool track(std::size_t index) noexcept;
  ofdm::RampEqualizer::Ramp ramp() const noexcept;

  ofdm::Demodulator demodulator_;
  std::vector<std::uint16_t> carriers_;  // used, in order of frequency
  std::size_t below_;                    // of them below zero frequency; each side is in one piece
  aligned_vector<cf32> known_;           // the SSS on them, of magnitude 1
  ofdm::LmmseEstimator estimator_;
  ofdm::NoiseEstimator noise_estimator_;
  ofdm::RampEqualizer equalizer_;
  std::vector<std::uint16_t> pilot_carriers_;
  std::vector<Pilots> pilot_values_;  // of every symbol
  Pilots pilot_channel_;
  Pilots pilots_;                          // as received
  aligned_vector<float> pilot_index_;      // signed subcarrier index
  aligned_vector<float> pilot_precision_;  // 1 / |channel|^2
  sync::TrackingFilter phase_;             // radians of all subcarriers against the channel of the SSS
  sync::TrackingFilter delay_;             // samples against the frame's start
  sync::TrackingFilter gain_;              // of all subcarriers against the channel of the SSS
  double frequency_ = 0;
  double carrier_turns_ = 0;       // phase of the carrier at frequency_ where this symbol's window begins
  std::ptrdiff_t slip_ = 0;        // whole samples by which the window has moved
  GridBuffer<cf32> bins_;          // [1 x 1024]
  aligned_vector<cf32> observed_;  // [1020] the SSS received over the SSS sent
  std::vector<float> variance_;    // [1020] noise of each
  std::vector<float> weighed_;     // [1020] noise as the channel estimator is told it
  std::vector<float> sorted_;
  aligned_vector<cf32> channel_;
  aligned_vector<float> noise_;
  ofdm::RampEqualizer::Ramp ramp_;  // of this symbol
  float noise_scale_ = 1;           // this symbol's noise against the SSS's
  aligned_vector<cf32> equalized_;
  double snr_ = 0;
  // Sums over the pilots of the channel's power |H|^2, of k^2 |H|^2 (what a slope is measured against), of
  // |H|^2 times the noise and of the noise.
  double pilot_power_ = 0;
  double pilot_spread_ = 0;
  double pilot_weighted_noise_ = 0;
  double pilot_noise_ = 0;
  std::size_t pilots_usable_ = 0;  // with a channel that is not zero
  double error_power_ = 0;         // of equalized pilots, for the MER
  std::size_t pilots_seen_ = 0;
  std::size_t bridged_symbols_ = 0;
};

}  // namespace boresight::rx
