#include "boresight/fec/scrambler.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

#include "kernels/bits.h"

namespace boresight::fec {
namespace {

void flip(const std::uint64_t* flips, std::span<std::uint8_t> bits) {
  kernels::flip_bits(flips, bits);
}
void flip(const std::uint64_t* flips, std::span<modem::Llr> llrs) {
  kernels::flip_signs(flips, llrs);
}

// Flips `values` with the sequence that next_bits(n) gives, n of 1 .. 64 bits a call, the first one lowest.
template <typename T, typename Next>
void apply_sequence(std::span<T> values, Next next_bits) {
  std::array<std::uint64_t, 32> flips;
  while (!values.empty()) {
    const auto piece = values.first(std::min(values.size(), 64 * flips.size()));
    const std::size_t words = piece.size() / 64;
    for (std::size_t i = 0; i < words; ++i) flips[i] = next_bits(64);
    if (piece.size() % 64 != 0) flips[words] = next_bits(static_cast<unsigned>(piece.size() % 64));
    flip(flips.data(), piece);
    values = values.subspan(piece.size());
  }
}

constexpr std::uint64_t low_bits(std::uint64_t x, unsigned n) {
  return x & ((std::uint64_t{1} << n) - 1);
}

}  // namespace

// Over GF(2) the square of a polynomial has the same terms with twice the powers, so a sequence obeys its
// recursion with all taps doubled, again and again. The wider the taps, the more bits are one exclusive-or.
AdditiveScrambler::AdditiveScrambler(std::uint32_t taps, std::uint32_t history) noexcept {
  if (taps == 0) return;
  const unsigned last = static_cast<unsigned>(std::bit_width(taps));
  const unsigned first = static_cast<unsigned>(std::countr_zero(taps)) + 1;
  // Bit i of `back` is s(-1 - i). Backwards, s(n - last) is the sum of s(n) and the other taps.
  std::uint64_t back = low_bits(history, last);
  for (unsigned i = last; i < 64; ++i) {
    // In `recent`, bit 0 is s(n) with n - last = -1 - i.
    const std::uint64_t recent = back >> (i - last);
    const std::uint64_t others = (std::uint64_t{taps} << 1) & ~(std::uint64_t{1} << last);
    const auto sum = static_cast<std::uint64_t>(std::popcount(recent & (others | 1)) & 1);
    back |= sum << i;
  }
  for (unsigned i = 0; i < 64; ++i) past_ |= ((back >> i) & 1U) << (63 - i);

  const unsigned scale = std::bit_floor(64 / last);
  for (unsigned k = first; k <= last; ++k) {
    if ((taps >> (k - 1)) & 1U) shifts_ |= std::uint64_t{1} << (64 - scale * k);
  }
  steps_ = std::min(scale * first, 32U);
}

// `steps` at most steps_; the first bit is the lowest.
std::uint64_t AdditiveScrambler::advance(std::uint64_t& past, unsigned steps) const noexcept {
  std::uint64_t sum = 0;
  for (std::uint64_t rest = shifts_; rest != 0; rest &= rest - 1) sum ^= past >> std::countr_zero(rest);
  const std::uint64_t bits = low_bits(sum, steps);
  past = (past >> steps) | (bits << (64 - steps));
  return bits;
}

std::uint8_t AdditiveScrambler::next() noexcept {
  return static_cast<std::uint8_t>(advance(past_, 1));
}

template <typename T>
void AdditiveScrambler::apply_to(std::span<T> values) noexcept {
  // Not the member itself: a store to the values could change it, for all the compiler knows.
  std::uint64_t past = past_;
  apply_sequence(values, [&](unsigned n) {
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < n; i += steps_) bits |= advance(past, std::min(steps_, n - i)) << i;
    return bits;
  });
  past_ = past;
}

void AdditiveScrambler::apply(std::span<std::uint8_t> bits) noexcept {
  apply_to(bits);
}
void AdditiveScrambler::apply(std::span<modem::Llr> llrs) noexcept {
  apply_to(llrs);
}

std::uint32_t AdditiveScrambler::history() const noexcept {
  std::uint32_t history = 0;
  for (unsigned i = 0; i < 32; ++i) history |= static_cast<std::uint32_t>((past_ >> (63 - i)) & 1U) << i;
  return history;
}

namespace {

constexpr std::uint32_t wlan_taps = 0b100'1000;

}  // namespace

void WlanScrambler::apply(std::span<std::uint8_t> bits) noexcept {
  AdditiveScrambler sequence(wlan_taps, state_);
  sequence.apply(bits);
  state_ = sequence.history() & 0x7FU;
}

void WlanScrambler::apply(std::span<modem::Llr> llrs) noexcept {
  AdditiveScrambler sequence(wlan_taps, state_);
  sequence.apply(llrs);
  state_ = sequence.history() & 0x7FU;
}

std::uint8_t WlanScrambler::recover_initial_state(std::span<const std::uint8_t, 7> service_bits) noexcept {
  // After seven steps the register holds exactly the seven outputs, the newest in x_1. From there the
  // recursion s(n - 7) = s(n) ^ s(n - 4) runs backwards.
  unsigned state = 0;
  for (const std::uint8_t bit : service_bits) state = (state << 1) | (bit & 1U);
  for (int i = 0; i < 7; ++i) {
    const unsigned oldest = (state ^ (state >> 4)) & 1U;
    state = (state >> 1) | (oldest << 6);
  }
  return static_cast<std::uint8_t>(state);
}

namespace {

// 38.211 5.2.1 writes x1(n + 31) = x1(n + 3) + x1(n) and x2(n + 31) = x2(n + 3) + x2(n + 2) + x2(n + 1) +
// x2(n). The same recursions with all distances doubled give up to 56 bits at a time out of 62.
constexpr std::uint64_t step_x1(std::uint64_t x, unsigned steps) {
  return (x >> steps) | (low_bits(x ^ (x >> 6), steps) << (62 - steps));
}
constexpr std::uint64_t step_x2(std::uint64_t x, unsigned steps) {
  return (x >> steps) | (low_bits(x ^ (x >> 2) ^ (x >> 4) ^ (x >> 6), steps) << (62 - steps));
}

constexpr unsigned n_c = 1600;

// From the 31 bits x(0) .. x(30) to the 62 from x(N_C) on.
template <typename Step>
constexpr std::uint64_t start(std::uint32_t first, unsigned feedback, Step step) {
  std::uint64_t x = first;
  for (unsigned n = 0; n < 31; ++n) {
    x |= static_cast<std::uint64_t>(std::popcount((x >> n) & feedback) & 1) << (n + 31);
  }
  for (unsigned n = 0; n < n_c; n += 50) x = step(x, 50);
  return x;
}
static_assert(n_c % 50 == 0);

constexpr std::uint64_t x1_start = start(1, 0b1001, step_x1);

}  // namespace

GoldSequence::GoldSequence(std::uint32_t c_init) noexcept
    : x1_(x1_start), x2_(start(c_init & 0x7FFFFFFFU, 0b1111, step_x2)) {}

std::uint8_t GoldSequence::next() noexcept {
  const auto c = static_cast<std::uint8_t>((x1_ ^ x2_) & 1U);
  x1_ = step_x1(x1_, 1);
  x2_ = step_x2(x2_, 1);
  return c;
}

template <typename T>
void GoldSequence::apply_to(std::span<T> values) noexcept {
  // Not the members themselves: a store to the values could change them, for all the compiler knows.
  std::uint64_t x1 = x1_;
  std::uint64_t x2 = x2_;
  const auto advance = [&](unsigned steps) {
    const std::uint64_t c = low_bits(x1 ^ x2, steps);
    x1 = step_x1(x1, steps);
    x2 = step_x2(x2, steps);
    return c;
  };
  apply_sequence(values, [&](unsigned n) {
    if (n == 64) {
      const std::uint64_t first = advance(32);
      return first | (advance(32) << 32);
    }
    const std::uint64_t first = advance(std::min(n, 32U));
    return n <= 32 ? first : first | (advance(n - 32) << 32);
  });
  x1_ = x1;
  x2_ = x2;
}

void GoldSequence::apply(std::span<std::uint8_t> bits) noexcept {
  apply_to(bits);
}
void GoldSequence::apply(std::span<modem::Llr> llrs) noexcept {
  apply_to(llrs);
}

}  // namespace boresight::fec
