// IEEE 802.11 OFDM frames (802.11-2020 clause 17, 20 MHz), all eight rates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "boresight/core/types.h"
#include "boresight/frame/wifi_phy.h"

namespace boresight::tx {

/// A PSDU becomes samples: short and long training, SIGNAL, data. Unit mean power while the frame lasts;
/// symbols follow each other without the optional transition window of 17.3.2.5. Everything is allocated by
/// the constructor.
class WifiTransmitter {
 public:
  struct Config {
    unsigned oversampling = 1;  ///< output samples per 50 ns, 1..16
  };

  /// ConfigError for oversampling outside 1..16.
  explicit WifiTransmitter(const Config& config);
  ~WifiTransmitter();
  WifiTransmitter(WifiTransmitter&&) noexcept;
  WifiTransmitter& operator=(WifiTransmitter&&) noexcept;

  /// Samples of a frame with a PSDU of that many bytes.
  std::size_t frame_samples(frame::WifiRate rate, std::size_t psdu_bytes) const;

  /// psdu [1..4095], sent as it is (frame::write_fcs makes its last four bytes); out [frame_samples()].
  /// ConfigError for another length or size of `out`, or a scrambler state outside 1..127.
  void transmit(frame::WifiRate rate, std::span<const std::uint8_t> psdu, std::uint8_t scrambler_state,
                std::span<cf32> out);

 private:
  struct Chain;
  std::unique_ptr<Chain> chain_;
};

}  // namespace boresight::tx
