// A carrier offset taken off, a scale and a forward transform, in one pass where that is possible.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "boresight/core/aligned.h"
#include "boresight/core/types.h"
#include "fft/fft.h"
#include "kernels/fft.h"

namespace boresight::fft {

///   X[k] = scale sum_n x[n] exp(-j 2 pi (f n + phase)) exp(-j 2 pi k n / n_total)
///
/// Where the transform is Boresight's own, f goes into the factors of its first pass and costs nothing there;
/// phase and scale cost one multiplication per sample. Elsewhere the carrier is taken off first.
class MixedFft {
 public:
  /// ConfigError as Fft.
  MixedFft(std::size_t n, double scale);

  std::size_t size() const { return n_; }

  /// in [n] -> out [n], apart or the same. `frequency` in cycles per sample, `phase_turns` in cycles at
  /// in[0]; both finite. A frequency other than the last call's costs a few transforms more. NaN spreads to
  /// every bin.
  void run(std::span<const cf32> in, double frequency, double phase_turns, std::span<cf32> out) noexcept;

 private:
  void set_frequency(double frequency) noexcept;

  std::size_t n_;
  double scale_;
  double frequency_ = 0;
  std::optional<kernels::FftPlan> plan_;  // or, where there is none,
  std::optional<Fft> library_;
  aligned_vector<float> factors_;
  alignas(64) std::array<float, 32> parts_{};
  aligned_vector<cf32> turned_;
};

}  // namespace boresight::fft
