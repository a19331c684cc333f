#include "boresight/ofdm/equalizer.h"

#include <algorithm>
#include <cmath>

#include "boresight/core/assert.h"

namespace boresight::ofdm {

void equalize(std::span<const cf32> received, std::span<const cf32> channel,
              std::span<const float> noise_variance, std::span<const std::uint16_t> carriers,
              std::span<cf32> symbols, std::span<float> variance) noexcept {
  BORESIGHT_ASSERT(symbols.size() == carriers.size() && variance.size() == carriers.size());
  for (std::size_t i = 0; i < carriers.size(); ++i) {
    const std::uint16_t k = carriers[i];
    const float gain = std::norm(channel[k]);
    const cf32 matched = received[k] * std::conj(channel[k]);
    const float noise = noise_variance[k];
    const bool usable = gain > 0 && noise > 0 && std::isfinite(noise) && std::isfinite(gain) &&
                        std::isfinite(matched.real()) && std::isfinite(matched.imag());
    symbols[i] = usable ? matched / gain : cf32(0);
    variance[i] = usable ? std::min(noise / gain, erased_variance) : erased_variance;
  }
}

}  // namespace boresight::ofdm
