// The preamble of an 802.11 frame, from where its long training symbols are to channel, carrier and symbols.
// Private.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "boresight/rx/wifi_receiver.h"
#include "boresight/sync/wifi_pilot_tracker.h"
#include "fft/fft.h"
#include "rx/wifi_data.h"
#include "rx/wifi_stream.h"
#include "rx/wifi_symbols.h"

namespace boresight::rx {

inline constexpr std::uint64_t wifi_long_symbols_samples = 2 * frame::wifi_fft_size;

class WifiPreamble {
 public:
  /// What it transforms is counted in `stats`.
  WifiPreamble(const WifiStream& stream, WifiStats& stats);

  /// Two long training symbols begin about `position`, the strongest path's; `carrier` in cycles per sample.
  /// False, and no preamble, if they have so little in common that nothing could be read.
  bool begin(std::uint64_t position, double carrier, cf32 constant) noexcept;

  /// Where the FFT window of symbol `index` begins, 0 being SIGNAL, if no clock has moved it.
  std::uint64_t window_of(std::size_t index) const noexcept;
  void transform(std::uint64_t first, WifiBins& bins) noexcept;

  /// Header symbol `index` (0 to 2), whose bins are in header_bins and which the legacy equalizer has just
  /// taken as known, counts as training from now on; its channel is the old one until estimate_channel().
  void learn(std::size_t index) noexcept;
  void estimate_channel() noexcept;

  /// The samples of HT-LTF are there: channel of the HT data, whose symbols are so long.
  void read_ht_training(std::size_t data_symbol_samples) noexcept;

  std::uint64_t long_symbols = 0;  ///< first sample of the first long training symbol, by the first path
  double frequency = 0;            ///< cycles per sample
  float snr = 0;
  WifiFormatChain legacy, ht;
  sync::PilotTracker tracker;
  WifiTraining training;
  alignas(64) std::array<WifiBins, 3> header_bins{};  ///< SIGNAL and what follows it
  WifiBins channel_bins{};                            ///< as the probes show it, of the last format read
  std::array<float, frame::wifi_fft_size> noise_bins{};

 private:
  void transform_long_training() noexcept;
  std::int64_t first_path() noexcept;
  void start_tracker() noexcept;
  void show_channel(const WifiFormatChain& chain) noexcept;
  void set_channel(WifiFormatChain& chain) noexcept;
  void join_legacy_training() noexcept;

  const WifiStream& stream_;
  WifiStats& stats_;
  WifiDemodulator demodulator_;
  fft::Fft inverse_;
  cf32 dc_;
  alignas(64) std::array<WifiBins, 3> bins_{};
  WifiTraining legacy_training_;
  bool joined_ = false;  // training is of both formats: subcarriers of HT alone have less of it
  std::array<cf32, frame::ht_used_carriers> channel_{};
  std::array<float, frame::ht_used_carriers> noise_of_carriers_{};
};

}  // namespace boresight::rx
