// From the samples of one 802.11 OFDM symbol to equalized subcarriers. Private.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/types.h"
#include "boresight/frame/wifi_phy.h"
#include "boresight/modem/constellation.h"
#include "boresight/sync/wifi_pilot_tracker.h"
#include "fft/fft.h"

namespace boresight::rx {

using WifiBins = std::array<cf32, frame::wifi_fft_size>;  // FFT order

/// One FFT window less the DC offset and the carrier, whose phase is 0 at sample `reference`.
class WifiDemodulator {
 public:
  WifiDemodulator();
  void set_carrier(double frequency, std::uint64_t reference, cf32 dc) noexcept;
  /// window [64], its first sample being number `first`.
  void process(std::span<const cf32> window, std::uint64_t first, WifiBins& bins) noexcept;

 private:
  fft::Fft forward_;
  std::array<float, frame::wifi_fft_size> table_re_, table_im_;
  alignas(64) WifiBins rotated_;
  double frequency_ = 0;
  std::uint64_t reference_ = 0;
  cf32 dc_;
};

/// Which subcarriers a format uses; positions count from the most negative one.
struct WifiCarriers {
  explicit WifiCarriers(bool ht);
  std::vector<float> signed_index;                     ///< [52 or 56]
  std::vector<std::uint8_t> bin;                       ///< FFT order
  std::vector<std::uint8_t> data;                      ///< positions [48 or 52]
  std::array<std::uint8_t, frame::wifi_pilots> pilot;  ///< positions of -21, -7, 7, 21
  std::size_t size() const { return signed_index.size(); }
};

/// Zero forcing on all subcarriers in use, phase and clock followed by pilots and by what is known or
/// believed of the data.
class WifiEqualizer {
 public:
  explicit WifiEqualizer(const WifiCarriers& carriers);

  /// What may stand in for pilots on the data subcarriers of a symbol.
  enum class Aid : std::uint8_t {
    none,
    bpsk,   ///< means of the soft bits
    qbpsk,  ///< the same, BPSK on the Q axis
    qpsk,
    qam16,  ///< decisions where they are reliable
    qam64,
    known,  ///< the values in known(), one for each data subcarrier
  };
  static Aid aid_of(modem::Modulation modulation);

  /// channel [carriers] and the noise variance of a received subcarrier, [carriers] as well.
  void set_channel(std::span<const cf32> channel, std::span<const float> noise) noexcept;

  /// Next symbol: bins to data values in `out` [data]. `shift`: samples by which its FFT window was moved
  /// from where the channel was estimated. `pilots`: as sent.
  void process(const WifiBins& bins, const std::array<float, frame::wifi_pilots>& pilots, double shift,
               Aid aid, sync::PilotTracker& tracker, std::span<cf32> out) noexcept;

  std::span<cf32> known() noexcept { return known_; }
  /// [data] noise variance of what process() writes.
  std::span<const float> variance() const noexcept { return variance_; }
  /// [data] |H|^2.
  std::span<const float> data_gain() const noexcept { return data_gain_; }
  /// [carriers] of the last symbol, channel not taken out: bin x conj(turn), and the delay that the window is
  /// late by.
  void turned_bins(const WifiBins& bins, std::span<cf32> out) const noexcept;
  double last_delay() const noexcept { return last_delay_; }

 private:
  void turn(double phase, double delay) noexcept;

  const WifiCarriers* carriers_;
  std::vector<cf32> inverse_;
  std::vector<float> gain_;
  std::vector<float> variance_, data_gain_;
  std::vector<float> soft_scale_;  // [data] gain / noise
  float mean_noise_ = 0;
  std::vector<cf32> aligned_;  // [carriers] equalized
  std::vector<cf32> turn_;     // [carriers] last rotation in all
  std::vector<cf32> known_;
  std::vector<float> aid_carriers_;
  std::vector<cf32> aid_matched_;
  std::vector<float> aid_gain_;
  double last_delay_ = 0;
};

}  // namespace boresight::rx
