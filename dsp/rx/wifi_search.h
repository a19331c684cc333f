// Where the preambles of 802.11 frames are: short training, then long training near it. Private.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "boresight/rx/wifi_probe.h"
#include "boresight/rx/wifi_receiver.h"
#include "boresight/sync/wifi_long_training.h"
#include "boresight/sync/wifi_short_training.h"
#include "rx/wifi_stream.h"

namespace boresight::rx {

/// Zeros in front of the stream that a search from its first sample needs: a recording may begin within a
/// short training field.
inline constexpr std::uint64_t wifi_lead_in_samples = 160;

class WifiSearch {
 public:
  /// Detections are counted in `stats`.
  WifiSearch(const WifiReceiver::Config& config, const WifiStream& stream, WifiStats& stats);

  /// Begins anew: nothing before `position` counts.
  void restart(std::uint64_t position) noexcept;

  struct Found {
    std::uint64_t long_symbols =
        0;                 ///< first sample of the first long training symbol, by the strongest path
    double frequency = 0;  ///< cycles per sample
    cf32 dc;
  };
  enum class Step { found, continues, waits };
  /// A bit further: waits for samples, or has something in found().
  Step step() noexcept;
  const Found& found() const noexcept { return found_; }

  /// A short training field was seen, the samples behind it were not yet.
  bool is_timing() const noexcept { return timing_; }
  /// They will not come.
  void stop_timing() noexcept { timing_ = false; }
  void set_probe(WifiProbe* probe) noexcept;
  /// No sample before it is needed.
  std::uint64_t first_needed() const noexcept;

 private:
  Step find_short_training() noexcept;
  Step find_long_training() noexcept;

  const WifiStream& stream_;
  WifiStats& stats_;
  sync::ShortTrainingDetector detector_;
  sync::LongTrainingSearch long_training_;
  std::uint64_t next_group_ = 0;
  bool timing_ = false;
  sync::ShortTrainingDetector::Peak peak_;
  unsigned searches_left_ = 0;
  Found found_;
  WifiProbe* probe_ = nullptr;
};

}  // namespace boresight::rx
