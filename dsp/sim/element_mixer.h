// From sources at the array's origin to what every element receives: exact delays, in the frequency domain.
//
//   x_e[n] = IFFT_N( fold( sum_s X_s[k] mask_s[k] g_e exp(j 2 pi (f_rf + f_k) r_e.u_s / c) ) )
//
// X_s is the FFT of 2N samples of source s on the fine grid; fold adds the bins that the receiver's sampling
// maps onto each other. The guard at both ends of a block takes the circular part of every delay.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"
#include "fft/fft.h"
#include "sim/time_base.h"

namespace boresight::sim {

/// What of a source's spectrum counts: 1 up to `from` of the sample rate, 0 beyond `to`, a raised cosine
/// between.
struct Mask {
  double from = 0;
  double to = 0;
};

/// The receiver's anti-alias filter.
inline constexpr Mask antialias_mask = {0.52, 0.62};

class ElementMixer {
 public:
  ElementMixer(std::vector<Vec3> positions_m, std::vector<cf64> gains, std::size_t sources);

  /// Takes the fine samples [2 fft_samples] of source `s` around the block, times `scale`, through `mask`;
  /// its direction `u` is in the array frame.
  void set_source(std::size_t s, std::span<const cf32> fine, double scale, const Mask& mask, Vec3 u);

  /// Sum of all sources at element `e`: `out` [fft_samples] is overwritten, and block_samples of it from
  /// guard_samples on are what the element receives. `tuned_hz` is the frequency the
  /// middle of the band has on the air, `rate_hz` the true sample rate.
  void mix(std::size_t e, double tuned_hz, double rate_hz, std::span<cf32> out);

 private:
  // Bins are worked on in runs: the phasor of a run's first bin times that of a bin within its run.
  static constexpr std::size_t run = 64;
  static constexpr std::size_t runs = 80;  // bins -2560 .. 2559: all that a mask up to 0.625 lets pass
  static constexpr std::size_t bins = run * runs;
  static_assert(static_cast<double>(bins / 2) >= 0.62 * static_cast<double>(fft_samples));

  struct Spectrum {
    alignas(64) std::array<float, bins> re;
    alignas(64) std::array<float, bins> im;
    Vec3 direction;
  };

  void accumulate(const Spectrum& spectrum, cf64 gain, double delay_s, double tuned_hz, double rate_hz);

  std::vector<Vec3> positions_m_;
  std::vector<cf64> gains_;
  std::vector<Spectrum> spectra_;
  fft::Fft forward_;
  fft::Fft inverse_;
  aligned_vector<cf32> work_;  // [2 fft_samples]
  alignas(64) std::array<float, fft_samples> sum_re_;
  alignas(64) std::array<float, fft_samples> sum_im_;
};

}  // namespace boresight::sim
