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

// Three or four beams of up to 16 rows: all rows at once, the sums in registers, and of each row what is
// `ahead` further on asked for into the second-level cache. One vector at a time: with two, half of the
// speed. A row too many counts as the first one, times zero; only the last three can be. weights:
// [row][beam][2]. Not inlined, or the compiler, which then knows that nobody writes to them, copies each one
// to a vector of its own in memory.
template <std::size_t kBeams, std::size_t kRows>
HWY_NOINLINE void all_rows(const BeamformJob<float, float>& job, const float* weights, std::size_t vectors) {
  constexpr std::size_t ahead = (kRows > 8 ? 12 : kRows > 4 ? 16 : 40) * 16;  // floats
  const Float d;
  const auto row = [&](std::size_t e) { return e < job.elements ? e * job.x_stride : 0; };
  const std::size_t last[3] = {row(kRows - 3), row(kRows - 2), row(kRows - 1)};
  VecF held[2 * kBeams];
  for (std::size_t i = 0; i < 2 * kBeams; ++i) held[i] = hn::Set(d, weights[i]);
  const std::size_t end = vectors * lanes;
  // After the end comes, likely, the next block, or what follows in the same rows.
  const std::size_t jump = job.x_stride < end + ahead ? job.elements * job.x_stride - end : 0;
  for (std::size_t i = 0; i < end; i += lanes) {
    const float* x = job.x + i;
    const float* soon = x + ahead + (i + ahead < end ? 0 : jump);
    VecF re[kBeams];
    VecF im[kBeams];
    HWY_UNROLL(16)
    for (std::size_t e = 0; e < kRows; ++e) {
      const std::size_t at = e + 3 < kRows ? e * job.x_stride : last[e + 3 - kRows];
      const VecF sample = hn::LoadU(d, x + at);
      fetch<Fetch::second_level>(soon + at);
      HWY_UNROLL(4)
      for (std::size_t b = 0; b < kBeams; ++b) {
        if (e == 0) {
          re[b] = hn::Mul(held[2 * b], sample);
          im[b] = hn::Mul(held[2 * b + 1], sample);
          continue;
        }
        const float* w = weights + (e * kBeams + b) * 2;
        re[b] = hn::MulAdd(hn::Set(d, w[0]), sample, re[b]);
        im[b] = hn::MulAdd(hn::Set(d, w[1]), sample, im[b]);
      }
    }
    HWY_UNROLL(4)
    for (std::size_t b = 0; b < kBeams; ++b) {
      FloatSamples::finish(re[b], im[b], 1, false, job.y + b * job.y_stride + i);
    }
  }
}

template <std::size_t kBeams, std::size_t kRows>
void padded_rows(const BeamformJob<float, float>& job, std::size_t vectors) {
  float weights[kRows * 2 * kBeams] = {};
  for (std::size_t e = 0; e < job.elements; ++e) {
    std::copy_n(job.weights + e * 2 * beamform_group, 2 * kBeams, weights + e * 2 * kBeams);
  }
  all_rows<kBeams, kRows>(job, weights, vectors);
}

template <std::size_t kBeams>
void up_to_16_rows(const BeamformJob<float, float>& job, std::size_t vectors) {
  if (job.elements <= 4) {
    padded_rows<kBeams, 4>(job, vectors);
  } else if (job.elements <= 8) {
    padded_rows<kBeams, 8>(job, vectors);
  } else if (job.elements <= 12) {
    padded_rows<kBeams, 12>(job, vectors);
  } else {
    padded_rows<kBeams, 16>(job, vectors);
  }
}

// Three or four beams of more rows: two rows for all beams at once, so that a row is read once, and
// meanwhile the rows 16 further on, or the next part of the first ones, on their way into the second-level
// cache. Further ahead there is no room: rows whose distance is a power of two share 16 places. Sums that
// come and go for every two rows make the arithmetic slower, but it runs while the memory does.
template <std::size_t kBeams>
void pairs_of_rows(const BeamformJob<float, float>& job, std::size_t vectors) {
  using Format = FloatSamples;
  constexpr std::size_t ahead = 16;
  constexpr std::size_t part_vectors = 256 / Format::samples;
  static_assert(part_vectors * kBeams * 2 * lanes <= sum_lanes);
  const std::size_t whole_pairs = job.elements / 2 * 2;
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
