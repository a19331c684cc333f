// How the beamformer multiplies samples of each format by weights. Included once per target.
#if defined(BORESIGHT_KERNELS_BEAMFORM_FORMATS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BORESIGHT_KERNELS_BEAMFORM_FORMATS_INL_H_
#undef BORESIGHT_KERNELS_BEAMFORM_FORMATS_INL_H_
#else
#define BORESIGHT_KERNELS_BEAMFORM_FORMATS_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "kernels/beamform.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR
namespace hn = hwy::HWY_NAMESPACE;

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
#elif HWY_ARCH_X86 && HWY_TARGET != HWY_EMU128
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

#endif
}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#endif  // toggle
