#include "kernels/ldpc.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/ldpc.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// No more than 64 lanes, or the shorter lifting sizes would waste them.
using Signed = hn::CappedTag<std::int8_t, 64>;
using Unsigned = hn::Repartition<std::uint8_t, Signed>;
using VecS = hn::Vec<Signed>;
using VecU = hn::Vec<Unsigned>;

constexpr unsigned max_degree = 22;

// x where `sign` is not negative, -x elsewhere.
HWY_INLINE VecS with_sign_of(VecS x, VecS sign) {
  [[maybe_unused]] const Signed d;
#if HWY_TARGET <= HWY_AVX3
  return hn::IfThenElse(hn::TestBit(sign, hn::Set(d, std::int8_t{-128})), hn::Neg(x), x);
#elif HWY_TARGET == HWY_AVX2
  return VecS{_mm256_sign_epi8(x.raw, hn::Or(sign, hn::Set(d, std::int8_t{1})).raw)};
#elif HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_SSSE3
  return VecS{_mm_sign_epi8(x.raw, hn::Or(sign, hn::Set(d, std::int8_t{1})).raw)};
#else
  const auto all = hn::BroadcastSignBit(sign);
  return hn::Sub(hn::Xor(x, all), all);
#endif
}

// yes where a == b, no elsewhere.
HWY_INLINE VecS select_equal(VecU a, VecU b, VecS yes, VecS no) {
  const Signed d;
#if HWY_TARGET <= HWY_AVX3
  return hn::IfThenElse(hn::RebindMask(d, hn::Eq(a, b)), yes, no);
#else  // A blend by a byte mask costs three operations on some processors.
  const auto mask = hn::BitCast(d, hn::VecFromMask(Unsigned(), hn::Eq(a, b)));
  return hn::Xor(no, hn::And(mask, hn::Xor(yes, no)));
#endif
}

// What a check has heard so far: the two smallest magnitudes and the product of the signs.
struct Check {
  VecU min1;
  VecU min2;
  VecS sign;

  HWY_INLINE void first(VecS t, VecU magnitude, VecU limit) {
    min1 = hn::Min(magnitude, limit);
    min2 = limit;
    sign = t;
  }
  HWY_INLINE void next(VecS t, VecU magnitude) {
    min2 = hn::Min(min2, hn::Max(min1, magnitude));
    min1 = hn::Min(min1, magnitude);
    sign = hn::Xor(sign, t);
  }
  // The same with one minimum for three: with 512 bits, minima, saturation and magnitudes all wait for one
  // port while the other has time for comparisons.
  HWY_INLINE void next_by_comparison(VecS t, VecU magnitude) {
    const auto smallest = hn::Lt(magnitude, min1);
    min2 = hn::IfThenElse(smallest, min1, hn::Min(min2, magnitude));
    min1 = hn::IfThenElse(smallest, magnitude, min1);
    sign = hn::Xor(sign, t);
  }
};

// What it says to all but the weakest bit, and to that one. Two bits that share the minimum have
// min2 = min1, so equality finds the one bit that must not hear itself.
struct Answer {
  VecS others;
  VecS weakest;

  HWY_INLINE Answer(const Check& check, VecU offset) {
    const Signed d;
    others = with_sign_of(hn::BitCast(d, hn::SaturatedSub(check.min1, offset)), check.sign);
    weakest = with_sign_of(hn::BitCast(d, hn::SaturatedSub(check.min2, offset)), check.sign);
  }
  HWY_INLINE VecS to(VecS t, VecU magnitude, VecU min1) const {
    return with_sign_of(select_equal(magnitude, min1, weakest, others), t);
  }
};

HWY_INLINE VecU magnitude_of(VecS t) {
  return hn::BitCast(Unsigned(), hn::Abs(t));  // |-128| is 128: there is room in eight bits without sign
}

template <unsigned kDegree, bool kOwn, bool kFirst>
HWY_INLINE void update_chunk(const std::uint16_t* HWY_RESTRICT sources,
                             const std::uint16_t* HWY_RESTRICT destinations, const std::int8_t* totals,
                             std::int8_t* out, const std::int8_t* messages_in, std::int8_t* messages,
                             std::size_t wrap, VecU limit, VecU offset) {
  const Signed d;
  const std::size_t lanes = hn::Lanes(d);
  VecS t[kDegree];
  VecU magnitude[kDegree];
  Check check;
  HWY_UNROLL(32)
  for (unsigned e = 0; e < kDegree; ++e) {
    t[e] = hn::SaturatedSub(hn::LoadU(d, totals + sources[e]), hn::Load(d, messages_in + e * lanes));
    magnitude[e] = magnitude_of(t[e]);
    if (e == 0) {
      check.first(t[e], magnitude[e], limit);
    } else if (HWY_TARGET <= HWY_AVX3 && e % 4 == 1) {
      check.next_by_comparison(t[e], magnitude[e]);
    } else {
      check.next(t[e], magnitude[e]);
    }
  }
  if (kOwn) {
    const auto own = hn::LoadU(d, totals + sources[kDegree]);
    check.next(own, magnitude_of(own));
  }
  const Answer answer(check, offset);
  HWY_UNROLL(32)
  for (unsigned e = 0; e < kDegree; ++e) {
    const auto message = answer.to(t[e], magnitude[e], check.min1);
    hn::Store(message, d, messages + e * lanes);
    const auto total = hn::SaturatedAdd(t[e], message);
    hn::Store(total, d, out + destinations[e]);
    if (kFirst) hn::StoreU(total, d, out + destinations[e] + wrap);
  }
}

// The same for any degree, through memory.
template <bool kOwn, bool kFirst>
HWY_INLINE void update_chunk(unsigned degree, const std::uint16_t* HWY_RESTRICT sources,
                             const std::uint16_t* HWY_RESTRICT destinations, const std::int8_t* totals,
                             std::int8_t* out, const std::int8_t* messages_in, std::int8_t* messages,
                             std::size_t wrap, VecU limit, VecU offset) {
  const Signed d;
  const Unsigned du;
  const std::size_t lanes = hn::Lanes(d);
  HWY_ALIGN std::int8_t t_of[max_degree * 64];
  HWY_ALIGN std::uint8_t magnitude_of_t[max_degree * 64];
  Check check;
  {
    const auto t = hn::SaturatedSub(hn::LoadU(d, totals + sources[0]), hn::Load(d, messages_in));
    const auto magnitude = magnitude_of(t);
    hn::Store(t, d, t_of);
    hn::Store(magnitude, du, magnitude_of_t);
    check.first(t, magnitude, limit);
  }
  for (unsigned e = 1; e < degree; ++e) {
    const auto t = hn::SaturatedSub(hn::LoadU(d, totals + sources[e]), hn::Load(d, messages_in + e * lanes));
    const auto magnitude = magnitude_of(t);
    hn::Store(t, d, t_of + e * lanes);
    hn::Store(magnitude, du, magnitude_of_t + e * lanes);
    check.next(t, magnitude);
  }
  if (kOwn) {
    const auto t = hn::LoadU(d, totals + sources[degree]);
    check.next(t, magnitude_of(t));
  }
  const Answer answer(check, offset);
  for (unsigned e = 0; e < degree; ++e) {
    const auto t = hn::Load(d, t_of + e * lanes);
    const auto message = answer.to(t, hn::Load(du, magnitude_of_t + e * lanes), check.min1);
    hn::Store(message, d, messages + e * lanes);
    const auto total = hn::SaturatedAdd(t, message);
    hn::Store(total, d, out + destinations[e]);
    if (kFirst) hn::StoreU(total, d, out + destinations[e] + wrap);
  }
}

// kDegree 0: any.
template <unsigned kDegree, bool kOwn>
void update_row(const LdpcLayout& layout, const LdpcRow& row, const std::uint16_t* sources,
                const std::uint16_t* destinations, std::int8_t* totals, std::int8_t* messages,
                LdpcTurn turn) {
  const Signed d;
  const std::size_t lanes = hn::Lanes(d);
  const auto limit = hn::Set(Unsigned(), static_cast<std::uint8_t>(layout.max_message));
  const auto offset = hn::Set(Unsigned(), static_cast<std::uint8_t>(layout.offset));
  sources += row.sources;
  destinations += row.destinations;
  messages += row.messages;
  HWY_ALIGN static constexpr std::int8_t zeros[max_degree * 64] = {};
  HWY_ALIGN std::int8_t unheard[max_degree * 64];
  const std::int8_t* messages_in = turn == LdpcTurn::first ? zeros : messages;
  std::int8_t* messages_out = turn == LdpcTurn::last ? unheard : messages;
  const auto update = [&](std::size_t chunk, auto is_first) HWY_ATTR {
    std::int8_t* out = totals + chunk * lanes;
    constexpr bool kFirst = decltype(is_first)::value;
    if constexpr (kDegree != 0) {
      update_chunk<kDegree, kOwn, kFirst>(sources, destinations, totals, out, messages_in, messages_out,
                                          layout.wrap, limit, offset);
    } else {
      update_chunk<kOwn, kFirst>(row.degree, sources, destinations, totals, out, messages_in, messages_out,
                                 layout.wrap, limit, offset);
    }
    sources += row.degree + row.own;
    messages_in += turn == LdpcTurn::first ? 0 : row.degree * lanes;
    messages_out += turn == LdpcTurn::last ? 0 : row.degree * lanes;
  };
  update(0, std::true_type());
  for (std::size_t chunk = 1; chunk < layout.chunks; ++chunk) update(chunk, std::false_type());
}

using RowFunction = void (*)(const LdpcLayout&, const LdpcRow&, const std::uint16_t*, const std::uint16_t*,
                             std::int8_t*, std::int8_t*, LdpcTurn);

// The degrees of the standards' graphs have functions of their own: unrolled, all of a check stays in
// registers (or, with 16 of them, in a stack frame of fixed addresses), which saves a quarter of the time.
template <bool kOwn, unsigned... kDegrees>
constexpr auto row_functions(std::integer_sequence<unsigned, kDegrees...>) {
  std::array<RowFunction, max_degree + 1> table{};
  table.fill(&update_row<0, kOwn>);
  ((table[kDegrees] = &update_row<kDegrees, kOwn>), ...);
  return table;
}

void update_rows(const LdpcLayout& layout, const LdpcRow* rows, std::size_t row_count,
                 const std::uint16_t* sources, const std::uint16_t* destinations, std::int8_t* totals,
                 std::int8_t* messages, LdpcTurn turn) {
  static constexpr auto core =
      row_functions<false>(std::integer_sequence<unsigned, 7, 8, 10, 11, 14, 15, 19, 20, 21, 22>());
  static constexpr auto extension =
      row_functions<true>(std::integer_sequence<unsigned, 2, 3, 4, 5, 6, 7, 8, 9>());
  for (const LdpcRow* row = rows; row != rows + row_count; ++row) {
    const RowFunction update = row->own != 0 ? extension[row->degree] : core[row->degree];
    update(layout, *row, sources, destinations, totals, messages, turn);
  }
}

bool any_nonzero(const std::int8_t* in, std::size_t n) {
  const Signed d;
  const std::size_t lanes = hn::Lanes(d);
  auto any = hn::Zero(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) any = hn::Or(any, hn::LoadU(d, in + i));
  bool nonzero = !hn::AllTrue(d, hn::Eq(any, hn::Zero(d)));
  for (; i < n; ++i) nonzero = nonzero || in[i] != 0;
  return nonzero;
}

void interleave(const std::int8_t* HWY_RESTRICT in, std::size_t stride, std::size_t n, unsigned frames,
                std::int8_t* HWY_RESTRICT out) {
  std::size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const Signed d;
  const std::size_t lanes = hn::Lanes(d);
  const auto load = [&](unsigned f) HWY_ATTR { return hn::LoadU(d, in + f * stride + i); };
  for (; i + lanes <= n; i += lanes) {
    if (frames == 2) hn::StoreInterleaved2(load(0), load(1), d, out + 2 * i);
    if (frames == 3) hn::StoreInterleaved3(load(0), load(1), load(2), d, out + 3 * i);
    if (frames == 4) hn::StoreInterleaved4(load(0), load(1), load(2), load(3), d, out + 4 * i);
  }
#endif
  for (; i < n; ++i) {
    for (unsigned f = 0; f < frames; ++f) out[i * frames + f] = in[f * stride + i];
  }
}

void deinterleave(const std::uint8_t* HWY_RESTRICT in, std::size_t n, unsigned frames,
                  std::uint8_t* HWY_RESTRICT out, std::size_t stride) {
  std::size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const Unsigned d;
  const std::size_t lanes = hn::Lanes(d);
  VecU v0, v1, v2, v3;
  const auto store = [&](VecU v, unsigned f) HWY_ATTR { hn::StoreU(v, d, out + f * stride + i); };
  for (; i + lanes <= n; i += lanes) {
    if (frames == 2) {
      hn::LoadInterleaved2(d, in + 2 * i, v0, v1);
    } else if (frames == 3) {
      hn::LoadInterleaved3(d, in + 3 * i, v0, v1, v2);
      store(v2, 2);
    } else {
      hn::LoadInterleaved4(d, in + 4 * i, v0, v1, v2, v3);
      store(v2, 2);
      store(v3, 3);
    }
    store(v0, 0);
    store(v1, 1);
  }
#endif
  for (; i < n; ++i) {
    for (unsigned f = 0; f < frames; ++f) out[f * stride + i] = in[i * frames + f];
  }
}

// `start` modulo n, where it is above n by less than a vector; a division only where n is shorter than one.
HWY_INLINE std::size_t next_start(std::size_t start, std::size_t n) {
  if (start < n) return start;
  return start < 2 * n ? start - n : start % n;
}

void load_column(const std::int8_t* HWY_RESTRICT in, std::size_t n, std::size_t rotation,
                 std::int8_t* HWY_RESTRICT out) {
  const Signed d;
  const std::size_t lanes = hn::Lanes(d);
  const auto lowest = hn::Set(d, std::int8_t{-127});
  const auto halve = [&](VecS x) HWY_ATTR {
    // (|x| + 1) / 2 is the average with zero, rounded up.
    const auto limited = hn::Max(x, lowest);
    const auto half = hn::AverageRound(magnitude_of(limited), hn::Zero(Unsigned()));
    return with_sign_of(hn::BitCast(d, half), limited);
  };
  const std::size_t vectors = (n + lanes - 1) / lanes;
  VecS first_vector = hn::Zero(d);
  std::size_t from = rotation;
  for (std::size_t k = 0; k < vectors; ++k) {
    VecS x;
    if (from + lanes <= n) {
      x = hn::LoadU(d, in + from);
    } else {  // across the end, once or, if n is shorter than a vector, many times
      HWY_ALIGN std::int8_t across[64];
      for (std::size_t i = 0, at = from; i < lanes; at = 0) {
        const std::size_t run = std::min(lanes - i, n - at);
        std::copy_n(in + at, run, across + i);
        i += run;
      }
      x = hn::Load(d, across);
    }
    x = halve(x);
    if (k == 0) first_vector = x;
    hn::Store(x, d, out + k * lanes);
    from = next_start(from + lanes, n);
  }
  hn::StoreU(first_vector, d, out + std::max<std::size_t>(lanes / n, 1) * n);
}

HWY_INLINE VecS product_of_signs(const std::int8_t* totals, const std::uint16_t* sources,
                                 std::size_t degree) {
  const Signed d;
  auto sign = hn::LoadU(d, totals + sources[0]);
  for (std::size_t e = 1; e < degree; ++e) sign = hn::Xor(sign, hn::LoadU(d, totals + sources[e]));
  return sign;
}

bool parity_holds(const std::int8_t* totals, const std::uint16_t* sources, std::size_t degree,
                  std::size_t chunks) {
  const Signed d;
  for (std::size_t chunk = 0; chunk < chunks; ++chunk, sources += degree) {
    const auto sign = product_of_signs(totals, sources, degree);
    if (!hn::AllFalse(d, hn::Lt(sign, hn::Zero(d)))) return false;
  }
  return true;
}

void add_syndrome(const std::int8_t* totals, const std::uint16_t* sources, std::size_t degree,
                  std::size_t chunks, std::int8_t* syndrome) {
  const Signed d;
  for (std::size_t chunk = 0; chunk < chunks; ++chunk, sources += degree, syndrome += hn::Lanes(d)) {
    hn::Store(hn::Or(hn::Load(d, syndrome), product_of_signs(totals, sources, degree)), d, syndrome);
  }
}

bool decide_column(const std::int8_t* HWY_RESTRICT in, std::size_t n, std::size_t rotation,
                   std::uint8_t* HWY_RESTRICT bits) {
  const Signed d;
  const Unsigned du;
  const std::size_t lanes = hn::Lanes(d);
  const auto one = hn::Set(du, std::uint8_t{1});
  const auto decisions = [&](VecS x) HWY_ATTR {
    return hn::IfThenElseZero(hn::RebindMask(du, hn::Lt(x, hn::Zero(d))), one);
  };
  auto decided = hn::Set(du, std::uint8_t{255});
  std::size_t from = rotation == 0 ? 0 : n - rotation;
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto x = hn::LoadU(d, in + from);
    from = next_start(from + lanes, n);
    decided = hn::Min(decided, magnitude_of(x));
    hn::StoreU(decisions(x), du, bits + i);
  }
  if (i < n) {  // The lanes beyond n are copies of others.
    const auto x = hn::LoadU(d, in + from);
    decided = hn::Min(decided, magnitude_of(x));
    HWY_ALIGN std::uint8_t tail[64];
    hn::Store(decisions(x), du, tail);
    std::copy_n(tail, n - i, bits + i);
  }
  return hn::AllTrue(du, hn::Ne(decided, hn::Zero(du)));
}

const LdpcKernel* kernel() {
  static const LdpcKernel table{hn::Lanes(Signed()), &any_nonzero,  &interleave,
                                &deinterleave,       &load_column,  &update_rows,
                                &parity_holds,       &add_syndrome, &decide_column};
  return &table;
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {
HWY_EXPORT(kernel);
}  // namespace

const LdpcKernel& ldpc_kernel() noexcept {
  return *BORESIGHT_DISPATCH(kernel)();
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
