#include "kernels/beamform.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <type_traits>

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

#else

using Float = hn::CappedTag<float, 16>;
using Int = hn::RebindToSigned<Float>;
using VecF = hn::Vec<Float>;
using VecI = hn::Vec<Int>;
constexpr std::size_t lanes = hn::MaxLanes(Float());

// A pair of int16 times a pair in each lane, summed. kVnni: by one instruction (AVX512-VNNI).
template <bool kVnni>
HWY_INLINE VecI add_products(VecI a, VecI b, VecI sum) {
#if HWY_TARGET <= HWY_AVX3
  if constexpr (kVnni) {
    // Not part of what the compiler may use for this target.
    asm("vpdpwssd %2, %1, %0" : "+v"(sum.raw) : "v"(a.raw), "v"(b.raw));
    return sum;
  } else {
    return hn::Add(sum, VecI{_mm512_madd_epi16(a.raw, b.raw)});
  }
#elif HWY_TARGET == HWY_AVX2
  return hn::Add(sum, VecI{_mm256_madd_epi16(a.raw, b.raw)});
#elif HWY_ARCH_X86
  return hn::Add(sum, VecI{_mm_madd_epi16(a.raw, b.raw)});
#else
  const auto low = [](VecI x) { return hn::ShiftRight<16>(hn::ShiftLeft<16>(x)); };
  const auto high = [](VecI x) { return hn::ShiftRight<16>(x); };
  return hn::Add(sum, hn::Add(hn::Mul(low(a), low(b)), hn::Mul(high(a), high(b))));
#endif
}

// What differs between the formats. A vector of samples gives two vectors of sums; for floats conj(w) x has
// the real part w_re x_re + w_im x_im and the imaginary part w_re x_im - w_im x_re: samples are multiplied by
// w_re and w_im as they lie, and only the two sums are brought together.
struct FloatSamples {
  using Job = BeamformJob<float, float>;
  using Vec = VecF;
  using Tag = Float;
  static constexpr std::size_t samples = lanes / 2;
  static constexpr std::size_t block_elements = std::size_t{1} << 20;  // no need of any

  static HWY_INLINE Vec load(const float* x) { return hn::LoadU(Float(), x); }
  static HWY_INLINE Vec first(Vec w, Vec x) { return hn::Mul(w, x); }
  static HWY_INLINE Vec next(Vec w, Vec x, Vec sum) { return hn::MulAdd(w, x, sum); }
  static HWY_INLINE void finish(Vec by_re, Vec by_im, float /*scale*/, bool /*add*/, float* y) {
    const Float d;
    const Vec sign = hn::OddEven(hn::Set(d, -1.0F), hn::Set(d, 1.0F));
    hn::StoreU(hn::MulAdd(sign, hn::Shuffle2301(by_im), by_re), d, y);
  }
};

template <typename Rail, bool kVnni>
struct IntSamples {
  using Job = BeamformJob<Rail, std::int32_t>;
  using Vec = VecI;
  using Tag = Int;
  static constexpr std::size_t samples = lanes;
  static constexpr std::size_t block_elements = beamform_block_elements;

  static HWY_INLINE Vec load(const std::int16_t* x) {
    const hn::Repartition<std::int16_t, Int> d16;
    return hn::BitCast(Int(), hn::LoadU(d16, x));
  }
  static HWY_INLINE Vec load(const std::int8_t* x) {
    const hn::Repartition<std::int16_t, Int> d16;
    return hn::BitCast(Int(), hn::PromoteTo(d16, hn::LoadU(hn::Rebind<std::int8_t, decltype(d16)>(), x)));
  }
  static HWY_INLINE Vec first(Vec w, Vec x) { return next(w, x, hn::Zero(Int())); }
  static HWY_INLINE Vec next(Vec w, Vec x, Vec sum) { return add_products<kVnni>(w, x, sum); }
  static HWY_INLINE void finish(Vec re, Vec im, float scale, bool add, float* y) {
    const Float d;
    const VecF factor = hn::Set(d, scale);
    VecF y_re = hn::Mul(factor, hn::ConvertTo(d, re));
    VecF y_im = hn::Mul(factor, hn::ConvertTo(d, im));
    if (add) {
      VecF old_re;
      VecF old_im;
      hn::LoadInterleaved2(d, y, old_re, old_im);
      y_re = hn::Add(y_re, old_re);
      y_im = hn::Add(y_im, old_im);
    }
    hn::StoreInterleaved2(y_re, y_im, d, y);
  }
};

// Samples are taken a few rows at a time, along time, so that the processor sees few and long streams and
// rows whose distance is a power of two do not take each other's places in the caches. The weights of two
// beams and these rows are in registers. The sums of a part of the samples wait in the first-level cache,
// [vector][beam][2].
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM_A64
constexpr std::size_t rows_of_two = 4;
constexpr std::size_t rows_of_one = 8;
constexpr std::size_t tile_vectors = 8;
#else  // 16 registers
constexpr std::size_t rows_of_two = 2;
constexpr std::size_t rows_of_one = 4;
constexpr std::size_t tile_vectors = 4;
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

template <typename Rail>
HWY_INLINE void fetch_to_write([[maybe_unused]] Rail* p) {
#if HWY_COMPILER_GCC || HWY_COMPILER_CLANG
  __builtin_prefetch(p, 1, 3);
#endif
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
        if constexpr (kFetch == Fetch::second_level) fetch_to_write(y + b * y_stride + i + 512);
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

// A tile of one beam, from all rows at once: no sums wait anywhere. For blocks so short that their rows
// follow each other as one stream.
template <std::size_t kVectors>
HWY_INLINE void tile(const BeamformJob<float, float>& job, std::size_t first) {
  const Float d;
  VecF re[kVectors];
  VecF im[kVectors];
  HWY_UNROLL(8)
  for (std::size_t v = 0; v < kVectors; ++v) re[v] = im[v] = hn::Zero(d);
  const float* x = job.x + first;
  const float* w = job.weights;
  for (std::size_t e = 0; e < job.elements; ++e, x += job.x_stride, w += 2 * beamform_group) {
    const VecF w_re = hn::Set(d, w[0]);
    const VecF w_im = hn::Set(d, w[1]);
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) {
      const VecF sample = hn::LoadU(d, x + v * lanes);
      re[v] = hn::MulAdd(w_re, sample, re[v]);
      im[v] = hn::MulAdd(w_im, sample, im[v]);
    }
  }
  HWY_UNROLL(8)
  for (std::size_t v = 0; v < kVectors; ++v) {
    FloatSamples::finish(re[v], im[v], 1, false, job.y + first + v * lanes);
  }
}

template <class Format>
void whole_vectors(const BeamformJob<float, float>& job, std::size_t vectors) {
  constexpr std::size_t samples = Format::samples;
  // What is larger than half a megabyte comes from memory, or is about to.
  const bool large = job.elements * job.samples > 65536;
  if (job.beams == 1 && job.samples <= 64) {
    std::size_t v = 0;
    for (; v + tile_vectors <= vectors; v += tile_vectors) tile<tile_vectors>(job, v * lanes);
    for (; v < vectors; ++v) tile<1>(job, v * lanes);
  } else if (job.beams == 1 && job.elements > 4) {
    if (!large) {
      streamed<Format, rows_of_one>(job, vectors, 384 / samples);
    } else if (job.samples <= 1024) {  // rows of 8 KiB follow each other as one stream
      added_rows<1>(job, vectors);
    } else {
      added_rows<4>(job, vectors);
    }
  } else if (large && job.beams == 4 && job.elements > 8) {
    streamed_from_memory<Format, 4>(job, vectors);
  } else if (large && job.beams == 3 && job.elements > 8) {
    streamed_from_memory<Format, 3>(job, vectors);
  } else {
    // From 256 elements on the parts of all rows are larger than half a megabyte; all groups of beams read
    // them.
    const bool many = job.elements > 256 && job.beams > beamform_group;
    streamed<Format, rows_of_two>(job, vectors, (many ? 128 : 256) / samples);
  }
}

template <class Format, typename Rail>
void whole_vectors(const BeamformJob<Rail, std::int32_t>& job, std::size_t vectors) {
  if (job.beams == 1 && job.elements > 4) {
    streamed<Format, rows_of_one>(job, vectors, 1024 / Format::samples);
  } else {
    streamed<Format, rows_of_two>(job, vectors, 512 / Format::samples);
  }
}

// The samples after the last whole vector, as one vector that ends in zeros.
template <class Format, typename Rail, typename Weight>
void rest(const BeamformJob<Rail, Weight>& job, std::size_t first) {
  constexpr std::size_t rails = 2 * Format::samples;
  const std::size_t count = 2 * job.samples - first;
  BeamformJob<Rail, Weight> last = job;
  last.samples = Format::samples;
  Rail* x = reinterpret_cast<Rail*>(job.scratch);
  for (std::size_t e = 0; e < job.elements; ++e) {
    std::memcpy(x + e * rails, job.x + e * job.x_stride + first, count * sizeof(Rail));
    std::fill(x + e * rails + count, x + (e + 1) * rails, Rail{0});
  }
  last.x = x;
  last.x_stride = rails;
  last.y = reinterpret_cast<float*>(job.scratch + 64 * job.elements);
  last.y_stride = rails;
  whole_vectors<Format>(last, 1);
  for (std::size_t b = 0; b < job.beams; ++b) {
    std::copy_n(last.y + b * rails, count, job.y + b * job.y_stride + first);
  }
}

template <class Format>
void beamform_target(const typename Format::Job& job) {
  const std::size_t vectors = job.samples / Format::samples;
  if (vectors != 0) whole_vectors<Format>(job, vectors);
  if (vectors * Format::samples != job.samples) rest<Format>(job, vectors * 2 * Format::samples);
}

#endif

#if HWY_TARGET == HWY_SCALAR
void beamform_cf32(const BeamformJob<float, float>& job) {
  beamform_target(job);
}
template <typename Rail>
void beamform_integers(const BeamformJob<Rail, std::int32_t>& job) {
  beamform_target(job);
}
#else
void beamform_cf32(const BeamformJob<float, float>& job) {
  beamform_target<FloatSamples>(job);
}
template <typename Rail>
void beamform_integers(const BeamformJob<Rail, std::int32_t>& job) {
#if HWY_TARGET <= HWY_AVX3
  if (beamform_uses_vnni()) return beamform_target<IntSamples<Rail, true> >(job);
#endif
  beamform_target<IntSamples<Rail, false> >(job);
}
#endif
void beamform_cs16(const BeamformJob<std::int16_t, std::int32_t>& job) {
  beamform_integers(job);
}
void beamform_cs8(const BeamformJob<std::int8_t, std::int32_t>& job) {
  beamform_integers(job);
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {
HWY_EXPORT(beamform_cf32);
HWY_EXPORT(beamform_cs16);
HWY_EXPORT(beamform_cs8);

// Highway knows the processors that have it as a target of their own, for which kernels are not compiled.
bool has_vnni() noexcept {
  return (hwy::SupportedTargets() & HWY_AVX3_DL) != 0;
}
std::atomic<bool>& uses_vnni() noexcept {
  static std::atomic<bool> uses{has_vnni()};
  return uses;
}
}  // namespace

bool beamform_uses_vnni() noexcept {
  return uses_vnni().load(std::memory_order_relaxed);
}
void beamform_allow_vnni(bool allow) noexcept {
  uses_vnni().store(allow && has_vnni(), std::memory_order_relaxed);
}

void beamform(const BeamformJob<float, float>& job) noexcept {
  BORESIGHT_DISPATCH(beamform_cf32)(job);
}
void beamform(const BeamformJob<std::int16_t, std::int32_t>& job) noexcept {
  BORESIGHT_DISPATCH(beamform_cs16)(job);
}
void beamform(const BeamformJob<std::int8_t, std::int32_t>& job) noexcept {
  BORESIGHT_DISPATCH(beamform_cs8)(job);
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
