#include "boresight/fec/convolutional.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"

namespace boresight::fec {
namespace {

constexpr std::size_t states = 64;
constexpr unsigned g0 = 0133;
constexpr unsigned g1 = 0171;

constexpr std::uint8_t parity(unsigned x) {
  return static_cast<std::uint8_t>(std::popcount(x) & 1);
}

// Generators are written with the newest bit leftmost; the shift register here has it in bit 0.
constexpr unsigned reversed7(unsigned g) {
  unsigned r = 0;
  for (int i = 0; i < 7; ++i) r |= ((g >> i) & 1U) << (6 - i);
  return r;
}
constexpr unsigned taps_a = reversed7(g0);
constexpr unsigned taps_b = reversed7(g1);

struct Pattern {
  std::size_t period;
  std::array<bool, 6> keep;
};

constexpr Pattern pattern(PuncturedRate rate) {
  switch (rate) {
    case PuncturedRate::two_thirds:
      return {4, {true, true, true, false}};
    case PuncturedRate::three_quarters:
      return {6, {true, true, true, false, false, true}};
    case PuncturedRate::half:
      break;
  }
  return {2, {true, true}};
}

// +1 where the branch from state j with a zero bit has output 0, else -1. The other three branches of the
// butterfly (j, j + 32) -> (2 j, 2 j + 1) have the same outputs or their complements, because both
// generators use the newest and the oldest bit.
struct BranchSigns {
  alignas(64) std::array<std::int16_t, states / 2> a;
  alignas(64) std::array<std::int16_t, states / 2> b;
};
constexpr BranchSigns branch_signs = [] {
  BranchSigns s{};
  for (unsigned j = 0; j < states / 2; ++j) {
    s.a[j] = parity((j << 1) & taps_a) != 0 ? -1 : 1;
    s.b[j] = parity((j << 1) & taps_b) != 0 ? -1 : 1;
  }
  return s;
}();

using Metrics = std::array<std::int16_t, states>;

// One add-compare-select step. Decision bytes 0..31 belong to the even new states, 32..63 to the odd ones:
// 1 if the survivor comes from state j + 32.
void step(const Metrics& from, Metrics& to, int llr_a, int llr_b, std::uint8_t* decisions) {
  const auto la = static_cast<std::int16_t>(llr_a);
  const auto lb = static_cast<std::int16_t>(llr_b);
  for (std::size_t j = 0; j < states / 2; ++j) {
    const auto branch = static_cast<std::int16_t>(la * branch_signs.a[j] + lb * branch_signs.b[j]);
    const auto even_low = static_cast<std::int16_t>(from[j] + branch);
    const auto even_high = static_cast<std::int16_t>(from[j + 32] - branch);
    const auto odd_low = static_cast<std::int16_t>(from[j] - branch);
    const auto odd_high = static_cast<std::int16_t>(from[j + 32] + branch);
    to[2 * j] = std::max(even_low, even_high);
    to[2 * j + 1] = std::max(odd_low, odd_high);
    decisions[j] = even_high > even_low ? 1 : 0;
    decisions[j + 32] = odd_high > odd_low ? 1 : 0;
  }
}

void normalize(Metrics& m) {
  const std::int16_t best = *std::max_element(m.begin(), m.end());
  for (auto& x : m) x = static_cast<std::int16_t>(x - best);
}

}  // namespace

void convolutional_encode(std::span<const std::uint8_t> bits, std::span<std::uint8_t> coded) noexcept {
  BORESIGHT_ASSERT(coded.size() == 2 * bits.size());
  unsigned window = 0;
  for (std::size_t n = 0; n < bits.size(); ++n) {
    window = ((window << 1) | (bits[n] & 1U)) & 0x7FU;
    coded[2 * n] = parity(window & taps_a);
    coded[2 * n + 1] = parity(window & taps_b);
  }
}

std::size_t punctured_bits(std::size_t mother_bits, PuncturedRate rate) noexcept {
  const Pattern p = pattern(rate);
  const auto kept = [&p](std::size_t n) {
    return static_cast<std::size_t>(std::count(p.keep.begin(), p.keep.begin() + n, true));
  };
  return mother_bits / p.period * kept(p.period) + kept(mother_bits % p.period);
}

void puncture(std::span<const std::uint8_t> coded, PuncturedRate rate, std::span<std::uint8_t> out) noexcept {
  BORESIGHT_ASSERT(out.size() == punctured_bits(coded.size(), rate));
  const Pattern p = pattern(rate);
  std::size_t o = 0;
  for (std::size_t i = 0, phase = 0; i < coded.size(); ++i, phase = phase + 1 == p.period ? 0 : phase + 1) {
    if (p.keep[phase]) out[o++] = coded[i];
  }
}

void depuncture(std::span<const modem::Llr> in, PuncturedRate rate, std::span<modem::Llr> out) noexcept {
  BORESIGHT_ASSERT(in.size() == punctured_bits(out.size(), rate));
  const Pattern p = pattern(rate);
  std::size_t i = 0;
  for (std::size_t o = 0, phase = 0; o < out.size(); ++o, phase = phase + 1 == p.period ? 0 : phase + 1) {
    out[o] = p.keep[phase] ? in[i++] : modem::Llr{0};
  }
}

ViterbiDecoder::ViterbiDecoder(const Config& config) {
  require(config.max_information_bits > 0 && config.max_information_bits <= (std::size_t{1} << 26),
          "ViterbiDecoder: max_information_bits " + std::to_string(config.max_information_bits) +
              " is not in 1 .. 67108864");
  max_steps_ = config.max_information_bits + convolutional_tail_bits;
  decisions_.resize(max_steps_ * states);
}

bool ViterbiDecoder::decode(std::span<const modem::Llr> llrs, std::span<std::uint8_t> bits,
                            Termination termination) noexcept {
  const std::size_t tail = termination == Termination::zero ? convolutional_tail_bits : 0;
  const std::size_t steps = bits.size() + tail;
  if (bits.size() + convolutional_tail_bits > max_steps_ || llrs.size() != 2 * steps) return false;

  // Two paths with the same last six bits differ by at most 6 x 2 x 254 = 3048 once they have merged, so
  // this handicap keeps every wrong start from winning, and with 254 gained per step int16 holds 32 steps.
  constexpr std::int16_t wrong_start = -8192;
  constexpr std::size_t steps_per_normalization = 32;
  alignas(64) Metrics first;
  alignas(64) Metrics second;
  first.fill(wrong_start);
  first[0] = 0;
  for (std::size_t n = 0; n < steps; n += 2) {
    std::uint8_t* decisions = decisions_.data() + n * states;
    step(first, second, llrs[2 * n], llrs[2 * n + 1], decisions);
    if (n + 1 == steps) {
      first = second;
      break;
    }
    step(second, first, llrs[2 * n + 2], llrs[2 * n + 3], decisions + states);
    if (n % steps_per_normalization == steps_per_normalization - 2) normalize(first);
  }

  std::size_t state = 0;
  if (termination == Termination::open) {
    state = static_cast<std::size_t>(std::max_element(first.begin(), first.end()) - first.begin());
  }
  for (std::size_t n = steps; n-- > 0;) {
    if (n < bits.size()) bits[n] = static_cast<std::uint8_t>(state & 1U);
    const std::uint8_t* decisions = decisions_.data() + n * states;
    state = (state >> 1) | (static_cast<std::size_t>(decisions[(state >> 1) + 32 * (state & 1U)]) << 5);
  }
  return true;
}

}  // namespace boresight::fec
