// One-tap equalization with the noise that remains on every subcarrier.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/types.h"
#include "boresight/ofdm/numerology.h"

namespace boresight::ofdm {

/// Noise variance of a subcarrier about which nothing is known; the demapper turns it into LLR 0.
inline constexpr float erased_variance = 1e30F;

/// Zero forcing on chosen subcarriers: symbol = received / (channel), variance = noise / |channel|^2.
/// received, channel, noise_variance [fft_size]; carriers [n] are indices into them; symbols, variance [n].
/// Where the channel or the noise is zero or not finite the symbol is 0 and the variance `erased_variance`
/// (a noise of exactly 0 says "unknown", not "perfect").
void equalize(std::span<const cf32> received, std::span<const cf32> channel,
              std::span<const float> noise_variance, std::span<const std::uint16_t> carriers,
              std::span<cf32> symbols, std::span<float> variance) noexcept;

/// Zero forcing of all data subcarriers at once, for a channel that was measured once and since then has only
/// turned, faded and moved in time:
///
///   channel now    H(k) gain exp(+j (phase + slope k)),   k the signed subcarrier index
///   symbol         Y(k) / channel now
///   weight         |channel now|^2 / (noise(k) noise_scale) = 1 / variance, as modem::soft_demap_weighted
///                  takes it
///
/// What does not change from symbol to symbol is computed once per channel; the rest is one pass over the
/// subcarriers. Within 3e-6 of the exact quotient while |phase| and |slope k| stay within pi.
class RampEqualizer {
 public:
  struct Ramp {
    double phase_rad = 0;
    double slope_rad = 0;  ///< per subcarrier; a delay of d samples is -2 pi d / fft_size
    double gain = 1;
  };

  /// ConfigError if the numerology is invalid or has no data subcarrier.
  explicit RampEqualizer(const Numerology& numerology);

  std::size_t data_carriers() const { return data_carriers_.size(); }

  /// channel, noise_variance [fft_size], FFT order. Subcarriers whose channel or noise is zero or not finite
  /// are erased: symbol 0, weight 0.
  void set_channel(std::span<const cf32> channel, std::span<const float> noise_variance) noexcept;

  /// received [fft_size] -> symbols [data_carriers()], in the order of Numerology::carriers(data). Returns
  /// the factor that weight() is to be taken with in this symbol, gain^2 / noise_scale: what
  /// modem::soft_demap_weighted wants of it. NaN and Inf stay on the subcarrier that they are on, where the
  /// demapper erases them. A gain or noise_scale that is not positive and finite erases all: symbols and
  /// factor 0.
  float process(std::span<const cf32> received, const Ramp& ramp, float noise_scale,
                std::span<cf32> symbols) const noexcept;

  /// |H|^2 / noise [data_carriers()] of set_channel, 0 where erased.
  std::span<const float> weight() const { return weight_; }

 private:
  struct Band {  // one side of zero frequency: neighbors in FFT order
    std::size_t first_bin = 0;
    int first_index = 0;
    std::size_t count = 0;
    aligned_vector<float> inverse_re;
    aligned_vector<float> inverse_im;
    std::vector<std::uint8_t> wanted;
    std::vector<std::uint8_t> order;
  };
  std::size_t fft_size_;
  std::vector<std::uint16_t> data_carriers_;
  std::array<Band, 2> bands_;
  aligned_vector<float> every_weight_;  // [fft_size]
  aligned_vector<float> weight_;        // of the data subcarriers
};

}  // namespace boresight::ofdm
