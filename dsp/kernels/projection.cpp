#include "kernels/projection.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/projection.cpp"
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

using Rows = Grid<const float>;

void project_rows(const Rows& rows_re, const Rows& rows_im, const float* HWY_RESTRICT x_re,
                  const float* HWY_RESTRICT x_im, float* HWY_RESTRICT out) {
  const Full d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t i = 0; i < rows_re.rows(); ++i) {
    const float* HWY_RESTRICT u_re = rows_re.data() + i * rows_re.row_stride();
    const float* HWY_RESTRICT u_im = rows_im.data() + i * rows_im.row_stride();
    // Eight independent sums: an addition takes four cycles, two start in each.
    auto a0 = hn::Zero(d), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, e0 = a0, e1 = a0;
    std::size_t p = 0;
    for (; p + 2 * lanes <= rows_re.columns(); p += 2 * lanes) {
      const auto ur0 = hn::LoadU(d, u_re + p), ui0 = hn::LoadU(d, u_im + p);
      const auto ur1 = hn::LoadU(d, u_re + p + lanes), ui1 = hn::LoadU(d, u_im + p + lanes);
      const auto xr0 = hn::LoadU(d, x_re + p), xi0 = hn::LoadU(d, x_im + p);
      const auto xr1 = hn::LoadU(d, x_re + p + lanes), xi1 = hn::LoadU(d, x_im + p + lanes);
      a0 = hn::MulAdd(ur0, xr0, a0);
      b0 = hn::MulAdd(ui0, xi0, b0);
      c0 = hn::MulAdd(ur0, xi0, c0);
      e0 = hn::MulAdd(ui0, xr0, e0);
      a1 = hn::MulAdd(ur1, xr1, a1);
      b1 = hn::MulAdd(ui1, xi1, b1);
      c1 = hn::MulAdd(ur1, xi1, c1);
      e1 = hn::MulAdd(ui1, xr1, e1);
    }
    const auto re = hn::Add(hn::Add(a0, a1), hn::Add(b0, b1));
    const auto im = hn::Sub(hn::Add(c0, c1), hn::Add(e0, e1));
    float sum_re = hn::GetLane(hn::SumOfLanes(d, re));
    float sum_im = hn::GetLane(hn::SumOfLanes(d, im));
    for (; p < rows_re.columns(); ++p) {
      sum_re += u_re[p] * x_re[p] + u_im[p] * x_im[p];
      sum_im += u_re[p] * x_im[p] - u_im[p] * x_re[p];
    }
    out[2 * i] = sum_re;
    out[2 * i + 1] = sum_im;
  }
}

// `kVectors` vectors of outputs stay in registers while the rows go by.
template <std::size_t kVectors, class D>
HWY_INLINE std::size_t expand_from(std::size_t k, D d, const Rows& rows_re, const Rows& rows_im,
                                   const float* HWY_RESTRICT weights, float* HWY_RESTRICT out) {
  static_assert(kVectors == 1 || kVectors == 2);
  const std::size_t lanes = hn::Lanes(d);
  for (; k + kVectors * lanes <= rows_re.columns(); k += kVectors * lanes) {
    auto re0 = hn::Zero(d), im0 = re0, re1 = re0, im1 = re0;
    const float* u_re = rows_re.data() + k;
    const float* u_im = rows_im.data() + k;
    for (std::size_t i = 0; i < rows_re.rows();
         ++i, u_re += rows_re.row_stride(), u_im += rows_im.row_stride()) {
      const auto w_re = hn::Set(d, weights[2 * i]);
      const auto w_im = hn::Set(d, weights[2 * i + 1]);
      const auto ur0 = hn::LoadU(d, u_re), ui0 = hn::LoadU(d, u_im);
      re0 = hn::NegMulAdd(w_im, ui0, hn::MulAdd(w_re, ur0, re0));
      im0 = hn::MulAdd(w_im, ur0, hn::MulAdd(w_re, ui0, im0));
      if constexpr (kVectors == 2) {
        const auto ur1 = hn::LoadU(d, u_re + lanes), ui1 = hn::LoadU(d, u_im + lanes);
        re1 = hn::NegMulAdd(w_im, ui1, hn::MulAdd(w_re, ur1, re1));
        im1 = hn::MulAdd(w_im, ur1, hn::MulAdd(w_re, ui1, im1));
      }
    }
    hn::StoreInterleaved2(re0, im0, d, out + 2 * k);
    if constexpr (kVectors == 2) hn::StoreInterleaved2(re1, im1, d, out + 2 * (k + lanes));
  }
  return k;
}

void expand_rows(const Rows& rows_re, const Rows& rows_im, const float* weights, float* out) {
  std::size_t k = expand_from<2>(0, Full(), rows_re, rows_im, weights, out);
  k = expand_from<1>(k, Full(), rows_re, rows_im, weights, out);
  for (; k < rows_re.columns(); ++k) {
    float re = 0;
    float im = 0;
    for (std::size_t i = 0; i < rows_re.rows(); ++i) {
      const float u_re = rows_re.data()[i * rows_re.row_stride() + k];
      const float u_im = rows_im.data()[i * rows_im.row_stride() + k];
      re += weights[2 * i] * u_re - weights[2 * i + 1] * u_im;
      im += weights[2 * i] * u_im + weights[2 * i + 1] * u_re;
    }
    out[2 * k] = re;
    out[2 * k + 1] = im;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {
HWY_EXPORT(project_rows);
HWY_EXPORT(expand_rows);
}  // namespace

void project(Grid<const float> rows_re, Grid<const float> rows_im, std::span<const float> x_re,
             std::span<const float> x_im, std::span<cf32> out) noexcept {
  BORESIGHT_DISPATCH(project_rows)
  (rows_re, rows_im, x_re.data(), x_im.data(), reinterpret_cast<float*>(out.data()));
}

void expand(Grid<const float> rows_re, Grid<const float> rows_im, std::span<const cf32> weights,
            std::span<cf32> out) noexcept {
  BORESIGHT_DISPATCH(expand_rows)
  (rows_re, rows_im, reinterpret_cast<const float*>(weights.data()), reinterpret_cast<float*>(out.data()));
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
