// Frames of the real Ku-band downlink, found by their PSS and SSS in the whole channel or a slice of it.
// Nothing of what they carry is decoded.
//
//   samples ─▶ Whitener ─▶ PreambleSearch ─▶ TemplateFit ─▶ DelayTrack ─▶ one detection for each frame
//                                │
//                                └─▶ DriftAccumulator ─▶ one detection for each block of frames
//
// One frame period at a time: sample indices f P .. (f + 1) P. A frame is looked for anew in each period;
// what is known from earlier ones only gives it a track and a better Doppler, so the rate of false alarms
// stays what was set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "boresight/core/types.h"
#include "boresight/rx/ku_detection.h"
#include "boresight/sync/preamble_search.h"

namespace boresight::rx {

class PreambleReceiver {
 public:
  struct Config {
    sync::PreambleSearch::Config search;
    double tuned_hz = 11'325'117'187.5;  ///< radio frequency of the middle of the samples
    double false_alarm = 1e-3;           ///< per frame period over the whole search
    double clock_tolerance = 2e-6;  ///< of the receiver's sample clock, relative: widens the drifts sought
    std::size_t accumulate_frames = 0;  ///< 0, or a power of two from 8 to 256: also in blocks of so many
  };
  using Handler = std::function<void(const KuDetection&)>;

  /// ConfigError as the parts that it is made of.
  explicit PreambleReceiver(const Config& config);
  ~PreambleReceiver();
  PreambleReceiver(PreambleReceiver&&) noexcept;
  PreambleReceiver& operator=(PreambleReceiver&&) noexcept;

  /// Any number of samples; those that are no numbers are taken as zeros (to_cf32). Detections come in the
  /// order of their frame periods, at most 32 from each, a period and a preamble after their first sample at
  /// the latest. Does not allocate but for what the handler does. When it throws, so does push(): what the
  /// period still held is not reported, and the receiver goes on behind x as after skip().
  void push(std::span<const cf32> x, const Handler& handler);
  /// `lost` samples are missing here (0: nobody knows how many): tracks and blocks begin anew. Numbers of
  /// samples saturate at 2^62.
  void skip(std::uint64_t lost);

  struct Stats {
    std::uint64_t periods = 0;     ///< frame periods searched
    std::uint64_t candidates = 0;  ///< places looked at a second time
    std::uint64_t detections = 0;
    std::uint64_t cleaned_samples = 0;  ///< that were no numbers
    double usable_band = 0;             ///< see sync::Whitener
    std::size_t line_bins = 0;
  };
  const Stats& stats() const;
  double threshold() const;
  const sync::PreambleSearch& search() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace boresight::rx
