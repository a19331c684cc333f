#include "kernels/preamble.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/preamble.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// A tail shorter than a vector goes through the same code with one lane.
using Full = hn::ScalableTag<float>;
using One = hn::CappedTag<float, 1>;

template <class D>
HWY_INLINE std::size_t multiply_from(std::size_t n, D d, const float* a, const float* b, float* out,
                                     std::size_t count) {
  using V = hn::Vec<D>;
  const std::size_t lanes = hn::Lanes(d);
  for (; n + lanes <= count; n += lanes) {
    V a_re, a_im, b_re, b_im;
    hn::LoadInterleaved2(d, a + 2 * n, a_re, a_im);
    hn::LoadInterleaved2(d, b + 2 * n, b_re, b_im);
    const V re = hn::NegMulAdd(a_im, b_im, hn::Mul(a_re, b_re));
    const V im = hn::MulAdd(a_im, b_re, hn::Mul(a_re, b_im));
    hn::StoreInterleaved2(re, im, d, out + 2 * n);
  }
  return n;
}

void multiply_all(const float* a, const float* b, float* out, std::size_t count) {
  const std::size_t done = multiply_from(0, Full(), a, b, out, count);
  multiply_from(done, One(), a, b, out, count);
}

template <class D>
HWY_INLINE std::size_t levels_from(std::size_t n, D d, const float* y, float scale, std::uint8_t* levels,
                                   std::size_t count) {
  using V = hn::Vec<D>;
  const hn::Rebind<std::int32_t, D> d32;
  const hn::Rebind<std::uint8_t, D> d8;
  const std::size_t lanes = hn::Lanes(d);
  for (; n + lanes <= count; n += lanes) {
    V re, im, next_re, next_im;
    hn::LoadInterleaved2(d, y + 2 * n, re, im);
    hn::LoadInterleaved2(d, y + 2 * n + 2, next_re, next_im);
    const V sum_re = hn::Add(re, next_re);
    const V sum_im = hn::Add(im, next_im);
    const V on = hn::MulAdd(re, re, hn::Mul(im, im));
    const V between = hn::Mul(hn::MulAdd(sum_re, sum_re, hn::Mul(sum_im, sum_im)), hn::Set(d, 0.5F));
    const V size = hn::Mul(hn::Sqrt(hn::Max(on, between)), hn::Set(d, scale));
    hn::StoreU(hn::DemoteTo(d8, hn::ConvertTo(d32, hn::Min(size, hn::Set(d, 255.0F)))), d8, levels + n);
  }
  return n;
}

void levels_all(const float* y, float scale, std::uint8_t* levels, std::size_t count) {
  const std::size_t done = levels_from(0, Full(), y, scale, levels, count);
  levels_from(done, One(), y, scale, levels, count);
}

template <class D>
HWY_INLINE std::size_t dot_from(std::size_t n, D d, const float* x_re, const float* x_im, const float* t_re,
                                const float* t_im, std::size_t count, float* sum) {
  using V = hn::Vec<D>;
  const std::size_t lanes = hn::Lanes(d);
  V re = hn::Zero(d);
  V im = hn::Zero(d);
  for (; n + lanes <= count; n += lanes) {
    const V xr = hn::LoadU(d, x_re + n);
    const V xi = hn::LoadU(d, x_im + n);
    const V tr = hn::LoadU(d, t_re + n);
    const V ti = hn::LoadU(d, t_im + n);
    re = hn::MulAdd(xi, ti, hn::MulAdd(xr, tr, re));
    im = hn::NegMulAdd(xr, ti, hn::MulAdd(xi, tr, im));
  }
  sum[0] += hn::GetLane(hn::SumOfLanes(d, re));
  sum[1] += hn::GetLane(hn::SumOfLanes(d, im));
  return n;
}

void dot_all(const float* x_re, const float* x_im, const float* t_re, const float* t_im, std::size_t count,
             float* sum) {
  const std::size_t done = dot_from(0, Full(), x_re, x_im, t_re, t_im, count, sum);
  dot_from(done, One(), x_re, x_im, t_re, t_im, count, sum);
}

template <class D>
HWY_INLINE std::size_t split_from(std::size_t n, D d, const float* y, float* re, float* im,
                                  std::size_t count) {
  const std::size_t lanes = hn::Lanes(d);
  for (; n + lanes <= count; n += lanes) {
    hn::Vec<D> r, i;
    hn::LoadInterleaved2(d, y + 2 * n, r, i);
    hn::StoreU(r, d, re + n);
    hn::StoreU(i, d, im + n);
  }
  return n;
}

void split_all(const float* y, float* re, float* im, std::size_t count) {
  const std::size_t done = split_from(0, Full(), y, re, im, count);
  split_from(done, One(), y, re, im, count);
}

template <class V>
struct Complex {
  V re, im;
};

// a + b conj(w), w the phasor at `w`: cos, sin.
template <class D, class V = hn::Vec<D>>
HWY_INLINE Complex<V> join(D d, const Complex<V>& a, const Complex<V>& b, const float* w) {
  const V c = hn::Set(d, w[0]);
  const V s = hn::Set(d, w[1]);
  return {hn::MulAdd(b.im, s, hn::MulAdd(b.re, c, a.re)), hn::NegMulAdd(b.re, s, hn::MulAdd(b.im, c, a.im))};
}

template <class D>
HWY_INLINE std::size_t carriers_from(std::size_t n, D d, const float* re, const float* im,
                                     const float* phasors, float scale, bool keep_larger,
                                     std::uint8_t* levels, std::size_t stride, std::size_t carriers,
                                     std::size_t positions) {
  using V = hn::Vec<D>;
  const hn::Rebind<std::int32_t, D> d32;
  const hn::Rebind<std::uint8_t, D> d8;
  const std::size_t lanes = hn::Lanes(d);
  const V factor = hn::Set(d, scale);
  const V most = hn::Set(d, 255.0F);
  const float* fours = phasors;
  const float* twos = fours + carriers / 2;
  const float* ones = twos + carriers;
  for (; n + lanes <= positions; n += lanes) {
    Complex<V> c[8];
    for (std::size_t m = 0; m < 8; ++m)
      c[m] = {hn::LoadU(d, re + n + 128 * m), hn::LoadU(d, im + n + 128 * m)};
    c[0] = {hn::Neg(c[0].re), hn::Neg(c[0].im)};
    for (std::size_t four = 0; four < carriers / 4; ++four) {
      const float* w = fours + 2 * four;
      const Complex<V> pair0 = join(d, c[0], c[1], w);
      const Complex<V> pair1 = join(d, c[2], c[3], w);
      const Complex<V> pair2 = join(d, c[4], c[5], w);
      const Complex<V> pair3 = join(d, c[6], c[7], w);
      for (std::size_t two = 2 * four; two < 2 * four + 2; ++two) {
        const Complex<V> first = join(d, pair0, pair1, twos + 2 * two);
        const Complex<V> second = join(d, pair2, pair3, twos + 2 * two);
        for (std::size_t one = 2 * two; one < 2 * two + 2; ++one) {
          const Complex<V> all = join(d, first, second, ones + 2 * one);
          const V size = hn::Sqrt(hn::MulAdd(all.re, all.re, hn::Mul(all.im, all.im)));
          const auto level = hn::ConvertTo(d32, hn::Min(hn::Mul(size, factor), most));
          auto bytes = hn::DemoteTo(d8, level);
          std::uint8_t* out = levels + one * stride + n;
          if (keep_larger) bytes = hn::Max(bytes, hn::LoadU(d8, out));
          hn::StoreU(bytes, d8, out);
        }
      }
    }
  }
  return n;
}

void carriers_all(const float* re, const float* im, const float* phasors, float scale, bool keep_larger,
                  std::uint8_t* levels, std::size_t stride, std::size_t carriers, std::size_t positions) {
  const std::size_t done =
      carriers_from(0, Full(), re, im, phasors, scale, keep_larger, levels, stride, carriers, positions);
  carriers_from(done, One(), re, im, phasors, scale, keep_larger, levels, stride, carriers, positions);
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "boresight/core/assert.h"

namespace boresight::kernels {
namespace {

HWY_EXPORT(multiply_all);
HWY_EXPORT(levels_all);
HWY_EXPORT(split_all);
HWY_EXPORT(dot_all);
HWY_EXPORT(carriers_all);

const float* rails(std::span<const cf32> x) {
  return reinterpret_cast<const float*>(x.data());
}

}  // namespace

void multiply(std::span<const cf32> a, std::span<const cf32> b, std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(a.size() == b.size() && a.size() == out.size());
  BORESIGHT_DISPATCH(multiply_all)(rails(a), rails(b), reinterpret_cast<float*>(out.data()), out.size());
}

void half_sample_levels(std::span<const cf32> y, float scale, std::span<std::uint8_t> levels) noexcept {
  BORESIGHT_ASSERT(y.size() == levels.size() + 1);
  BORESIGHT_DISPATCH(levels_all)(rails(y), scale, levels.data(), levels.size());
}

cf32 dot_conjugate(std::span<const float> x_re, std::span<const float> x_im, std::span<const float> t_re,
                   std::span<const float> t_im) noexcept {
  BORESIGHT_ASSERT(x_re.size() == x_im.size() && x_re.size() == t_re.size() && x_re.size() == t_im.size());
  float sum[2] = {0, 0};
  BORESIGHT_DISPATCH(dot_all)(x_re.data(), x_im.data(), t_re.data(), t_im.data(), x_re.size(), sum);
  return {sum[0], sum[1]};
}

void split(std::span<const cf32> y, std::span<float> re, std::span<float> im) noexcept {
  BORESIGHT_ASSERT(y.size() == re.size() && y.size() == im.size());
  BORESIGHT_DISPATCH(split_all)(rails(y), re.data(), im.data(), y.size());
}

void pss_carriers(std::span<const float> re, std::span<const float> im, std::span<const float> phasors,
                  float scale, bool keep_larger, Grid<std::uint8_t> levels) noexcept {
  BORESIGHT_ASSERT(levels.rows() % 4 == 0 && re.size() == im.size() &&
                   re.size() >= levels.columns() + 7 * 128 && 2 * phasors.size() == 7 * levels.rows());
  BORESIGHT_DISPATCH(carriers_all)
  (re.data(), im.data(), phasors.data(), scale, keep_larger, levels.data(), levels.row_stride(),
   levels.rows(), levels.columns());
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
