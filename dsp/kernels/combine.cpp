#include "kernels/combine.h"

#include <limits>
#include <type_traits>

#include "boresight/ofdm/equalizer.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/combine.cpp"
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
using Bins = Grid<const cf32>;
using Noise = Grid<const float>;

HWY_INLINE const float* rails_of(const Bins& grid, std::size_t row) {
  return reinterpret_cast<const float*>(grid.data() + row * grid.row_stride());
}

// Interleaved parts into two vectors. Two permutations, where LoadInterleaved2 takes more.
template <class D, class V>
HWY_INLINE void load_parts(D d, const float* HWY_RESTRICT from, V& re, V& im) {
#if HWY_TARGET != HWY_SCALAR
  if constexpr (!std::is_same_v<D, One>) {
    const auto low = hn::LoadU(d, from);
    const auto high = hn::LoadU(d, from + hn::Lanes(d));
    re = hn::ConcatEven(d, high, low);
    im = hn::ConcatOdd(d, high, low);
    return;
  }
#endif
  hn::LoadInterleaved2(d, from, re, im);
}

// sum / gain and 1 / gain, or the erased symbol where that says nothing.
template <class D, class V>
HWY_INLINE void finish(D d, V re, V im, V gain, float* HWY_RESTRICT symbol, float* HWY_RESTRICT variance) {
  const auto largest = hn::Set(d, std::numeric_limits<float>::max());
  const auto erased = hn::Set(d, ofdm::erased_variance);
  // Comparisons with NaN are false.
  const auto finite = hn::Le(hn::Add(hn::Add(hn::Abs(re), hn::Abs(im)), gain), largest);
  const auto usable = hn::And(finite, hn::Ge(gain, hn::Set(d, 1 / ofdm::erased_variance)));
  const auto inverse = hn::Div(hn::Set(d, 1.0F), hn::IfThenElse(usable, gain, hn::Set(d, 1.0F)));
  hn::StoreInterleaved2(hn::IfThenElseZero(usable, hn::Mul(re, inverse)),
                        hn::IfThenElseZero(usable, hn::Mul(im, inverse)), d, symbol);
  hn::StoreU(hn::Min(hn::IfThenElse(usable, inverse, erased), erased), d, variance);
}

// The sums over the antennas for the subcarriers from k on. kEach: a noise for every subcarrier; kJudge:
// every antenna is judged on every subcarrier, else the caller looks at the result.
template <bool kEach, bool kJudge, class D, class V>
HWY_INLINE void sum_antennas(D d, std::size_t k, const Bins& received, const Bins& channel,
                             const Noise& noise, V& re, V& im, V& gain, V& least_noise) {
  const auto zero = hn::Zero(d);
  const auto one = hn::Set(d, 1.0F);
  const auto largest = hn::Set(d, std::numeric_limits<float>::max());
  re = im = gain = zero;
  least_noise = one;
  for (std::size_t b = 0; b < received.rows(); ++b) {
    const float* noise_row = noise.data() + b * noise.row_stride();
    auto weight = one;
    if constexpr (kEach) {
      auto n = hn::LoadU(d, noise_row + k);
      if constexpr (kJudge) {
        const auto known = hn::And(hn::Gt(n, zero), hn::Le(n, largest));
        weight = hn::IfThenElseZero(known, hn::Div(one, hn::IfThenElse(known, n, one)));
      } else {
        least_noise = hn::Min(least_noise, n);  // what NaN does here, its weight makes good
        weight = hn::Div(one, n);
      }
    } else {
      if (!(noise_row[0] > 0 && noise_row[0] <= std::numeric_limits<float>::max())) continue;
      weight = hn::Set(d, 1 / noise_row[0]);
    }
    auto y_re = zero, y_im = zero, h_re = zero, h_im = zero;
    load_parts(d, rails_of(received, b) + 2 * k, y_re, y_im);
    load_parts(d, rails_of(channel, b) + 2 * k, h_re, h_im);
    if constexpr (kJudge) {
      const auto sum =
          hn::Add(hn::Add(hn::Abs(y_re), hn::Abs(y_im)), hn::MulAdd(h_re, h_re, hn::Mul(h_im, h_im)));
      const auto finite = hn::Le(sum, largest);
      y_re = hn::IfThenElseZero(finite, y_re);
      y_im = hn::IfThenElseZero(finite, y_im);
      h_re = hn::IfThenElseZero(finite, h_re);
      h_im = hn::IfThenElseZero(finite, h_im);
    }
    const auto w_re = hn::Mul(weight, h_re);
    const auto w_im = hn::Mul(weight, h_im);
    re = hn::MulAdd(w_re, y_re, hn::MulAdd(w_im, y_im, re));
    im = hn::NegMulAdd(w_im, y_re, hn::MulAdd(w_re, y_im, im));
    gain = hn::MulAdd(w_re, h_re, hn::MulAdd(w_im, h_im, gain));
  }
}

template <bool kEach, class D>
HWY_INLINE std::size_t combine_from(std::size_t k, D d, const Bins& received, const Bins& channel,
                                    const Noise& noise, float* HWY_RESTRICT symbols,
                                    float* HWY_RESTRICT variance, std::size_t carriers) {
  const std::size_t lanes = hn::Lanes(d);
  const auto largest = hn::Set(d, std::numeric_limits<float>::max());
  for (; k + lanes <= carriers; k += lanes) {
    auto re = hn::Zero(d), im = re, gain = re, least_noise = re;
    sum_antennas<kEach, false>(d, k, received, channel, noise, re, im, gain, least_noise);
    const auto finite = hn::Le(hn::Add(hn::Add(hn::Abs(re), hn::Abs(im)), gain), largest);
    if (HWY_UNLIKELY(!hn::AllTrue(d, hn::And(finite, hn::Gt(least_noise, hn::Zero(d)))))) {
      sum_antennas<kEach, true>(d, k, received, channel, noise, re, im, gain, least_noise);
    }
    finish(d, re, im, gain, symbols + 2 * k, variance + k);
  }
  return k;
}

template <bool kEach>
HWY_INLINE void combine_all(const Bins& received, const Bins& channel, const Noise& noise, float* symbols,
                            float* variance, std::size_t carriers) {
  const std::size_t done =
      combine_from<kEach>(0, Full(), received, channel, noise, symbols, variance, carriers);
  combine_from<kEach>(done, One(), received, channel, noise, symbols, variance, carriers);
}

void combine_each(const Bins& received, const Bins& channel, const Noise& noise, float* symbols,
                  float* variance, std::size_t carriers) {
  combine_all<true>(received, channel, noise, symbols, variance, carriers);
}
void combine_same(const Bins& received, const Bins& channel, const Noise& noise, float* symbols,
                  float* variance, std::size_t carriers) {
  combine_all<false>(received, channel, noise, symbols, variance, carriers);
}

template <class D>
HWY_INLINE std::size_t white_from(std::size_t k, D d, const cf32* const* received, const cf32* const* channel,
                                  std::size_t antennas, const float* HWY_RESTRICT whitener,
                                  float* HWY_RESTRICT symbols, float* HWY_RESTRICT variance,
                                  std::size_t carriers) {
  const std::size_t lanes = hn::Lanes(d);
  // Parts apart, one row for each antenna: y_re, y_im, h_re, h_im.
  HWY_ALIGN float parts[4 * max_combined * hn::MaxLanes(Full())];
  for (; k + lanes <= carriers; k += lanes) {
    auto re = hn::Zero(d), im = re, gain = re;
    const float* w = whitener;
    float* row = parts;
    for (std::size_t i = 0; i < antennas; ++i, row += 4 * lanes) {
      auto y_re = re, y_im = re, h_re = re, h_im = re;
      load_parts(d, reinterpret_cast<const float*>(received[i] + k), y_re, y_im);
      load_parts(d, reinterpret_cast<const float*>(channel[i] + k), h_re, h_im);
      hn::StoreU(y_re, d, row);
      hn::StoreU(y_im, d, row + lanes);
      hn::StoreU(h_re, d, row + 2 * lanes);
      hn::StoreU(h_im, d, row + 3 * lanes);
      // Row i of L^-1 times y and h; the diagonal, its last entry, is real.
      const auto diagonal = hn::Set(d, w[2 * i]);
      auto u_re = hn::Mul(diagonal, y_re), u_im = hn::Mul(diagonal, y_im);
      auto v_re = hn::Mul(diagonal, h_re), v_im = hn::Mul(diagonal, h_im);
      const float* other = parts;
      for (std::size_t j = 0; j < i; ++j, other += 4 * lanes) {
        const auto w_re = hn::Set(d, w[2 * j]), w_im = hn::Set(d, w[2 * j + 1]);
        const auto a_re = hn::LoadU(d, other), a_im = hn::LoadU(d, other + lanes);
        const auto b_re = hn::LoadU(d, other + 2 * lanes), b_im = hn::LoadU(d, other + 3 * lanes);
        u_re = hn::NegMulAdd(w_im, a_im, hn::MulAdd(w_re, a_re, u_re));
        u_im = hn::MulAdd(w_im, a_re, hn::MulAdd(w_re, a_im, u_im));
        v_re = hn::NegMulAdd(w_im, b_im, hn::MulAdd(w_re, b_re, v_re));
        v_im = hn::MulAdd(w_im, b_re, hn::MulAdd(w_re, b_im, v_im));
      }
      w += 2 * (i + 1);
      re = hn::MulAdd(v_re, u_re, hn::MulAdd(v_im, u_im, re));
      im = hn::NegMulAdd(v_im, u_re, hn::MulAdd(v_re, u_im, im));
      gain = hn::MulAdd(v_re, v_re, hn::MulAdd(v_im, v_im, gain));
    }
    finish(d, re, im, gain, symbols + 2 * k, variance + k);
  }
  return k;
}

void combine_whitened(const cf32* const* received, const cf32* const* channel, std::size_t antennas,
                      const float* whitener, float* symbols, float* variance, std::size_t carriers) {
  const std::size_t done =
      white_from(0, Full(), received, channel, antennas, whitener, symbols, variance, carriers);
  white_from(done, One(), received, channel, antennas, whitener, symbols, variance, carriers);
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {
HWY_EXPORT(combine_each);
HWY_EXPORT(combine_same);
HWY_EXPORT(combine_whitened);
}  // namespace

void combine(Grid<const cf32> received, Grid<const cf32> channel, Grid<const float> noise,
             std::span<cf32> symbols, std::span<float> variance) noexcept {
  auto* const out = reinterpret_cast<float*>(symbols.data());
  if (noise.columns() == 1) {
    BORESIGHT_DISPATCH(combine_same)(received, channel, noise, out, variance.data(), symbols.size());
  } else {
    BORESIGHT_DISPATCH(combine_each)(received, channel, noise, out, variance.data(), symbols.size());
  }
}

void combine_white(std::span<const cf32* const> received, std::span<const cf32* const> channel,
                   const float* whitener, std::span<cf32> symbols, std::span<float> variance) noexcept {
  BORESIGHT_DISPATCH(combine_whitened)
  (received.data(), channel.data(), received.size(), whitener, reinterpret_cast<float*>(symbols.data()),
   variance.data(), symbols.size());
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
