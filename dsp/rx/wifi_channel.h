// The channel of an 802.11 frame from noisy values on its subcarriers. Private.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/types.h"

namespace boresight::rx {

/// Linear minimum mean square error estimate (Edfors et al., IEEE Trans. Commun. 46 (1998) 931, through the
/// eigenvectors of the channel's covariance) for one of several spreads of delay, each with constant power
/// within it: (-1, 1), (-2, 4), (-3, 8) and (-4, 12) samples about where the training was found. Which one,
/// the values themselves tell: the most likely, given Gaussian channel and noise. Where none fits (filters
/// that ring for longer), plain least squares is the last of the choices and wins as soon as the signal is
/// strong enough for the difference to show.
///
/// Constant power over (a, b) has the covariance sinc((b - a) d / 64) exp(-j pi (a + b) d / 64) between
/// subcarriers d apart: but for a ramp it is real, and so are its eigenvectors.
class WifiChannelEstimator {
 public:
  /// carriers: signed indices. window_advance: how many samples before the training the FFT window began.
  WifiChannelEstimator(std::span<const float> carriers, double window_advance);

  /// Sum of |input - estimate|^2, and how many times the input's variance that is on average: carriers less
  /// the trace of the smoothing matrix. Both 0 for plain least squares.
  struct Fit {
    float residual = 0;
    float freedom = 0;
  };

  /// channel [carriers]: least squares in, estimate out; `variance` is the mean square error of the input.
  /// Zero, negative or not finite: nothing is changed.
  Fit process(std::span<cf32> channel, float variance) noexcept;

  /// The same where subcarriers have been observed with unequal certainty: part [carriers], 0 to 1, of the
  /// observations that gave the others a mean square error of `variance`. What is missing is taken from the
  /// estimate, which is repeated (the EM algorithm, Dempster, Laird and Rubin, J. R. Stat. Soc. B 39 (1977)
  /// 1). `choice` is told: how last_choice() of the others came out.
  Fit process(std::span<cf32> channel, float variance, std::span<const float> part,
              std::size_t choice) noexcept;

  /// Which choice the last call took; spreads() is plain least squares.
  std::size_t last_choice() const { return last_choice_; }
  std::size_t spreads() const { return priors_.size(); }

 private:
  struct Prior {
    std::size_t modes = 0;
    std::vector<float> strength;          // [modes] eigenvalues, of unit mean gain
    aligned_vector<float> vectors;        // [modes x carriers]
    std::vector<cf32> ramp;               // [carriers]
    std::vector<float> in_re, in_im;      // [carriers] the input without its ramp
    std::vector<float> mode_re, mode_im;  // [modes]
  };

  void project(Prior& prior, std::span<const cf32> channel) const noexcept;
  std::size_t choose(std::span<const cf32> channel, double power, double gain, double noise) noexcept;
  float smooth(Prior& prior, double gain, double noise, std::span<cf32> out) const noexcept;

  std::size_t carriers_;
  std::vector<Prior> priors_;
  std::vector<cf32> whole_, estimate_;  // [carriers]
  std::size_t last_choice_ = 0;
};

}  // namespace boresight::rx
