// Frames of the real Ku-band downlink in a slice that holds an edge of the channel, found by the edge pilots
// (sync/ku_edge_pilots.h: read its word on where they come from) and followed from frame to frame. Nothing of
// what they carry is decoded.
//
//   samples ─▶ Whitener ─▶ PilotSearch, all places and carriers, in one frame period of `search_every`
//                               │                                  │ new tracks
//                               └─▶ look, in every period ◀── tracks: where and on which carrier a frame is
//                               due
//
// False alarms: a search of a period gives one with probability `false_alarm`; so does a look, per track and
// period. A track that was begun by a false alarm therefore soon ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "boresight/core/types.h"
#include "boresight/rx/ku_detection.h"
#include "boresight/sync/pilot_search.h"

namespace boresight::rx {

class PilotReceiver {
 public:
  struct Config {
    sync::PilotSearch::Config search;
    double tuned_hz = 11'325'117'187.5 + 115'195'312.5;  ///< radio frequency of the middle of the samples
    std::size_t search_every = 32;                       ///< frame periods; 1: every one
  };
  static constexpr std::size_t most_tracks = 16;
  using Handler = std::function<void(const KuDetection&)>;

  /// ConfigError as the parts that it is made of.
  explicit PilotReceiver(const Config& config);
  ~PilotReceiver();
  PilotReceiver(PilotReceiver&&) noexcept;
  PilotReceiver& operator=(PilotReceiver&&) noexcept;

  /// Any number of samples; those that are no numbers are taken as zeros (to_cf32). One detection for each
  /// frame of each track; of two tracks that have come to follow the same frames the younger ends. When the
  /// handler throws, so does push(): what the period still held is not reported, and the receiver goes on
  /// behind x as after skip().
  void push(std::span<const cf32> x, const Handler& handler);
  /// `lost` samples are missing here (0: nobody knows how many): tracks begin anew. Numbers of samples
  /// saturate at 2^62.
  void skip(std::uint64_t lost);

  struct Stats {
    std::uint64_t periods = 0;   ///< frame periods gone through
    std::uint64_t searches = 0;  ///< of them searched as a whole
    std::uint64_t detections = 0;
    std::uint64_t cleaned_samples = 0;  ///< that were no numbers
    std::size_t tracks = 0;             ///< now
  };
  const Stats& stats() const;
  double threshold() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace boresight::rx
