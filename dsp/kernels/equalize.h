// One-tap equalization behind a phase ramp, and what the pilots say about that ramp. The ramp of a symbol is
//
//   t(k) = exp(+j (phase + slope k)),   k the signed subcarrier index, phase and slope in rad,
//
// in single precision: within 2e-6 of the exact one while |phase| <= pi and |slope k| <= pi.
// Oracles in tests/kernels/equalize_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "boresight/core/types.h"

namespace boresight::kernels {

/// Neighboring subcarriers, in order of frequency. The arrays hold `count` values each and are readable up to
/// the next multiple of 16.
struct EqualizerBand {
  const cf32* received;
  const float* inverse_re;  ///< of 1 / channel
  const float* inverse_im;
  const std::uint8_t* wanted;  ///< one bit per subcarrier, lowest bit first; 8 bytes more are readable
  const std::uint8_t* order;   ///< from equalizer_order()
  std::size_t count;           ///< at most 8192
  int first;                   ///< signed index of the first
};

/// The same choice of subcarriers for targets of 16 lanes, where moving by a table is cheaper than moving by
/// a mask: for each row of 16 subcarriers, which of them goes where. order [rows x 16].
void equalizer_order(std::span<const std::uint8_t> wanted, std::span<std::uint8_t> order) noexcept;

/// For the wanted subcarriers, in their order: out = received / channel / (gain t(k)). Returns how many;
/// `out` has room for them all.
std::size_t equalize_band(const EqualizerBand& band, double phase, double slope, float gain,
                          std::span<cf32> out) noexcept;

/// Planar arrays of `count` pilots, a multiple of 16; unused ones are zero in all arrays.
struct PilotSet {
  const float* received_re;
  const float* received_im;
  const float* channel_re;
  const float* channel_im;
  const float* value_re;  ///< as transmitted
  const float* value_im;
  const float* index;  ///< signed subcarrier index k
  std::size_t count;
};

struct PilotSums {
  cf32 residual;  ///< sum of r = received conj(channel value t(k))
  cf32 moment;    ///< sum of k r
  float power;    ///< sum of |received|^2
};
PilotSums correlate_pilots(const PilotSet& pilots, double phase, double slope) noexcept;

struct PilotErrors {
  float power;     ///< sum of |received - gain t(k) channel value|^2
  float relative;  ///< the same, each term times `weight`
};
PilotErrors pilot_errors(const PilotSet& pilots, const float* weight, double phase, double slope,
                         float gain) noexcept;

}  // namespace boresight::kernels
