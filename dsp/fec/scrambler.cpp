#include "boresight/fec/scrambler.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace boresight::fec {
namespace {

void flip(std::uint8_t& bit, unsigned c) {
  bit = static_cast<std::uint8_t>(bit ^ c);
}

void flip(modem::Llr& llr, unsigned c) {
  const int sign = 1 - 2 * static_cast<int>(c);
  llr = static_cast<modem::Llr>(sign * std::max<int>(llr, -modem::llr_max));
}

}  // namespace

void WlanScrambler::apply(std::span<std::uint8_t> bits) noexcept {
  for (auto& bit : bits) flip(bit, next());
}

void WlanScrambler::apply(std::span<modem::Llr> llrs) noexcept {
  for (auto& llr : llrs) flip(llr, next());
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

GoldSequence::GoldSequence(std::uint32_t c_init) noexcept : x2_(c_init & 0x7FFFFFFFU) {
  constexpr unsigned n_c = 1600;
  for (unsigned i = 0; i < n_c / 25; ++i) advance(25);
  static_assert(n_c % 25 == 0);
}

// Bit 0 of a register is x(n). The feedback reaches back at most 31 - 3 = 28 bits, so up to 28 steps are one
// exclusive-or. Returns the c(n) that pass, the first in bit 0.
std::uint32_t GoldSequence::advance(unsigned steps) noexcept {
  const std::uint32_t mask = (std::uint32_t{1} << steps) - 1;
  const std::uint32_t c = (x1_ ^ x2_) & mask;
  const std::uint32_t f1 = (x1_ ^ (x1_ >> 3)) & mask;
  const std::uint32_t f2 = (x2_ ^ (x2_ >> 1) ^ (x2_ >> 2) ^ (x2_ >> 3)) & mask;
  x1_ = (x1_ >> steps) | (f1 << (31 - steps));
  x2_ = (x2_ >> steps) | (f2 << (31 - steps));
  return c;
}

std::uint8_t GoldSequence::next() noexcept {
  return static_cast<std::uint8_t>(advance(1));
}

namespace {

// The bits of a byte as eight lanes.
constexpr auto lanes_of_byte = [] {
  std::array<std::array<std::uint8_t, 8>, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (unsigned k = 0; k < 8; ++k) table[byte][k] = (byte >> k) & 1U;
  }
  return table;
}();

// Calls next24() for every 24 elements and flips 16-lane runs that the compiler turns into vector code.
template <typename T, typename Next>
void apply_blocks(std::span<T> values, Next next_bits) {
  constexpr std::size_t block = 240;
  std::array<std::uint8_t, block> lanes;
  for (std::size_t begin = 0; begin < values.size(); begin += block) {
    const std::size_t n = std::min(block, values.size() - begin);
    for (std::size_t i = 0; i < n; i += 24) {
      const std::uint32_t c = next_bits(static_cast<unsigned>(std::min<std::size_t>(24, n - i)));
      for (std::size_t k = 0; k < 3; ++k) {
        std::copy_n(lanes_of_byte[(c >> (8 * k)) & 0xFFU].begin(), 8, lanes.begin() + i + 8 * k);
      }
    }
    T* v = values.data() + begin;
    for (std::size_t i = 0; i < n; ++i) flip(v[i], lanes[i]);
  }
}

}  // namespace

void GoldSequence::apply(std::span<std::uint8_t> bits) noexcept {
  apply_blocks(bits, [this](unsigned n) { return advance(n); });
}

void GoldSequence::apply(std::span<modem::Llr> llrs) noexcept {
  apply_blocks(llrs, [this](unsigned n) { return advance(n); });
}

}  // namespace boresight::fec
