// Receives IEEE 802.11 OFDM frames from a stream of samples: clause 17 of 802.11-2020 (802.11a/g/p), all
// eight rates, in channels of 20, 10 and 5 MHz, and clause 19 (802.11n, HT) in mixed format, one spatial
// stream in 20 MHz, MCS 0 to 7, both guard intervals, K = 7 code and LDPC, aggregated or not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/frame/wifi_ampdu.h"
#include "boresight/frame/wifi_ht.h"
#include "boresight/frame/wifi_phy.h"

namespace boresight::rx {

class WifiProbe;  // wifi_probe.h

enum class WifiFormat : std::uint8_t { legacy, ht };

struct WifiFrame {
  std::uint64_t start_sample = 0;  ///< first sample of the short training field, counted from the first push
  std::uint64_t end_sample = 0;    ///< one past the last sample of the last data symbol
  WifiFormat format = WifiFormat::legacy;
  frame::WifiRate rate = frame::WifiRate::r6;  ///< legacy
  frame::HtSignal ht;                          ///< ht: MCS, guard interval, code, aggregation
  double rate_mbps = 0;
  std::size_t psdu_length = 0;
  bool fcs_ok = false;                     ///< there is an MPDU and the FCS of each that was found is right
  std::span<const std::uint8_t> psdu;      ///< valid until the handler returns, as the next
  std::span<const frame::WifiMpdu> mpdus;  ///< the PSDU itself, or what its A-MPDU holds, at most 256
  double carrier_offset_hz = 0;
  double snr_db = 0;  ///< per subcarrier, by the noise that the long training symbols leave
  double mer_db = 0;  ///< of all data symbols against the nearest constellation point
};

struct WifiStats {
  std::uint64_t samples = 0;
  std::uint64_t cleaned_samples = 0;  ///< not finite or beyond +-1e9: taken as zero
  std::uint64_t detections = 0;       ///< short training fields, true and false
  std::uint64_t preambles = 0;        ///< of those, followed by the long training field
  std::uint64_t signal_errors = 0;    ///< preambles whose SIGNAL or HT-SIG field was damaged
  std::uint64_t unsupported = 0;      ///< sound headers of what is not received: more streams, 40 MHz, VHT
  std::uint64_t frames = 0;           ///< handed over
  std::uint64_t fcs_ok = 0;
  std::uint64_t truncated = 0;     ///< announced more than the recording holds
  std::uint64_t second_looks = 0;  ///< frames decoded again, see WifiReceiver

  /// Work: what was done for all this, the search itself (constant per sample) apart.
  std::uint64_t transformed_symbols = 0;  ///< FFTs of 64
  std::uint64_t decoded_bits = 0;         ///< information bits that went through a decoder
};

/// Nothing is assumed about the gaps between frames, a DC offset or the scale (between 1e-12 and 1e9 of full
/// scale). In 20 MHz the carrier may be off by +-40 ppm at both ends at 5.9 GHz (the search covers +-1/32 of
/// the sample rate: +-625 kHz; in narrower channels that and what the standard allows shrink alike), the
/// sampling clock by +-40 ppm; paths may spread over 12 samples behind the first.
///
/// A frame with a failed FCS gets a second look: its decoded bits, most of which are right, are encoded again
/// and taken as training, from which channel, phase and noise are estimated anew, and it is decoded once
/// more. An FCS of 32 bits then has two chances to pass by accident instead of one.
///
/// The header's symbols, once read, are training like the long training symbols.
///
/// What comes from the air is not trusted. After a damaged header the search goes on right behind the
/// preamble, and after a failed FCS as well, because a false or damaged length could hide true frames; a
/// stretch of samples is gone through five times at most. No header makes a frame longer than 5.484 ms (in 20
/// MHz). So a sample costs, beside the search, at most 5 / 72 FFTs with their equalization (twice where a
/// second look is taken), 11 / 116 for preambles that lead to nothing, and 5 * 2 * 260 / 72 decoded bits. VHT
/// is recognized and passed over; HE looks like a legacy frame whose FCS fails.
class WifiReceiver {
 public:
  struct Config {
    /// 20e6, or 10e6 and 5e6 for the narrow channels of 17.3.2.3, which carry the same samples more slowly;
    /// scales rates and offsets; 1 kHz to 1 GHz.
    double sample_rate_hz = 20e6;
    /// On white noise, per evaluation of the short training correlation, one every 16 samples. A false alarm
    /// costs one search for the long training symbols, as much as some 5000 samples of idle search.
    double short_training_false_alarm_rate = 3e-4;
    /// On white noise, per search for the long training symbols.
    double long_training_false_alarm_rate = 1e-6;
    double signal_evidence_nats = 2;  ///< see frame::WifiDecoder
  };
  using Handler = std::function<void(const WifiFrame&)>;

  /// ConfigError naming the value and the limit. Allocates everything, about 12 MB.
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

  /// Takes copies of what every frame goes through to `probe`, which must outlive this; nullptr: none.
  void set_probe(WifiProbe* probe) noexcept;
  /// Probes: what belongs to the last frame (or preamble) that was worked on.
  Grid<const cf32> equalized() const;             ///< [data symbols x 48, HT: 52]
  std::span<const cf32> channel() const;          ///< [64], FFT order; of HT data from HT-LTF
  std::span<const float> noise_variance() const;  ///< [64]

 private:
  struct Chain;
  std::unique_ptr<Chain> chain_;
};

}  // namespace boresight::rx
