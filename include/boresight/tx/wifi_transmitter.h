// IEEE 802.11 OFDM frames: clause 17 of 802.11-2020, all eight rates, and clause 19 (802.11n, HT), one
// spatial stream in 20 MHz from one antenna, mixed format, MCS 0 to 7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "boresight/core/types.h"
#include "boresight/frame/wifi_ht.h"
#include "boresight/frame/wifi_phy.h"

namespace boresight::tx {

/// A PSDU becomes samples: short and long training, SIGNAL, data, with what HT has between the two. Unit mean
/// power while the frame lasts; symbols follow each other without the optional transition window of 17.3.2.5.
/// Channels of 10 and 5 MHz carry the same samples at half and a quarter of the rate. Everything is allocated
/// by the constructor.
class WifiTransmitter {
 public:
  struct Config {
    unsigned oversampling = 1;  ///< output samples per 50 ns (in a channel of 20 MHz), 1..16
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

  /// The same for HT; signal.length is set by `psdu`.
  std::size_t frame_samples(const frame::HtSignal& signal) const;
  /// psdu: an MPDU with its FCS, or an A-MPDU (frame::append_mpdu) if signal.aggregated says so. ConfigError
  /// also for a frame that is not of a single stream or longer than its L-SIG can announce.
  void transmit(frame::HtSignal signal, std::span<const std::uint8_t> psdu, std::uint8_t scrambler_state,
                std::span<cf32> out);

 private:
  struct Chain;
  std::unique_ptr<Chain> chain_;
};

}  // namespace boresight::tx
