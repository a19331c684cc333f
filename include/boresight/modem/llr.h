// The soft bit that travels from the demapper to the decoders.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace boresight::modem {

/// Log-likelihood ratio ln(P(bit = 0) / P(bit = 1)), quantized: positive means bit 0, zero means unknown.
/// One unit in the last place is 1 / llr_scale nats; values saturate at +-llr_max (-128 never occurs).
using Llr = std::int8_t;

inline constexpr float llr_scale = 4.0F;  ///< steps per nat: the range is +-31.75 nats
inline constexpr int llr_max = 127;

/// Rounds to the nearest step and saturates. NaN becomes 0 (unknown).
inline Llr quantize_llr(float nats) {
  const float scaled = nats * llr_scale;
  if (!(scaled == scaled)) return 0;
  return static_cast<Llr>(std::lrint(std::clamp(scaled, -127.0F, 127.0F)));
}

}  // namespace boresight::modem
