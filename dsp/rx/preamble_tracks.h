// Which satellite a preamble belongs to, and that satellite's Doppler.
#pragma once

#include <cstdint>
#include <vector>

#include "boresight/rx/ku_detection.h"
#include "boresight/sync/delay_track.h"

namespace boresight::rx {

/// Sixteen at most at a time: a new one takes the place of the one that was seen last the longest ago. A
/// track ends when nothing was seen of it for a quarter of a second.
class PreambleTracks {
 public:
  struct Config {
    double period_samples = 0;  ///< of a frame
    double sample_rate_hz = 0;
    double tuned_hz = 0;         ///< radio frequency
    double drift_tolerance = 0;  ///< relative, of the period before a track's Doppler is known
  };

  explicit PreambleTracks(const Config& config);

  /// Gives the detection, which begins at `place` (samples from the origin, standard deviation
  /// `place_sigma`), its track, and the track's Doppler as soon as that is better than its own.
  void follow(KuDetection& detection, double place, double place_sigma) noexcept;

  /// Places count from a sample `by` later from now on.
  void move_origin(double by) noexcept;
  void clear() noexcept;

 private:
  struct Track {
    sync::DelayTrack delay;
    double carrier_hz = 0;
    std::uint32_t number = 0;  // 0: not in use
  };
  Track* nearest(const KuDetection& detection, double place) noexcept;
  Track& begin(const KuDetection& detection) noexcept;

  Config config_;
  std::vector<Track> tracks_;
  std::uint32_t next_ = 1;
};

}  // namespace boresight::rx
