#include "boresight/beam/beamformer.h"

#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "kernels/beamform.h"

namespace boresight::beam {
namespace {

constexpr std::size_t max_count = 1024;

void check_count(const char* what, std::size_t count) {
  require(count >= 1 && count <= max_count, "beamformer: " + std::to_string(count) + " " + what +
                                                ", must be 1 to " + std::to_string(max_count));
}

}  // namespace

Beamformer::Beamformer(const Config& config) : elements_(config.elements), beams_(config.beams) {
  check_count("elements", elements_);
  check_count("beams", beams_);
  weights_.assign(kernels::beamform_weight_floats(elements_, beams_), 0.0F);
  scratch_.assign(kernels::beamform_scratch_floats(elements_), 0.0F);
}

void Beamformer::set_weights(Grid<const cf32> weights) noexcept {
  BORESIGHT_ASSERT(weights.rows() == beams_ && weights.columns() == elements_);
  constexpr std::size_t group = kernels::beamform_group;
  for (std::size_t b = 0; b < beams_; ++b) {
    float* w = weights_.data() + 2 * (b / group * elements_ * group + b % group);
    for (std::size_t e = 0; e < elements_; ++e, w += 2 * group) {
      w[0] = weights(b, e).real();
      w[1] = weights(b, e).imag();
    }
  }
}

void Beamformer::process(Grid<const cf32> in, Grid<cf32> out) noexcept {
  BORESIGHT_ASSERT(in.rows() == elements_ && out.rows() == beams_ && in.columns() == out.columns());
  // std::complex<float> is float[2] by the language's own rule ([complex.numbers]).
  kernels::beamform({.elements = elements_,
                     .beams = beams_,
                     .samples = in.columns(),
                     .x = reinterpret_cast<const float*>(in.data()),
                     .x_stride = 2 * in.row_stride(),
                     .weights = weights_.data(),
                     .y = reinterpret_cast<float*>(out.data()),
                     .y_stride = 2 * out.row_stride(),
                     .scratch = scratch_.data()});
}

}  // namespace boresight::beam
