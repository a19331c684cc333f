// The data field of an 802.11 frame: symbols in, PSDU out. Private.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/frame/wifi_ampdu.h"
#include "boresight/frame/wifi_codec.h"
#include "boresight/frame/wifi_ht.h"
#include "boresight/modem/constellation.h"
#include "boresight/rx/wifi_receiver.h"
#include "boresight/sync/wifi_pilot_tracker.h"
#include "rx/wifi_channel.h"
#include "rx/wifi_symbols.h"

namespace boresight::rx {

/// What the two formats need of their own.
struct WifiFormatChain {
  WifiFormatChain(bool ht, double window_advance)
      : carriers(ht), estimator(carriers.signed_index, window_advance), equalizer(carriers) {}
  WifiFormatChain(const WifiFormatChain&) = delete;
  WifiFormatChain& operator=(const WifiFormatChain&) = delete;

  WifiCarriers carriers;
  WifiChannelEstimator estimator;
  WifiEqualizer equalizer;
};

/// What is known of the channel when the data begin.
struct WifiTraining {
  std::array<cf32, frame::ht_used_carriers> least_squares{};  ///< by position
  float repeats = 0;                                          ///< training symbols that it is the mean of
  std::array<float, frame::ht_used_carriers> part{};  ///< less by this factor, 0 to 1, at each position
  float scatter = 0;  ///< sum of |what the symbols differ from their mean by|^2, and
  float freedom = 0;  ///< how many times the noise variance that is on average
  float noise = 0;    ///< variance of a received subcarrier
};

class WifiData {
 public:
  explicit WifiData(frame::WifiDecoder& decoder);

  /// The equalizer of `chain` has its channel and `tracker` stands at the symbol before the first.
  void begin(frame::WifiSignal signal, WifiFormatChain& chain, const WifiTraining& training,
             const sync::PilotTracker& tracker) noexcept;
  void begin(const frame::HtSignal& signal, WifiFormatChain& chain, const WifiTraining& training,
             const sync::PilotTracker& tracker) noexcept;

  std::size_t symbols() const { return symbols_; }
  std::size_t received() const { return received_; }
  /// Where the bins of the next symbol go, before add().
  WifiBins& next_bins() { return bins_[received_]; }
  /// `shift` as in WifiEqualizer::process. Returns the delay that the window is late by.
  double add(double shift) noexcept;

  /// All symbols are there. Fills in what the data field says about the frame.
  void finish(WifiFrame& frame, WifiStats& stats) noexcept;

  Grid<const cf32> equalized() const;
  /// [received() * coded bits per symbol].
  std::span<const modem::Llr> llrs() const { return std::span(llrs_).first(received_ * coded_bits_); }
  const sync::PilotTracker& tracker() const { return tracker_; }

 private:
  void begin(bool ht, WifiFormatChain& chain, const WifiTraining& training,
             const sync::PilotTracker& tracker) noexcept;
  void demap(std::size_t symbol, WifiEqualizer::Aid aid) noexcept;
  std::array<float, frame::wifi_pilots> pilots(std::size_t symbol) const noexcept;
  void decode(std::size_t into) noexcept;
  std::size_t split(std::size_t from) noexcept;
  void look_again() noexcept;
  void know(std::size_t symbol) noexcept;
  double modulation_error_db() const noexcept;

  frame::WifiDecoder& decoder_;
  std::array<modem::Constellation, 4> constellations_;

  bool ht_ = false;
  frame::WifiSignal signal_;
  frame::HtSignal ht_signal_;
  WifiFormatChain* chain_ = nullptr;
  WifiTraining training_;
  modem::Modulation modulation_ = modem::Modulation::bpsk;
  std::size_t coded_bits_ = 0;  // per symbol
  std::size_t length_ = 0;      // PSDU
  std::size_t symbols_ = 0;
  std::size_t received_ = 0;
  sync::PilotTracker tracker_;
  sync::PilotTracker first_tracker_;

  aligned_vector<WifiBins> bins_;
  std::vector<float> shifts_;
  GridBuffer<cf32> equalized_;
  std::vector<modem::Llr> llrs_;
  std::vector<std::uint8_t> again_;  // coded bits of a second look
  std::array<std::vector<std::uint8_t>, 2> psdus_;
  std::array<std::vector<frame::WifiMpdu>, 2> mpdus_;
};

}  // namespace boresight::rx
