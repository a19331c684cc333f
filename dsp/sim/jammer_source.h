// One jammer as it arrives at the array's origin.
#pragma once

#include <cstdint>
#include <span>

#include "boresight/core/random.h"
#include "boresight/core/types.h"
#include "boresight/sim/scenario.h"
#include "sim/time_base.h"

namespace boresight::sim {

/// Share of white noise on the fine grid that passes the noise mask (sky.cpp): flat to 0.49 of the sample
/// rate, a raised cosine to 0.51. Its mean square over a transition is 3/8.
inline constexpr double noise_mask_from = 0.49;
inline constexpr double noise_mask_to = 0.51;
inline constexpr double noise_mask_share =
    (2.0 * noise_mask_from + 2.0 * (noise_mask_to - noise_mask_from) * 0.375) / signal_oversampling;

/// Complex envelope on the fine grid, of power power_db while it is on (for noise: behind the noise mask).
class JammerSource {
 public:
  JammerSource(const Jammer& jammer, const TimeBase& time_base, Random random);

  bool is_noise() const {
    return jammer_.type == JammerType::noise || jammer_.type == JammerType::pulsed_noise;
  }
  bool is_on(double time_s) const;

  /// The chunk whose first sample has index `first` on the fine grid; chunks are asked for in order.
  void generate(std::int64_t first, std::span<cf32> out);

 private:
  void generate_sweep(std::int64_t first, std::span<cf32> out) const;

  Jammer jammer_;
  double amplitude_;
  TimeBase time_base_;
  Random random_;
};

}  // namespace boresight::sim
