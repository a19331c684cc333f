// The narrow tones of satellites of the Ku-band downlink (sync/tone_search.h), followed in time: one
// detection for each satellite in every half window, 5 to 11 ms. Several satellites at once. For tones
// `snr_db` of a detection is the power of all tones over the noise in 240 MHz: C/N0 less 83.8 dB; `frames` is
// 0, and the sample is the middle of the window.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "boresight/core/types.h"
#include "boresight/rx/ku_detection.h"
#include "boresight/sync/tone_search.h"

namespace boresight::rx {

class ToneReceiver {
 public:
  struct Config {
    sync::ToneSearch::Config search;  ///< false_alarm here: per 1/750 s, not per window
    double track_timeout_s = 1;
  };
  static constexpr std::size_t most_tracks = 16;
  using Handler = std::function<void(const KuDetection&)>;

  explicit ToneReceiver(const Config& config);
  ~ToneReceiver();
  ToneReceiver(ToneReceiver&&) noexcept;
  ToneReceiver& operator=(ToneReceiver&&) noexcept;

  /// Any number of samples; those that are no numbers are taken as zeros (to_cf32). When the handler throws,
  /// so does push(): what the window still held is not reported, and the receiver goes on behind x as after
  /// skip().
  void push(std::span<const cf32> x, const Handler& handler);
  /// `lost` samples are missing here (0: nobody knows how many): the window begins anew. Tracks go on, unlike
  /// those of frames: a carrier is still near where it was for track_timeout_s. Numbers of samples saturate
  /// at 2^62, where tracks end.
  void skip(std::uint64_t lost);

  struct Stats {
    std::uint64_t windows = 0;  ///< half overlapped
    std::uint64_t detections = 0;
    std::uint64_t cleaned_samples = 0;  ///< that were no numbers
  };
  const Stats& stats() const;
  const sync::ToneSearch& search() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace boresight::rx
