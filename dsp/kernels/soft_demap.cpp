#include "kernels/soft_demap.h"

#include <algorithm>
#include <array>
#include <numbers>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/soft_demap.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/soft_demap_scalar-inl.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
using namespace soft_demap;

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128 || HWY_HAVE_SCALABLE

// soft_demap_scalar-inl.h has square() and line().

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

struct Weights {
  V times;
  V unit;
};

template <SoftDemapInput::Kind kKind>
HWY_INLINE Weights weights_of(V scale, float step, float common) {
  const D d;
  const auto factor = hn::Set(d, llr_factor * step * common);
  const auto t = kKind == SoftDemapInput::Kind::variance ? hn::Div(factor, scale) : hn::Mul(factor, scale);
  const auto good = hn::And(hn::Gt(t, hn::Zero(d)), hn::Le(t, hn::Set(d, largest_weight)));
  const auto times = kKind == SoftDemapInput::Kind::matched ? factor : t;
  return {hn::IfThenElseZero(good, times), hn::IfThenElseZero(good, hn::Mul(t, hn::Set(d, step)))};
}

// Within +-127. The low byte of the result is the integer: near 1.5 * 2^23 floats are one apart, and the
// addition rounds half to even.
HWY_INLINE V32 rounded(V x) {
  const D d;
  return hn::BitCast(D32(), hn::Add(x, hn::Set(d, 12582912.0F)));
}

// A block is two vectors of symbols, hence four of axes: I and Q of the first, I and Q of the second. They go
// through every step together, for one alone would wait for its own results most of the time.
constexpr std::size_t block_vectors = 2;
constexpr std::size_t block_axes = 2 * block_vectors;
constexpr std::size_t block_symbols = block_vectors * lanes;
using Axes = V[block_axes];

template <typename Step>
HWY_INLINE void for_each_axis(const Step& step) {
  HWY_UNROLL(4)
  for (std::size_t a = 0; a < block_axes; ++a) step(a);
}

// One unit for I and Q.
template <unsigned kBits>
HWY_INLINE void demap_axes(const Axes& x, const V (&unit)[block_vectors], V32 (&out)[kBits][block_axes]) {
  const D d;
  const auto zero = hn::Zero(d);
  Axes folded[kBits];
  Axes magnitude[kBits];
  Axes f;
  for_each_axis([&](std::size_t a) HWY_ATTR {
    folded[0][a] = x[a];
    magnitude[0][a] = hn::Abs(x[a]);
  });
  HWY_UNROLL(4)
  for (unsigned j = 1; j < kBits; ++j) {
    const auto half = hn::Set(d, static_cast<float>(1U << (kBits - j)));
    for_each_axis([&](std::size_t a)
                      HWY_ATTR { folded[j][a] = hn::MulSub(half, unit[a / 2], magnitude[j - 1][a]); });
    for_each_axis([&](std::size_t a) HWY_ATTR { magnitude[j][a] = hn::Abs(folded[j][a]); });
  }
  const auto finish = [&](unsigned j) HWY_ATTR {
    Axes sum;
    for_each_axis([&](std::size_t a) HWY_ATTR { sum[a] = hn::Min(f[a], hn::Set(d, llr_limit)); });
    for_each_axis([&](std::size_t a) HWY_ATTR { sum[a] = hn::CopySignToAbs(sum[a], folded[j][a]); });
    for_each_axis([&](std::size_t a) HWY_ATTR { out[j][a] = rounded(sum[a]); });
  };
  for_each_axis([&](std::size_t a) HWY_ATTR { f[a] = magnitude[kBits - 1][a]; });
  finish(kBits - 1);
  HWY_UNROLL(4)
  for (unsigned j = kBits - 1; j-- > 0;) {
    if (j + 2 == kBits) {
      for_each_axis([&](std::size_t a) HWY_ATTR { f[a] = hn::Min(folded[j + 1][a], zero); });
      for_each_axis([&](std::size_t a) HWY_ATTR { f[a] = hn::Sub(magnitude[j][a], f[a]); });
    } else {
      const auto n = hn::Set(d, static_cast<float>(1U << (kBits - j - 2)));
      V offset[block_vectors];
      for (std::size_t v = 0; v < block_vectors; ++v) offset[v] = hn::MulSub(n, unit[v], unit[v]);
      Axes right;
      for_each_axis([&](std::size_t a) HWY_ATTR { right[a] = hn::Max(folded[j + 1][a], zero); });
      for_each_axis([&](std::size_t a) HWY_ATTR { f[a] = hn::Sub(f[a], right[a]); });
      for_each_axis([&](std::size_t a) HWY_ATTR { right[a] = hn::Sub(magnitude[j][a], offset[a / 2]); });
      for_each_axis([&](std::size_t a) HWY_ATTR { f[a] = hn::MulAdd(n, right[a], f[a]); });
      // Which it is but for rounding: no bit may change its sign by that.
      for_each_axis([&](std::size_t a) HWY_ATTR { f[a] = hn::Max(f[a], magnitude[j][a]); });
    }
    finish(j);
  }
}

// The low bytes of four vectors, beside each other.
HWY_INLINE V32 join(V32 a, V32 b, V32 c, V32 e) {
  const D16 d16;
  const D8 d8;
  const auto low = hn::OddEven(hn::BitCast(d8, hn::ShiftLeft<8>(b)), hn::BitCast(d8, a));
  const auto high = hn::OddEven(hn::BitCast(d8, hn::ShiftLeft<8>(e)), hn::BitCast(d8, c));
  const auto high_up = hn::ShiftLeft<16>(hn::BitCast(D32(), high));
  return hn::BitCast(D32(), hn::OddEven(hn::BitCast(d16, high_up), hn::BitCast(d16, low)));
}

// For 16 bytes of output k of an interleaving of five vectors of int32, the bytes of vector v: word w of the
// output is lane w / 5 of vector w mod 5. 0x80 where another vector's go.
struct FiveWays {
  HWY_ALIGN static constexpr auto table = [] {
    std::array<std::array<std::array<std::uint8_t, 16>, 5>, 5> t{};
    for (std::size_t byte = 0; byte < 80; ++byte) {
      const std::size_t word = byte / 4;
      for (std::size_t v = 0; v < 5; ++v) {
        t[byte / 16][v][byte % 16] =
            word % 5 == v ? static_cast<std::uint8_t>(word / 5 * 4 + byte % 4) : std::uint8_t{0x80};
      }
    }
    return t;
  }();
};

HWY_INLINE void store_interleaved_5(const V32 (&v)[5], std::int8_t* out) {
  const hn::Repartition<std::uint8_t, D> du8;
  const hn::CappedTag<std::uint8_t, 16> d128;
  HWY_ALIGN std::uint8_t blocks[4 * lanes];
  for (std::size_t k = 0; k < 5; ++k) {
    auto sum = hn::Zero(du8);
    HWY_UNROLL(5)
    for (std::size_t s = 0; s < 5; ++s) {
      const auto which = hn::LoadDup128(du8, FiveWays::table[k][s].data());
      sum = hn::Or(sum, hn::TableLookupBytesOr0(hn::BitCast(du8, v[s]), which));
    }
    hn::Store(sum, du8, blocks);
    HWY_UNROLL(4)
    for (std::size_t b = 0; b < lanes / 4; ++b) {
      hn::StoreU(hn::Load(d128, blocks + 16 * b), d128,
                 reinterpret_cast<std::uint8_t*>(out) + 80 * b + 16 * k);
    }
  }
}

// An int32 holds four bytes that follow each other. With an odd number of bits on an axis it takes two
// symbols to fill whole ones: then the first vector has the even symbols and the second the odd ones, and
// otherwise one half and the other.
template <unsigned kBits, SoftDemapOrder kOrder>
HWY_INLINE void store(const V32 (&bits)[kBits][block_axes], std::int8_t* llr) {
  const auto word = [&](std::size_t symbol, std::size_t k) HWY_ATTR {
    const auto byte = [&](std::size_t b) HWY_ATTR {
      const std::size_t first_axis = 2 * (symbol + b / (2 * kBits));
      const std::size_t place = b % (2 * kBits);
      return kOrder == SoftDemapOrder::alternating ? bits[place / 2][first_axis + place % 2]
                                                   : bits[place % kBits][first_axis + place / kBits];
    };
    const V32 joined = join(byte(4 * k), byte(4 * k + 1), byte(4 * k + 2), byte(4 * k + 3));
    if constexpr (kOrder == SoftDemapOrder::alternating) return joined;
    return hn::BitCast(D32(), hn::Neg(hn::BitCast(D8(), joined)));
  };
  const D32 d32;
  auto* out = reinterpret_cast<std::int32_t*>(llr);
  if constexpr (kBits == 1) {
    hn::StoreU(word(0, 0), d32, out);
  } else if constexpr (kBits == 2) {
    hn::StoreU(word(0, 0), d32, out);
    hn::StoreU(word(1, 0), d32, out + lanes);
  } else if constexpr (kBits == 3) {
    hn::StoreInterleaved3(word(0, 0), word(0, 1), word(0, 2), d32, out);
  } else if constexpr (kBits == 4) {
    hn::StoreInterleaved2(word(0, 0), word(0, 1), d32, out);
    hn::StoreInterleaved2(word(1, 0), word(1, 1), d32, out + 2 * lanes);
  } else {
    store_interleaved_5({word(0, 0), word(0, 1), word(0, 2), word(0, 3), word(0, 4)}, llr);
  }
}

struct Rails {
  V i[block_vectors];
  V q[block_vectors];
  V scale[block_vectors];
};

// As `store` wants the symbols: even and odd ones, or one half and the other.
template <bool kEvenAndOdd>
HWY_INLINE Rails load(const float* rails, const float* scale) {
  const D d;
  const hn::Repartition<double, D> d_symbol;
  const auto at = [&](std::size_t n) HWY_ATTR { return hn::LoadU(d, rails + n * lanes); };
  const auto s0 = hn::LoadU(d, scale);
  const auto s1 = hn::LoadU(d, scale + lanes);
  if constexpr (kEvenAndOdd) {
    const auto pick = [&](V high, V low, auto which) HWY_ATTR {
      const auto h = hn::BitCast(d_symbol, high);
      const auto l = hn::BitCast(d_symbol, low);
      if constexpr (which.value) return hn::BitCast(d, hn::ConcatOdd(d_symbol, h, l));
      return hn::BitCast(d, hn::ConcatEven(d_symbol, h, l));
    };
    constexpr std::false_type even;
    constexpr std::true_type odd;
    const V e0 = pick(at(1), at(0), even);
    const V o0 = pick(at(1), at(0), odd);
    const V e1 = pick(at(3), at(2), even);
    const V o1 = pick(at(3), at(2), odd);
    return {{hn::ConcatEven(d, e1, e0), hn::ConcatEven(d, o1, o0)},
            {hn::ConcatOdd(d, e1, e0), hn::ConcatOdd(d, o1, o0)},
            {hn::ConcatEven(d, s1, s0), hn::ConcatOdd(d, s1, s0)}};
  } else {
    return {{hn::ConcatEven(d, at(1), at(0)), hn::ConcatEven(d, at(3), at(2))},
            {hn::ConcatOdd(d, at(1), at(0)), hn::ConcatOdd(d, at(3), at(2))},
            {s0, s1}};
  }
}

// What lies between the two passes of a few blocks: weighted axes, and their units. The way from a variance
// to a weighted axis is long (a division, two judgements); in one pass with the rest it would leave the
// processor with hardly more than one block to work on.
constexpr std::size_t chunk_blocks = 8;

struct Chunk {
  HWY_ALIGN float axes[chunk_blocks][block_axes][lanes];
  HWY_ALIGN float units[chunk_blocks][block_vectors][lanes];
};

template <bool kEvenAndOdd, Turn kTurn, SoftDemapInput::Kind kKind>
HWY_INLINE void weigh_block(const float* rails, const float* scale, float step, float factor,
                            float (&axes)[block_axes][lanes], float (&units)[block_vectors][lanes]) {
  const D d;
  const Rails in = load<kEvenAndOdd>(rails, scale);
  HWY_UNROLL(2)
  for (std::size_t v = 0; v < block_vectors; ++v) {
    const Weights w = weights_of<kKind>(in.scale[v], step, factor);
    auto i = in.i[v];
    auto q = in.q[v];
    if constexpr (kTurn == Turn::eighth) {
      i = hn::Sub(in.i[v], in.q[v]);
      q = hn::Add(in.i[v], in.q[v]);
    }
    i = hn::Mul(i, w.times);
    q = hn::Mul(q, w.times);
    // False for NaN.
    const auto good = hn::Le(hn::Add(hn::Abs(i), hn::Abs(q)), hn::Set(d, largest_axis));
    hn::Store(hn::IfThenElseZero(good, i), d, axes[2 * v]);
    hn::Store(hn::IfThenElseZero(good, q), d, axes[2 * v + 1]);
    hn::Store(hn::IfThenElseZero(good, w.unit), d, units[v]);
  }
}

template <unsigned kBits, SoftDemapOrder kOrder>
HWY_INLINE void demap_block(const float (&axes)[block_axes][lanes],
                            const float (&units)[block_vectors][lanes], std::int8_t* llr) {
  const D d;
  Axes x;
  for_each_axis([&](std::size_t a) HWY_ATTR { x[a] = hn::Load(d, axes[a]); });
  const V unit[block_vectors] = {hn::Load(d, units[0]), hn::Load(d, units[1])};
  V32 bits[kBits][block_axes];
  demap_axes<kBits>(x, unit, bits);
  store<kBits, kOrder>(bits, llr);
}

template <bool kEvenAndOdd, Turn kTurn, SoftDemapInput::Kind kKind>
HWY_INLINE void weigh(const float* rails, const float* scale, std::size_t symbols, float step, float factor,
                      Chunk& chunk) {
  std::size_t b = 0;
  for (; (b + 1) * block_symbols <= symbols; ++b) {
    weigh_block<kEvenAndOdd, kTurn, kKind>(rails + 2 * block_symbols * b, scale + block_symbols * b, step,
                                           factor, chunk.axes[b], chunk.units[b]);
  }
  const std::size_t rest = symbols - b * block_symbols;
  if (rest == 0) return;
  // The last symbols go the same way, through memory of their own.
  float last_rails[2 * block_symbols] = {};
  float last_scale[block_symbols] = {};
  std::copy_n(rails + 2 * block_symbols * b, 2 * rest, last_rails);
  std::copy_n(scale + block_symbols * b, rest, last_scale);
  weigh_block<kEvenAndOdd, kTurn, kKind>(last_rails, last_scale, step, factor, chunk.axes[b], chunk.units[b]);
}

template <unsigned kBits, SoftDemapOrder kOrder>
HWY_INLINE void demap(const Chunk& chunk, std::size_t symbols, std::int8_t* llr) {
  constexpr std::size_t block_llrs = 2 * kBits * block_symbols;
  std::size_t b = 0;
  for (; (b + 1) * block_symbols <= symbols; ++b) {
    demap_block<kBits, kOrder>(chunk.axes[b], chunk.units[b], llr + block_llrs * b);
  }
  const std::size_t rest = symbols - b * block_symbols;
  if (rest == 0) return;
  std::int8_t last[block_llrs];
  demap_block<kBits, kOrder>(chunk.axes[b], chunk.units[b], last);
  std::copy_n(last, 2 * kBits * rest, llr + block_llrs * b);
}

template <unsigned kBits, SoftDemapOrder kOrder, Turn kTurn>
void square(const SoftDemapInput& in, float step, std::int8_t* llr) {
  using Kind = SoftDemapInput::Kind;
  constexpr bool even_and_odd = kBits % 2 != 0;
  Chunk chunk;
  for (std::size_t n = 0; n < in.symbols; n += chunk_blocks * block_symbols) {
    const float* rails = in.rails + 2 * n;
    const float* scale = in.scale + n;
    const std::size_t now = std::min(in.symbols - n, chunk_blocks * block_symbols);
    switch (in.kind) {
      case Kind::variance:
        weigh<even_and_odd, kTurn, Kind::variance>(rails, scale, now, step, in.factor, chunk);
        break;
      case Kind::weight:
        weigh<even_and_odd, kTurn, Kind::weight>(rails, scale, now, step, in.factor, chunk);
        break;
      case Kind::matched:
        weigh<even_and_odd, kTurn, Kind::matched>(rails, scale, now, step, in.factor, chunk);
        break;
    }
    demap<kBits, kOrder>(chunk, now, llr + 2 * kBits * n);
  }
}

template <SoftDemapLine kLine, SoftDemapInput::Kind kKind>
HWY_INLINE void line_vector(const float* rails, const float* scale, float step, float factor,
                            std::int8_t* llr) {
  const D d;
  const Weights w = weights_of<kKind>(hn::LoadU(d, scale), step, factor);
  const auto low = hn::LoadU(d, rails);
  const auto high = hn::LoadU(d, rails + lanes);
  const auto i = hn::ConcatEven(d, high, low);
  const auto x = hn::Mul(
      kLine == SoftDemapLine::diagonal ? hn::Add(i, hn::ConcatOdd(d, high, low)) : hn::Neg(i), w.times);
  const auto r = hn::Abs(x);
  const auto good = hn::Le(r, hn::Set(d, largest_axis));
  const auto clipped = hn::Min(hn::IfThenElseZero(good, r), hn::Set(d, llr_limit));
  const auto steps = hn::Sub(rounded(hn::CopySignToAbs(clipped, x)), hn::Set(D32(), 0x4B400000));
  const hn::Rebind<std::int8_t, D> d_out;
  hn::StoreU(hn::DemoteTo(d_out, steps), d_out, llr);
}

template <SoftDemapLine kLine, SoftDemapInput::Kind kKind>
HWY_INLINE void line_of(const SoftDemapInput& in, float step, std::int8_t* llr) {
  std::size_t n = 0;
  for (; n + lanes <= in.symbols; n += lanes) {
    line_vector<kLine, kKind>(in.rails + 2 * n, in.scale + n, step, in.factor, llr + n);
  }
  if (n == in.symbols) return;
  float rails[2 * lanes] = {};
  float scale[lanes] = {};
  std::int8_t last[lanes];
  std::copy_n(in.rails + 2 * n, 2 * (in.symbols - n), rails);
  std::copy_n(in.scale + n, in.symbols - n, scale);
  line_vector<kLine, kKind>(rails, scale, step, in.factor, last);
  std::copy_n(last, in.symbols - n, llr + n);
}

template <SoftDemapLine kLine>
void line(const SoftDemapInput& in, float step, std::int8_t* llr) {
  using Kind = SoftDemapInput::Kind;
  if (in.kind == Kind::variance) line_of<kLine, Kind::variance>(in, step, llr);
  if (in.kind == Kind::weight) line_of<kLine, Kind::weight>(in, step, llr);
  if (in.kind == Kind::matched) line_of<kLine, Kind::matched>(in, step, llr);
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
