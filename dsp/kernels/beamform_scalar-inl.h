// The beamformer for a target that has no room for a sample in a vector. Included once per target.
#if defined(BORESIGHT_KERNELS_BEAMFORM_SCALAR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BORESIGHT_KERNELS_BEAMFORM_SCALAR_INL_H_
#undef BORESIGHT_KERNELS_BEAMFORM_SCALAR_INL_H_
#else
#define BORESIGHT_KERNELS_BEAMFORM_SCALAR_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "kernels/beamform.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR

constexpr std::size_t tile = 512;

void beamform_target(const BeamformJob<float, float>& job) {
  for (std::size_t first = 0; first < 2 * job.samples; first += tile) {
    const std::size_t rails = std::min(tile, 2 * job.samples - first);
    for (std::size_t b = 0; b < job.beams; ++b) {
      float by_re[tile] = {};
      float by_im[tile] = {};
      const float* w = job.weights + b / beamform_group * job.elements * 2 * beamform_group;
      w += 2 * (b % beamform_group);
      for (std::size_t e = 0; e < job.elements; ++e, w += 2 * beamform_group) {
        const float* x = job.x + e * job.x_stride + first;
        for (std::size_t i = 0; i < rails; ++i) by_re[i] += w[0] * x[i];
        for (std::size_t i = 0; i < rails; ++i) by_im[i] += w[1] * x[i];
      }
      float* y = job.y + b * job.y_stride + first;
      for (std::size_t i = 0; i < rails; i += 2) {
        y[i] = by_re[i] + by_im[i + 1];
        y[i + 1] = by_re[i + 1] - by_im[i];
      }
    }
  }
}

template <typename Rail>
void beamform_target(const BeamformJob<Rail, std::int32_t>& job) {
  for (std::size_t b = 0; b < job.beams; ++b) {
    const std::int32_t* all = job.weights + b / beamform_group * job.elements * 2 * beamform_group;
    all += 2 * (b % beamform_group);
    for (std::size_t i = 0; i < 2 * job.samples; i += 2) {
      float* y = job.y + b * job.y_stride + i;
      y[0] = y[1] = 0;
      for (std::size_t e = 0; e < job.elements; e += beamform_block_elements) {
        const std::size_t end = std::min(job.elements, e + beamform_block_elements);
        std::int32_t sum[2] = {};
        for (std::size_t k = e; k < end; ++k) {
          const Rail* x = job.x + k * job.x_stride + i;
          for (std::size_t part = 0; part < 2; ++part) {
            std::int16_t w[2];
            std::memcpy(w, all + k * 2 * beamform_group + part, sizeof(w));
            sum[part] += w[0] * x[0] + w[1] * x[1];
          }
        }
        const float scale = job.scales[e / beamform_block_elements * job.beams + b];
        y[0] += scale * static_cast<float>(sum[0]);
        y[1] += scale * static_cast<float>(sum[1]);
      }
    }
  }
}

#endif
}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#endif  // toggle
