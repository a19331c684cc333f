#include "kernels/equalize.h"

#include <cstring>

#include "boresight/core/assert.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/equalize.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::CappedTag<float, 16>;
using V = hn::Vec<Lanes>;
constexpr std::size_t row = 16;  // subcarriers that share one entry of the coarse ramp

struct Turn {
  V re, im;
};

// exp(+j angle) within 3e-7 while |angle| < 1000: the angle less a multiple of a quarter turn, which is
// subtracted in two pieces, and the minimax polynomials of Cephes (S. L. Moshier, sinf.c) for both functions
// between -pi/4 and pi/4.
HWY_INLINE Turn turn(V angle) {
  const Lanes d;
  const hn::RebindToSigned<Lanes> di;
  const V quarters = hn::Round(hn::Mul(angle, hn::Set(d, 0.63661977236758134F)));
  const V x = hn::NegMulAdd(quarters, hn::Set(d, 7.5497899548918822e-8F),
                            hn::NegMulAdd(quarters, hn::Set(d, 1.5707962512969971F), angle));
  const V xx = hn::Mul(x, x);
  V sine = hn::MulAdd(xx, hn::Set(d, -1.9515295891e-4F), hn::Set(d, 8.3321608736e-3F));
  sine = hn::MulAdd(xx, sine, hn::Set(d, -1.6666654611e-1F));
  sine = hn::MulAdd(hn::Mul(xx, x), sine, x);
  V cosine = hn::MulAdd(xx, hn::Set(d, 2.443315711809948e-5F), hn::Set(d, -1.388731625493765e-3F));
  cosine = hn::MulAdd(xx, cosine, hn::Set(d, 4.166664568298827e-2F));
  cosine = hn::MulAdd(hn::Mul(xx, xx), cosine, hn::NegMulAdd(xx, hn::Set(d, 0.5F), hn::Set(d, 1.0F)));
  // Odd quarters exchange the two; sine changes its sign in quarters 2 and 3, cosine in 1 and 2.
  const auto q = hn::ConvertTo(di, quarters);
  const auto odd = hn::RebindMask(d, hn::Ne(hn::And(q, hn::Set(di, 1)), hn::Zero(di)));
  const auto sine_sign = hn::ShiftLeft<30>(hn::And(q, hn::Set(di, 2)));
  const auto cosine_sign = hn::ShiftLeft<30>(hn::And(hn::Add(q, hn::Set(di, 1)), hn::Set(di, 2)));
  return {hn::Xor(hn::IfThenElse(odd, sine, cosine), hn::BitCast(d, cosine_sign)),
          hn::Xor(hn::IfThenElse(odd, cosine, sine), hn::BitCast(d, sine_sign))};
}

// Angles start + step i, i < count; count and room for it are multiples of 16.
HWY_INLINE void fill_ramp(float start, float step, float amplitude, std::size_t count, float* re, float* im) {
  const Lanes d;
  const V first = hn::Set(d, start);
  const V slope = hn::Set(d, step);
  const V factor = hn::Set(d, amplitude);
  for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
    const Turn t = turn(hn::MulAdd(slope, hn::Iota(d, static_cast<float>(i)), first));
    hn::StoreU(hn::Mul(factor, t.re), d, re + i);
    hn::StoreU(hn::Mul(factor, t.im), d, im + i);
  }
}

std::size_t band(const EqualizerBand& by_reference, float phase, float slope, float amplitude,
                 cf32* out_samples, [[maybe_unused]] std::size_t room) {
  const EqualizerBand b = by_reference;  // so that the stores below cannot change it
  // What is divided by is multiplied with its conjugate: the ramp runs backwards. Two levels: a row of 16
  // and the rows.
  HWY_ALIGN float fine_re[row];
  HWY_ALIGN float fine_im[row];
  HWY_ALIGN float coarse_re[8192 / row];
  HWY_ALIGN float coarse_im[8192 / row];
  fill_ramp(0, -slope, 1, row, fine_re, fine_im);
  const std::size_t rows = (b.count + row - 1) / row;
  fill_ramp(-(phase + slope * static_cast<float>(b.first)), -slope * static_cast<float>(row), amplitude,
            (rows + row - 1) / row * row, coarse_re, coarse_im);

  const auto* received = reinterpret_cast<const float*>(b.received);
  auto* out = reinterpret_cast<float*>(out_samples);
  std::size_t kept = 0;
  std::size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const Lanes d;
  const std::size_t lanes = hn::Lanes(d);
  HWY_ALIGN float spare[4 * row];
  for (; i + row <= b.count; i += row) {
    // Whole vectors are stored; where that is too many for `out`, somewhere else first.
    const bool fits = kept + row <= room;
    float* to = fits ? out + 2 * kept : spare;
    const float* const begin = to;
    const V turn_re = hn::Set(d, coarse_re[i / row]);
    const V turn_im = hn::Set(d, coarse_im[i / row]);
    for (std::size_t j = 0; j < row; j += lanes) {
      const V f_re = hn::Load(d, fine_re + j);
      const V f_im = hn::Load(d, fine_im + j);
      const V t_re = hn::NegMulAdd(f_im, turn_im, hn::Mul(f_re, turn_re));
      const V t_im = hn::MulAdd(f_im, turn_re, hn::Mul(f_re, turn_im));
      const V h_re = hn::LoadU(d, b.inverse_re + i + j);
      const V h_im = hn::LoadU(d, b.inverse_im + i + j);
      const V w_re = hn::NegMulAdd(h_im, t_im, hn::Mul(h_re, t_re));
      const V w_im = hn::MulAdd(h_im, t_re, hn::Mul(h_re, t_im));
      V x;
      V y;
      hn::LoadInterleaved2(d, received + 2 * (i + j), x, y);
      // Only the wanted ones, pushed together; what is stored behind them is overwritten by the next.
      const V re = hn::NegMulAdd(y, w_im, hn::Mul(x, w_re));
      const V im = hn::MulAdd(y, w_re, hn::Mul(x, w_im));
      if constexpr (hn::MaxLanes(d) == row) {
        const hn::RebindToSigned<Lanes> di;
        const hn::Rebind<std::uint8_t, Lanes> d8;
        const auto order = hn::IndicesFromVec(d, hn::PromoteTo(di, hn::LoadU(d8, b.order + i)));
        const V to_re = hn::TableLookupLanes(re, order);
        const V to_im = hn::TableLookupLanes(im, order);
        hn::StoreU(hn::InterleaveLower(d, to_re, to_im), d, to);
        hn::StoreU(hn::InterleaveUpper(d, to_re, to_im), d, to + lanes);
        to += 2 * (hwy::PopCount(b.wanted[i / 8]) + hwy::PopCount(b.wanted[i / 8 + 1]));
      } else {
        // (LoadMaskBits may read 8 bytes; on targets of 4 lanes it wants them in the lowest bits.)
        const std::uint8_t nibble[8] = {static_cast<std::uint8_t>(b.wanted[(i + j) / 8] >> (j % 8))};
        const auto mask = hn::LoadMaskBits(d, hn::MaxLanes(d) < 8 ? nibble : b.wanted + (i + j) / 8);
        hn::StoreInterleaved2(hn::Compress(re, mask), hn::Compress(im, mask), d, to);
        to += 2 * hn::CountTrue(d, mask);
      }
    }
    const auto stored = static_cast<std::size_t>(to - begin);
    if (!fits) std::memcpy(out + 2 * kept, spare, stored * sizeof(float));
    kept += stored / 2;
  }
#endif
  for (; i < b.count; ++i) {
    if (((b.wanted[i / 8] >> (i % 8)) & 1U) == 0) continue;
    const std::size_t r = i / row;
    const std::size_t j = i % row;
    const float t_re = fine_re[j] * coarse_re[r] - fine_im[j] * coarse_im[r];
    const float t_im = fine_re[j] * coarse_im[r] + fine_im[j] * coarse_re[r];
    const float w_re = b.inverse_re[i] * t_re - b.inverse_im[i] * t_im;
    const float w_im = b.inverse_re[i] * t_im + b.inverse_im[i] * t_re;
    const float x = received[2 * i];
    const float y = received[2 * i + 1];
    out[2 * kept] = x * w_re - y * w_im;
    out[2 * kept + 1] = x * w_im + y * w_re;
    ++kept;
  }
  return kept;
}

struct Model {
  V re, im;  // channel times value times t(k)
};

HWY_INLINE Model model(const PilotSet& p, std::size_t i, V phase, V slope) {
  const Lanes d;
  const V h_re = hn::LoadU(d, p.channel_re + i);
  const V h_im = hn::LoadU(d, p.channel_im + i);
  const V v_re = hn::LoadU(d, p.value_re + i);
  const V v_im = hn::LoadU(d, p.value_im + i);
  const V m_re = hn::NegMulAdd(h_im, v_im, hn::Mul(h_re, v_re));
  const V m_im = hn::MulAdd(h_im, v_re, hn::Mul(h_re, v_im));
  const Turn t = turn(hn::MulAdd(slope, hn::LoadU(d, p.index + i), phase));
  return {hn::NegMulAdd(m_im, t.im, hn::Mul(m_re, t.re)), hn::MulAdd(m_im, t.re, hn::Mul(m_re, t.im))};
}

HWY_INLINE float total(V x) {
  const Lanes d;
  return hn::GetLane(hn::SumOfLanes(d, x));
}

PilotSums correlate(const PilotSet& p, float phase_rad, float slope_rad) {
  const Lanes d;
  const V phase = hn::Set(d, phase_rad);
  const V slope = hn::Set(d, slope_rad);
  V re = hn::Zero(d);
  V im = hn::Zero(d);
  V k_re = hn::Zero(d);
  V k_im = hn::Zero(d);
  V power = hn::Zero(d);
  for (std::size_t i = 0; i < p.count; i += hn::Lanes(d)) {
    const Model m = model(p, i, phase, slope);
    const V y_re = hn::LoadU(d, p.received_re + i);
    const V y_im = hn::LoadU(d, p.received_im + i);
    const V k = hn::LoadU(d, p.index + i);
    const V r_re = hn::MulAdd(y_im, m.im, hn::Mul(y_re, m.re));
    const V r_im = hn::NegMulAdd(y_re, m.im, hn::Mul(y_im, m.re));
    re = hn::Add(re, r_re);
    im = hn::Add(im, r_im);
    k_re = hn::MulAdd(k, r_re, k_re);
    k_im = hn::MulAdd(k, r_im, k_im);
    power = hn::MulAdd(y_re, y_re, hn::MulAdd(y_im, y_im, power));
  }
  return {{total(re), total(im)}, {total(k_re), total(k_im)}, total(power)};
}

PilotErrors errors(const PilotSet& p, const float* weight, float phase_rad, float slope_rad, float gain) {
  const Lanes d;
  const V phase = hn::Set(d, phase_rad);
  const V slope = hn::Set(d, slope_rad);
  const V g = hn::Set(d, gain);
  V power = hn::Zero(d);
  V relative = hn::Zero(d);
  for (std::size_t i = 0; i < p.count; i += hn::Lanes(d)) {
    const Model m = model(p, i, phase, slope);
    const V e_re = hn::NegMulAdd(g, m.re, hn::LoadU(d, p.received_re + i));
    const V e_im = hn::NegMulAdd(g, m.im, hn::LoadU(d, p.received_im + i));
    const V error = hn::MulAdd(e_re, e_re, hn::Mul(e_im, e_im));
    power = hn::Add(power, error);
    relative = hn::MulAdd(error, hn::LoadU(d, weight + i), relative);
  }
  return {total(power), total(relative)};
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {

HWY_EXPORT(band);
HWY_EXPORT(correlate);
HWY_EXPORT(errors);

}  // namespace

// Interleaving 16 real and 16 imaginary parts within every 128 bits makes two vectors: lanes 4 b and 4 b + 1
// go to places 2 b and 2 b + 1 of the first, lanes 4 b + 2 and 4 b + 3 to the same of the second.
void equalizer_order(std::span<const std::uint8_t> wanted, std::span<std::uint8_t> order) noexcept {
  BORESIGHT_ASSERT(order.size() % 16 == 0 && wanted.size() >= order.size() / 8);
  for (std::size_t first = 0; first < order.size(); first += 16) {
    std::size_t place = 0;
    for (std::size_t i = 0; i < 16; ++i) {
      if (((wanted[(first + i) / 8] >> (i % 8)) & 1U) == 0) continue;
      const std::size_t lane = place / 8 * 2 + place % 8 / 2 * 4 + place % 2;
      order[first + lane] = static_cast<std::uint8_t>(i);
      ++place;
    }
  }
}

std::size_t equalize_band(const EqualizerBand& b, double phase, double slope, float gain,
                          std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(b.count <= 8192);
  return BORESIGHT_DISPATCH(band)(b, static_cast<float>(phase), static_cast<float>(slope), 1 / gain,
                                  out.data(), out.size());
}

PilotSums correlate_pilots(const PilotSet& pilots, double phase, double slope) noexcept {
  BORESIGHT_ASSERT(pilots.count % 16 == 0);
  return BORESIGHT_DISPATCH(correlate)(pilots, static_cast<float>(phase), static_cast<float>(slope));
}

PilotErrors pilot_errors(const PilotSet& pilots, const float* weight, double phase, double slope,
                         float gain) noexcept {
  BORESIGHT_ASSERT(pilots.count % 16 == 0);
  return BORESIGHT_DISPATCH(errors)(pilots, weight, static_cast<float>(phase), static_cast<float>(slope),
                                    gain);
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
