// What the stages of the Wi-Fi receiver held, kept for tests, plots and Python.
//
//   short training ──▶ long training ──▶ SIGNAL, HT-SIG ──▶ data symbols ──▶ end
//        │                  │                  │                 │
//        ▼                  ▼                  ▼                 ▼
//   .correlation_2     .amplitudes        .header_*        .channel, .noise_variance, .equalized, .llr
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/frame/wifi_phy.h"
#include "boresight/modem/llr.h"

namespace boresight::rx {

/// Copies what a WifiReceiver works on (WifiReceiver::set_probe) into buffers of its own, 5 MB. Nothing is
/// allocated after construction; a receiver without a probe pays one comparison per 16 samples and symbol.
class WifiProbe {
 public:
  struct Frame {
    std::int64_t start_sample = 0;  ///< first sample of the short training field, as the preamble placed it
    /// |rho|^2 of sync::ShortTrainingDetector up to the detection that led here, one every 16 samples, 64 at
    /// most: [0] is that of the window that begins at sample correlation_start. 0 before there was one.
    std::vector<float> correlation_2;
    std::int64_t correlation_start = 0;
    /// What sync::LongTrainingSearch chose its place by: [0] is that of a first symbol which begins at sample
    /// amplitudes_start.
    std::vector<float> amplitudes;
    std::int64_t amplitudes_start = 0;
    /// FFT order, zero where nothing is sent; of HT frames as HT-LTF and what came before it say, else of
    /// long training and SIGNAL. FFT windows open 4 samples early.
    std::array<cf32, frame::wifi_fft_size> channel{};
    std::array<float, frame::wifi_fft_size> noise_variance{};
    std::size_t header_symbols = 0;         ///< that were read: SIGNAL, and of HT frames HT-SIG's two
    aligned_vector<cf32> header_equalized;  ///< [header_symbols * 48] from the lowest frequency on, HT-SIG's
                                            ///< turned to BPSK on the I axis
    std::vector<modem::Llr> header_llr;     ///< [header_symbols * 48] interleaved as received
    /// Data symbols that were received, as last looked at: with what the first look told, if the FCS failed.
    std::size_t symbols = 0;
    std::size_t carriers = 48;       ///< per data symbol, HT: 52
    aligned_vector<cf32> equalized;  ///< [symbols * carriers] from the lowest frequency on
    std::vector<modem::Llr> llr;     ///< [symbols * coded bits per symbol] interleaved as received
  };

  WifiProbe();

  /// The last frame that ended: was read, had a damaged header or one of what is not received, or was cut by
  /// the recording's end.
  const Frame& frame() const { return frames_[1]; }
  /// The one in progress.
  const Frame& current() const { return frames_[0]; }
  /// Frames that ended so far.
  std::uint64_t frames() const { return count_; }

  /// What the receiver calls.
  void search_begins() noexcept { trail_size_ = 0; }
  void short_training(double correlation_2) noexcept;
  void found_short(std::int64_t last_window) noexcept;
  /// [positions], to be written.
  std::span<float> long_training(std::int64_t first_position, std::size_t positions) noexcept;
  void begin(std::int64_t start_sample) noexcept;
  void header_symbol(std::span<const cf32> equalized, std::span<const modem::Llr> llr) noexcept;
  void finish(std::span<const cf32> channel, std::span<const float> noise_variance) noexcept;
  void finish(std::span<const cf32> channel, std::span<const float> noise_variance,
              Grid<const cf32> equalized, std::span<const modem::Llr> llr) noexcept;

 private:
  Frame frames_[2];  // in progress, ended
  std::uint64_t count_ = 0;
  std::vector<float> trail_;  // ring
  std::size_t trail_size_ = 0;
  std::size_t trail_next_ = 0;
};

}  // namespace boresight::rx
