#include "kernels/batched_mvdr.h"

#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/batched_mvdr.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_HAVE_FLOAT64
using D = hn::CappedTag<double, batched_mvdr_most_lanes>;
#else
using D = hn::CappedTag<double, 1>;
#endif
using V = hn::Vec<D>;

std::size_t lanes_of_target() {
  return hn::Lanes(D());
}

struct Complex {
  V re;
  V im;
};

HWY_INLINE Complex load(const double* p, std::size_t index, std::size_t lanes) {
  const D d;
  return {hn::Load(d, p + 2 * index * lanes), hn::Load(d, p + (2 * index + 1) * lanes)};
}
HWY_INLINE void store(Complex x, double* p, std::size_t index, std::size_t lanes) {
  const D d;
  hn::Store(x.re, d, p + 2 * index * lanes);
  hn::Store(x.im, d, p + (2 * index + 1) * lanes);
}
// sum - a b and sum - a b*.
HWY_INLINE Complex less_product(Complex sum, Complex a, Complex b) {
  sum.re = hn::MulAdd(a.im, b.im, hn::NegMulAdd(a.re, b.re, sum.re));
  sum.im = hn::NegMulAdd(a.im, b.re, hn::NegMulAdd(a.re, b.im, sum.im));
  return sum;
}
HWY_INLINE Complex less_product_conj(Complex sum, Complex a, Complex b) {
  sum.re = hn::NegMulAdd(a.im, b.im, hn::NegMulAdd(a.re, b.re, sum.re));
  sum.im = hn::MulAdd(a.re, b.im, hn::NegMulAdd(a.im, b.re, sum.im));
  return sum;
}
HWY_INLINE Complex scaled(Complex x, V factor) {
  return {hn::Mul(x.re, factor), hn::Mul(x.im, factor)};
}
HWY_INLINE V add_square(V sum, Complex x) {
  return hn::MulAdd(x.im, x.im, hn::MulAdd(x.re, x.re, sum));
}

// True where 0 < x < infinity: for NaN every comparison is false.
HWY_INLINE hn::Mask<D> is_positive(V x, V above) {
  const D d;
  return hn::And(hn::Gt(x, above), hn::Le(x, hn::Set(d, std::numeric_limits<double>::max())));
}

// R + load = L L^H (Golub and Van Loan 2013, algorithm 4.2.1), diagonals of L kept inverted; L z = a;
// a^H R^-1 a = |z|^2; L^H w = z.
void solve_lanes(const BatchedMvdrJob& job) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t n = job.elements;
  const double* r = job.covariance;
  double* l = job.factor;  // in its place or elsewhere: an element of R is read before that of L is written
  const V one = hn::Set(d, 1.0);
  // What is left of a diagonal element when the elements before explain all of it but rounding.
  const V rounding = hn::Set(d, 1e-13);

  V trace = hn::Zero(d);
  for (std::size_t i = 0, row = 0; i < n; row += ++i) trace = hn::Add(trace, load(r, row + i, lanes).re);
  V load_power = hn::Mul(trace, hn::Set(d, job.loading / static_cast<double>(n)));
  if (job.loadings != nullptr) load_power = hn::Add(load_power, hn::Load(d, job.loadings));

  V accepted = one;
  for (std::size_t i = 0, row_i = 0; i < n; row_i += ++i) {
    // Row i of L, and element i of z beside it.
    V pivot = hn::Add(load(r, row_i + i, lanes).re, load_power);
    const V floor = hn::Mul(rounding, pivot);
    Complex z = load(job.steering, i, lanes);
    for (std::size_t j = 0, row_j = 0; j < i; row_j += ++j) {
      Complex sum = load(r, row_i + j, lanes);
      for (std::size_t k = 0; k < j; ++k) {
        sum = less_product_conj(sum, load(l, row_i + k, lanes), load(l, row_j + k, lanes));
      }
      const Complex value = scaled(sum, load(l, row_j + j, lanes).re);
      store(value, l, row_i + j, lanes);
      pivot = hn::NegMulAdd(value.im, value.im, hn::NegMulAdd(value.re, value.re, pivot));
      z = less_product(z, value, load(job.weights, j, lanes));
    }
    const auto good = hn::And(is_positive(pivot, floor), is_positive(pivot, hn::Zero(d)));
    accepted = hn::IfThenElseZero(good, accepted);
    const V inverse = hn::Div(one, hn::Sqrt(hn::IfThenElse(good, pivot, one)));
    store({inverse, hn::Zero(d)}, l, row_i + i, lanes);
    store(scaled(z, inverse), job.weights, i, lanes);
  }

  V denominator = hn::Zero(d);
  for (std::size_t i = 0; i < n; ++i) {
    denominator = add_square(denominator, load(job.weights, i, lanes));
  }
  const auto good = is_positive(denominator, hn::Zero(d));
  accepted = hn::IfThenElseZero(good, accepted);
  const V scale = hn::Div(one, hn::IfThenElse(good, denominator, one));
  accepted = hn::IfThenElseZero(is_positive(scale, hn::Zero(d)), accepted);
  hn::Store(accepted, d, job.accepted);
  if (job.capon != nullptr) hn::Store(scale, d, job.capon);

  for (std::size_t i = n; i-- > 0;) {
    const std::size_t row_i = i * (i + 1) / 2;
    const Complex w = scaled(load(job.weights, i, lanes), load(l, row_i + i, lanes).re);
    store(scaled(w, scale), job.weights, i, lanes);
    for (std::size_t k = 0; k < i; ++k) {
      // L^H: the element of row k and column i is L[i][k]*; z_k - w L*.
      store(less_product_conj(load(job.weights, k, lanes), w, load(l, row_i + k, lanes)), job.weights, k,
            lanes);
    }
  }
}

// a^H R a = sum over i of r_ii |a_i|^2 + 2 Re(a_i* sum over k < i of r_ik a_k).
void output_power_lanes(std::size_t elements, const double* covariance, const double* steering, double* power,
                        double* length) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  V sum = hn::Zero(d);
  V size = hn::Zero(d);
  for (std::size_t i = 0, row = 0; i < elements; row += ++i) {
    const Complex a = load(steering, i, lanes);
    Complex below{hn::Zero(d), hn::Zero(d)};  // minus the sum over k < i
    for (std::size_t k = 0; k < i; ++k) {
      below = less_product(below, load(covariance, row + k, lanes), load(steering, k, lanes));
    }
    const V cross = hn::MulAdd(a.im, below.im, hn::Mul(a.re, below.re));
    const V square = add_square(hn::Zero(d), a);
    sum = hn::NegMulAdd(hn::Set(d, 2.0), cross, hn::MulAdd(load(covariance, row + i, lanes).re, square, sum));
    size = hn::Add(size, square);
  }
  hn::Store(sum, d, power);
  hn::Store(size, d, length);
}

// L z = w; w^H Q^-1 w = |z|^2.
void loading_slope_lanes(std::size_t elements, const double* factor, const double* weights, double* half,
                         double* size, double* slope) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  V first = hn::Zero(d);
  V second = hn::Zero(d);
  for (std::size_t i = 0, row = 0; i < elements; row += ++i) {
    Complex z = load(weights, i, lanes);
    first = add_square(first, z);
    for (std::size_t k = 0; k < i; ++k) {
      z = less_product(z, load(factor, row + k, lanes), load(half, k, lanes));
    }
    z = scaled(z, load(factor, row + i, lanes).re);
    store(z, half, i, lanes);
    second = add_square(second, z);
  }
  hn::Store(first, d, size);
  hn::Store(second, d, slope);
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {
HWY_EXPORT(lanes_of_target);
HWY_EXPORT(solve_lanes);
HWY_EXPORT(output_power_lanes);
HWY_EXPORT(loading_slope_lanes);
}  // namespace

std::size_t batched_mvdr_lanes() noexcept {
  return BORESIGHT_DISPATCH(lanes_of_target)();
}
void batched_mvdr(const BatchedMvdrJob& job) noexcept {
  BORESIGHT_DISPATCH(solve_lanes)(job);
}
void batched_output_power(std::size_t elements, const double* covariance, const double* steering,
                          double* power, double* length) noexcept {
  BORESIGHT_DISPATCH(output_power_lanes)(elements, covariance, steering, power, length);
}
void batched_loading_slope(std::size_t elements, const double* factor, const double* weights, double* half,
                           double* size, double* slope) noexcept {
  BORESIGHT_DISPATCH(loading_slope_lanes)(elements, factor, weights, half, size, slope);
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
