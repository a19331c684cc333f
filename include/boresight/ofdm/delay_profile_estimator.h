// Where a channel's paths are, learned over many symbols: a prior for the LMMSE estimator that fits.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/types.h"
#include "boresight/ofdm/delay_profile.h"
#include "boresight/ofdm/numerology.h"

namespace boresight::fft {
class Fft;
}

namespace boresight::ofdm {

/// Gains fade from frame to frame, delays stay: the mean power over delay of many least-squares estimates
/// shows the paths, and the estimator that knows them pays for some dozen unknowns where one that knows only
/// the prefix pays for all of it.
///
/// Mean of |sum over k of w_k observed_k exp(+j 2 pi k delay / N)|^2 on half samples, w a Hann window over
/// the band (sidelobes -31 dB; a path shows as four samples), less the noise, which is the median of all
/// delays: up to half of them may hold paths. A delay is kept if noise alone would get there with the
/// probability `false_alarm` (gamma distribution by Wilson and Hilferty, Proc. Natl. Acad. Sci. 17 (1931)
/// 684).
class DelayProfileEstimator {
 public:
  struct Config {
    Numerology numerology;
    double false_alarm = 1e-4;  ///< per half sample of delay, 1e-9 .. 0.1
  };

  /// ConfigError if a value is out of its range.
  explicit DelayProfileEstimator(const Config& config);
  ~DelayProfileEstimator();
  DelayProfileEstimator(DelayProfileEstimator&&) noexcept;
  DelayProfileEstimator& operator=(DelayProfileEstimator&&) noexcept;

  /// Adds one symbol: observed [used carriers, in the order of Numerology::used_carriers()], received over
  /// known. A symbol with anything not finite is left out. No allocation.
  void add(std::span<const cf32> observed) noexcept;
  std::size_t symbols() const { return symbols_; }
  void reset() noexcept;

  /// The profile as learned so far, delays from -fft_size / 2 to fft_size / 2 samples, powers as measured
  /// (twice their sum, half samples apart, over the window's width is the signal's); empty if nothing stands
  /// out. Ten symbols make a start, a hundred a profile. Allocates: for configuration, not for every symbol.
  std::vector<DelayTap> profile() const;

 private:
  Numerology numerology_;
  std::vector<std::uint16_t> carriers_;
  double quantile_;
  std::unique_ptr<fft::Fft> inverse_;
  std::vector<float> window_;
  aligned_vector<cf32> spectrum_;
  std::vector<double> power_;
  std::size_t symbols_ = 0;
};

}  // namespace boresight::ofdm
