// Receives IEEE 802.11 OFDM frames (802.11-2020 clause 17, 20 MHz channels, all eight rates) from a stream of
// samples, through the same demodulator, channel estimator, equalizer and demapper as the ku waveform.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/frame/wifi_phy.h"

namespace boresight::rx {

struct WifiFrame {
  std::uint64_t start_sample = 0;  ///< first sample of the short training field, counted from the first push
  std::uint64_t end_sample = 0;    ///< one past the last sample of the last data symbol
  frame::WifiRate rate = frame::WifiRate::r6;
  double rate_mbps = 0;
  std::size_t psdu_length = 0;
  bool fcs_ok = false;
  std::span<const std::uint8_t> psdu;  ///< with its FCS; valid until the handler returns
  double carrier_offset_hz = 0;
  double snr_db = 0;  ///< per subcarrier, from the disagreement of the two long training symbols
  double mer_db = 0;  ///< of all data symbols against the nearest constellation point
};

struct WifiStats {
  std::uint64_t samples = 0;
  std::uint64_t cleaned_samples = 0;  ///< not finite or beyond +-1e9: taken as zero
  std::uint64_t detections = 0;       ///< short training fields, true and false
  std::uint64_t preambles = 0;        ///< of those, followed by the long training field
  std::uint64_t signal_errors = 0;    ///< preambles whose SIGNAL field was damaged
  std::uint64_t frames = 0;           ///< handed over
  std::uint64_t fcs_ok = 0;
  std::uint64_t truncated = 0;  ///< announced more than the recording holds
};

/// Nothing is assumed about the gaps between frames, a DC offset or the scale (between 1e-12 and 1e9 of full
/// scale). The carrier may be off by +-40 ppm at both ends at 5.9 GHz (the search covers +-625 kHz), the
/// sampling clock by +-40 ppm, paths may spread over 12 samples behind the first.
///
/// What comes from the air is not trusted. After a damaged SIGNAL field the search goes on right behind the
/// preamble, and after a failed FCS as well, because a false or damaged length could hide true frames; a
/// stretch of samples is gone through five times at most.
class WifiReceiver {
 public:
  struct Config {
    double sample_rate_hz = 20e6;  ///< scales the offsets in Hz; 1 kHz to 1 GHz
    /// On white noise, per evaluation of the short training correlation, one every 16 samples.
    double short_training_false_alarm_rate = 1e-8;
    /// On white noise, per search for the long training symbols.
    double long_training_false_alarm_rate = 1e-6;
    double signal_tail_margin_nats = 3.0;  ///< see frame::WifiDecoder
  };
  using Handler = std::function<void(const WifiFrame&)>;

  /// ConfigError naming the value and the limit. Allocates everything, about 6 MB.
  explicit WifiReceiver(const Config& config);
  ~WifiReceiver();
  WifiReceiver(WifiReceiver&&) noexcept;
  WifiReceiver& operator=(WifiReceiver&&) noexcept;

  /// The next samples, any number. The handler is called for every frame, in order of their starts, once its
  /// last symbol is there; the result does not depend on how the stream is cut. No allocation. What the
  /// handler throws passes through; the samples of that call behind the frame are then lost.
  void push(std::span<const cf32> samples, const Handler& handler);

  /// The recording ends here: gives up the frame that is under way, looks for others in its samples, and
  /// makes the next sample number 0. The counters stay.
  void flush(const Handler& handler);

  const WifiStats& stats() const;

  /// Probes: what belongs to the last frame (or preamble) that was worked on.
  Grid<const cf32> equalized() const;             ///< [data symbols x 48]
  std::span<const cf32> channel() const;          ///< [64], FFT order
  std::span<const float> noise_variance() const;  ///< [64]

 private:
  struct Chain;
  std::unique_ptr<Chain> chain_;
};

}  // namespace boresight::rx
