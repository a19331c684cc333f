#include "boresight/beam/beamformer.h"

#include <algorithm>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"

namespace boresight::beam {
namespace {

constexpr std::size_t max_count = 1024;

// 256 samples of 8 elements are 16 KiB and the two accumulators 4 KiB: all of it stays in the first-level
// cache.
constexpr std::size_t tile_samples = 256;
constexpr std::size_t tile_floats = 2 * tile_samples;
constexpr std::size_t group_elements = 8;

void check_count(const char* what, std::size_t count) {
  require(count >= 1 && count <= max_count, "beamformer: " + std::to_string(count) + " " + what +
                                                ", must be 1 to " + std::to_string(max_count));
}

/// by_re[i] += sum of re[e] x[e][i], by_im[i] += sum of im[e] x[e][i], over `Elements` rows of interleaved
/// re, im floats that are `stride` apart. Real factors only: every compiler vectorizes it.
template <std::size_t Elements>
void accumulate(const float* __restrict x, std::size_t stride, const float* __restrict re,
                const float* __restrict im, std::size_t floats, float* __restrict by_re,
                float* __restrict by_im) noexcept {
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

}  // namespace

Beamformer::Beamformer(const Config& config) : elements_(config.elements), beams_(config.beams) {
  check_count("elements", elements_);
  check_count("beams", beams_);
  weights_re_.assign(beams_ * elements_, 0.0F);
  weights_im_.assign(beams_ * elements_, 0.0F);
}

void Beamformer::set_weights(Grid<const cf32> weights) noexcept {
  BORESIGHT_ASSERT(weights.rows() == beams_ && weights.columns() == elements_);
  for (std::size_t b = 0; b < beams_; ++b) {
    for (std::size_t e = 0; e < elements_; ++e) {
      weights_re_[b * elements_ + e] = weights(b, e).real();
      weights_im_[b * elements_ + e] = weights(b, e).imag();
    }
  }
}

void Beamformer::process(Grid<const cf32> in, Grid<cf32> out) noexcept {
  BORESIGHT_ASSERT(in.rows() == elements_ && out.rows() == beams_ && in.columns() == out.columns());
  alignas(64) float by_re[tile_floats];
  alignas(64) float by_im[tile_floats];
  const std::size_t stride = 2 * in.row_stride();

  for (std::size_t first = 0; first < in.columns(); first += tile_samples) {
    const std::size_t samples = std::min(tile_samples, in.columns() - first);
    const std::size_t floats = 2 * samples;
    // std::complex<float> is float[2] by the language's own rule ([complex.numbers]).
    const float* x = reinterpret_cast<const float*>(in.data() + first);

    for (std::size_t b = 0; b < beams_; ++b) {
      const float* re = weights_re_.data() + b * elements_;
      const float* im = weights_im_.data() + b * elements_;
      std::fill_n(by_re, floats, 0.0F);
      std::fill_n(by_im, floats, 0.0F);
      std::size_t e = 0;
      for (; e + group_elements <= elements_; e += group_elements) {
        accumulate<group_elements>(x + e * stride, stride, re + e, im + e, floats, by_re, by_im);
      }
      for (; e < elements_; ++e) accumulate<1>(x + e * stride, stride, re + e, im + e, floats, by_re, by_im);

      // conj(w) x = (w_re x_re + w_im x_im) + j (w_re x_im - w_im x_re)
      float* y = reinterpret_cast<float*>(out.data() + b * out.row_stride() + first);
      for (std::size_t i = 0; i < floats; i += 2) {
        y[i] = by_re[i] + by_im[i + 1];
        y[i + 1] = by_re[i + 1] - by_im[i];
      }
    }
  }
}

}  // namespace boresight::beam
