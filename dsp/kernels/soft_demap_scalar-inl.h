// The soft demapper without SIMD, for targets that have none: the same arithmetic in the same order as the
// vectors of soft_demap.cpp, and so the same bits. Included once per target, after hwy/highway.h.
#if defined(BORESIGHT_KERNELS_SOFT_DEMAP_SCALAR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BORESIGHT_KERNELS_SOFT_DEMAP_SCALAR_INL_H_
#undef BORESIGHT_KERNELS_SOFT_DEMAP_SCALAR_INL_H_
#else
#define BORESIGHT_KERNELS_SOFT_DEMAP_SCALAR_INL_H_
#endif

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "kernels/soft_demap.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128 || HWY_HAVE_SCALABLE
using namespace soft_demap;

struct Weight {
  float times;  // a symbol
  float unit;   // of the weighted axis
};

HWY_INLINE Weight weight_of(const SoftDemapInput& in, std::size_t n, float step) {
  const float factor = llr_factor * step * in.factor;
  const float t = in.kind == SoftDemapInput::Kind::variance ? factor / in.scale[n] : factor * in.scale[n];
  const bool good = t > 0 && t <= largest_weight;
  const float symbol_factor = in.kind == SoftDemapInput::Kind::matched ? factor : t;
  return {good ? symbol_factor : 0.0F, good ? t * step : 0.0F};
}

HWY_INLINE std::int8_t rounded(float magnitude, float sign_of) {
  // Half to even, as the vectors do.
  const float sum = std::min(magnitude, llr_limit) + 8388608.0F;
  const auto steps = static_cast<int>(sum - 8388608.0F);
  return static_cast<std::int8_t>(std::signbit(sign_of) ? -steps : steps);
}

template <unsigned kBits>
HWY_INLINE void demap_axis(float x, float r, float unit, std::int8_t* llr, std::size_t stride) {
  float folded[kBits];
  float magnitude[kBits];
  folded[0] = x;
  magnitude[0] = r;
  for (unsigned j = 1; j < kBits; ++j) {
    folded[j] = static_cast<float>(1U << (kBits - j)) * unit - magnitude[j - 1];
    magnitude[j] = std::abs(folded[j]);
  }
  float f = magnitude[kBits - 1];
  llr[(kBits - 1) * stride] = rounded(f, folded[kBits - 1]);
  for (unsigned j = kBits - 1; j-- > 0;) {
    if (j + 2 == kBits) {
      f = magnitude[j] - std::min(folded[j + 1], 0.0F);
    } else {
      const auto n = static_cast<float>(1U << (kBits - j - 2));
      f = n * (magnitude[j] - (n * unit - unit)) + (f - std::max(folded[j + 1], 0.0F));
      f = std::max(f, magnitude[j]);
    }
    llr[j * stride] = rounded(f, folded[j]);
  }
}

template <unsigned kBits, bool kAlternating>
HWY_INLINE void demap_symbol(float i, float q, Weight w, std::int8_t* llr) {
  i *= w.times;
  q *= w.times;
  const bool good = std::abs(i) + std::abs(q) <= largest_axis;
  const float unit = good ? w.unit : 0.0F;
  constexpr std::size_t stride = kAlternating ? 2 : 1;
  demap_axis<kBits>(i, good ? std::abs(i) : 0.0F, unit, llr, stride);
  demap_axis<kBits>(q, good ? std::abs(q) : 0.0F, unit, llr + (kAlternating ? 1 : kBits), stride);
}

template <unsigned kBits, SoftDemapOrder kOrder, Turn kTurn>
void square(const SoftDemapInput& in, float step, std::int8_t* llr) {
  constexpr bool alternating = kOrder == SoftDemapOrder::alternating;
  for (std::size_t n = 0; n < in.symbols; ++n, llr += 2 * kBits) {
    const Weight w = weight_of(in, n, step);
    float i = in.rails[2 * n];
    float q = in.rails[2 * n + 1];
    if constexpr (kTurn == Turn::eighth) {
      const float sum = i + q;
      i = i - q;
      q = sum;
    }
    demap_symbol<kBits, alternating>(i, q, w, llr);
    if constexpr (!alternating) {
      for (unsigned b = 0; b < 2 * kBits; ++b) llr[b] = static_cast<std::int8_t>(-llr[b]);
    }
  }
}

template <SoftDemapLine kLine>
void line(const SoftDemapInput& in, float step, std::int8_t* llr) {
  for (std::size_t n = 0; n < in.symbols; ++n) {
    const Weight w = weight_of(in, n, step);
    const float i = in.rails[2 * n];
    const float x = (kLine == SoftDemapLine::diagonal ? i + in.rails[2 * n + 1] : -i) * w.times;
    const float r = std::abs(x);
    llr[n] = rounded(r <= largest_axis ? r : 0.0F, x);
  }
}

#endif
}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#endif  // toggle
