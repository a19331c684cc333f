#include "kernels/products.h"

#include "boresight/core/assert.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/products.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Full = hn::ScalableTag<float>;
using One = hn::CappedTag<float, 1>;

template <class D>
HWY_INLINE std::size_t add_from(std::size_t i, D d, const float* a, const float* b, float* sum,
                                std::size_t samples) {
  const std::size_t lanes = hn::Lanes(d);
  hn::VFromD<D> a_re, a_im, b_re, b_im, re, im;
  for (; i + lanes <= samples; i += lanes) {
    hn::LoadInterleaved2(d, a + 2 * i, a_re, a_im);
    hn::LoadInterleaved2(d, b + 2 * i, b_re, b_im);
    hn::LoadInterleaved2(d, sum + 2 * i, re, im);
    hn::StoreInterleaved2(hn::Add(re, hn::Add(hn::Mul(a_re, b_re), hn::Mul(a_im, b_im))),
                          hn::Add(im, hn::Sub(hn::Mul(a_im, b_re), hn::Mul(a_re, b_im))), d, sum + 2 * i);
  }
  return i;
}

void add_conjugate_products(const float* a, const float* b, float* sum, std::size_t samples) {
  add_from(add_from(0, Full(), a, b, sum, samples), One(), a, b, sum, samples);
}

// The sums of kVectors vectors of places stay in registers over all taps.
template <std::size_t kVectors, class D>
HWY_INLINE std::size_t correlate_from(std::size_t i, D d, const float* x_re, const float* x_im,
                                      const float* taps, std::size_t count, float* y_re, float* y_im,
                                      std::size_t places) {
  using V = hn::VFromD<D>;
  const std::size_t lanes = hn::Lanes(d);
  for (; i + kVectors * lanes <= places; i += kVectors * lanes) {
    V re[kVectors], im[kVectors];
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < kVectors; ++v) re[v] = im[v] = hn::Zero(d);
    for (std::size_t t = 0; t < count; ++t) {
      const V tap_re = hn::Set(d, taps[2 * t]);
      const V tap_im = hn::Set(d, taps[2 * t + 1]);
      HWY_UNROLL(4)
      for (std::size_t v = 0; v < kVectors; ++v) {
        const V a = hn::LoadU(d, x_re + i + t + v * lanes);
        const V b = hn::LoadU(d, x_im + i + t + v * lanes);
        re[v] = hn::MulAdd(b, tap_im, hn::MulAdd(a, tap_re, re[v]));
        im[v] = hn::NegMulAdd(a, tap_im, hn::MulAdd(b, tap_re, im[v]));
      }
    }
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < kVectors; ++v) {
      hn::StoreU(re[v], d, y_re + i + v * lanes);
      hn::StoreU(im[v], d, y_im + i + v * lanes);
    }
  }
  return i;
}

void correlate(const float* x_re, const float* x_im, const float* taps, std::size_t count, float* y_re,
               float* y_im, std::size_t places) {
  std::size_t i = correlate_from<4>(0, Full(), x_re, x_im, taps, count, y_re, y_im, places);
  i = correlate_from<1>(i, Full(), x_re, x_im, taps, count, y_re, y_im, places);
  correlate_from<1>(i, One(), x_re, x_im, taps, count, y_re, y_im, places);
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {

HWY_EXPORT(add_conjugate_products);
HWY_EXPORT(correlate);

const float* rails(std::span<const cf32> x) {
  return reinterpret_cast<const float*>(x.data());
}
float* rails(std::span<cf32> x) {
  return reinterpret_cast<float*>(x.data());
}

}  // namespace

void add_conjugate_products(std::span<const cf32> a, std::span<const cf32> b, std::span<cf32> sum) noexcept {
  BORESIGHT_ASSERT(a.size() == b.size() && a.size() == sum.size());
  BORESIGHT_DISPATCH(add_conjugate_products)(rails(a), rails(b), rails(sum), a.size());
}

void correlate(std::span<const float> x_re, std::span<const float> x_im, std::span<const cf32> taps,
               std::span<float> y_re, std::span<float> y_im) noexcept {
  BORESIGHT_ASSERT(x_re.size() == x_im.size() && y_re.size() == y_im.size() &&
                   (y_re.empty() || x_re.size() + 1 >= y_re.size() + taps.size()));
  BORESIGHT_DISPATCH(correlate)
  (x_re.data(), x_im.data(), rails(taps), taps.size(), y_re.data(), y_im.data(), y_re.size());
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
