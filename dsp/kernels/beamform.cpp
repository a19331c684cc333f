#include "kernels/beamform.h"

#include <algorithm>
#include <cstring>
#include <cstdlib>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/beamform.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR  // which has no room for a sample in a vector

/// A sum for each part of the weights, as below.
void beamform_target(const BeamformJob& job) {
  constexpr std::size_t tile = 256;
  for (std::size_t first = 0; first < 2 * job.samples; first += tile) {
    const std::size_t floats = std::min(tile, 2 * job.samples - first);
    for (std::size_t b = 0; b < job.beams; ++b) {
      float by_re[tile] = {};
      float by_im[tile] = {};
      const float* w = job.weights + b / beamform_group * job.elements * 2 * beamform_group;
      w += 2 * (b % beamform_group);
      for (std::size_t e = 0; e < job.elements; ++e, w += 2 * beamform_group) {
        const float* x = job.x + e * job.x_stride + first;
        for (std::size_t i = 0; i < floats; ++i) by_re[i] += w[0] * x[i];
        for (std::size_t i = 0; i < floats; ++i) by_im[i] += w[1] * x[i];
      }
      float* y = job.y + b * job.y_stride + first;
      for (std::size_t i = 0; i < floats; i += 2) {
        y[i] = by_re[i] + by_im[i + 1];
        y[i + 1] = by_re[i + 1] - by_im[i];
      }
    }
  }
}

#else

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
constexpr std::size_t vector_floats = hn::MaxLanes(D());

// How many beams share a pass, and how many vectors of samples: two sums for each pair of them stay in
// registers, of which there are 32 or 16. The more pairs, the fewer loads for a multiplication.
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM_A64
constexpr std::size_t pass_beams = 4;
constexpr std::size_t pass_vectors(std::size_t beams) {
  return beams == 1 ? 8 : beams == 2 ? 6 : beams == 3 ? 4 : 3;
}
#else
constexpr std::size_t pass_beams = 2;
constexpr std::size_t pass_vectors(std::size_t beams) {
  return beams == 1 ? 5 : 3;
}
#endif
// Packed samples stand in panels of this width, whatever the number of beams.
constexpr std::size_t panel_floats = pass_vectors(pass_beams) * vector_floats;
static_assert(2 * beamform_block_samples % panel_floats == 0);

// y (+)= conj(w) x for kBeams beams and kVectors vectors of samples. conj(w) x has the real part
// w_re x_re + w_im x_im and the imaginary part w_re x_im - w_im x_re: samples are multiplied by w_re and w_im as
// they lie, and only the two sums are brought together.
template <std::size_t kBeams, std::size_t kVectors, bool kAdd>
HWY_INLINE void tile(const float* HWY_RESTRICT x, std::size_t x_stride, const float* HWY_RESTRICT w,
                     std::size_t elements, float* y, std::size_t y_stride, std::size_t ahead) {
  const D d;
  V re[kBeams][kVectors];
  V im[kBeams][kVectors];
  HWY_UNROLL(8)
  for (std::size_t b = 0; b < kBeams; ++b) {
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) {
      re[b][v] = hn::Zero(d);
      im[b][v] = hn::Zero(d);
    }
  }
  for (std::size_t e = 0; e < elements; ++e) {
    V sample[kVectors];
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) {
      sample[v] = hn::LoadU(d, x + v * vector_floats);
      if (ahead != 0) hwy::Prefetch(x + v * vector_floats + ahead);
    }
    HWY_UNROLL(8)
    for (std::size_t b = 0; b < kBeams; ++b) {
      const V w_re = hn::Set(d, w[2 * b]);
      HWY_UNROLL(8)
      for (std::size_t v = 0; v < kVectors; ++v) re[b][v] = hn::MulAdd(w_re, sample[v], re[b][v]);
      const V w_im = hn::Set(d, w[2 * b + 1]);
      HWY_UNROLL(8)
      for (std::size_t v = 0; v < kVectors; ++v) im[b][v] = hn::MulAdd(w_im, sample[v], im[b][v]);
    }
    x += x_stride;
    w += 2 * beamform_group;
  }
  // +, -, +, -, ...
  const V sign = hn::OddEven(hn::Set(d, -1.0F), hn::Set(d, 1.0F));
  HWY_UNROLL(8)
  for (std::size_t b = 0; b < kBeams; ++b) {
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) {
      float* out = y + b * y_stride + v * vector_floats;
      if (kAdd) re[b][v] = hn::Add(re[b][v], hn::LoadU(d, out));
      hn::StoreU(hn::MulAdd(sign, hn::Shuffle2301(im[b][v]), re[b][v]), d, out);
    }
  }
}

// The same for all beams, kMost of them at a time.
template <std::size_t kMost, std::size_t kVectors, bool kAdd>
HWY_INLINE void all_beams(const float* x, std::size_t x_stride, const float* weights, std::size_t group_floats,
                          std::size_t elements, std::size_t beams, float* y, std::size_t y_stride,
                          std::size_t ahead) {
  for (std::size_t b = 0; b < beams; b += kMost) {
    const float* w = weights + b / beamform_group * group_floats + 2 * (b % beamform_group);
    float* out = y + b * y_stride;
    const std::size_t now = b == 0 ? ahead : 0;
    const std::size_t left = std::min(kMost, beams - b);
    if (kMost >= 4 && left == 4) tile<std::min<std::size_t>(4, kMost), kVectors, kAdd>(x, x_stride, w, elements, out, y_stride, now);
    if (kMost >= 3 && left == 3) tile<std::min<std::size_t>(3, kMost), kVectors, kAdd>(x, x_stride, w, elements, out, y_stride, now);
    if (kMost >= 2 && left == 2) tile<std::min<std::size_t>(2, kMost), kVectors, kAdd>(x, x_stride, w, elements, out, y_stride, now);
    if (left == 1) tile<1, kVectors, kAdd>(x, x_stride, w, elements, out, y_stride, now);
  }
}

// One panel of packed samples, of which only the first `floats` are wanted.
template <bool kAdd>
HWY_INLINE void panel(const float* packed, const float* weights, std::size_t group_floats, std::size_t elements,
                      std::size_t beams, std::size_t floats, float* y, std::size_t y_stride) {
  if (floats == panel_floats) {
    all_beams<pass_beams, pass_vectors(pass_beams), kAdd>(packed, panel_floats, weights, group_floats, elements,
                                                          beams, y, y_stride, 0);
    return;
  }
  HWY_ALIGN float part[beamform_group * panel_floats];
  for (std::size_t b = 0; b < beams; b += beamform_group) {
    const std::size_t count = std::min(beamform_group, beams - b);
    const float* w = weights + b / beamform_group * group_floats;
    if (floats <= vector_floats) {
      all_beams<pass_beams, 1, false>(packed, panel_floats, w, group_floats, elements, count, part, panel_floats,
                                      0);
    } else {
      all_beams<pass_beams, pass_vectors(pass_beams), false>(packed, panel_floats, w, group_floats, elements,
                                                             count, part, panel_floats, 0);
    }
    for (std::size_t k = 0; k < count; ++k) {
      float* out = y + (b + k) * y_stride;
      for (std::size_t i = 0; i < floats; ++i) out[i] = part[k * panel_floats + i] + (kAdd ? out[i] : 0.0F);
    }
  }
}

// Rows of `elements` to panels [panel][element][panel_floats]: the beams then read one stream, wherever the
// rows lie. Rows whose distance is a power of two would take each other's places in the caches.
HWY_INLINE void pack(const float* x, std::size_t x_stride, std::size_t elements, std::size_t floats,
                     float* packed) {
  const D d;
  const std::size_t full = floats / panel_floats;
  const std::size_t rest = floats % panel_floats;
  for (std::size_t e = 0; e < elements; ++e) {
    const float* in = x + e * x_stride;
    float* out = packed + e * panel_floats;
    for (std::size_t p = 0; p < full; ++p) {
      for (std::size_t i = 0; i < panel_floats; i += vector_floats) {
        hn::Store(hn::LoadU(d, in + i), d, out + i);
        hwy::Prefetch(in + i + 4 * x_stride);
      }
      in += panel_floats;
      out += elements * panel_floats;
    }
    if (rest != 0) {
      std::memcpy(out, in, rest * sizeof(float));
      std::fill(out + rest, out + panel_floats, 0.0F);
    }
  }
}

// From sample `first` / 2 on.
void packed_from(std::size_t first, const BeamformJob& job) {
  const std::size_t group_floats = job.elements * 2 * beamform_group;
  for (; first < 2 * job.samples; first += 2 * beamform_block_samples) {
    const std::size_t floats = std::min(2 * beamform_block_samples, 2 * job.samples - first);
    for (std::size_t e = 0; e < job.elements; e += beamform_block_elements) {
      const std::size_t elements = std::min(beamform_block_elements, job.elements - e);
      pack(job.x + e * job.x_stride + first, job.x_stride, elements, floats, job.scratch);
      const float* weights = job.weights + e * 2 * beamform_group;
      for (std::size_t i = 0; i < floats; i += panel_floats) {
        const float* x = job.scratch + i * elements;
        const std::size_t width = std::min(panel_floats, floats - i);
        float* y = job.y + first + i;
        if (e == 0) {
          panel<false>(x, weights, group_floats, elements, job.beams, width, y, job.y_stride);
        } else {
          panel<true>(x, weights, group_floats, elements, job.beams, width, y, job.y_stride);
        }
      }
    }
  }
}

// From the rows as they lie; returns where it stopped.
template <std::size_t kMost>
std::size_t direct(const BeamformJob& job, std::size_t ahead) {
  constexpr std::size_t floats = pass_vectors(kMost) * vector_floats;
  const std::size_t group_floats = job.elements * 2 * beamform_group;
  std::size_t i = 0;
  for (; i + floats <= 2 * job.samples; i += floats) {
    all_beams<kMost, pass_vectors(kMost), false>(job.x + i, job.x_stride, job.weights, group_floats,
                                                 job.elements, job.beams, job.y + i, job.y_stride, ahead);
  }
  return i;
}

void beamform_target(const BeamformJob& job) {
  std::size_t done = 0;
  const bool pass_once = job.beams <= pass_beams;
  if (pass_once || job.elements <= 8) {
    const std::size_t ahead = getenv("AHEAD") ? atoi(getenv("AHEAD")) : 0;
    if (job.beams == 1) {
      done = direct<1>(job, ahead);
    } else if (job.beams == 2) {
      done = direct<2>(job, ahead);
    } else if (job.beams == 3) {
      done = direct<std::min<std::size_t>(3, pass_beams)>(job, ahead);
    } else {
      done = direct<pass_beams>(job, ahead);
    }
  }
  packed_from(done, job);
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {
HWY_EXPORT(beamform_target);
}  // namespace

void beamform(const BeamformJob& job) noexcept {
  BORESIGHT_DISPATCH(beamform_target)(job);
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
