// What a satellite sends, cut into frames: the seam between the sky and the transmitter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "boresight/core/types.h"

namespace boresight::sim {

/// Samples of a Signal per sample of the waveform. Twice the rate leaves room between the waveform, which
/// fills its band to the edge, and its images, so that a short filter can delay it by any fraction.
inline constexpr unsigned signal_oversampling = 2;

/// Endless baseband signal at signal_oversampling x the scenario's sample rate, within +-0.26 of that
/// (oversampled) rate. Frames follow each other without a gap.
struct Signal {
  std::size_t frame_samples = 0;  ///< oversampled samples of one frame, at least 1
  /// Writes frame `number` (0, 1, 2, ... in this order) to `out` [frame_samples], of unit mean power. Must
  /// give the same samples every time, be finite and not throw.
  std::function<void(std::uint64_t number, std::span<cf32> out)> fill_frame;
};

}  // namespace boresight::sim
