// The beamformer of samples that come from memory. Included once per target.
#if defined(BORESIGHT_KERNELS_BEAMFORM_MEMORY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BORESIGHT_KERNELS_BEAMFORM_MEMORY_INL_H_
#undef BORESIGHT_KERNELS_BEAMFORM_MEMORY_INL_H_
#else
#define BORESIGHT_KERNELS_BEAMFORM_MEMORY_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "hwy/highway.h"
#include "kernels/beamform.h"
#include "kernels/beamform_formats-inl.h"
#include "kernels/beamform_streams-inl.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR
namespace hn = hwy::HWY_NAMESPACE;

// A group of beams of what comes from memory: two rows for all beams at once, so that a row is read once, and
// meanwhile the rows 16 further on, or the next part of the first ones, on their way into the second-level
// cache. Further ahead there is no room: rows whose distance is a power of two share 16 places. Sums that
// come and go for every two rows make the arithmetic slower, but it runs while the memory does.
template <class Format, std::size_t kBeams>
void streamed_from_memory(const BeamformJob<float, float>& job, std::size_t vectors) {
  constexpr std::size_t rows_ahead = 16;
  static_assert(256 / Format::samples * kBeams * 2 * lanes <= sum_lanes);
  const std::size_t part_vectors = (job.elements > 16 ? 256 : 128) / Format::samples;
  const std::size_t whole_pairs = job.elements / 2 * 2;
  const std::size_t ahead = std::min(whole_pairs, rows_ahead);
  HWY_ALIGN float sums[sum_lanes];
  for (std::size_t first = 0; first < vectors; first += part_vectors) {
    const std::size_t now = std::min(part_vectors, vectors - first);
    const float* all = job.x + first * 2 * Format::samples;
    const bool more = first + 2 * part_vectors <= vectors;
    const float* next = all + (more ? part_vectors * 2 * Format::samples : 0);
    float* y = job.y + first * 2 * Format::samples;
    for (std::size_t e = 0; e < job.elements; e += 2) {
      const std::size_t rows = std::min<std::size_t>(2, job.elements - e);
      const std::size_t then = e + ahead;
      const float* soon = then < whole_pairs ? all + then * job.x_stride
                                             : next + std::min(then - whole_pairs, e) * job.x_stride;
      const auto run = [&](auto starts, auto ends) {
        stream<Format, kBeams, 2, 2, starts(), ends(), Fetch::second_level>(
            all + e * job.x_stride, job.x_stride, rows, job.weights + e * beamform_group * 2, now, sums, y,
            job.y_stride, job.scales, false, soon);
      };
      constexpr std::true_type yes;
      constexpr std::false_type no;
      if (e == 0) {
        e + 2 >= job.elements ? run(yes, yes) : run(yes, no);
      } else {
        e + 2 >= job.elements ? run(no, yes) : run(no, no);
      }
    }
  }
}

// One beam of what comes from memory: kRows rows at a time, as far as 8192 samples, added to the output. The
// longer the stretch that is read, the better the processor finds what comes next by itself.
template <std::size_t kRows>
void added_rows(const BeamformJob<float, float>& job, std::size_t vectors) {
  constexpr std::size_t part_vectors = 8192 / FloatSamples::samples;
  const Float d;
  const VecF sign = hn::OddEven(hn::Set(d, -1.0F), hn::Set(d, 1.0F));
  for (std::size_t first = 0; first < vectors; first += part_vectors) {
    const std::size_t end = std::min(first + part_vectors, vectors);
    for (std::size_t e = 0; e < job.elements; e += kRows) {
      const float* row[kRows];
      VecF w_re[kRows];
      VecF w_im[kRows];
      HWY_UNROLL(8)
      for (std::size_t r = 0; r < kRows; ++r) {
        const bool there = e + r < job.elements;
        const float* w = job.weights + (e + r) * 2 * beamform_group;
        row[r] = job.x + (there ? e + r : e) * job.x_stride;
        w_re[r] = hn::Set(d, there ? w[0] : 0.0F);
        w_im[r] = hn::Mul(sign, hn::Set(d, there ? w[1] : 0.0F));
      }
      const auto run = [&](auto starts) {
        for (std::size_t v = first; v < end; ++v) {
          const std::size_t i = v * lanes;
          VecF x = hn::LoadU(d, row[0] + i);
          VecF re = starts() ? hn::Mul(w_re[0], x) : hn::MulAdd(w_re[0], x, hn::LoadU(d, job.y + i));
          VecF im = hn::Mul(w_im[0], hn::Shuffle2301(x));
          HWY_UNROLL(8)
          for (std::size_t r = 1; r < kRows; ++r) {
            x = hn::LoadU(d, row[r] + i);
            re = hn::MulAdd(w_re[r], x, re);
            im = hn::MulAdd(w_im[r], hn::Shuffle2301(x), im);
          }
          hn::StoreU(hn::Add(re, im), d, job.y + i);
        }
      };
      e == 0 ? run(std::true_type()) : run(std::false_type());
    }
  }
}

#endif
}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#endif  // toggle
