// The receive chain the slow, obvious way: a whole recording at once, in double precision, every sum as it
// stands in the equations. It is the oracle of the streaming chain and shares no state machine, no loop
// filter, no FFT, no channel estimator and no block structure with it. Common to both are what has oracles of
// its own in its tests: tables and thresholds, covariance and MVDR solver, constellations and demapper, and
// the code.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"
#include "boresight/frame/header.h"

namespace boresight::rx {

struct OneShotFrame {
  std::int64_t start_sample = 0;  ///< first sample of the PSS prefix
  frame::Header header;
  bool ok = false;                    ///< the payload passed its CRCs
  std::vector<std::uint8_t> payload;  ///< empty unless ok
  double carrier_offset_hz = 0;
  double clock_offset_ppm = 0;
  double snr_db = 0;
  double mer_db = 0;
};

/// MVDR with the covariance of the whole recording, diagonal loading 10 dB over the noise floor:
/// elements [E x n] -> beam [n]. Samples must be finite.
std::vector<cf64> oneshot_beam(Grid<const cf32> elements, const array::Geometry& geometry, double carrier_hz,
                               Vec3 direction);

/// Every whole ku frame in the samples, in order of time, found by matched filter at every position and read
/// with the phase and the delay of all its symbols known at once. Takes about a second per frame.
std::vector<OneShotFrame> receive_oneshot(std::span<const cf64> samples, double sample_rate_hz);

}  // namespace boresight::rx
