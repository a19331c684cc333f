// Where a signal begins when the strongest path is not the first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "boresight/core/types.h"

namespace boresight::sync {

struct FirstPathConfig {
  std::size_t search = 32;  ///< taps before the strongest that are looked at: the prefix
  std::size_t span = 32;    ///< taps behind the strongest that may hold paths and so give no noise
  double false_alarm_probability = 1e-3;  ///< of a tap of noise being taken for a path, in (0, 0.1]
  double range_db = 20;                   ///< paths further below the strongest are sidelobes, not paths
};

/// The earliest tap at most `search` before the strongest whose power passes a threshold. taps [n] is a
/// circular response over delay (of a matched filter, or the transform of a known symbol's channel); the
/// result is an index into it, circularly before the strongest or that one itself.
///
/// The threshold is the cell-averaging one of constant false-alarm rate (Finn and Johnson, RCA Rev. 29 (1968)
/// 414): over the mean of the m taps that are neither searched nor in the span, complex normal noise passes t
/// with probability (1 + t / m)^-m, and `search` taps are looked at. A band-limited response of one path has
/// sidelobes, which are no noise: of a rectangular band -13 dB one tap and -26 dB six taps away at the worst
/// fraction of a sample, of a Hann-weighted one -31 dB two taps away. `range_db` is the guard against them:
/// weigh the spectrum, or set it below 13.
///
/// NaN is no path; all zero gives 0. n must exceed search + span + 8.
std::size_t first_path(std::span<const cf32> taps, const FirstPathConfig& config) noexcept;

/// Where to begin, the strongest path being near `power[0]`, so that a window of `span` taps, the prefix,
/// holds as much of the response as it can: a better place than the first path where the response is longer
/// than the prefix, or its first paths weak. power [n]: |tap|^2 over circular delay, what is noise taken as
/// zero. Of earliest ..= latest, which are negative for beginnings before power[0]; a place that gains less
/// than 1e-4 of all power for each tap that it is off 0 is not taken. Within +-n / 2; NaN gives 0.
std::int64_t best_window(std::span<const float> power, std::size_t span, std::int64_t earliest,
                         std::int64_t latest) noexcept;

}  // namespace boresight::sync
