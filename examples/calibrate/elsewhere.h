// Whether the source stands where it was said to stand.
#pragma once

#include <string>

#include "boresight/array/calibration.h"
#include "boresight/array/geometry.h"
#include "boresight/core/vec3.h"

namespace boresight::calibrate {

/// A wave from elsewhere (a jammer) leaves phases that lean over the array like that wave. Empty, or why it
/// is taken for one, in one line: a direction more than half a beam from `direction` (unit vector, array
/// frame) explains phases that the stated one does not, so well that random phases would do so once in 1000
/// times
/// (|mean of N phasors|^2 is beyond c with probability (1 - c)^(N - 1), at 4 N directions). Five channels are
/// too few for that; channels with any phases of their own hide such a wave.
std::string from_elsewhere(const array::Calibration& calibration, const array::Geometry& geometry,
                           double frequency_hz, Vec3 direction);

}  // namespace boresight::calibrate
