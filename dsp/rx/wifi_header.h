// What the symbols behind the long training say: SIGNAL, whether the frame is HT, HT-SIG. Private.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "boresight/frame/wifi_codec.h"
#include "boresight/modem/constellation.h"
#include "boresight/rx/wifi_probe.h"
#include "rx/wifi_preamble.h"
#include "rx/wifi_symbols.h"

namespace boresight::rx {

/// Reads the header through the channel of `preamble`. What has been read is known from then on, and becomes
/// training: each field sharpens channel, noise and carrier of `preamble`.
class WifiHeader {
 public:
  WifiHeader(WifiPreamble& preamble, frame::WifiDecoder& decoder);
  void set_probe(WifiProbe* probe) noexcept { probe_ = probe; }

  /// The samples of the symbol behind the long training are there.
  std::optional<frame::WifiSignal> read_signal() noexcept;

  /// other: not received, VHT or more than one stream.
  enum class Format : std::uint8_t { legacy, ht, other, damaged };
  /// The samples of the two symbols behind SIGNAL, which is `signal`, are there.
  Format tell_format(frame::WifiSignal signal) noexcept;

  /// The same two symbols, after tell_format() has said ht; `out` is written if it remains so.
  Format read_ht_signal(frame::WifiSignal signal, frame::HtSignal& out) noexcept;

 private:
  void equalize(std::size_t index, WifiEqualizer::Aid aid) noexcept;
  void demap(bool on_q, std::span<modem::Llr> soft) noexcept;
  void learn(std::size_t index, bool on_q, std::span<const std::uint8_t> coded) noexcept;
  double evidence_of_q() const noexcept;

  WifiPreamble& preamble_;
  frame::WifiDecoder& decoder_;
  modem::Constellation bpsk_;
  std::array<cf32, frame::wifi_data_carriers> points_;  // of the last symbol
  WifiProbe* probe_ = nullptr;
};

}  // namespace boresight::rx
