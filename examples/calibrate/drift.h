// How far channels have drifted from a calibration to a new one.
#pragma once

#include <string>
#include <vector>

#include "boresight/array/calibration.h"

namespace boresight::calibrate {

struct ChannelDrift {
  bool compared = false;  ///< ok in both
  double gain_db = 0;
  double phase_deg = 0;
  double delay_ns = 0;  ///< 0 unless both know delays
};

/// Less what all channels have in common, which no beam sees: the mean over the channels compared.
struct Drift {
  std::vector<ChannelDrift> channels;
  double deg_rms = 0;  ///< over channels and, where both know delays, over nine tenths of the band
  double db_rms = 0;
  std::vector<std::size_t> changed;  ///< channels that were ok and are not, or the other way around
};

/// `before` and `now` have as many channels. Phases are compared at `offset_hz` unless both know delays: of a
/// tone, where it stands.
Drift drift_between(const array::Calibration& before, const array::Calibration& now, double offset_hz,
                    double sample_rate_hz);

/// Empty, or why it is more than what is allowed, in one line.
std::string beyond(const Drift& drift, double limit_deg, double limit_db);

}  // namespace boresight::calibrate
