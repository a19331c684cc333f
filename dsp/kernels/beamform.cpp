#include "kernels/beamform.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/beamform.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/beamform_formats-inl.h"
#include "kernels/beamform_memory-inl.h"
#include "kernels/beamform_scalar-inl.h"
#include "kernels/beamform_streams-inl.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR

// A tile of one beam, from all rows at once: no sums wait anywhere. For blocks so short that their rows
// follow each other as one stream, of which the processor itself finds too little: each row asks for the next
// one. Behind the last one that is nobody's: never read, and a condition would cost a quarter of the speed.
template <std::size_t kVectors>
HWY_INLINE void tile(const BeamformJob<float, float>& job, std::size_t first) {
  const Float d;
  const VecF sign = hn::OddEven(hn::Set(d, -1.0F), hn::Set(d, 1.0F));
  VecF sum[kVectors];
  HWY_UNROLL(16)
  for (std::size_t v = 0; v < kVectors; ++v) sum[v] = hn::Zero(d);
  const float* x = job.x + first;
  const float* w = job.weights;
  for (std::size_t e = 0; e < job.elements; ++e, x += job.x_stride, w += 2 * beamform_group) {
    const VecF w_re = hn::Set(d, w[0]);
    const VecF w_im = hn::Mul(sign, hn::Set(d, w[1]));
    HWY_UNROLL(16)
    for (std::size_t v = 0; v < kVectors; ++v) {
      const VecF sample = hn::LoadU(d, x + v * lanes);
      if (kVectors == tile_vectors) fetch<Fetch::first_level>(x + v * lanes + job.x_stride);
      sum[v] = hn::MulAdd(w_re, sample, sum[v]);
      sum[v] = hn::MulAdd(w_im, hn::Shuffle2301(sample), sum[v]);
    }
  }
  HWY_UNROLL(16)
  for (std::size_t v = 0; v < kVectors; ++v) hn::StoreU(sum[v], d, job.y + first + v * lanes);
}

template <class Format>
void whole_vectors(const BeamformJob<float, float>& job, std::size_t vectors) {
  constexpr std::size_t samples = Format::samples;
  // What is larger than half a megabyte comes from memory, or is about to; what is smaller than an eighth is
  // in the cache. Between them a guess: up to 16 rows lose 13 % from the cache, or gain 40 % from memory.
  const bool large = job.elements * job.samples > 65536;
  const bool not_small = job.elements * job.samples >= 16384;
  const bool wide = job.beams == 3 || job.beams == 4;
  if (job.beams == 1 && job.samples <= 128) {
    std::size_t v = 0;
    for (; v + tile_vectors <= vectors; v += tile_vectors) tile<tile_vectors>(job, v * lanes);
    for (; v + tile_vectors / 2 <= vectors; v += tile_vectors / 2) tile<tile_vectors / 2>(job, v * lanes);
    for (; v < vectors; ++v) tile<1>(job, v * lanes);
  } else if (job.beams == 1 && job.elements > 4) {
    if (!large) {
      streamed<Format, rows_of_one>(job, vectors, 512 / samples);
    } else if (job.samples <= 1024) {  // rows of 8 KiB follow each other as one stream
      added_rows<1>(job, vectors);
    } else {
      added_rows<4>(job, vectors);
    }
  } else if (wide && job.elements <= 16 && not_small) {
    job.beams == 4 ? up_to_16_rows<4>(job, vectors) : up_to_16_rows<3>(job, vectors);
  } else if (wide && job.elements > 16 && large) {
    job.beams == 4 ? pairs_of_rows<4>(job, vectors) : pairs_of_rows<3>(job, vectors);
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
