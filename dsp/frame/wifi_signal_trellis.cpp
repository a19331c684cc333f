#include "frame/wifi_signal_trellis.h"

#include <algorithm>
#include <bit>

#include "boresight/fec/convolutional.h"

namespace boresight::frame {
namespace {

constexpr std::size_t states = 64;
constexpr std::size_t half = states / 2;
constexpr std::size_t last_rate_bit = 3;
constexpr std::size_t reserved_bit = 4;
constexpr std::size_t field_bits = wifi_signal_bits - fec::convolutional_tail_bits;
constexpr std::int16_t unreachable = -20'000;  // 48 soft bits of +-127 do not lead back, nor on to -2^15

// Signs of the two coded bits on the way from state j < 32 with a 0 to come: +1 for a 0. Both generators tap
// the newest and the oldest bit, so that each of the two, when it is 1, turns both signs.
struct Signs {
  std::array<std::int16_t, half> a{}, b{};
};

constexpr Signs make_signs() {
  Signs s;
  for (unsigned j = 0; j < half; ++j) {
    // Generators 133 and 171, octal, seen from the other end: the newest bit is the lowest here.
    s.a[j] = std::popcount((2 * j) & 0b1101101U) % 2 != 0 ? -1 : 1;
    s.b[j] = std::popcount((2 * j) & 0b1001111U) % 2 != 0 ? -1 : 1;
  }
  return s;
}

constexpr Signs signs = make_signs();

using Metrics = std::array<std::int16_t, states>;
using Choices = std::array<std::int16_t, states>;  // not 0: from the upper half

void forbid(Metrics& metrics, std::size_t bit) {
  for (std::size_t j = 0; j < half; ++j) metrics[2 * j + bit] = unreachable;
}

}  // namespace

// A state holds the last six bits, the newest lowest: j and j + 32 go to 2 j + bit.
std::array<std::uint8_t, wifi_signal_bits> decode_signal_field(
    std::span<const modem::Llr, wifi_signal_coded_bits> llrs) noexcept {
  std::array<Metrics, 2> now;  // by parity
  std::array<Metrics, 2> next;
  for (Metrics& m : now) m.fill(unreachable);
  now[0][0] = 0;
  std::array<std::array<Choices, 2>, wifi_signal_bits> choices;
  for (std::size_t i = 0; i < wifi_signal_bits; ++i) {
    const std::int16_t a = llrs[2 * i];
    const std::int16_t b = llrs[2 * i + 1];
    std::array<std::int16_t, half> branch;
    for (std::size_t j = 0; j < half; ++j)
      branch[j] = static_cast<std::int16_t>(signs.a[j] * a + signs.b[j] * b);
    for (std::size_t parity = 0; parity < 2; ++parity) {
      const Metrics& zero = now[parity];
      const Metrics& one = now[1 - parity];
      Metrics& out = next[parity];
      Choices& choice = choices[i][parity];
      for (std::size_t j = 0; j < half; ++j) {
        const auto zero_lower = static_cast<std::int16_t>(zero[j] + branch[j]);
        const auto zero_upper = static_cast<std::int16_t>(zero[j + half] - branch[j]);
        const auto one_lower = static_cast<std::int16_t>(one[j] - branch[j]);
        const auto one_upper = static_cast<std::int16_t>(one[j + half] + branch[j]);
        out[2 * j] = std::max(zero_lower, zero_upper);
        out[2 * j + 1] = std::max(one_lower, one_upper);
        choice[2 * j] = static_cast<std::int16_t>(zero_upper > zero_lower ? 1 : 0);
        choice[2 * j + 1] = static_cast<std::int16_t>(one_upper > one_lower ? 1 : 0);
      }
      if (i == last_rate_bit) forbid(out, 0);
      if (i == reserved_bit || i >= field_bits) forbid(out, 1);
    }
    now = next;
  }

  std::array<std::uint8_t, wifi_signal_bits> bits;
  std::size_t state = 0;
  std::size_t parity = 0;
  for (std::size_t i = wifi_signal_bits; i-- > 0;) {
    const std::size_t bit = state % 2;
    bits[i] = static_cast<std::uint8_t>(bit);
    state = state / 2 + (choices[i][parity][state] != 0 ? half : 0);
    parity ^= bit;
  }
  return bits;
}

}  // namespace boresight::frame
