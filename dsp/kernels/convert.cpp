#include "kernels/convert.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/convert.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// A tail shorter than a vector goes through the same code with one lane: one definition, one result.
using Full = hn::ScalableTag<float>;
using One = hn::CappedTag<float, 1>;

template <class D, typename Int>
HWY_INLINE std::size_t scale_up_from(std::size_t i, D d, const Int* in, float scale, float* out,
                                     std::size_t rails) {
  const hn::Rebind<Int, D> d_in;
  const hn::Rebind<std::int32_t, D> d32;
  const auto factor = hn::Set(d, scale);
  const std::size_t lanes = hn::Lanes(d);
  for (; i + lanes <= rails; i += lanes) {
    const auto x = hn::ConvertTo(d, hn::PromoteTo(d32, hn::LoadU(d_in, in + i)));
    hn::StoreU(hn::Mul(x, factor), d, out + i);
  }
  return i;
}

template <class D, typename Int>
HWY_INLINE std::size_t scale_down_from(std::size_t i, D d, const float* in, float full_scale, Int* out,
                                       std::size_t rails) {
  const hn::Rebind<Int, D> d_out;
  const hn::Rebind<std::int32_t, D> d32;
  const auto factor = hn::Set(d, full_scale);
  const auto low = hn::Set(d, -full_scale);
  const auto high = hn::Set(d, full_scale - 1.0F);
  // Near 1.5 * 2^23 floats are one apart: the addition itself rounds as std::lrint does, and the sum's low
  // bits are the integer. hn::NearestInt rounds just below a half upwards on the targets without SIMD.
  const auto magic = hn::Set(d, 12582912.0F);
  const auto magic_bits = hn::BitCast(d32, magic);
  const std::size_t lanes = hn::Lanes(d);
  for (; i + lanes <= rails; i += lanes) {
    const auto x = hn::Mul(hn::LoadU(d, in + i), factor);
    const auto number = hn::IfThenElseZero(hn::Eq(x, x), x);
    const auto sum = hn::Add(hn::Min(hn::Max(number, low), high), magic);
    hn::StoreU(hn::DemoteTo(d_out, hn::Sub(hn::BitCast(d32, sum), magic_bits)), d_out, out + i);
  }
  return i;
}

template <typename Int>
HWY_INLINE void scale_up(const Int* in, float scale, float* out, std::size_t rails) {
  const std::size_t done = scale_up_from(0, Full(), in, scale, out, rails);
  scale_up_from(done, One(), in, scale, out, rails);
}

template <typename Int>
HWY_INLINE void scale_down(const float* in, float full_scale, Int* out, std::size_t rails) {
  const std::size_t done = scale_down_from(0, Full(), in, full_scale, out, rails);
  scale_down_from(done, One(), in, full_scale, out, rails);
}

void cs16_to_cf32(const std::int16_t* in, float* out, std::size_t rails) {
  scale_up(in, 1.0F / 32768, out, rails);
}
void cs8_to_cf32(const std::int8_t* in, float* out, std::size_t rails) {
  scale_up(in, 1.0F / 128, out, rails);
}
void cf32_to_cs16(const float* in, std::int16_t* out, std::size_t rails) {
  scale_down(in, 32768, out, rails);
}
void cf32_to_cs8(const float* in, std::int8_t* out, std::size_t rails) {
  scale_down(in, 128, out, rails);
}

std::size_t clean_cf32(const float* in, float* out, std::size_t rails) {
  std::size_t i = 0;
  std::size_t cleaned = 0;
#if HWY_TARGET != HWY_SCALAR  // which has one lane: no room for a sample
  const Full d;
  const auto limit = hn::Set(d, 65536.0F);
  const std::size_t lanes = hn::Lanes(d);
  for (; i + lanes <= rails; i += lanes) {
    const auto x = hn::LoadU(d, in + i);
    const auto magnitude = hn::Abs(x);
    // Both rails of a sample are judged in both of its lanes; a comparison with NaN is false.
    const auto good = hn::And(hn::Le(magnitude, limit), hn::Le(hn::Shuffle2301(magnitude), limit));
    hn::StoreU(hn::IfThenElseZero(good, x), d, out + i);
    cleaned += (lanes - hn::CountTrue(d, good)) / 2;
  }
#endif
  const One d1;
  for (; i < rails; i += 2) {
    const auto re = hn::LoadU(d1, in + i);
    const auto im = hn::LoadU(d1, in + i + 1);
    const auto limit1 = hn::Set(d1, 65536.0F);
    const bool good = hn::AllTrue(d1, hn::And(hn::Le(hn::Abs(re), limit1), hn::Le(hn::Abs(im), limit1)));
    hn::StoreU(good ? re : hn::Zero(d1), d1, out + i);
    hn::StoreU(good ? im : hn::Zero(d1), d1, out + i + 1);
    cleaned += !good;
  }
  return cleaned;
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {

HWY_EXPORT(cs16_to_cf32);
HWY_EXPORT(cs8_to_cf32);
HWY_EXPORT(cf32_to_cs16);
HWY_EXPORT(cf32_to_cs8);
HWY_EXPORT(clean_cf32);

// The kernels see rails: re, im, re, im, ...
static_assert(sizeof(cs16) == 4 && sizeof(cs8) == 2 && sizeof(cf32) == 8);
const std::int16_t* rails(std::span<const cs16> x) {
  return reinterpret_cast<const std::int16_t*>(x.data());
}
const std::int8_t* rails(std::span<const cs8> x) {
  return reinterpret_cast<const std::int8_t*>(x.data());
}
const float* rails(std::span<const cf32> x) {
  return reinterpret_cast<const float*>(x.data());
}
std::int16_t* rails(std::span<cs16> x) {
  return reinterpret_cast<std::int16_t*>(x.data());
}
std::int8_t* rails(std::span<cs8> x) {
  return reinterpret_cast<std::int8_t*>(x.data());
}
float* rails(std::span<cf32> x) {
  return reinterpret_cast<float*>(x.data());
}

}  // namespace

void to_cf32(std::span<const cs16> in, std::span<cf32> out) noexcept {
  BORESIGHT_DISPATCH(cs16_to_cf32)(rails(in), rails(out), 2 * in.size());
}
void to_cf32(std::span<const cs8> in, std::span<cf32> out) noexcept {
  BORESIGHT_DISPATCH(cs8_to_cf32)(rails(in), rails(out), 2 * in.size());
}
std::size_t to_cf32(std::span<const cf32> in, std::span<cf32> out) noexcept {
  return BORESIGHT_DISPATCH(clean_cf32)(rails(in), rails(out), 2 * in.size());
}
void from_cf32(std::span<const cf32> in, std::span<cs16> out) noexcept {
  BORESIGHT_DISPATCH(cf32_to_cs16)(rails(in), rails(out), 2 * in.size());
}
void from_cf32(std::span<const cf32> in, std::span<cs8> out) noexcept {
  BORESIGHT_DISPATCH(cf32_to_cs8)(rails(in), rails(out), 2 * in.size());
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
