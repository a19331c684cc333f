// One satellite as it arrives at the array's origin: its frames, delayed and turned.
#pragma once

#include <cstdint>
#include <span>

#include "boresight/core/aligned.h"
#include "boresight/core/random.h"
#include "boresight/core/types.h"
#include "boresight/sim/scenario.h"
#include "boresight/sim/signal.h"
#include "sim/interpolator.h"
#include "sim/time_base.h"

namespace boresight::sim {

/// The frames of a Signal as one endless row of samples, read forwards. Silent slots are drawn with
/// probability 1 - occupancy and consume no frame. Before sample 0 there is silence.
class FrameStream {
 public:
  /// Windows are at most `max_window` long.
  FrameStream(Signal signal, double occupancy, Random random, std::size_t max_window);

  std::size_t frame_samples() const { return signal_.frame_samples; }

  /// Samples [first, first + count), valid until the next call. `first` never decreases and is at
  /// least -max_window.
  const cf32* window(std::int64_t first, std::size_t count);

 private:
  void append_frame();

  Signal signal_;
  double occupancy_;
  Random random_;
  std::uint64_t frames_sent_ = 0;
  aligned_vector<cf32> buffer_;
  std::int64_t base_;  // stream index of buffer_[0]
  std::size_t size_;   // valid samples in buffer_
};

/// s(t - tau(t) + tau(0)) exp(-j 2 pi f_c (tau(t) - tau(0))) sqrt(SNR) on the fine grid.
/// Delay and phase follow a parabola through tau at the start, middle and end of each chunk: the cubic part
/// left out is below 1e-12 m at 1 m/s^3.
class SatelliteSource {
 public:
  SatelliteSource(const Satellite& satellite, Signal signal, const TimeBase& time_base, double carrier_hz,
                  Random random);

  MotionState state(double time_s) const { return state_at(motion_, time_s); }
  double snr_db() const { return snr_db_; }

  /// The chunk whose first sample has index `first` on the fine grid; chunks are asked for in order.
  /// Silent while the satellite is below the horizon (in the middle of the chunk).
  void generate(std::int64_t first, std::span<cf32> out);

 private:
  double delay_since_start(double time_s) const { return state(time_s).delay_s - delay_at_start_s_; }

  Motion motion_;
  double snr_db_;
  double amplitude_;
  TimeBase time_base_;
  double carrier_hz_;
  double delay_at_start_s_;
  std::int64_t stream_offset_;
  FrameStream stream_;
  Interpolator interpolator_;
};

}  // namespace boresight::sim
