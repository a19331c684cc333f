#include "boresight/ofdm/equalizer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "kernels/equalize.h"

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

RampEqualizer::RampEqualizer(const Numerology& numerology) : fft_size_(numerology.fft_size) {
  check(numerology);
  data_carriers_ = numerology.carriers(Carrier::data);
  require(!data_carriers_.empty(), "equalizer: numerology " + numerology.name + " has no data subcarrier");
  weight_.resize(data_carriers_.size());
  every_weight_.resize(fft_size_);
  const std::size_t half = (fft_size_ + 1) / 2;
  bands_[0] = {.first_bin = half, .first_index = numerology.signed_index(half), .count = fft_size_ - half};
  bands_[1] = {.first_bin = 0, .first_index = 0, .count = half};
  for (Band& band : bands_) {
    const std::size_t padded = (band.count + 15) / 16 * 16;
    band.inverse_re.resize(padded);
    band.inverse_im.resize(padded);
    band.wanted.resize(padded / 8 + 8);  // the kernel reads whole words
    for (std::size_t i = 0; i < band.count; ++i) {
      if (numerology.map[band.first_bin + i] != Carrier::data) continue;
      band.wanted[i / 8] = static_cast<std::uint8_t>(band.wanted[i / 8] | (1U << (i % 8)));
    }
    band.order.resize(padded);
    kernels::equalizer_order(band.wanted, band.order);
  }
}

void RampEqualizer::set_channel(std::span<const cf32> channel,
                                std::span<const float> noise_variance) noexcept {
  BORESIGHT_ASSERT(channel.size() == fft_size_ && noise_variance.size() == fft_size_);
  constexpr float most = std::numeric_limits<float>::max();
  for (Band& band : bands_) {
    const cf32* const h = channel.data() + band.first_bin;
    const float* const noise = noise_variance.data() + band.first_bin;
    float* const weight = every_weight_.data() + band.first_bin;
    for (std::size_t i = 0; i < band.count; ++i) {
      const float re = h[i].real();
      const float im = h[i].imag();
      const float gain = re * re + im * im;
      const float inverse = 1 / gain;
      const float w = gain / noise[i];
      // All false for NaN.
      const bool usable =
          (gain > 0) & (gain <= most) & (inverse <= most) & (noise[i] > 0) & (noise[i] <= most) & (w <= most);
      band.inverse_re[i] = usable ? re * inverse : 0.0F;
      band.inverse_im[i] = usable ? -im * inverse : 0.0F;
      weight[i] = usable ? w : 0.0F;
    }
  }
  for (std::size_t i = 0; i < data_carriers_.size(); ++i) weight_[i] = every_weight_[data_carriers_[i]];
}

float RampEqualizer::process(std::span<const cf32> received, const Ramp& ramp, float noise_scale,
                             std::span<cf32> symbols) const noexcept {
  BORESIGHT_ASSERT(received.size() == fft_size_ && symbols.size() == data_carriers_.size());
  const auto gain = static_cast<float>(ramp.gain);
  const float scale = gain * gain / noise_scale;
  if (!(gain > 0 && noise_scale > 0 && scale > 0 && std::isfinite(scale) && std::isfinite(1 / gain) &&
        std::isfinite(ramp.phase_rad) && std::isfinite(ramp.slope_rad))) {
    std::fill(symbols.begin(), symbols.end(), cf32(0));
    return 0;
  }
  std::size_t done = 0;
  for (const Band& band : bands_) {
    done += kernels::equalize_band(
        {received.data() + band.first_bin, band.inverse_re.data(), band.inverse_im.data(), band.wanted.data(),
         band.order.data(), band.count, band.first_index},
        ramp.phase_rad, ramp.slope_rad, gain, symbols.subspan(done));
  }
  return scale;
}

}  // namespace boresight::ofdm
