#include "kernels/soft_demap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/soft_demap.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/target.h"

#ifndef BORESIGHT_KERNELS_SOFT_DEMAP_COMMON
#define BORESIGHT_KERNELS_SOFT_DEMAP_COMMON
namespace boresight::kernels {

// LLR steps: L = 4 steps per nat * 4 step^2 / variance * F. With t = 16 step / variance the weighted axis is
// y t, and one unit of it t step.
constexpr float llr_factor = 16;
constexpr float llr_limit = 127;
// Beyond these a weight or a weighted axis is no number to compute with; what is below stays finite.
constexpr float largest_weight = 1e30F;
constexpr float largest_axis = 1e36F;

/// What one symbol is before it becomes axes.
enum class Turn : std::uint8_t { none, eighth };

}  // namespace boresight::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128 || HWY_HAVE_SCALABLE

struct Weight {
  float times;  // a symbol
  float unit;   // of the weighted axis
};

HWY_INLINE Weight weight_of(const SoftDemapInput& in, std::size_t n, float step) {
  const float factor = llr_factor * step;
  const float t = in.kind == SoftDemapInput::Kind::variance ? factor / in.scale[n] : factor * in.scale[n];
  const bool good = t > 0 && t <= largest_weight;
  const float symbol_factor = in.kind == SoftDemapInput::Kind::matched ? factor : t;
  return {good ? symbol_factor : 0.0F, good ? t * step : 0.0F};
}

HWY_INLINE std::int8_t rounded(float magnitude, float sign_of) {
  // Half to even, as the vectors do.
  const float sum = std::min(magnitude, llr_limit) + 8388608.0F;
  const auto steps = static_cast<int>(sum - 8388608.0F);
  return static_cast<std::int8_t>(std::signbit(sign_of) ? -steps : steps);
}

template <unsigned kBits>
HWY_INLINE void demap_axis(float x, float unit, std::int8_t* llr, std::size_t stride) {
  float folded[kBits];
  float magnitude[kBits];
  const float r = std::abs(x);
  const bool good = r <= largest_axis;
  folded[0] = x;
  magnitude[0] = good ? r : 0.0F;
  if (!good) unit = 0;
  for (unsigned j = 1; j < kBits; ++j) {
    folded[j] = static_cast<float>(1U << (kBits - j)) * unit - magnitude[j - 1];
    magnitude[j] = std::abs(folded[j]);
  }
  float f = magnitude[kBits - 1];
  llr[(kBits - 1) * stride] = rounded(f, folded[kBits - 1]);
  for (unsigned j = kBits - 1; j-- > 0;) {
    const auto n = static_cast<float>(1U << (kBits - j - 2));
    const float rest = f - std::max(folded[j + 1], 0.0F);
    f = n == 1 ? magnitude[j] + rest : n * (magnitude[j] - (n * unit - unit)) + rest;
    f = std::max(f, magnitude[j]);
    llr[j * stride] = rounded(f, folded[j]);
  }
}

template <unsigned kBits, SoftDemapOrder kOrder, Turn kTurn>
void square(const SoftDemapInput& in, float step, std::int8_t* llr) {
  constexpr bool alternating = kOrder == SoftDemapOrder::alternating;
  for (std::size_t n = 0; n < in.symbols; ++n, llr += 2 * kBits) {
    const Weight w = weight_of(in, n, step);
    float i = in.rails[2 * n];
    float q = in.rails[2 * n + 1];
    if constexpr (kTurn == Turn::eighth) {
      const float sum = i + q;
      i = i - q;
      q = sum;
    }
    demap_axis<kBits>(i * w.times, w.unit, llr, alternating ? 2 : 1);
    demap_axis<kBits>(q * w.times, w.unit, llr + (alternating ? 1 : kBits), alternating ? 2 : 1);
    if constexpr (!alternating) {
      for (unsigned b = 0; b < 2 * kBits; ++b) llr[b] = static_cast<std::int8_t>(-llr[b]);
    }
  }
}

template <SoftDemapLine kLine>
void line(const SoftDemapInput& in, float step, std::int8_t* llr) {
  for (std::size_t n = 0; n < in.symbols; ++n) {
    const Weight w = weight_of(in, n, step);
    const float i = in.rails[2 * n];
    if constexpr (kLine == SoftDemapLine::diagonal) {
      demap_axis<1>((i + in.rails[2 * n + 1]) * w.times, w.unit, llr + n, 1);
    } else {
      demap_axis<1>(-(i * w.times), w.unit, llr + n, 1);
    }
  }
}

#else

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
using D32 = hn::Repartition<std::int32_t, D>;
using D16 = hn::Repartition<std::int16_t, D>;
using D8 = hn::Repartition<std::int8_t, D>;
using V32 = hn::Vec<D32>;
using V8 = hn::Vec<D8>;

constexpr std::size_t lanes = hn::MaxLanes(D());
// A block is two vectors of symbols, which make one vector of int8 for each bit of the axes.
constexpr std::size_t block_symbols = 2 * lanes;

struct Weights {
  V times;
  V unit;
};

HWY_INLINE Weights weights_of(SoftDemapInput::Kind kind, const float* scale, float step) {
  const D d;
  const auto factor = hn::Set(d, llr_factor * step);
  const auto s = hn::LoadU(d, scale);
  const auto t = kind == SoftDemapInput::Kind::variance ? hn::Div(factor, s) : hn::Mul(factor, s);
  const auto good = hn::And(hn::Gt(t, hn::Zero(d)), hn::Le(t, hn::Set(d, largest_weight)));
  const auto times = kind == SoftDemapInput::Kind::matched ? factor : t;
  return {hn::IfThenElseZero(good, times), hn::IfThenElseZero(good, hn::Mul(t, hn::Set(d, step)))};
}

// The sum's low bits are the integer: near 1.5 * 2^23 floats are one apart, and the addition rounds half to
// even.
HWY_INLINE V32 rounded(V magnitude, V sign_of) {
  const D d;
  const D32 d32;
  const auto magic = hn::Set(d, 12582912.0F);
  const auto clipped = hn::Min(magnitude, hn::Set(d, llr_limit));
  const auto sum = hn::Add(hn::CopySignToAbs(clipped, sign_of), magic);
  return hn::Sub(hn::BitCast(d32, sum), hn::BitCast(d32, magic));
}

template <unsigned kBits>
HWY_INLINE void demap_axis(V x, V unit, V32 (&out)[kBits]) {
  const D d;
  V folded[kBits];
  V magnitude[kBits];
  const auto r = hn::Abs(x);
  const auto good = hn::Le(r, hn::Set(d, largest_axis));  // false for NaN
  folded[0] = x;
  magnitude[0] = hn::IfThenElseZero(good, r);
  unit = hn::IfThenElseZero(good, unit);
  HWY_UNROLL(4)
  for (unsigned j = 1; j < kBits; ++j) {
    folded[j] = hn::MulSub(hn::Set(d, static_cast<float>(1U << (kBits - j))), unit, magnitude[j - 1]);
    magnitude[j] = hn::Abs(folded[j]);
  }
  V f = magnitude[kBits - 1];
  out[kBits - 1] = rounded(f, folded[kBits - 1]);
  HWY_UNROLL(4)
  for (unsigned j = kBits - 1; j-- > 0;) {
    const auto rest = hn::Sub(f, hn::Max(folded[j + 1], hn::Zero(d)));
    if (j + 2 == kBits) {
      f = hn::Add(magnitude[j], rest);
    } else {
      const auto n = hn::Set(d, static_cast<float>(1U << (kBits - j - 2)));
      f = hn::MulAdd(n, hn::Sub(magnitude[j], hn::MulSub(n, unit, unit)), rest);
    }
    f = hn::Max(f, magnitude[j]);  // which it is but for rounding: no bit changes its sign by that
    out[j] = rounded(f, folded[j]);
  }
}

// Four vectors of int32, two of either axis, to bytes I, Q, I, Q, ...
HWY_INLINE V8 joined(V32 i0, V32 i1, V32 q0, V32 q1) {
  const D16 d16;
  const D8 d8;
  const auto i = hn::ReorderDemote2To(d16, i0, i1);
  const auto q = hn::ReorderDemote2To(d16, q0, q1);
  const auto pairs = hn::OddEven(hn::BitCast(d8, hn::ShiftLeft<8>(q)), hn::BitCast(d8, i));
#if HWY_MAX_BYTES == 16
  return pairs;
#else
  // In every 16 bytes there are four symbols of the first half and four of the second.
  const D32 d32;
  HWY_ALIGN static constexpr auto order = [] {
    std::array<std::int32_t, lanes> o{};
    for (std::size_t n = 0; n < lanes; ++n) {
      const std::size_t half = n / (lanes / 2);
      const std::size_t pair = n % (lanes / 2);  // of symbols
      o[n] = static_cast<std::int32_t>(4 * (pair / 2) + 2 * half + pair % 2);
    }
    return o;
  }();
  return hn::BitCast(d8, hn::TableLookupLanes(hn::BitCast(d32, pairs), hn::SetTableIndices(d32, order.data())));
#endif
}

// Units of kUnit bytes from five vectors in turn: unit k of vector v goes to place 5 k + v.
template <std::size_t kUnit>
struct FiveWays {
  // table[k][v]: for 16 bytes of output k the bytes of vector v, 0x80 where another vector's go.
  HWY_ALIGN static constexpr auto table = [] {
    std::array<std::array<std::array<std::uint8_t, 16>, 5>, 5> t{};
    for (std::size_t byte = 0; byte < 80; ++byte) {
      const std::size_t unit = byte / kUnit;
      for (std::size_t v = 0; v < 5; ++v) {
        t[byte / 16][v][byte % 16] =
            unit % 5 == v ? static_cast<std::uint8_t>(unit / 5 * kUnit + byte % kUnit) : 0x80;
      }
    }
    return t;
  }();
};

template <std::size_t kUnit>
HWY_INLINE void store_interleaved_5(const V8 (&v)[5], std::int8_t* out) {
  const D8 d8;
  const hn::Repartition<std::uint8_t, D> du8;
  const hn::CappedTag<std::int8_t, 16> d128;
  HWY_ALIGN std::int8_t blocks[4 * lanes];
  for (std::size_t k = 0; k < 5; ++k) {
    auto sum = hn::Zero(du8);
    HWY_UNROLL(5)
    for (std::size_t s = 0; s < 5; ++s) {
      const auto which = hn::LoadDup128(du8, FiveWays<kUnit>::table[k][s].data());
      sum = hn::Or(sum, hn::TableLookupBytesOr0(hn::BitCast(du8, v[s]), which));
    }
    hn::Store(hn::BitCast(d8, sum), d8, blocks);
    HWY_UNROLL(4)
    for (std::size_t b = 0; b < 4 * lanes / 16; ++b) {
      hn::StoreU(hn::Load(d128, blocks + 16 * b), d128, out + 80 * b + 16 * k);
    }
  }
}

template <unsigned kBits, SoftDemapOrder kOrder>
HWY_INLINE void store(const V8 (&v)[kBits], std::int8_t* llr) {
  const D8 d8;
  if constexpr (kBits == 1) {
    hn::StoreU(v[0], d8, llr);
  } else if constexpr (kOrder == SoftDemapOrder::by_axis) {
    if constexpr (kBits == 2) hn::StoreInterleaved2(v[0], v[1], d8, llr);
    if constexpr (kBits == 3) hn::StoreInterleaved3(v[0], v[1], v[2], d8, llr);
    if constexpr (kBits == 4) hn::StoreInterleaved4(v[0], v[1], v[2], v[3], d8, llr);
    if constexpr (kBits == 5) store_interleaved_5<1>(v, llr);
  } else {
    const D16 d16;
    auto* out = reinterpret_cast<std::int16_t*>(llr);
    const auto pairs = [&](unsigned b) HWY_ATTR { return hn::BitCast(d16, v[b]); };
    if constexpr (kBits == 2) hn::StoreInterleaved2(pairs(0), pairs(1), d16, out);
    if constexpr (kBits == 3) hn::StoreInterleaved3(pairs(0), pairs(1), pairs(2), d16, out);
    if constexpr (kBits == 4) hn::StoreInterleaved4(pairs(0), pairs(1), pairs(2), pairs(3), d16, out);
    if constexpr (kBits == 5) store_interleaved_5<2>(v, llr);
  }
}

template <unsigned kBits, SoftDemapOrder kOrder, Turn kTurn>
HWY_INLINE void square_block(SoftDemapInput::Kind kind, const float* rails, const float* scale, float step,
                             std::int8_t* llr) {
  const D d;
  V32 i_bits[2][kBits];
  V32 q_bits[2][kBits];
  HWY_UNROLL(2)
  for (std::size_t half = 0; half < 2; ++half) {
    const Weights w = weights_of(kind, scale + lanes * half, step);
    const auto low = hn::LoadU(d, rails + 2 * lanes * half);
    const auto high = hn::LoadU(d, rails + 2 * lanes * half + lanes);
    auto i = hn::ConcatEven(d, high, low);
    auto q = hn::ConcatOdd(d, high, low);
    if constexpr (kTurn == Turn::eighth) {
      const auto sum = hn::Add(i, q);
      i = hn::Sub(i, q);
      q = sum;
    }
    demap_axis<kBits>(hn::Mul(i, w.times), w.unit, i_bits[half]);
    demap_axis<kBits>(hn::Mul(q, w.times), w.unit, q_bits[half]);
  }
  V8 bytes[kBits];
  HWY_UNROLL(5)
  for (unsigned b = 0; b < kBits; ++b) {
    bytes[b] = joined(i_bits[0][b], i_bits[1][b], q_bits[0][b], q_bits[1][b]);
    if constexpr (kOrder == SoftDemapOrder::by_axis) bytes[b] = hn::Neg(bytes[b]);
  }
  store<kBits, kOrder>(bytes, llr);
}

// block(rails, scale, llr) on whole blocks, the last one through memory of its own: one definition, one result.
template <std::size_t kLlrs, typename Block>
HWY_INLINE void for_each_block(const SoftDemapInput& in, std::int8_t* llr, const Block& block) {
  std::size_t n = 0;
  for (; n + block_symbols <= in.symbols; n += block_symbols) {
    block(in.rails + 2 * n, in.scale + n, llr + kLlrs * n);
  }
  const std::size_t rest = in.symbols - n;
  if (rest == 0) return;
  float rails[2 * block_symbols] = {};
  float scale[block_symbols];
  std::int8_t last[kLlrs * block_symbols];
  std::fill_n(scale, block_symbols, 1.0F);
  std::copy_n(in.rails + 2 * n, 2 * rest, rails);
  std::copy_n(in.scale + n, rest, scale);
  block(rails, scale, last);
  std::copy_n(last, kLlrs * rest, llr + kLlrs * n);
}

template <unsigned kBits, SoftDemapOrder kOrder, Turn kTurn>
void square(const SoftDemapInput& in, float step, std::int8_t* llr) {
  for_each_block<std::size_t{2} * kBits>(
      in, llr, [&](const float* rails, const float* scale, std::int8_t* out) HWY_ATTR {
        square_block<kBits, kOrder, kTurn>(in.kind, rails, scale, step, out);
      });
}

template <SoftDemapLine kLine>
void line(const SoftDemapInput& in, float step, std::int8_t* llr) {
  const D d;
  for_each_block<1>(in, llr, [&](const float* rails, const float* scale, std::int8_t* out) HWY_ATTR {
    HWY_UNROLL(2)
    for (std::size_t half = 0; half < 2; ++half) {
      const Weights w = weights_of(in.kind, scale + lanes * half, step);
      const auto low = hn::LoadU(d, rails + 2 * lanes * half);
      const auto high = hn::LoadU(d, rails + 2 * lanes * half + lanes);
      auto x = hn::ConcatEven(d, high, low);
      if constexpr (kLine == SoftDemapLine::diagonal) x = hn::Add(x, hn::ConcatOdd(d, high, low));
      x = hn::Mul(x, w.times);
      if constexpr (kLine == SoftDemapLine::real) x = hn::Neg(x);
      V32 bits[1];
      demap_axis<1>(x, w.unit, bits);
      const hn::Rebind<std::int8_t, D> d_out;
      hn::StoreU(hn::DemoteTo(d_out, bits[0]), d_out, out + lanes * half);
    }
  });
}

#endif

void square_alternating(const SoftDemapInput& in, unsigned axis_bits, float step, std::int8_t* llr) {
  constexpr auto order = SoftDemapOrder::alternating;
  if (axis_bits == 1) square<1, order, Turn::none>(in, step, llr);
  if (axis_bits == 2) square<2, order, Turn::none>(in, step, llr);
  if (axis_bits == 3) square<3, order, Turn::none>(in, step, llr);
  if (axis_bits == 4) square<4, order, Turn::none>(in, step, llr);
  if (axis_bits == 5) square<5, order, Turn::none>(in, step, llr);
}
void square_by_axis(const SoftDemapInput& in, unsigned axis_bits, float step, std::int8_t* llr) {
  constexpr auto order = SoftDemapOrder::by_axis;
  if (axis_bits == 1) square<1, order, Turn::none>(in, step, llr);
  if (axis_bits == 2) square<2, order, Turn::none>(in, step, llr);
  if (axis_bits == 3) square<3, order, Turn::none>(in, step, llr);
  if (axis_bits == 4) square<4, order, Turn::none>(in, step, llr);
  if (axis_bits == 5) square<5, order, Turn::none>(in, step, llr);
}
void axis_qpsk(const SoftDemapInput& in, float step, std::int8_t* llr) {
  square<1, SoftDemapOrder::alternating, Turn::eighth>(in, step, llr);
}
void real_line(const SoftDemapInput& in, float step, std::int8_t* llr) {
  line<SoftDemapLine::real>(in, step, llr);
}
void diagonal_line(const SoftDemapInput& in, float step, std::int8_t* llr) {
  line<SoftDemapLine::diagonal>(in, step, llr);
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {
HWY_EXPORT(square_alternating);
HWY_EXPORT(square_by_axis);
HWY_EXPORT(axis_qpsk);
HWY_EXPORT(real_line);
HWY_EXPORT(diagonal_line);
}  // namespace

void soft_demap_square(const SoftDemapInput& input, unsigned axis_bits, SoftDemapOrder order, float step,
                       std::int8_t* llr) noexcept {
  if (order == SoftDemapOrder::alternating) {
    BORESIGHT_DISPATCH(square_alternating)(input, axis_bits, step, llr);
  } else {
    BORESIGHT_DISPATCH(square_by_axis)(input, axis_bits, step, llr);
  }
}

void soft_demap_axis_qpsk(const SoftDemapInput& input, std::int8_t* llr) noexcept {
  BORESIGHT_DISPATCH(axis_qpsk)(input, 0.5F, llr);  // the turn grows by sqrt(2), which the step gives back
}

void soft_demap_bpsk(const SoftDemapInput& input, SoftDemapLine line, std::int8_t* llr) noexcept {
  if (line == SoftDemapLine::real) {
    BORESIGHT_DISPATCH(real_line)(input, 1.0F, llr);
  } else {
    BORESIGHT_DISPATCH(diagonal_line)(input, std::numbers::sqrt2_v<float> / 2, llr);
  }
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
