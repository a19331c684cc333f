// What is believed of a channel's delays before it is measured: the prior of the LMMSE estimator.
#pragma once

#include <vector>

namespace boresight::ofdm {

/// Mean power that arrives with a delay. Delays count samples of the FFT's rate from the start of the FFT
/// window; a window that opens early sees the first path at that many samples.
struct DelayTap {
  double delay_samples = 0;  ///< any sign and fraction
  double power = 0;
};

/// A list stands for a density: half a sample apart, it cannot be told from a continuous one by a signal that
/// fills its band. Powers sum to 1.

/// The same power everywhere from `first` to `first` + `width`: what is right when only the prefix is known.
/// ConfigError unless both are finite and 0 < width <= 8192.
std::vector<DelayTap> uniform_profile(double first, double width);

/// Power that falls by e every `decay` samples from `first` on (its rms delay spread is `decay`), cut at 8
/// decays, where 0.03 % of the power is left. ConfigError unless both are finite and 0 < decay <= 1024.
std::vector<DelayTap> exponential_profile(double first, double decay);

}  // namespace boresight::ofdm
