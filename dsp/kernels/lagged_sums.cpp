#include "kernels/lagged_sums.h"

#include "boresight/core/assert.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/lagged_sums.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Four samples at a time: blocks may be as short as that.
using Four = hn::CappedTag<float, 4>;
using V = hn::Vec<Four>;

HWY_INLINE float total(V v) {
  return hn::GetLane(hn::SumOfLanes(Four(), v));
}

void lagged_sums(const float* x, const float* lagged, std::size_t block, LaggedSums* out,
                 std::size_t blocks) {
  const Four d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t b = 0; b < blocks; ++b, x += 2 * block, lagged += 2 * block) {
    V product_re = hn::Zero(d);
    V product_im = hn::Zero(d);
    V energy = hn::Zero(d);
    V sum_re = hn::Zero(d);
    V sum_im = hn::Zero(d);
    for (std::size_t i = 0; i < block; i += lanes) {
      V re, im, lagged_re, lagged_im;
      hn::LoadInterleaved2(d, x + 2 * i, re, im);
      hn::LoadInterleaved2(d, lagged + 2 * i, lagged_re, lagged_im);
      product_re = hn::MulAdd(re, lagged_re, hn::MulAdd(im, lagged_im, product_re));
      product_im = hn::MulAdd(im, lagged_re, hn::NegMulAdd(re, lagged_im, product_im));
      energy = hn::MulAdd(re, re, hn::MulAdd(im, im, energy));
      sum_re = hn::Add(sum_re, re);
      sum_im = hn::Add(sum_im, im);
    }
    out[b] = {cf32(total(product_re), total(product_im)), cf32(total(sum_re), total(sum_im)), total(energy)};
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {

HWY_EXPORT(lagged_sums);

const float* rails(std::span<const cf32> x) {
  return reinterpret_cast<const float*>(x.data());
}

}  // namespace

void lagged_sums(std::span<const cf32> x, std::span<const cf32> lagged, std::size_t block,
                 std::span<LaggedSums> out) noexcept {
  BORESIGHT_ASSERT(block % 4 == 0 && x.size() == block * out.size() && lagged.size() == x.size());
  BORESIGHT_DISPATCH(lagged_sums)(rails(x), rails(lagged), block, out.data(), out.size());
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
