// The beamformer of samples in the cache. Included once per target.
#if defined(BORESIGHT_KERNELS_BEAMFORM_STREAMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BORESIGHT_KERNELS_BEAMFORM_STREAMS_INL_H_
#undef BORESIGHT_KERNELS_BEAMFORM_STREAMS_INL_H_
#else
#define BORESIGHT_KERNELS_BEAMFORM_STREAMS_INL_H_
#endif

#include <algorithm>
#include <cstddef>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/beamform.h"
#include "kernels/beamform_formats-inl.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR
namespace hn = hwy::HWY_NAMESPACE;

// Samples are taken a few rows at a time, along time, so that the processor sees few and long streams and
// rows whose distance is a power of two do not take each other's places in the caches. The weights of two
// beams and these rows are in registers. The sums of a part of the samples wait in the first-level cache,
// [vector][beam][2].
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM_A64
constexpr std::size_t rows_of_two = 4;
constexpr std::size_t rows_of_one = 8;
constexpr std::size_t tile_vectors = 16;
#else  // 16 registers
constexpr std::size_t rows_of_two = 2;
constexpr std::size_t rows_of_one = 4;
constexpr std::size_t tile_vectors = 8;
#endif
constexpr std::size_t sum_lanes = 2 * 2 * beamform_group * 256;

// How a loop asks for what is needed soon: rows into the first-level cache, or into the second.
enum class Fetch { first_level, second_level };

template <Fetch kFetch, typename Rail>
HWY_INLINE void fetch(const Rail* p) {
#if HWY_COMPILER_GCC || HWY_COMPILER_CLANG
  if constexpr (kFetch == Fetch::second_level) {
    __builtin_prefetch(p, 0, 2);
    return;
  }
#endif
  hwy::Prefetch(p);
}

// kAhead rows of what is needed soon are fetched.
template <class Format, std::size_t kBeams, std::size_t kRows, std::size_t kAhead, bool kFirst, bool kLast,
          Fetch kFetch = Fetch::first_level, typename Rail, typename Weight>
HWY_INLINE void stream(const Rail* x, std::size_t x_stride, std::size_t rows, const Weight* w,
                       std::size_t vectors, Weight* HWY_RESTRICT sums, float* y, std::size_t y_stride,
                       const float* scales, bool add, const Rail* soon) {
  using Vec = typename Format::Vec;
  const typename Format::Tag d;
  const Rail* row[kRows];
  Vec w_re[kRows][kBeams];
  Vec w_im[kRows][kBeams];
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < kRows; ++r) {
    // A row too many counts as the first one, times zero: what is not a number spoils its sample anyway.
    row[r] = x + (r < rows ? r : 0) * x_stride;
    HWY_UNROLL(8)
    for (std::size_t b = 0; b < kBeams; ++b) {
      w_re[r][b] = hn::Set(d, r < rows ? w[r * 2 * beamform_group + 2 * b] : Weight{0});
      w_im[r][b] = hn::Set(d, r < rows ? w[r * 2 * beamform_group + 2 * b + 1] : Weight{0});
    }
  }
  for (std::size_t v = 0; v < vectors; ++v) {
    const std::size_t i = v * 2 * Format::samples;
    Vec sample[kRows];
    HWY_UNROLL(8)
    for (std::size_t r = 0; r < kRows; ++r) {
      sample[r] = Format::load(row[r] + i);
      if (r < kAhead) fetch<kFetch>(soon + r * x_stride + i);
    }
    HWY_UNROLL(8)
    for (std::size_t b = 0; b < kBeams; ++b) {
      Weight* sum = sums + (v * kBeams + b) * 2 * lanes;
      Vec re = kFirst ? Format::first(w_re[0][b], sample[0])
                      : Format::next(w_re[0][b], sample[0], hn::Load(d, sum));
      Vec im = kFirst ? Format::first(w_im[0][b], sample[0])
                      : Format::next(w_im[0][b], sample[0], hn::Load(d, sum + lanes));
      HWY_UNROLL(8)
      for (std::size_t r = 1; r < kRows; ++r) {
        re = Format::next(w_re[r][b], sample[r], re);
        im = Format::next(w_im[r][b], sample[r], im);
      }
      if (kLast) {
        Format::finish(re, im, scales[b], add, y + b * y_stride + i);
      } else {
        hn::Store(re, d, sum);
        hn::Store(im, d, sum + lanes);
      }
    }
  }
}

// A group of beams over some rows, two beams at a time, each of which fetches half of the rows needed soon.
template <class Format, std::size_t kRows, bool kFirst, bool kLast, typename Rail, typename Weight>
void streams(const Rail* x, std::size_t x_stride, std::size_t rows, const Weight* w, std::size_t beams,
             std::size_t vectors, Weight* sums, float* y, std::size_t y_stride, const float* scales, bool add,
             const Rail* soon) {
  constexpr std::size_t kHalf = kRows / 2;
  if (beams == 1) {
    // One beam waits for the samples only: the processor itself finds the next ones.
    stream<Format, 1, kRows, 0, kFirst, kLast>(x, x_stride, rows, w, vectors, sums, y, y_stride, scales, add,
                                               soon);
    return;
  }
  if constexpr (kRows <= rows_of_two) {
    if (beams == 2) {
      stream<Format, 2, kRows, kRows, kFirst, kLast>(x, x_stride, rows, w, vectors, sums, y, y_stride, scales,
                                                     add, soon);
      return;
    }
    stream<Format, 2, kRows, kHalf, kFirst, kLast>(x, x_stride, rows, w, vectors, sums, y, y_stride, scales,
                                                   add, soon);
    w += 4;
    sums += vectors * 4 * lanes;
    y += 2 * y_stride;
    scales += 2;
    soon += kHalf * x_stride;
    if (beams == 3) {
      stream<Format, 1, kRows, kHalf, kFirst, kLast>(x, x_stride, rows, w, vectors, sums, y, y_stride, scales,
                                                     add, soon);
    } else {
      stream<Format, 2, kRows, kHalf, kFirst, kLast>(x, x_stride, rows, w, vectors, sums, y, y_stride, scales,
                                                     add, soon);
    }
  }
}

// Whole vectors only; part_vectors x beams of a group x 2 x lanes <= sum_lanes.
template <class Format, std::size_t kRows, typename Rail, typename Weight>
void streamed(const BeamformJob<Rail, Weight>& job, std::size_t vectors, std::size_t part_vectors) {
  HWY_ALIGN Weight sums[sum_lanes];
  for (std::size_t first = 0; first < vectors; first += part_vectors) {
    const std::size_t now = std::min(part_vectors, vectors - first);
    const Rail* all = job.x + first * 2 * Format::samples;
    for (std::size_t b = 0; b < job.beams; b += beamform_group) {
      const std::size_t beams = std::min(beamform_group, job.beams - b);
      float* y = job.y + b * job.y_stride + first * 2 * Format::samples;
      for (std::size_t e = 0; e < job.elements; e += kRows) {
        const Rail* x = all + e * job.x_stride;
        const Weight* w = job.weights + (b * job.elements + e * beamform_group) * 2;
        const std::size_t rows = std::min(kRows, job.elements - e);
        // Needed soon: the next rows; after the last ones, the next part of the first ones. Here is as good
        // as any other place that is there.
        const Rail* soon = rows == kRows ? x : job.x;
        if (b == 0 && e + 2 * kRows <= job.elements) {
          soon = x + kRows * job.x_stride;
        } else if (b == 0 && first + 2 * part_vectors <= vectors) {
          soon = all + part_vectors * 2 * Format::samples;
        }
        const std::size_t block = e / Format::block_elements;
        const bool starts = e % Format::block_elements == 0;
        const bool ends = e + kRows >= job.elements || (e + kRows) % Format::block_elements == 0;
        const auto run = starts ? (ends ? streams<Format, kRows, true, true, Rail, Weight>
                                        : streams<Format, kRows, true, false, Rail, Weight>)
                                : (ends ? streams<Format, kRows, false, true, Rail, Weight>
                                        : streams<Format, kRows, false, false, Rail, Weight>);
        run(x, job.x_stride, rows, w, beams, now, sums, y, job.y_stride, job.scales + block * job.beams + b,
            block != 0, job.elements >= kRows ? soon : x);
      }
    }
  }
}

#endif
}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#endif  // toggle
