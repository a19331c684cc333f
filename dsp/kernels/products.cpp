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

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {

HWY_EXPORT(add_conjugate_products);

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

}  // namespace boresight::kernels
#endif  // HWY_ONCE
