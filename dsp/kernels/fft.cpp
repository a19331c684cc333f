#include "kernels/fft.h"

#include <type_traits>
#include <utility>

#include "boresight/core/assert.h"
#include "boresight/core/units.h"

#define BORESIGHT_INLINED __attribute__((always_inline))
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/fft.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Between the passes an array is planar in blocks of one vector: the real parts of L points, then their
// imaginary parts. A block lies where its points lie in the interleaved array, so that the last pass, which
// writes each point where it read one, can work in place. Within a block the points stand in the order in
// which interleaving real and imaginary parts within every 128 bits makes two vectors of samples; the passes
// do not mind, since the place within a block, the output index modulo L, is settled by the first of them.

// body(0), body(1), .. body(kCount - 1) with constants, so that arrays of vectors stay in registers: left to
// itself the compiler unrolls after it has put them into memory.
template <class Body, unsigned... kIndex>
HWY_INLINE void unroll(const Body& body, std::integer_sequence<unsigned, kIndex...> /*indices*/) {
  (body(std::integral_constant<unsigned, kIndex>()), ...);
}
template <unsigned kCount, class Body>
HWY_INLINE void unroll(const Body& body) {
  unroll(body, std::make_integer_sequence<unsigned, kCount>());
}

template <class V>
struct Complex {
  V re, im;
};

template <class V>
HWY_INLINE Complex<V> operator+(Complex<V> a, Complex<V> b) {
  return {hn::Add(a.re, b.re), hn::Add(a.im, b.im)};
}
template <class V>
HWY_INLINE Complex<V> operator-(Complex<V> a, Complex<V> b) {
  return {hn::Sub(a.re, b.re), hn::Sub(a.im, b.im)};
}
template <class V>
HWY_INLINE Complex<V> operator*(Complex<V> a, Complex<V> b) {
  return {hn::NegMulAdd(a.im, b.im, hn::Mul(a.re, b.re)), hn::MulAdd(a.im, b.re, hn::Mul(a.re, b.im))};
}

template <class D, class V>
HWY_INLINE Complex<V> times(D d, Complex<V> a, float re, float im) {
  return a * Complex<V>{hn::Set(d, re), hn::Set(d, im)};
}
// a exp(-j pi / 4) and a exp(-j 3 pi / 4).
template <class D, class V>
HWY_INLINE Complex<V> eighth(D d, Complex<V> a) {
  const V h = hn::Set(d, 0.70710678118654752F);
  return {hn::Mul(hn::Add(a.re, a.im), h), hn::Mul(hn::Sub(a.im, a.re), h)};
}
template <class D, class V>
HWY_INLINE Complex<V> three_eighths(D d, Complex<V> a) {
  const V h = hn::Set(d, 0.70710678118654752F);
  return {hn::Mul(hn::Sub(a.im, a.re), h), hn::Mul(hn::Add(a.re, a.im), hn::Neg(h))};
}

template <class V>
HWY_INLINE void butterfly_4(Complex<V>& a, Complex<V>& b, Complex<V>& c, Complex<V>& d) {
  const auto t0 = a + c;
  const auto t1 = a - c;
  const auto t2 = b + d;
  const auto t3 = b - d;
  a = t0 + t2;
  b = {hn::Add(t1.re, t3.im), hn::Sub(t1.im, t3.re)};
  c = t0 - t2;
  d = {hn::Sub(t1.re, t3.im), hn::Add(t1.im, t3.re)};
}

template <class D, class V>
HWY_INLINE void butterfly(D /*d*/, Complex<V> (&x)[4]) {
  butterfly_4(x[0], x[1], x[2], x[3]);
}

// Radix 8 as 4 x 2 and radix 16 as 4 x 4: transforms over i' of i = q i' + b, factors, transforms over b.
// What comes out as k = c + 4 d stands in x[q c + d].
template <class D, class V>
HWY_INLINE void butterfly(D d, Complex<V> (&x)[8]) {
  butterfly_4(x[0], x[2], x[4], x[6]);
  butterfly_4(x[1], x[3], x[5], x[7]);
  x[3] = eighth(d, x[3]);
  x[5] = {x[5].im, hn::Neg(x[5].re)};
  x[7] = three_eighths(d, x[7]);
  unroll<4>([&](auto i) HWY_ATTR BORESIGHT_INLINED {
    constexpr unsigned c = 2 * i;
    const auto sum = x[c] + x[c + 1];
    x[c + 1] = x[c] - x[c + 1];
    x[c] = sum;
  });
}

template <class D, class V>
HWY_INLINE void butterfly(D d, Complex<V> (&x)[16]) {
  constexpr float c1 = 0.92387953251128674F;  // cos(pi / 8)
  constexpr float s1 = 0.38268343236508977F;
  const auto columns = [&](auto b)
                           HWY_ATTR BORESIGHT_INLINED { butterfly_4(x[b], x[4 + b], x[8 + b], x[12 + b]); };
  columns(std::integral_constant<unsigned, 0>());
  columns(std::integral_constant<unsigned, 1>());
  x[5] = times(d, x[5], c1, -s1);
  x[9] = eighth(d, x[9]);
  x[13] = times(d, x[13], s1, -c1);
  columns(std::integral_constant<unsigned, 2>());
  x[6] = eighth(d, x[6]);
  x[10] = {x[10].im, hn::Neg(x[10].re)};
  x[14] = three_eighths(d, x[14]);
  columns(std::integral_constant<unsigned, 3>());
  x[7] = times(d, x[7], s1, -c1);
  x[11] = three_eighths(d, x[11]);
  x[15] = times(d, x[15], -c1, s1);
  butterfly_4(x[0], x[1], x[2], x[3]);
  butterfly_4(x[4], x[5], x[6], x[7]);
  butterfly_4(x[8], x[9], x[10], x[11]);
  butterfly_4(x[12], x[13], x[14], x[15]);
}
// Where butterfly() leaves output k.
template <unsigned kRadix>
constexpr unsigned place(unsigned k) {
  return kRadix == 4 ? k : kRadix / 4 * (k % 4) + k / 4;
}

template <class D>
HWY_INLINE Complex<hn::Vec<D>> load_block(D d, const float* x) {
  return {hn::LoadU(d, x), hn::LoadU(d, x + hn::Lanes(d))};
}
template <class D, class V>
HWY_INLINE void store_block(D d, Complex<V> a, float* x) {
  hn::StoreU(a.re, d, x);
  hn::StoreU(a.im, d, x + hn::Lanes(d));
}

// Interleaved samples; the inverse transform is the forward one with real and imaginary parts exchanged at
// both ends.
template <bool kInverse, class D>
HWY_INLINE Complex<hn::Vec<D>> load_samples(D d, const float* x) {
  Complex<hn::Vec<D>> a;
#if HWY_TARGET == HWY_SCALAR
  a = {hn::LoadU(d, x), hn::LoadU(d, x + 1)};
#else
  hn::LoadInterleaved2(d, x, a.re, a.im);
#endif
  if constexpr (kInverse) return {a.im, a.re};
  return a;
}
// The point of a row of 16 that stands in a lane of the row's blocks.
template <class D>
constexpr unsigned point_in_lane(unsigned lane) {
  constexpr auto lanes = static_cast<unsigned>(hn::MaxLanes(D()));
  if (lanes < 4) return lane;
  const unsigned block = lane / lanes * lanes;
  const unsigned of_128_bits = lane % lanes / 4;
  const unsigned upper_half = lane % 4 / 2 * lanes / 2;
  return block + upper_half + 2 * of_128_bits + lane % 2;
}

template <bool kInverse, class D, class V>
HWY_INLINE void store_samples(D d, Complex<V> a, float* x) {
  if constexpr (kInverse) a = {a.im, a.re};
#if HWY_TARGET == HWY_SCALAR
  hn::StoreU(a.re, d, x);
  hn::StoreU(a.im, d, x + 1);
#else
  hn::StoreU(hn::InterleaveLower(d, a.re, a.im), d, x);
  hn::StoreU(hn::InterleaveUpper(d, a.re, a.im), d, x + hn::Lanes(d));
#endif
}

#if HWY_TARGET != HWY_SCALAR
// Within every 128 bits: lane r of v0 .. v3 becomes t_r.
template <class D, class V = hn::Vec<D>>
HWY_INLINE void transpose_4(D d, V& v0, V& v1, V& v2, V& v3) {
  const hn::RepartitionToWide<D> wide;
  const auto a0 = hn::BitCast(wide, hn::InterleaveLower(d, v0, v1));
  const auto a1 = hn::BitCast(wide, hn::InterleaveUpper(d, v0, v1));
  const auto b0 = hn::BitCast(wide, hn::InterleaveLower(d, v2, v3));
  const auto b1 = hn::BitCast(wide, hn::InterleaveUpper(d, v2, v3));
  v0 = hn::BitCast(d, hn::InterleaveLower(wide, a0, b0));
  v1 = hn::BitCast(d, hn::InterleaveUpper(wide, a0, b0));
  v2 = hn::BitCast(d, hn::InterleaveLower(wide, a1, b1));
  v3 = hn::BitCast(d, hn::InterleaveUpper(wide, a1, b1));
}

// Lane `row` of v[lane] becomes lane `lane` of a row of 16 points, 32 floats, whatever their block size;
// `out` is at the real parts or at the imaginary parts of the first block.
template <class D, class V = hn::Vec<D>>
HWY_INLINE void store_transposed(D d, V (&v)[16], float* out) {
  constexpr std::size_t lanes = hn::MaxLanes(D());
  unroll<4>([&](auto g) HWY_ATTR BORESIGHT_INLINED {
    transpose_4(d, v[4 * g], v[4 * g + 1], v[4 * g + 2], v[4 * g + 3]);
  });
  // Now 128-bit block b of v[4 g + r] is points 4 g .. 4 g + 3 of row 4 b + r.
  unroll<4>([&](auto r) HWY_ATTR BORESIGHT_INLINED {
    if constexpr (lanes == 4) {
      unroll<4>([&](auto g)
                    HWY_ATTR BORESIGHT_INLINED { hn::StoreU(v[4 * g + r], d, out + 32 * r + 8 * g); });
    } else if constexpr (lanes == 8) {
      unroll<2>([&](auto pair) HWY_ATTR BORESIGHT_INLINED {
        constexpr unsigned g = 2 * pair;
        const V a = v[4 * g + r];
        const V b = v[4 * g + 4 + r];
        hn::StoreU(hn::ConcatLowerLower(d, b, a), d, out + 32 * r + 8 * g);
        hn::StoreU(hn::ConcatUpperUpper(d, b, a), d, out + 32 * (4 + r) + 8 * g);
      });
    } else {
      static_assert(lanes == 16);
      const V a = v[r];
      const V b = v[4 + r];
      const V c = v[8 + r];
      const V e = v[12 + r];
      const V ab_even = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(b), a);  // a0 b0 a2 b2
      const V ab_odd = hn::OddEvenBlocks(b, hn::SwapAdjacentBlocks(a));   // a1 b1 a3 b3
      const V ce_even = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(e), c);
      const V ce_odd = hn::OddEvenBlocks(e, hn::SwapAdjacentBlocks(c));
      hn::StoreU(hn::ConcatLowerLower(d, ce_even, ab_even), d, out + 32 * r);
      hn::StoreU(hn::ConcatLowerLower(d, ce_odd, ab_odd), d, out + 32 * (4 + r));
      hn::StoreU(hn::ConcatUpperUpper(d, ce_even, ab_even), d, out + 32 * (8 + r));
      hn::StoreU(hn::ConcatUpperUpper(d, ce_odd, ab_odd), d, out + 32 * (12 + r));
    }
  });
}
#endif

// s = 1: the vectors go along p and the outputs of one p must come to lie side by side.
template <bool kInverse, bool kMixed, class D>
HWY_INLINE void first_pass(D d, std::size_t n, const float* HWY_RESTRICT factors, const float* turns,
                           const float* in, float* HWY_RESTRICT out) {
  using V = hn::Vec<D>;
  const std::size_t m = n / 16;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t p = 0; p < m; p += lanes) {
    Complex<V> x[16];
    unroll<16>([&](auto i) HWY_ATTR BORESIGHT_INLINED {
      x[i] = load_samples<kInverse>(d, in + 2 * (p + m * i));
      if constexpr (kMixed) x[i] = times(d, x[i], turns[i], turns[16 + i]);
    });
    butterfly(d, x);
    const float* f = factors + p / 16 * 512 + p % 16;
    V re[16];
    V im[16];
    unroll<16>([&](auto lane) HWY_ATTR BORESIGHT_INLINED {
      constexpr unsigned k = point_in_lane<D>(lane);
      const auto y = x[place<16>(k)] * Complex<V>{hn::LoadU(d, f + 32 * k), hn::LoadU(d, f + 32 * k + 16)};
      re[lane] = y.re;
      im[lane] = y.im;
    });
#if HWY_TARGET == HWY_SCALAR
    for (unsigned k = 0; k < 16; ++k) store_block(d, Complex<V>{re[k], im[k]}, out + 2 * (16 * p + k));
#else
    store_transposed(d, re, out + 32 * p);
    store_transposed(d, im, out + 32 * p + lanes);
#endif
  }
}

template <unsigned kRadix, class D>
HWY_INLINE void middle_pass(D d, std::size_t n, std::size_t s, const float* HWY_RESTRICT factors,
                            const float* HWY_RESTRICT in, float* HWY_RESTRICT out) {
  const std::size_t m = n / kRadix;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t p = 0; p < m; ++p, factors += 2 * (kRadix - 1)) {
    for (std::size_t q = 0; q < s; q += lanes) {
      Complex<hn::Vec<D>> x[kRadix];
      unroll<kRadix>(
          [&](auto i) HWY_ATTR BORESIGHT_INLINED { x[i] = load_block(d, in + 2 * (q + s * (p + m * i))); });
      butterfly(d, x);
      store_block(d, x[0], out + 2 * (q + s * kRadix * p));
      unroll<kRadix - 1>([&](auto i) HWY_ATTR BORESIGHT_INLINED {
        constexpr unsigned k = i + 1;
        store_block(d, times(d, x[place<kRadix>(k)], factors[2 * i], factors[2 * i + 1]),
                    out + 2 * (q + s * (kRadix * p + k)));
      });
    }
  }
}

// n = radix: one transform per sequence, no factors. `in` and `out` may be the same.
template <unsigned kRadix, bool kInverse, class D>
HWY_INLINE void last_pass(D d, std::size_t s, const float* in, float* out) {
  for (std::size_t q = 0; q < s; q += hn::Lanes(d)) {
    Complex<hn::Vec<D>> x[kRadix];
    unroll<kRadix>([&](auto i) HWY_ATTR BORESIGHT_INLINED { x[i] = load_block(d, in + 2 * (q + s * i)); });
    butterfly(d, x);
    unroll<kRadix>([&](auto k) HWY_ATTR BORESIGHT_INLINED {
      store_samples<kInverse>(d, x[place<kRadix>(k)], out + 2 * (q + s * k));
    });
  }
}

template <bool kInverse, bool kMixed>
HWY_INLINE void transform(const FftPlan& plan, const float* first, const float* turns, const float* in,
                          float* out) {
  // A vector goes along p in the first pass, and there are n / 16 of them: no more than 16 lanes.
  const hn::CappedTag<float, 16> d;
  HWY_ALIGN float scratch[2 * 16384];
  first_pass<kInverse, kMixed>(d, plan.n, first, turns, in, scratch);
  float* from = scratch;
  std::size_t n = plan.n / 16;
  std::size_t s = 16;
  for (const FftPlan::Pass& pass : plan.later) {
    if (pass.radix == n) break;
    float* to = from == scratch ? out : scratch;
    const float* factors = plan.later_factors.data() + pass.factors;
    if (pass.radix == 16) {
      middle_pass<16>(d, n, s, factors, from, to);
    } else {
      middle_pass<8>(d, n, s, factors, from, to);
    }
    from = to;
    n /= pass.radix;
    s *= pass.radix;
  }
  if (n == 16) {
    last_pass<16, kInverse>(d, s, from, out);
  } else if (n == 8) {
    last_pass<8, kInverse>(d, s, from, out);
  } else {
    last_pass<4, kInverse>(d, s, from, out);
  }
}

bool is_fast() {
  return HWY_TARGET <= HWY_AVX2 || (HWY_ARCH_ARM && HWY_TARGET != HWY_SCALAR);
}

void forward(const FftPlan& plan, const float* in, float* out) {
  transform<false, false>(plan, plan.first.data(), nullptr, in, out);
}
void inverse(const FftPlan& plan, const float* in, float* out) {
  transform<true, false>(plan, plan.first.data(), nullptr, in, out);
}
void forward_mixed(const FftPlan& plan, const float* first, const float* parts, float turn_re, float turn_im,
                   const float* in, float* out) {
  const hn::CappedTag<float, 16> d;
  HWY_ALIGN float turns[32];
  for (std::size_t i = 0; i < 16; i += hn::Lanes(d)) {
    const auto turned =
        times(d, Complex<hn::Vec<decltype(d)>>{hn::LoadU(d, parts + i), hn::LoadU(d, parts + 16 + i)},
              turn_re, turn_im);
    hn::Store(turned.re, d, turns + i);
    hn::Store(turned.im, d, turns + 16 + i);
  }
  transform<false, true>(plan, first, turns, in, out);
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {

HWY_EXPORT(is_fast);
HWY_EXPORT(forward);
HWY_EXPORT(inverse);
HWY_EXPORT(forward_mixed);

const float* rails(const cf32* x) {
  return reinterpret_cast<const float*>(x);
}
float* rails(cf32* x) {
  return reinterpret_cast<float*>(x);
}

}  // namespace

FftPlan::FftPlan(std::size_t size) : n(size) {
  BORESIGHT_ASSERT(supports(n));
  first.resize(first_factors_size());
  fill_first_factors(0, first);
  for (std::size_t left = n / 16; left > 1;) {
    // 16s as long as they leave at least 4 for the end; 8 by 8 is a little faster than 16 by 4.
    const unsigned radix = left == 4 || left == 8 || left == 16 ? static_cast<unsigned>(left)
                           : left == 32 || left == 64           ? 8
                                                                : 16;
    later.push_back({radix, later_factors.size()});
    if (radix == left) break;
    for (std::size_t p = 0; p < left / radix; ++p) {
      for (std::size_t k = 1; k < radix; ++k) {
        const auto factor =
            cf32(std::polar(1.0, -2 * pi * static_cast<double>(p * k) / static_cast<double>(left)));
        later_factors.push_back(factor.real());
        later_factors.push_back(factor.imag());
      }
    }
    left /= radix;
  }
}

void FftPlan::fill_first_factors(double frequency, std::span<float> factors) const {
  BORESIGHT_ASSERT(factors.size() == first_factors_size());
  // exp(-j 2 pi p (frequency + k / n)) by recursion over k from two exact values, in double precision: 16
  // steps lose nothing that a float could show.
  for (std::size_t p = 0; p < n / 16; ++p) {
    const auto at = static_cast<double>(p);
    cf64 factor = std::polar(1.0, -2 * pi * frequency * at);
    const cf64 step = std::polar(1.0, -2 * pi * at / static_cast<double>(n));
    float* out = factors.data() + p / 16 * 512 + p % 16;
    for (std::size_t k = 0; k < 16; ++k, factor *= step) {
      out[32 * k] = static_cast<float>(factor.real());
      out[32 * k + 16] = static_cast<float>(factor.imag());
    }
  }
}

bool fft_is_fast() noexcept {
  return BORESIGHT_DISPATCH(is_fast)();
}

void fft_forward(const FftPlan& plan, const cf32* in, cf32* out) noexcept {
  BORESIGHT_DISPATCH(forward)(plan, rails(in), rails(out));
}

void fft_inverse(const FftPlan& plan, const cf32* in, cf32* out) noexcept {
  BORESIGHT_DISPATCH(inverse)(plan, rails(in), rails(out));
}

void fft_forward_mixed(const FftPlan& plan, std::span<const float> first, std::span<const float, 32> parts,
                       cf32 turn, const cf32* in, cf32* out) noexcept {
  BORESIGHT_ASSERT(first.size() == plan.first_factors_size());
  BORESIGHT_DISPATCH(forward_mixed)
  (plan, first.data(), parts.data(), turn.real(), turn.imag(), rails(in), rails(out));
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
