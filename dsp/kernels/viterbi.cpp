#include "kernels/viterbi.h"

#include <algorithm>
#include <cstring>

#include "kernels/viterbi_branches.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/viterbi.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
using viterbi::headroom;
using viterbi::phases;

constexpr std::size_t states = viterbi_states;

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128 || HWY_HAVE_SCALABLE

void step(unsigned phase, int llr_a, int llr_b, std::int16_t* metrics) {
  const int sum = viterbi_metric_scale * (llr_a + llr_b);
  const int difference = viterbi_metric_scale * (llr_a - llr_b);
  const int by_kind[4] = {sum, difference, -sum, -difference};
  for (unsigned place = 0; place < states; ++place) {
    if (((place >> phase) & 1U) != 0) continue;
    const unsigned partner = place | (1U << phase);
    const int branch = by_kind[viterbi::branches.kind[phase][place]];
    const int low = metrics[place];
    const int high = metrics[partner];
    metrics[place] = static_cast<std::int16_t>(std::max(low + branch, high - branch));
    metrics[partner] = static_cast<std::int16_t>(std::max(high + branch, low - branch));
  }
}

std::int64_t forward(const std::int8_t* llrs, std::size_t steps, std::int16_t* metrics, std::uint8_t* rows) {
  std::int64_t subtracted = 0;
  const auto label = [&](unsigned shift) {
    for (unsigned place = 0; place < states; ++place) {
      metrics[place] = static_cast<std::int16_t>((metrics[place] & ~7) | ((place >> shift) & 7U));
    }
  };
  for (std::size_t n = 0; n < steps; n += phases, rows += states) {
    const int reference = (metrics[0] & ~7) + headroom;
    subtracted += reference;
    for (std::size_t p = 0; p < states; ++p) metrics[p] = static_cast<std::int16_t>(metrics[p] - reference);
    for (unsigned k = 0; k < phases; ++k) {
      if (k % 3 == 0) label(k);
      if (n + k < steps) step(k, llrs[2 * (n + k)], llrs[2 * (n + k) + 1], metrics);
      if (k == 2) {
        for (std::size_t p = 0; p < states; ++p) rows[p] = metrics[p] & 7;
      }
    }
    for (std::size_t p = 0; p < states; ++p) {
      rows[p] = static_cast<std::uint8_t>(rows[p] | ((metrics[p] & 7) << 3));
    }
  }
  return subtracted;
}

#else

namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::CappedTag<std::int16_t, 32>;
using Vec = hn::Vec<Tag>;
using Layout = viterbi::Layout<hn::MaxLanes(Tag())>;
constexpr std::size_t lanes = Layout::lanes;
constexpr std::size_t registers = Layout::registers;
using Registers = Vec[registers];

template <unsigned kPhase>
HWY_INLINE Vec swapped(Vec v) {
  const Tag d;
  const hn::Repartition<std::uint32_t, Tag> d32;
  if constexpr (kPhase == 1) {
    return hn::Reverse2(d, v);
  } else if constexpr (kPhase == 2) {
    return hn::BitCast(d, hn::Shuffle2301(hn::BitCast(d32, v)));
  } else if constexpr (kPhase == 3) {
    return hn::BitCast(d, hn::Shuffle1032(hn::BitCast(d32, v)));
#if HWY_MAX_BYTES >= 32
  } else if constexpr (kPhase == 4) {
    return hn::SwapAdjacentBlocks(v);
  } else {
    return hn::ConcatLowerUpper(d, v, v);
#else
  } else {
    return v;
#endif
  }
}

template <unsigned kPhase>
HWY_INLINE void step(const std::int16_t* HWY_RESTRICT branches, Registers& m) {
  const Tag d;
  const hn::Repartition<std::uint8_t, Tag> d8;
  const hn::Repartition<std::uint64_t, Tag> d64;
  std::uint64_t four;
  std::memcpy(&four, branches + 4 * kPhase, sizeof four);
  const auto table = hn::BitCast(d, hn::Set(d64, four));
  const Vec pattern =
      hn::TableLookupBytes(table, hn::BitCast(d, hn::Load(d8, Layout::patterns.bytes[kPhase][0])));
  Vec other = pattern;
  if constexpr (Layout::uses.first_other[kPhase] != 0) {
    other = hn::TableLookupBytes(table, hn::BitCast(d, hn::Load(d8, Layout::patterns.bytes[kPhase][1])));
  }
  const auto select = [&](std::size_t r, Vec own, Vec partner) HWY_ATTR {
    const Vec b = Layout::uses.other[kPhase][r] ? other : pattern;
    return Layout::uses.negative[kPhase][r] ? hn::Max(hn::Sub(own, b), hn::Add(partner, b))
                                            : hn::Max(hn::Add(own, b), hn::Sub(partner, b));
  };
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < registers; ++r) {
    if constexpr (Layout::within_register(kPhase)) {
      m[r] = select(r, m[r], swapped<kPhase>(m[r]));
    } else {
      const std::size_t s = Layout::partner_of(r, kPhase);
      if (r < s) {
        const Vec low = m[r];
        const Vec high = m[s];
        m[r] = select(r, low, high);
        m[s] = select(s, high, low);
      }
    }
  }
}

template <unsigned kHalf>
HWY_INLINE void label(Registers& m) {
  const Tag d;
  const auto metric = hn::Set(d, std::int16_t{~7});
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < registers; ++r) {
    m[r] = hn::OrAnd(hn::Load(d, Layout::labels.of[kHalf][r]), m[r], metric);
  }
}

// Labels of register pairs, clean in the low bytes; the high bytes have other bits above theirs.
HWY_INLINE void join(const Registers& m, Vec (&joined)[registers / 2]) {
  const auto low_label = hn::Set(Tag(), std::int16_t{7});
  HWY_UNROLL(4)
  for (std::size_t r = 0; r < registers; r += 2) {
    joined[r / 2] = hn::OrAnd(hn::ShiftLeft<8>(m[r + 1]), m[r], low_label);
  }
}

// One row. With two registers of 32 lanes: 8 look-ups, 24 additions, 12 maxima, 10 shuffles, 4 + 6 operations
// for the labels, 4 for the reference: 68, of which processors with AVX-512 start two in a cycle: 5.7 cycles
// a bit. prepare() adds 0.4, the traceback 0.4 to 0.6, the bits 0.2: 6.8 predicted, 8.0 measured. With four
// registers and AVX2, three operations in a cycle: 138, 7.7 cycles a bit, 8.9 with the rest, 10.2 measured.
template <bool kWhole>
HWY_INLINE int row(const std::int16_t* HWY_RESTRICT branches, std::size_t steps, Registers& m,
                   std::uint8_t* HWY_RESTRICT out) {
  const Tag d;
  label<0>(m);
  const int reference = hn::GetLane(m[0]) + headroom;
  step<0>(branches, m);
  if (kWhole || steps > 1) step<1>(branches, m);
  // Late, for the reference takes a while from the vectors and back.
  const auto all = hn::Set(d, static_cast<std::int16_t>(reference));
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < registers; ++r) m[r] = hn::Sub(m[r], all);
  if (kWhole || steps > 2) step<2>(branches, m);
  Vec first[registers / 2];
  join(m, first);
  label<1>(m);
  if (kWhole || steps > 3) step<3>(branches, m);
  if (kWhole || steps > 4) step<4>(branches, m);
  if (kWhole) step<5>(branches, m);
  Vec second[registers / 2];
  join(m, second);
  const auto both_labels = hn::Set(d, std::int16_t{0x0707});
  HWY_UNROLL(4)
  for (std::size_t r = 0; r < registers / 2; ++r) {
    const auto both = hn::OrAnd(hn::ShiftLeft<3>(second[r]), first[r], both_labels);
    hn::Store(hn::BitCast(hn::Repartition<std::uint8_t, Tag>(), both), hn::Repartition<std::uint8_t, Tag>(),
              out + 2 * lanes * r);
  }
  return reference;
}

constexpr std::size_t chunk_rows = 16;
constexpr std::size_t chunk_steps = chunk_rows * phases;
static_assert(chunk_steps % lanes == 0);

HWY_INLINE void prepare(const std::int8_t* HWY_RESTRICT llrs, std::size_t steps,
                        std::int16_t* HWY_RESTRICT branches) {
  const Tag d;
  static_assert(viterbi_metric_scale == 8);
  for (std::size_t n = 0; n < steps; n += lanes) {
    const hn::Repartition<std::int8_t, Tag> d8;
    const auto pairs = hn::BitCast(d, hn::LoadU(d8, llrs + 2 * n));
    const auto a = hn::ShiftRight<5>(hn::ShiftLeft<8>(pairs));
    const auto b = hn::ShiftRight<5>(hn::And(pairs, hn::Set(d, std::int16_t{-256})));
    const auto sum = hn::Add(a, b);
    const auto difference = hn::Sub(a, b);
    hn::StoreInterleaved4(sum, difference, hn::Neg(sum), hn::Neg(difference), d, branches + 4 * n);
  }
}

std::int64_t forward(const std::int8_t* llrs, std::size_t steps, std::int16_t* metrics, std::uint8_t* rows) {
  const Tag d;
  HWY_ALIGN std::int16_t branches[4 * chunk_steps];
  HWY_ALIGN std::int16_t by_register[states];
  for (std::size_t i = 0; i < states; ++i) by_register[i] = metrics[Layout::place_of(i / lanes, i % lanes)];
  Registers m;
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < registers; ++r) m[r] = hn::Load(d, by_register + lanes * r);
  std::int64_t subtracted = 0;
  while (steps != 0) {
    const std::size_t now = std::min(steps, chunk_steps);
    if (now == chunk_steps) {
      prepare(llrs, chunk_steps, branches);
    } else {
      std::int8_t last[2 * chunk_steps] = {};
      std::copy_n(llrs, 2 * now, last);
      prepare(last, now, branches);
    }
    const std::int16_t* b = branches;
    for (std::size_t i = 0; i < now / phases; ++i, b += 4 * phases, rows += states) {
      subtracted += row<true>(b, phases, m, rows);
    }
    if (now % phases != 0) subtracted += row<false>(b, now % phases, m, rows);
    llrs += 2 * now;
    steps -= now;
  }
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < registers; ++r) hn::Store(m[r], d, by_register + lanes * r);
  for (std::size_t i = 0; i < states; ++i) metrics[Layout::place_of(i / lanes, i % lanes)] = by_register[i];
  return subtracted;
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {
HWY_EXPORT(forward);
}  // namespace

std::int64_t viterbi_forward(const std::int8_t* llrs, std::size_t steps, ViterbiMetrics& metrics,
                             std::uint8_t* rows) noexcept {
  const std::int64_t subtracted = BORESIGHT_DISPATCH(forward)(llrs, steps, metrics.data(), rows);
  for (auto& metric : metrics) metric = static_cast<std::int16_t>(metric & ~(viterbi_metric_scale - 1));
  return subtracted;
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
