#include "kernels/spectrum.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/spectrum.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using F = hn::CappedTag<float, 16>;
using FV = hn::Vec<F>;

HWY_INLINE FV scaled(FV q, SpectrumScale s) {
  const F d;
  const FV floor = hn::Set(d, s.floor);
  const FV bounded = hn::IfThenElse(hn::Gt(q, floor), q, floor);
  const FV scale = hn::Set(d, s.scale);
  return s.reciprocal ? hn::Div(scale, bounded) : hn::Mul(scale, bounded);
}

// The values of `kVectors` vectors from `g` on, as many as there are in `out`.
template <std::size_t kVectors>
HWY_INLINE void store(const FV* values, std::size_t g, std::span<float> out) {
  const F d;
  const std::size_t lanes = hn::Lanes(d);
  if (g + kVectors * lanes <= out.size()) {
    for (std::size_t v = 0; v < kVectors; ++v) hn::StoreU(values[v], d, out.data() + g + v * lanes);
    return;
  }
  HWY_ALIGN float buffer[16];
  for (std::size_t v = 0; v < kVectors; ++v) {
    hn::Store(values[v], d, buffer);
    for (std::size_t i = 0; i < lanes && g + v * lanes + i < out.size(); ++i) {
      out[g + v * lanes + i] = buffer[i];
    }
  }
}

// One step of Horner: (re, im) (x_re, x_im) + c.
HWY_INLINE void step(FV& re, FV& im, FV x_re, FV x_im, FV c_re, FV c_im) {
  const FV next = hn::NegMulAdd(im, x_im, hn::MulAdd(re, x_re, c_re));
  im = hn::MulAdd(im, x_re, hn::MulAdd(re, x_im, c_im));
  re = next;
}

// A step waits eight cycles for the one before: as many directions at once as there are registers for.
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_SSSE3 || HWY_TARGET == HWY_SSE2
constexpr std::size_t horner_vectors = 2;
#else
constexpr std::size_t horner_vectors = 4;
#endif

void lag_form(const LagForm& form, SpectrumScale scale, std::span<float> out) {
  const F d;
  constexpr std::size_t kV = horner_vectors;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t width = 2 * form.columns - 1;
  const FV zero = hn::Zero(d);
  for (std::size_t g = 0; g < out.size(); g += kV * lanes) {
    FV x_re[kV], x_im[kV], re[kV], im[kV], sum_re[kV], sum_im[kV];
    for (std::size_t v = 0; v < kV; ++v) {
      x_re[v] = hn::LoadU(d, form.x_re + g + v * lanes);
      x_im[v] = hn::LoadU(d, form.x_im + g + v * lanes);
      sum_re[v] = sum_im[v] = zero;
    }
    for (std::size_t n = form.rows; n-- > 1;) {
      const float* c = form.coefficients + 2 * n * width;
      for (std::size_t v = 0; v < kV; ++v) {
        re[v] = hn::Set(d, c[2 * (width - 1)]);
        im[v] = hn::Set(d, c[2 * (width - 1) + 1]);
      }
      for (std::size_t m = width - 1; m-- > 0;) {
        const FV c_re = hn::Set(d, c[2 * m]);
        const FV c_im = hn::Set(d, c[2 * m + 1]);
        for (std::size_t v = 0; v < kV; ++v) step(re[v], im[v], x_re[v], x_im[v], c_re, c_im);
      }
      for (std::size_t v = 0; v < kV; ++v) {
        const FV y_re = hn::LoadU(d, form.y_re + g + v * lanes);
        const FV y_im = hn::LoadU(d, form.y_im + g + v * lanes);
        step(sum_re[v], sum_im[v], y_re, y_im, re[v], im[v]);
      }
    }
    const float* c = form.coefficients + 2 * (form.columns - 1);  // from m = 0 on
    for (std::size_t v = 0; v < kV; ++v) re[v] = im[v] = zero;
    for (std::size_t m = form.columns; m-- > 1;) {
      const FV c_re = hn::Set(d, c[2 * m]);
      const FV c_im = hn::Set(d, c[2 * m + 1]);
      for (std::size_t v = 0; v < kV; ++v) step(re[v], im[v], x_re[v], x_im[v], c_re, c_im);
    }
    const FV middle = hn::Set(d, c[0]);
    const FV two = hn::Set(d, 2.0F);
    FV q[kV];
    for (std::size_t v = 0; v < kV; ++v) {
      FV real = hn::NegMulAdd(im[v], x_im[v], hn::Mul(re[v], x_re[v]));
      if (form.rows > 1) {
        step(sum_re[v], sum_im[v], hn::LoadU(d, form.y_re + g + v * lanes),
             hn::LoadU(d, form.y_im + g + v * lanes), zero, zero);
        const FV f_re = hn::LoadU(d, form.first_re + g + v * lanes);
        const FV f_im = hn::LoadU(d, form.first_im + g + v * lanes);
        real = hn::NegMulAdd(sum_im[v], f_im, hn::MulAdd(sum_re[v], f_re, real));
      }
      q[v] = scaled(hn::MulAdd(two, real, middle), scale);
    }
    store<kV>(q, g, out);
  }
}

void factor_form(const FactorForm& form, SpectrumScale scale, std::span<float> out) {
  const F d;
  const std::size_t lanes = hn::Lanes(d);
  const FV sign = hn::Set(d, form.sign);
  for (std::size_t g = 0; g < out.size(); g += 16) {
    const float* block = form.steering + g * 2 * form.elements;
    for (std::size_t part = 0; part < 16 && g + part < out.size(); part += lanes) {
      FV sum = hn::Zero(d);
      for (std::size_t k = 0; k < form.vectors; k += 2) {
        const float* v0 = form.v + 2 * k * form.elements;
        const float* v1 = v0 + 2 * form.elements;
        // Products of like parts and of unlike ones apart: eight sums to keep the adders busy.
        FV a0 = hn::Zero(d), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, e0 = a0, e1 = a0;
        const float* a = block + part;
        for (std::size_t e = 0; e < form.elements; ++e, a += 32) {
          const FV re = hn::LoadU(d, a);
          const FV im = hn::LoadU(d, a + 16);
          const FV v0_re = hn::Set(d, v0[2 * e]), v0_im = hn::Set(d, v0[2 * e + 1]);
          const FV v1_re = hn::Set(d, v1[2 * e]), v1_im = hn::Set(d, v1[2 * e + 1]);
          a0 = hn::MulAdd(v0_re, re, a0);
          b0 = hn::MulAdd(v0_im, im, b0);
          c0 = hn::MulAdd(v0_re, im, c0);
          e0 = hn::MulAdd(v0_im, re, e0);
          a1 = hn::MulAdd(v1_re, re, a1);
          b1 = hn::MulAdd(v1_im, im, b1);
          c1 = hn::MulAdd(v1_re, im, c1);
          e1 = hn::MulAdd(v1_im, re, e1);
        }
        const FV re0 = hn::Add(a0, b0), im0 = hn::Sub(c0, e0);
        const FV re1 = hn::Add(a1, b1), im1 = hn::Sub(c1, e1);
        sum = hn::MulAdd(re0, re0, hn::MulAdd(im0, im0, sum));
        sum = hn::MulAdd(re1, re1, hn::MulAdd(im1, im1, sum));
      }
      const FV q = scaled(hn::MulAdd(sign, sum, hn::Set(d, form.offset)), scale);
      store<1>(&q, g + part, out);
    }
  }
}

#if HWY_HAVE_FLOAT64
using D = hn::CappedTag<double, 8>;
#else
using D = hn::CappedTag<double, 1>;
#endif

// Along the columns of R, which are its rows conjugated.
void times_4(std::size_t n, std::size_t stride, const double* r, const double* x, double* y) {
  const D d;
  using V = hn::Vec<D>;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const V zero = hn::Zero(d);
    V re0 = zero, re1 = zero, re2 = zero, re3 = zero, im0 = zero, im1 = zero, im2 = zero, im3 = zero;
    const double* r_re = r + i;
    const double* r_im = r + n * stride + i;
    const double* x_j = x;
    const auto add = [](V a, V b, const double* value, V& re, V& im) HWY_ATTR {
      const V x_re = hn::Set(D(), value[0]);
      const V x_im = hn::Set(D(), value[1]);
      re = hn::MulAdd(b, x_im, hn::MulAdd(a, x_re, re));
      im = hn::NegMulAdd(b, x_re, hn::MulAdd(a, x_im, im));
    };
    for (std::size_t j = 0; j < n; ++j, r_re += stride, r_im += stride, x_j += 8) {
      const V a = hn::LoadU(d, r_re);
      const V b = hn::LoadU(d, r_im);
      add(a, b, x_j, re0, im0);
      add(a, b, x_j + 2, re1, im1);
      add(a, b, x_j + 4, re2, im2);
      add(a, b, x_j + 6, re3, im3);
    }
    hn::StoreU(re0, d, y + i);
    hn::StoreU(im0, d, y + stride + i);
    hn::StoreU(re1, d, y + 2 * stride + i);
    hn::StoreU(im1, d, y + 3 * stride + i);
    hn::StoreU(re2, d, y + 4 * stride + i);
    hn::StoreU(im2, d, y + 5 * stride + i);
    hn::StoreU(re3, d, y + 6 * stride + i);
    hn::StoreU(im3, d, y + 7 * stride + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {
HWY_EXPORT(lag_form);
HWY_EXPORT(factor_form);
HWY_EXPORT(times_4);
}  // namespace

void lag_spectrum(const LagForm& form, SpectrumScale scale, std::span<float> out) noexcept {
  BORESIGHT_DISPATCH(lag_form)(form, scale, out);
}
void factor_spectrum(const FactorForm& form, SpectrumScale scale, std::span<float> out) noexcept {
  BORESIGHT_DISPATCH(factor_form)(form, scale, out);
}
void hermitian_times_4(std::size_t n, std::size_t stride, const double* r, const double* x,
                       double* y) noexcept {
  BORESIGHT_DISPATCH(times_4)(n, stride, r, x, y);
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
