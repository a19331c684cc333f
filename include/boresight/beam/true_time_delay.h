// Steering by delays instead of phases, on a grid of frequencies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"

namespace boresight::beam {

/// Delays per element, or per subarray with phases at its elements, which is what hybrid arrays have:
///
///   element e ─ phase 2 pi f0 (T_e - T_s(e)) ─┐
///   element . ─ phase                        ─┴─ delay T_s ─┬─▶ beam      T_e = r_e.u / c
///   element . ─ phase ─ ...            ─ delay of another ──┘             T_s its mean over the subarray
///
/// As weights at offset d from the carrier f0 (y = w^H x, unit gain where all is exact):
///   w_e(d) = exp(j 2 pi (f0 T_e + d T_s(e))) / E.
/// Fractional delays are exact at every frequency of the grid; a filter bank or OFDM symbol applies them to
/// bins (SubbandBeamformer for streams of samples).
class TrueTimeDelay {
 public:
  struct Config {
    array::Geometry geometry;
    double carrier_hz = 0;
    /// [E] which subarray each element belongs to, 0 .. 1023; empty: every element has its own delay.
    std::vector<std::uint16_t> subarrays = {};
    /// Delay lines come in steps: delays are rounded to multiples of this; 0: exact. The phases make up for
    /// the rounding at the carrier.
    double step_s = 0;
  };

  /// ConfigError for a bad geometry, carrier, step, or a subarray list of the wrong length.
  explicit TrueTimeDelay(const Config& config);

  /// ConfigError for a direction that is zero or not finite; made a unit vector here.
  void set_direction(Vec3 direction);

  /// What each element's delay line does, seconds by which the wave is earlier there: [E].
  std::span<const double> delays_s() const { return delays_s_; }

  /// weights [K x E] at `offsets_hz` [K] from the carrier.
  void weights(std::span<const double> offsets_hz, Grid<cf64> out) const;

 private:
  Config config_;
  std::size_t groups_ = 0;
  std::vector<double> wave_s_;    // T_e
  std::vector<double> delays_s_;  // T_s(e), rounded
};

}  // namespace boresight::beam
