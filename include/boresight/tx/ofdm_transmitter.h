// The transmit chain of a link on a numerology of one's own: a payload becomes the samples of one burst.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "boresight/core/types.h"
#include "boresight/frame/ofdm_burst.h"

namespace boresight::tx {

/// Builds whole bursts (frame/ofdm_burst.h has the drawing), with the numerology's taper between symbols and
/// at both ends. Everything is allocated by the constructor.
class OfdmTransmitter {
 public:
  struct Config {
    ofdm::Numerology numerology;
    std::size_t max_payload_bytes = 4096;  ///< 1 .. frame::ofdm_burst_max_payload_bytes
    unsigned oversampling = 1;             ///< output samples per sample of the numerology, 1 .. 16
  };

  /// ConfigError names the value that cannot be, of the numerology as a burst has it as well.
  explicit OfdmTransmitter(const Config& config);
  ~OfdmTransmitter();
  OfdmTransmitter(OfdmTransmitter&&) noexcept;
  OfdmTransmitter& operator=(OfdmTransmitter&&) noexcept;

  const frame::OfdmBurst& burst() const;

  /// Samples of one burst, times the oversampling. ConfigError for more than ofdm_burst_max_payload_bytes.
  std::size_t burst_samples(frame::Mcs mcs, std::size_t payload_bytes) const;

  /// Writes one burst of unit mean power to `out` [burst_samples(mcs, payload.size())]. `payload` may be
  /// empty; ConfigError for a longer one than the maximum, or another size of `out`.
  void transmit(frame::Mcs mcs, std::uint32_t sequence, std::span<const std::uint8_t> payload,
                std::span<cf32> out);

 private:
  struct Chain;
  std::unique_ptr<Chain> chain_;
};

}  // namespace boresight::tx
