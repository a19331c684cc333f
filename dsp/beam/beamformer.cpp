#include "boresight/beam/beamformer.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/doa/covariance.h"
#include "kernels/beamform.h"

namespace boresight::beam {
namespace {

constexpr std::size_t max_count = 1024;
constexpr std::size_t group = kernels::beamform_group;
constexpr std::size_t block = kernels::beamform_block_elements;

void check_count(const char* what, std::size_t count) {
  require(count >= 1 && count <= max_count, "beamformer: " + std::to_string(count) + " " + what +
                                                ", must be 1 to " + std::to_string(max_count));
}

std::size_t blocks(std::size_t elements) {
  return (elements + block - 1) / block;
}

/// Two numbers side by side, as the kernel multiplies them with re and im of a sample.
std::int32_t pair(std::int16_t by_re, std::int16_t by_im) {
  const std::int16_t both[2] = {by_re, by_im};
  std::int32_t result;
  std::memcpy(&result, both, sizeof(result));
  return result;
}

}  // namespace

Beamformer::Beamformer(const Config& config) : elements_(config.elements), beams_(config.beams) {
  check_count("elements", elements_);
  check_count("beams", beams_);
  const std::size_t count = kernels::beamform_weights(elements_, beams_);
  weights_.assign(count, 0.0F);
  for (Integers* integers : {&for_cs16_, &for_cs8_}) {
    integers->weights.assign(count, 0);
    integers->scales.assign(blocks(elements_) * beams_, 0.0F);
  }
  for_cs16_.full_scale = 32768;
  for_cs8_.full_scale = 128;
  scratch_.assign(kernels::beamform_scratch_bytes(elements_, beams_), 0);
}

void Beamformer::set_weights(Grid<const cf32> weights) noexcept {
  BORESIGHT_ASSERT(weights.rows() == beams_ && weights.columns() == elements_);
  for (std::size_t b = 0; b < beams_; ++b) {
    float* w = weights_.data() + 2 * (b / group * elements_ * group + b % group);
    for (std::size_t e = 0; e < elements_; ++e, w += 2 * group) {
      w[0] = weights(b, e).real();
      w[1] = weights(b, e).imag();
    }
  }
  quantize(weights, for_cs16_);
  quantize(weights, for_cs8_);
}

void Beamformer::quantize(Grid<const cf32> weights, Integers& out) const noexcept {
  // The sum over a block stays within 32 bits if the magnitudes of all parts of its weights, times a
  // full-scale sample, do. Rounding adds up to a half to each part.
  const auto limit = static_cast<float>(2147483647.0 / static_cast<double>(out.full_scale) - 2.0 * block);
  for (std::size_t first = 0; first < elements_; first += block) {
    const std::size_t end = std::min(elements_, first + block);
    for (std::size_t b = 0; b < beams_; ++b) {
      float sum = 0;
      float largest = 0;
      for (std::size_t e = first; e < end; ++e) {
        const float re = std::abs(weights(b, e).real());
        const float im = std::abs(weights(b, e).imag());
        sum += re + im;
        largest = std::max({largest, re, im});
      }
      float per_unit = std::min(limit / sum, 32767.0F / largest);
      float& scale = out.scales[first / block * beams_ + b];
      if (!(per_unit > 0 && per_unit < std::numeric_limits<float>::max())) {
        // Weights that are zero, too small for a number, or not finite: silence, and what float would give.
        per_unit = 0;
        scale = sum < 1 ? 0 : std::numeric_limits<float>::quiet_NaN();
      } else {
        scale = 1 / (per_unit * out.full_scale);
      }
      std::int32_t* w = out.weights.data() + 2 * ((b / group * elements_ + first) * group + b % group);
      for (std::size_t e = first; e < end; ++e, w += 2 * group) {
        const auto integer = [per_unit](float x) {
          return per_unit == 0 ? std::int16_t{0} : static_cast<std::int16_t>(std::lrint(x * per_unit));
        };
        const std::int16_t re = integer(weights(b, e).real());
        const std::int16_t im = integer(weights(b, e).imag());
        w[0] = pair(re, im);
        w[1] = pair(static_cast<std::int16_t>(-im), re);
      }
    }
  }
}

template <typename Rail, typename Sample, typename Weight>
void Beamformer::run(Grid<const Sample> in, Grid<cf32> out, const Weight* weights,
                     const float* scales) noexcept {
  BORESIGHT_ASSERT(in.rows() == elements_ && out.rows() == beams_ && in.columns() == out.columns());
  static_assert(sizeof(Sample) == 2 * sizeof(Rail));
  // std::complex<float> is float[2] by the language's own rule ([complex.numbers]).
  kernels::beamform(kernels::BeamformJob<Rail, Weight>{.elements = elements_,
                                                       .beams = beams_,
                                                       .samples = in.columns(),
                                                       .x = reinterpret_cast<const Rail*>(in.data()),
                                                       .x_stride = 2 * in.row_stride(),
                                                       .weights = weights,
                                                       .scales = scales,
                                                       .y = reinterpret_cast<float*>(out.data()),
                                                       .y_stride = 2 * out.row_stride(),
                                                       .scratch = scratch_.data()});
}

void Beamformer::process(Grid<const cf32> in, Grid<cf32> out) noexcept {
  run<float>(in, out, weights_.data(), for_cs16_.scales.data());
}
void Beamformer::process(Grid<const cs16> in, Grid<cf32> out) noexcept {
  run<std::int16_t>(in, out, for_cs16_.weights.data(), for_cs16_.scales.data());
}
void Beamformer::process(Grid<const cs8> in, Grid<cf32> out) noexcept {
  run<std::int8_t>(in, out, for_cs8_.weights.data(), for_cs8_.scales.data());
}

template <typename Sample>
void Beamformer::run_with_covariance(Grid<const Sample> in, Grid<cf32> out,
                                     doa::SampleCovariance& covariance) noexcept {
  BORESIGHT_ASSERT(covariance.elements() == elements_);
  if (in.columns() == 0) return;
  // Half a megabyte of cf32 at a time, and whole runs of the covariance: its sums are those of one call.
  constexpr std::size_t run = 256;
  const std::size_t part = std::max<std::size_t>(1, 65536 / elements_ / run) * run;
  for (std::size_t first = 0; first < in.columns(); first += part) {
    const std::size_t n = std::min(part, in.columns() - first);
    if (first == 0) {
      covariance.update(in.columns(first, n));
    } else {
      covariance.add(in.columns(first, n));
    }
    process(in.columns(first, n), out.columns(first, n));
  }
}

void Beamformer::process(Grid<const cf32> in, Grid<cf32> out, doa::SampleCovariance& covariance) noexcept {
  run_with_covariance(in, out, covariance);
}
void Beamformer::process(Grid<const cs16> in, Grid<cf32> out, doa::SampleCovariance& covariance) noexcept {
  run_with_covariance(in, out, covariance);
}
void Beamformer::process(Grid<const cs8> in, Grid<cf32> out, doa::SampleCovariance& covariance) noexcept {
  run_with_covariance(in, out, covariance);
}

}  // namespace boresight::beam
