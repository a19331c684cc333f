// The receiver's grid of instants, and the blocks the sky is made in.
#pragma once

#include <cstddef>
#include <cstdint>

#include "boresight/sim/signal.h"

namespace boresight::sim {

/// Sources are made on a grid signal_oversampling times finer than the receiver's samples; index m of that
/// grid is at m / (2 fs (1 + ppm 1e-6)) seconds. Index 0 is the receiver's first sample.
struct TimeBase {
  double sample_rate_hz = 0;  ///< nominal
  double clock_offset = 0;    ///< ppm 1e-6, positive: fast

  double true_rate_hz() const { return sample_rate_hz * (1.0 + clock_offset); }
  double fine_rate_hz() const { return signal_oversampling * true_rate_hz(); }
  double time_s(std::int64_t fine_index) const { return static_cast<double>(fine_index) / fine_rate_hz(); }
};

inline constexpr std::size_t fft_samples = 4096;
inline constexpr std::size_t guard_samples = 192;  ///< on either side: spoiled by the circular delay
inline constexpr std::size_t block_samples = fft_samples - 2 * guard_samples;

/// Samples of the fine grid every source makes at a time.
inline constexpr std::size_t chunk_samples = signal_oversampling * block_samples;

}  // namespace boresight::sim
