// The transmit chain of the ku waveform: a payload becomes one frame of samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "boresight/core/types.h"
#include "boresight/frame/header.h"

namespace boresight::tx {

/// Builds whole frames: PSS, SSS, header, data with pilots, and the silent frame guard (see
/// frame/ku_frame.h for the drawing). Everything is allocated by the constructor.
class KuTransmitter {
 public:
  struct Config {
    /// Output samples per sample of the waveform: 1 for a radio; 2 or more where the samples will be
    /// interpolated (the simulated sky, another clock), since the waveform fills its own band to the edge: 4
    /// of 1024 subcarriers are between the lower edge and the upper one. A windowed sinc of 32 taps has an
    /// error of -16 dB at 1, half way between samples, and of -88 dB at 4.
    unsigned oversampling = 1;
  };

  explicit KuTransmitter(const Config& config);
  ~KuTransmitter();
  KuTransmitter(KuTransmitter&&) noexcept;
  KuTransmitter& operator=(KuTransmitter&&) noexcept;

  /// Samples of one frame: 320,000 x oversampling.
  std::size_t frame_samples() const;

  /// Writes one frame of unit mean power (over the non-silent part) to `out` [frame_samples()].
  /// `payload` may be empty and at most frame::max_payload_bytes(mcs) long: ConfigError otherwise.
  void transmit(frame::Mcs mcs, std::uint32_t sequence, std::span<const std::uint8_t> payload,
                std::span<cf32> out);

 private:
  struct Chain;
  std::unique_ptr<Chain> chain_;
};

}  // namespace boresight::tx
