#include "sim/adc.h"

#include <algorithm>
#include <cstdint>

namespace boresight::sim {

std::size_t convert(std::span<cf32> samples, unsigned bits) {
  const auto scale = static_cast<float>(1U << (bits - 1));
  const float step = 1.0F / scale;
  const float highest = scale - 1.0F;
  const float lowest = -scale;
  // Adding 1.5 x 2^23 leaves no room for fraction bits, so that the addition itself rounds to a whole number.
  constexpr float rounder = 12582912.0F;
  auto* rail = reinterpret_cast<float*>(samples.data());
  std::uint32_t outside = 0;
  for (std::size_t i = 0; i < 2 * samples.size(); ++i) {
    // First well beyond the limits, where rounding still works (2^22), then at them.
    const float level = std::min(std::max(rail[i] * scale, -2.0F * scale), 2.0F * scale);
    const float rounded = (level + rounder) - rounder;
    const float code = std::min(std::max(rounded, lowest), highest);
    outside += rounded != code ? 1U : 0U;
    rail[i] = code * step;
  }
  return outside;
}

}  // namespace boresight::sim
