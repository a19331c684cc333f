// The receive chain of a link on a numerology of one's own: streams of one or several antennas in, payloads
// out.
//
//   antenna 1 ─▶ clean,  ─┬─▶ repetition ─▶ training ─▶ FFT ─▶ combine ─▶ track ─▶ demap ─▶ decode ─▶ burst
//   antenna 2 ─▶ carriers │   search         symbols    of all antennas   phase,    soft     LDPC
//   ..            out     │   (all at once)                               delay     bits
//                         └──────────── kept until the burst is read ────────────┘
//
// What a burst is made of: frame/ofdm_burst.h; who sends it: tx/ofdm_transmitter.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/frame/ofdm_burst.h"
#include "boresight/sync/tone_canceller.h"

namespace boresight::rx {

class OfdmProbe;  // ofdm_probe.h

/// How the channel comes from what is known: the two training symbols, and the header's as soon as it is
/// read. lmmse chooses among priors of several widths the one that predicts best (Mallows' C_p), so that a
/// channel of one path costs as little as if it were known to be one, and gives subcarriers that stand out of
/// the noise the weight that they deserve; dft keeps taps about the strongest path, twice as many as the
/// delays need; least_squares takes the symbols as they are. What each loses against a known channel in white
/// noise, 256 subcarriers with a prefix of 32, QPSK 1/2: 0.15, 0.35 and 1.25 dB.
enum class OfdmEstimator : std::uint8_t { least_squares, dft, lmmse };
/// interference_rejection takes the noise as correlated between the antennas, as a jammer makes it
/// (ofdm/combiner.h); it needs the jammer to be there during the training. Detection and training are not
/// protected: beyond a jammer about 8 dB over the signal on an antenna bursts are missed, and lmmse shrinks
/// channels towards zero from there on. Stronger jammers are a beamformer's work (beam/).
enum class OfdmCombining : std::uint8_t { maximum_ratio, interference_rejection };

/// One burst whose header was read. `payload` is valid until the handler returns.
struct OfdmReception {
  std::uint64_t start_sample = 0;  ///< of the first part, counted from the first sample pushed
  double start_fraction = 0;       ///< and what is to be added to it, the signal's delay, -0.5 .. 0.5; of
                              ///< several paths one between the first and the strongest, within 5 samples
  frame::Header header;
  bool ok = false;                        ///< the payload passed its CRCs
  std::span<const std::uint8_t> payload;  ///< empty unless ok
  double carrier_offset_hz = 0;           ///< as followed to the last symbol
  double clock_offset_ppm = 0;            ///< growth of the delay; positive: the signal's clock is slow
  /// Per subcarrier and after combining, from the training: the mean of the SNRs, and the SNR that a flat
  /// channel of the same capacity has, which is what a code feels (frame::LinkAdaptation).
  double snr_db = 0;
  double effective_snr_db = 0;
  double mer_db = 0;                ///< of the equalized pilots, weighted as they count; without pilots -inf
  std::size_t bridged_symbols = 0;  ///< in which the pilots were not seen and the tracking predicted
  unsigned code_blocks = 0;
  unsigned code_blocks_failed = 0;
  unsigned ldpc_iterations = 0;  ///< over all code blocks
};

struct OfdmReceiverStats {
  std::uint64_t samples = 0;          ///< per antenna
  std::uint64_t cleaned_samples = 0;  ///< over all antennas: not finite or absurd, taken as zero
  std::uint64_t detections = 0;       ///< repetitions, true and false
  std::uint64_t preambles = 0;        ///< of those, followed by the training
  std::uint64_t headers_failed = 0;   ///< of those, whose header could not be read
  std::uint64_t too_long = 0;         ///< sound headers of payloads beyond the maximum
  std::uint64_t bursts_ok = 0;
  std::uint64_t payloads_failed = 0;
  std::uint64_t truncated = 0;            ///< preambles whose burst the stream does not hold to the end
  std::uint64_t transformed_symbols = 0;  ///< FFTs of all antennas, those of the training's search included
};

/// Carrier, clock and gain are followed on the pilots of every symbol, wherever the numerology has them, by
/// Kalman filters of phase and rate; symbols with fewer than four pilots (block pilots, none) are followed on
/// their data: the means of the soft symbols. The channel's shape is that of the training and the header, and
/// may turn, fade and move as a whole, unless it is followed too (Config::follow_symbols). The sampling clock
/// is corrected by phase ramps and whole samples; what that leaves is interference between subcarriers, (pi k
/// error)^2 / 3 of the power on subcarrier k: -29 dB at k = 512 and 40 ppm, -11 dB at k = 4096.
///
/// Echoes up to the prefix less the taper, and less the 8 samples at most by which windows open early, cause
/// no interference. An LMMSE prior takes time and memory: max_delay_samples is at most 256, and 64 if not
/// given.
///
/// What comes from the air is not trusted: after a damaged header the search goes on right behind the
/// repetition, after a failed payload behind the preamble, because there may be another burst on top, four
/// times in one stretch of samples. A burst may begin where the last one ended.
class OfdmReceiver {
 public:
  struct Config {
    ofdm::Numerology numerology;
    std::size_t antennas = 1;              ///< or beams, 1 .. 16, of one oscillator and clock
    std::size_t max_payload_bytes = 4096;  ///< 1 .. frame::ofdm_burst_max_payload_bytes
    /// Per metric of the repetition search (16 per part) in white noise, 1e-15 .. 0.1, and that a training
    /// symbol is seen where there is only noise, 1e-12 .. 0.1. What passes both costs a header's decoding.
    double false_alarm_rate = 1e-7;
    double training_false_alarm_probability = 1e-3;
    double max_offset_carriers = 4;  ///< carrier offset searched, in subcarriers, to 64 and N / 4
    OfdmEstimator estimator = OfdmEstimator::lmmse;
    double max_delay_samples = 0;  ///< of the last path behind the first; 0: the prefix, at most 64
    /// 0: the channel's shape stays that of the preamble. Else it is followed: every so many symbols (rounded
    /// up to whole periods of the numerology's map; at most 256) what their pilots say of its change since
    /// then is estimated by LMMSE and added. For channels that fade during a burst, by less than about 0.1
    /// cycles in so many symbols; in one that stands still it costs 0.12 dB. Without pilots nothing is
    /// followed.
    std::size_t follow_symbols = 0;
    OfdmCombining combining = OfdmCombining::maximum_ratio;
    sync::ToneCanceller::Config tone_canceller;  ///< of each antenna
    double phase_walk_variance = 3e-4;           ///< rad^2 per symbol: oscillator phase noise
    double rate_walk_variance = 1e-9;            ///< (rad per symbol)^2 per symbol: Doppler rate
    double gain_walk_variance = 1e-5;            ///< per symbol, of the gain against the training's
    double max_clock_offset_ppm = 60;            ///< of the sampling clocks, three deviations, 0 .. 500
    unsigned max_iterations = 20;                ///< of the LDPC decoder, per code block
  };
  using Handler = std::function<void(const OfdmReception&)>;

  /// ConfigError names the value that cannot be. Allocates everything: two of the longest bursts per antenna.
  explicit OfdmReceiver(const Config& config);
  ~OfdmReceiver();
  OfdmReceiver(OfdmReceiver&&) noexcept;
  OfdmReceiver& operator=(OfdmReceiver&&) noexcept;

  /// The next samples [antennas x any number]. The handler is called for every burst whose header was read,
  /// once its last symbol is there; the result does not depend on how the stream is cut. No allocation. A NaN
  /// or Inf costs at most the symbols it falls in. What the handler throws passes through; the samples of
  /// that call behind the burst are then lost.
  void push(Grid<const cf32> samples, const Handler& handler);
  /// The same for one antenna.
  void push(std::span<const cf32> samples, const Handler& handler);

  /// The stream ends here, or samples were lost: gives up the burst that is under way, looks for others in
  /// its samples, and makes the next sample number 0. The counters stay.
  void flush(const Handler& handler);

  const frame::OfdmBurst& burst() const;
  const OfdmReceiverStats& stats() const;

  /// Takes copies of what every burst goes through to `probe`, which must outlive this; nullptr: none.
  void set_probe(OfdmProbe* probe) noexcept;
  /// Probes: equalized data subcarriers of the last symbol; SNR of the span of used subcarriers, from the
  /// lowest frequency on; channel [antennas x that span].
  std::span<const cf32> equalized() const;
  std::span<const float> snr() const;
  Grid<const cf32> channel() const;

 private:
  struct Chain;
  std::unique_ptr<Chain> chain_;
};

}  // namespace boresight::rx
