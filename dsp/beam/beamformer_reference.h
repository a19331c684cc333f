// The plain narrowband beamformer: clear code that the compiler vectorizes. Only tests and benchmarks use it.
#pragma once

#include <algorithm>
#include <cstddef>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::reference {

// 256 samples of 8 elements are 16 KiB and the two accumulators 4 KiB: all of it stays in the first-level
// cache.
inline constexpr std::size_t beam_tile_floats = 2 * 256;
inline constexpr std::size_t beam_group_elements = 8;

/// by_re[i] += sum of re x[e][i], by_im[i] += sum of im x[e][i], over `Elements` rows of interleaved re, im
/// floats that are `stride` apart. Real factors only: every compiler vectorizes it.
template <std::size_t Elements>
void accumulate(const float* __restrict x, std::size_t stride, const cf32* __restrict weights,
                std::size_t floats, float* __restrict by_re, float* __restrict by_im) noexcept {
  float re[Elements];
  float im[Elements];
  for (std::size_t e = 0; e < Elements; ++e) {
    re[e] = weights[e].real();
    im[e] = weights[e].imag();
  }
  for (std::size_t i = 0; i < floats; ++i) {
    float sum_re = by_re[i];
    float sum_im = by_im[i];
    for (std::size_t e = 0; e < Elements; ++e) {
      const float value = x[e * stride + i];
      sum_re += re[e] * value;
      sum_im += im[e] * value;
    }
    by_re[i] = sum_re;
    by_im[i] = sum_im;
  }
}

/// out = conj(weights) in; shapes as in beam::Beamformer.
inline void beamform(Grid<const cf32> weights, Grid<const cf32> in, Grid<cf32> out) noexcept {
  alignas(64) float by_re[beam_tile_floats];
  alignas(64) float by_im[beam_tile_floats];
  const std::size_t stride = 2 * in.row_stride();
  for (std::size_t first = 0; first < in.columns(); first += beam_tile_floats / 2) {
    const std::size_t floats = std::min(beam_tile_floats, 2 * (in.columns() - first));
    // std::complex<float> is float[2] by the language's own rule ([complex.numbers]).
    const float* x = reinterpret_cast<const float*>(in.data() + first);
    for (std::size_t b = 0; b < weights.rows(); ++b) {
      const cf32* w = weights.row(b).data();
      std::fill_n(by_re, floats, 0.0F);
      std::fill_n(by_im, floats, 0.0F);
      std::size_t e = 0;
      for (; e + beam_group_elements <= in.rows(); e += beam_group_elements) {
        accumulate<beam_group_elements>(x + e * stride, stride, w + e, floats, by_re, by_im);
      }
      for (; e < in.rows(); ++e) accumulate<1>(x + e * stride, stride, w + e, floats, by_re, by_im);

      // conj(w) x = (w_re x_re + w_im x_im) + j (w_re x_im - w_im x_re)
      float* y = reinterpret_cast<float*>(out.data() + b * out.row_stride() + first);
      for (std::size_t i = 0; i < floats; i += 2) {
        y[i] = by_re[i] + by_im[i + 1];
        y[i + 1] = by_re[i + 1] - by_im[i];
      }
    }
  }
}

}  // namespace boresight::reference
