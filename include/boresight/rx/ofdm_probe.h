// What the stages of the burst receiver held, kept for tests, plots and Python.
//
//   search ──▶ training ──▶ symbol, symbol, .. of header and payload ──▶ end
//     │           │              │                                       │
//     ▼           ▼              ▼                                       ▼
//   .metric   .start_sample  .header_*, .equalized, .llr            .channel, .snr
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/modem/llr.h"
#include "boresight/rx/ofdm_receiver.h"

namespace boresight::rx {

/// Copies what an OfdmReceiver works on (OfdmReceiver::set_probe) into buffers of its own, two of the longest
/// bursts. Nothing is allocated after construction; what does not fit, because the receiver has another
/// Config, is left out. A receiver with a probe searches stride by stride and takes half as long again; one
/// without pays a comparison per symbol.
class OfdmProbe {
 public:
  struct Burst {
    std::uint64_t start_sample = 0;  ///< of the first part, as the training placed it
    /// The repetition search's, stride by stride, over the four lengths of all parts before it told of this
    /// burst: [0] is that of parts which begin at sample metric_start.
    std::vector<float> metric;
    std::int64_t metric_start = 0;
    std::size_t metric_stride = 0;  ///< samples
    /// [antennas * span of used subcarriers], as last estimated: from the training, and again with the header
    /// once that was read (and the pilots, with follow_symbols). Phase and delay are those at the training's
    /// middle, of FFT windows that open (prefix - taper) / 8 samples early (rounded up, 8 at most). Beside it
    /// the SNR after combining [span].
    aligned_vector<cf32> channel;
    std::vector<float> snr;
    std::size_t antennas = 0;  ///< rows of channel; 0: did not fit
    std::size_t symbols = 0;   ///< of header and payload that were read
    /// Data subcarriers, symbol after symbol, each from the lowest frequency on, and their soft bits as
    /// received, scrambled. Points of a symbol that was bridged may lie anywhere, its soft bits are 0.
    aligned_vector<cf32> header_equalized, equalized;
    std::vector<modem::Llr> header_llr, llr;
  };

  /// For a receiver of this Config; ConfigError as there for numerology, antennas and max_payload_bytes.
  explicit OfdmProbe(const OfdmReceiver::Config& config);

  /// The last burst that ended: was read, could not be, or was cut by the stream's end. Of one whose header
  /// could not be read equalized and llr are empty.
  const Burst& burst() const { return bursts_[1]; }
  /// The one in progress; no symbols when there is none.
  const Burst& current() const { return bursts_[0]; }
  /// Bursts that ended so far.
  std::uint64_t bursts() const { return count_; }

  /// What the receiver calls.
  void search_begins() noexcept { trail_size_ = 0; }
  void metric(double value) noexcept;
  void found(std::int64_t first_after_parts, std::size_t stride, std::size_t window) noexcept;
  void begin(std::uint64_t start_sample) noexcept;
  void symbol(bool of_header, std::span<const cf32> equalized, std::span<const modem::Llr> llr) noexcept;
  void finish(Grid<const cf32> channel, std::span<const float> snr) noexcept;

 private:
  Burst bursts_[2];  // in progress, ended
  std::uint64_t count_ = 0;
  std::vector<float> trail_;  // ring
  std::size_t trail_size_ = 0;
  std::size_t trail_next_ = 0;
};

}  // namespace boresight::rx
