#include "kernels/pss.h"

#include <algorithm>
#include <utility>

#include "boresight/core/assert.h"
#include "kernels/pss_groups.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/pss.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Blocks are 16 samples: no target has a tail.
using Lanes16 = hn::CappedTag<float, pss_block>;
using Vec = hn::VFromD<Lanes16>;

// Targets of one lane have no room for a sample, and vectors of unknown length make no arrays.
#if HWY_TARGET == HWY_SCALAR || HWY_HAVE_SCALABLE

void quarter_turns(const float* in, float* out, float* energy, std::size_t blocks) {
  for (std::size_t b = 0; b < blocks; ++b, in += 2 * pss_block, out += 2 * pss_block) {
    float power[2 * pss_block];
    for (std::size_t i = 0; i < 2 * pss_block; ++i) power[i] = in[i] * in[i];
    for (std::size_t half = pss_block; half >= 1; half /= 2) {
      for (std::size_t i = 0; i < half; ++i) power[i] += power[i + half];
    }
    energy[b] = power[0];
    for (std::size_t i = 0; i < 2 * pss_block; i += 8) {
      const float turned[8] = {in[i],      in[i + 1],  in[i + 3],  -in[i + 2],
                               -in[i + 4], -in[i + 5], -in[i + 7], in[i + 6]};
      std::copy(turned, turned + 8, out + i);
    }
  }
}

void correlate_segment(const float* in, float* patterns, float* out, std::size_t rails) {
  constexpr std::size_t stride = 2 * pss_pattern_stride;
  for (std::size_t first = 0; first < rails; first += 2 * pss_tile, in += 2 * pss_tile, out += 2 * pss_tile) {
    const std::size_t count = std::min(2 * pss_tile, rails - first);
    for (std::size_t pattern = 0; pattern < 8; ++pattern) {
      const auto sign = [&](unsigned sample) { return ((pattern >> (sample - 1)) & 1U) != 0 ? -1.0F : 1.0F; };
      float* to = patterns + pattern * stride;
      for (std::size_t i = 0; i < count + 2 * (pss_taps - 4); ++i)
        to[i] = (in[i] + sign(1) * in[i + 2]) + (sign(2) * in[i + 4] + sign(3) * in[i + 6]);
    }
    std::fill(out, out + count, 0.0F);
    for (std::size_t g = 0; g < pss::groups.size(); g += 2) {
      const float* a = patterns + pss::groups[g].pattern * stride + 8 * g;
      const float* b = patterns + pss::groups[g + 1].pattern * stride + 8 * (g + 1);
      const float sign = pss::groups[g].negative ? -1.0F : 1.0F;
      const float relative = pss::groups[g].negative == pss::groups[g + 1].negative ? 1.0F : -1.0F;
      for (std::size_t i = 0; i < count; ++i) out[i] += sign * (a[i] + relative * b[i]);
    }
  }
}

#else

// Halves are added until one number is left, so that the order does not depend on the number of lanes.
template <class D>
HWY_INLINE float halving_sum(D d, hn::VFromD<D> v) {
  if constexpr (hn::MaxLanes(D()) <= 4) {
    HWY_ALIGN float x[4];
    hn::Store(v, d, x);
    return (x[0] + x[2]) + (x[1] + x[3]);
  } else {
    const hn::Half<D> half;
    return halving_sum(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

void quarter_turns(const float* in, float* out, float* energy, std::size_t blocks) {
  const Lanes16 d;
  const hn::RebindToUnsigned<Lanes16> du;
  constexpr std::size_t lanes = hn::MaxLanes(Lanes16());
  constexpr std::size_t vectors = 2 * pss_block / lanes;
  // By n mod 4: x, -j x, -x, j x. Odd samples change their rails, and signs are flipped.
  constexpr std::uint32_t minus = 0x80000000U;
  HWY_ALIGN static constexpr std::uint32_t odd[16] = {0, 0, ~0U, ~0U, 0, 0, ~0U, ~0U,
                                                      0, 0, ~0U, ~0U, 0, 0, ~0U, ~0U};
  HWY_ALIGN static constexpr std::uint32_t flip[16] = {0, 0, 0, minus, minus, minus, minus, 0,
                                                       0, 0, 0, minus, minus, minus, minus, 0};
  for (std::size_t b = 0; b < blocks; ++b, in += 2 * pss_block, out += 2 * pss_block) {
    Vec power[vectors] = {};
    for (std::size_t v = 0; v < vectors; ++v) {
      const std::size_t i = v * lanes;
      const auto x = hn::LoadU(d, in + i);
      power[v] = hn::Mul(x, x);
      const auto is_odd = hn::MaskFromVec(hn::BitCast(d, hn::Load(du, odd + i % 8)));
      const auto sign = hn::BitCast(d, hn::Load(du, flip + i % 8));
      hn::StoreU(hn::Xor(hn::IfThenElse(is_odd, hn::Shuffle2301(x), x), sign), d, out + i);
    }
    for (std::size_t half = vectors / 2; half >= 1; half /= 2) {
      for (std::size_t v = 0; v < half; ++v) power[v] = hn::Add(power[v], power[v + half]);
    }
    energy[b] = halving_sum(d, power[0]);
  }
}

// The eight patterns of four samples, in the order of pss::Group. Complex samples are rails here: a delay of
// a sample is one of two rails.
HWY_INLINE void patterns_at(const float* in, Vec* pattern) {
  const Lanes16 d;
  const auto y0 = hn::LoadU(d, in);
  const auto y1 = hn::LoadU(d, in + 2);
  const auto y2 = hn::LoadU(d, in + 4);
  const auto y3 = hn::LoadU(d, in + 6);
  const auto sum = hn::Add(y0, y1);
  const auto difference = hn::Sub(y0, y1);
  const auto sum_2 = hn::Add(y2, y3);
  const auto difference_2 = hn::Sub(y2, y3);
  pattern[0] = hn::Add(sum, sum_2);
  pattern[1] = hn::Add(difference, sum_2);
  pattern[2] = hn::Sub(sum, difference_2);
  pattern[3] = hn::Sub(difference, difference_2);
  pattern[4] = hn::Add(sum, difference_2);
  pattern[5] = hn::Add(difference, difference_2);
  pattern[6] = hn::Sub(sum, sum_2);
  pattern[7] = hn::Sub(difference, sum_2);
}

// Eight samples are two groups of four. Every target adds within each pair first and then pair after pair.
template <std::size_t pair>
HWY_INLINE Vec pair_sum(Vec first, Vec second) {
  constexpr bool same = pss::groups[2 * pair].negative == pss::groups[2 * pair + 1].negative;
  return same ? hn::Add(first, second) : hn::Sub(first, second);
}

// Where there are multiply-adds these additions are some, by one: the same to the bit, and processors that
// add on two ports and multiply on two others (AMD's since Zen) do both at once.
template <std::size_t pair>
HWY_INLINE Vec with_pair(Vec sum, Vec both, [[maybe_unused]] Vec one) {
  constexpr bool negative = pss::groups[2 * pair].negative;
#if HWY_NATIVE_FMA
  return negative ? hn::NegMulAdd(both, one, sum) : hn::MulAdd(both, one, sum);
#else
  return negative ? hn::Sub(sum, both) : hn::Add(sum, both);
#endif
}

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL

// A vector is eight samples, the length of a pair, so that the filter is a chain of 15 registers from vector
// to vector: what pair g contributes to an output eight samples earlier per step is added to what pairs 0 ..
// g - 1 have left there.
//
//   output v - g  =  pair 0 at v - g  +  ...  +  pair g - 1 at v - 1  +  pair g at v
template <std::size_t pair>
HWY_INLINE void chain_step(Vec* chain, const Vec* first, const Vec* second, Vec one, float* out) {
  constexpr pss::Group group = pss::groups[2 * pair];
  constexpr std::size_t second_pattern = pss::groups[2 * pair + 1].pattern;
  const auto sum = pair_sum<pair>(first[group.pattern], second[second_pattern]);
  if constexpr (pair == 0) {
    static_assert(!group.negative);
    chain[0] = sum;
  } else {
    const auto all = with_pair<pair>(chain[pair - 1], sum, one);
    if constexpr (pair == pss::pairs - 1) {
      hn::StoreU(all, Lanes16(), out);
    } else {
      chain[pair] = all;
    }
  }
}

void correlate_segment(const float* in, float* /*patterns*/, float* out, std::size_t rails) {
  const Lanes16 d;
  constexpr std::size_t lanes = 16;
  const auto one = hn::Set(d, 1.0F);
  const auto zero = hn::Zero(d);
  Vec chain[pss::pairs - 1] = {zero, zero, zero, zero, zero, zero, zero, zero,
                               zero, zero, zero, zero, zero, zero, zero};
  float first_outputs[lanes];  // of which there are none yet
  for (std::size_t i = 0; i < rails + lanes * (pss::pairs - 1); i += lanes) {
    Vec first[8];
    Vec second[8];
    patterns_at(in + i, first);
    patterns_at(in + i + 8, second);
    float* to = i < lanes * (pss::pairs - 1) ? first_outputs : out + i - lanes * (pss::pairs - 1);
    [&]<std::size_t... step>(std::index_sequence<step...>) {
      (chain_step<pss::pairs - 1 - step>(chain, first, second, one, to), ...);
    }
    (std::make_index_sequence<pss::pairs>());
  }
}

#else

template <std::size_t pair, std::size_t vectors>
HWY_INLINE void add_pair(Vec* sum, const float* patterns, std::size_t lanes) {
  const Lanes16 d;
  const auto one = hn::Set(d, 1.0F);
  constexpr pss::Group group = pss::groups[2 * pair];
  constexpr std::size_t stride = 2 * pss_pattern_stride;
  constexpr std::size_t first = group.pattern * stride + 16 * pair;
  constexpr std::size_t second = pss::groups[2 * pair + 1].pattern * stride + 16 * pair + 8;
  for (std::size_t v = 0; v < vectors; ++v) {
    const float* p = patterns + v * lanes;
    const auto both = pair_sum<pair>(hn::LoadU(d, p + first), hn::LoadU(d, p + second));
    if constexpr (pair == 0) {
      sum[v] = both;
    } else {
      sum[v] = with_pair<pair>(sum[v], both, one);
    }
  }
}

template <std::size_t vectors>
HWY_INLINE void correlate_vectors(const float* patterns, float* out, std::size_t lanes) {
  Vec sum[vectors];
  [&]<std::size_t... pair>(std::index_sequence<pair...>) {
    (add_pair<pair, vectors>(sum, patterns, lanes), ...);
  }
  (std::make_index_sequence<pss::pairs>());
  for (std::size_t v = 0; v < vectors; ++v) hn::StoreU(sum[v], Lanes16(), out + v * lanes);
}

void correlate_segment(const float* in, float* patterns, float* out, std::size_t rails) {
  const Lanes16 d;
  const std::size_t lanes = hn::Lanes(d);
  constexpr std::size_t stride = 2 * pss_pattern_stride;
  constexpr std::size_t at_once = 8;  // the additions of one output wait for each other
  for (std::size_t first = 0; first < rails; first += 2 * pss_tile) {
    const std::size_t count = std::min(2 * pss_tile, rails - first);
    for (std::size_t i = 0; i < count + 2 * (pss_taps - 4); i += lanes) {
      Vec pattern[8];
      patterns_at(in + first + i, pattern);
      for (std::size_t k = 0; k < 8; ++k) hn::Store(pattern[k], d, patterns + k * stride + i);
    }
    std::size_t i = 0;
    for (; i + at_once * lanes <= count; i += at_once * lanes)
      correlate_vectors<at_once>(patterns + i, out + first + i, lanes);
    for (; i < count; i += lanes) correlate_vectors<1>(patterns + i, out + first + i, lanes);
  }
}

#endif  // the vector's length

#endif  // one lane

void segment_products(const float* in, float* re, float* im, std::size_t count) {
  const Lanes16 d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t n = 0; n < count; n += lanes) {
    Vec a_re;
    Vec a_im;
    Vec b_re;
    Vec b_im;
    hn::LoadInterleaved2(d, in + 2 * n, a_re, a_im);
    hn::LoadInterleaved2(d, in + 2 * (n + pss_taps), b_re, b_im);
    hn::StoreU(hn::Add(hn::Mul(b_re, a_re), hn::Mul(b_im, a_im)), d, re + n);
    hn::StoreU(hn::Sub(hn::Mul(b_im, a_re), hn::Mul(b_re, a_im)), d, im + n);
  }
}

HWY_INLINE Vec differential(const float* q) {
  const Lanes16 d;
  const auto low = hn::Add(hn::LoadU(d, q + pss_taps), hn::LoadU(d, q + 2 * pss_taps));
  const auto middle = hn::Add(hn::LoadU(d, q + 3 * pss_taps), hn::LoadU(d, q + 4 * pss_taps));
  const auto high = hn::Add(hn::LoadU(d, q + 5 * pss_taps), hn::LoadU(d, q + 6 * pss_taps));
  return hn::Add(hn::Sub(low, hn::LoadU(d, q)), hn::Add(middle, high));
}

float pss_statistic(const float* re, const float* im, const float* scale, float* statistic,
                    std::size_t count) {
  const Lanes16 d;
  const std::size_t lanes = hn::Lanes(d);
  auto largest = hn::Zero(d);
  for (std::size_t n = 0; n < count; n += pss_block) {
    const auto factor = hn::Set(d, scale[n / pss_block]);
    for (std::size_t i = n; i < n + pss_block; i += lanes) {
      const auto z_re = hn::Mul(differential(re + i), factor);
      const auto z_im = hn::Mul(differential(im + i), factor);
      const auto square = hn::Add(hn::Mul(z_re, z_re), hn::Mul(z_im, z_im));
      const auto number = hn::IfThenElseZero(hn::Eq(square, square), square);
      hn::StoreU(number, d, statistic + i);
      largest = hn::Max(largest, number);
    }
  }
  return hn::GetLane(hn::MaxOfLanes(d, largest));
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {

HWY_EXPORT(quarter_turns);
HWY_EXPORT(correlate_segment);
HWY_EXPORT(segment_products);
HWY_EXPORT(pss_statistic);

const float* rails(std::span<const cf32> x) {
  return reinterpret_cast<const float*>(x.data());
}
float* rails(std::span<cf32> x) {
  return reinterpret_cast<float*>(x.data());
}

}  // namespace

void quarter_turns(std::span<const cf32> in, std::span<cf32> out, std::span<float> energy) noexcept {
  BORESIGHT_ASSERT(in.size() % pss_block == 0 && out.size() >= in.size() &&
                   energy.size() >= in.size() / pss_block);
  BORESIGHT_DISPATCH(quarter_turns)(rails(in), rails(out), energy.data(), in.size() / pss_block);
}

void correlate_segment(std::span<const cf32> in, std::span<cf32> scratch, std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(out.size() % pss_block == 0 && scratch.size() >= pss_scratch &&
                   in.size() >= out.size() + pss_reach);
  BORESIGHT_DISPATCH(correlate_segment)(rails(in), rails(scratch), rails(out), 2 * out.size());
}

void segment_products(std::span<const cf32> in, std::span<float> re, std::span<float> im) noexcept {
  BORESIGHT_ASSERT(re.size() % pss_block == 0 && im.size() == re.size() && in.size() >= re.size() + pss_taps);
  BORESIGHT_DISPATCH(segment_products)(rails(in), re.data(), im.data(), re.size());
}

float pss_statistic(std::span<const float> re, std::span<const float> im, std::span<const float> scale,
                    std::span<float> statistic) noexcept {
  BORESIGHT_ASSERT(statistic.size() % pss_block == 0 && scale.size() >= statistic.size() / pss_block &&
                   re.size() >= statistic.size() + 6 * pss_taps && im.size() >= re.size());
  return BORESIGHT_DISPATCH(pss_statistic)(re.data(), im.data(), scale.data(), statistic.data(),
                                           statistic.size());
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
