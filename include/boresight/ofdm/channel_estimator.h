// Channel and noise from known symbols.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/ofdm/noise_estimator.h"
#include "boresight/ofdm/numerology.h"

namespace boresight::fft {
class Fft;
}

namespace boresight::ofdm {

/// Least squares H_k = Y_k / X_k, then, if asked, the DFT-domain estimator (van de Beek et al., VTC 1995):
/// only `taps` delay taps about the strongest path are kept, half of them before it and half behind, which
/// takes 10 log10(N / taps) dB off the noise of the estimate.
///
/// The signal fills its band to the edge, so a delay that is no whole sample would smear over all taps. The
/// delay of the strongest path is therefore measured, taken out before the taps are cut and put back after.
/// One path keeps no error. Of a second path, 20 dB below the first, 32 taps lose 0.9 % of its power at an
/// excess delay of 0.5 samples, 1.3 % at 5.5, 3 % at 10.5, 5.4 % at 13.5 and, from 16 on, all of it; what is
/// lost is counted as noise. The strongest tap is the right one down to about -15 dB per subcarrier.
class ChannelEstimator {
 public:
  struct Config {
    Numerology numerology;
    aligned_vector<cf32> known;     ///< [fft_size] transmitted values, zero where nothing is sent
    std::size_t taps = 0;           ///< taps kept about the strongest path; 0: plain least squares
    std::size_t noise_window = 65;  ///< subcarriers over which the noise is averaged, odd (NoiseEstimator)
  };

  /// ConfigError if sizes disagree, taps exceed the FFT size, or every known value is zero.
  explicit ChannelEstimator(const Config& config);
  ~ChannelEstimator();
  ChannelEstimator(ChannelEstimator&&) noexcept;
  ChannelEstimator& operator=(ChannelEstimator&&) noexcept;

  /// received [repeats x fft_size]: the known symbol once or several times. Writes channel [fft_size] (zero
  /// where nothing is sent) and noise_variance [fft_size] (per subcarrier of one received symbol: a
  /// smooth background, and subcarriers that stand out of it by themselves).
  /// With one repeat the noise is what the kept taps do not explain; with several it is their disagreement
  /// (with one repeat and taps = 0 nothing can be known about the noise and it is 0).
  /// Zero input gives a zero channel and zero noise.
  void process(Grid<const cf32> received, std::span<cf32> channel, std::span<float> noise_variance) noexcept;

 private:
  void smooth_channel(std::span<cf32> channel) noexcept;
  void smooth_noise(std::span<float> noise) noexcept;

  Config config_;
  std::vector<std::uint16_t> used_;
  std::unique_ptr<fft::Fft> forward_;
  std::unique_ptr<fft::Fft> inverse_;
  aligned_vector<cf32> flat_;
  aligned_vector<cf32> mean_;
  std::vector<float> residual_;  // [used], in order of frequency
  std::optional<NoiseEstimator> noise_estimator_;
};

}  // namespace boresight::ofdm
