// The trellis of the K = 7 code (133, 171) as kernels/viterbi.h lays it out, and what its metrics need room
// for.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/viterbi.h"

namespace boresight::kernels::viterbi {

inline constexpr unsigned phases = viterbi_row_steps;

// Metrics that are as far apart as they can get, 11 differing coded bits within six steps (the most that two
// paths from one state can differ by), lie within 11 * 2 * 128 * 8 = 22528. The largest grows by at most 2048
// in a step and the smallest never falls. Subtracting this less than place 0 every six steps, from a value
// that is two steps old, keeps all of them and all candidates within 16 bits:
//   -7168 + 22528 + 8 * 2048 + 7 < 32768   and   -7168 - 22528 - 2048 >= -32768.
inline constexpr std::int16_t headroom = 7168;

// Which of S = a + b, D = a - b, -S, -D (a, b: the soft bits) a branch adds. Seen from either of the two
// states of a butterfly: plus for the branch that stays in its place, minus for the one from its partner.
struct Branches {
  std::uint8_t kind[phases][viterbi_states];
};
inline constexpr Branches branches = [] {
  constexpr bool taps_a[phases + 1] = {true, false, true, true, false, true, true};  // 133
  constexpr bool taps_b[phases + 1] = {true, true, true, true, false, false, true};  // 171
  Branches result{};
  for (unsigned phase = 0; phase < phases; ++phase) {
    for (unsigned place = 0; place < viterbi_states; ++place) {
      bool a = false;
      bool b = false;
      for (unsigned k = 0; k < phases; ++k) {
        if (k == phase || ((place >> k) & 1U) != 0) continue;  // places are inverted
        const unsigned delay = (phase + phases - k) % phases;
        a ^= taps_a[delay];
        b ^= taps_b[delay];
      }
      result.kind[phase][place] = a ? (b ? 2 : 3) : (b ? 1 : 0);
    }
  }
  return result;
}();

// The code is linear: a register has all the branches of the first one, or all of them negative, or needs a
// second pattern (S and D exchanged), or that one negative.
template <std::size_t kRegisters>
struct Uses {
  bool other[phases][kRegisters];
  bool negative[phases][kRegisters];
  std::size_t first_other[phases];  // 0 if none
};

template <std::size_t kLanes>
struct Patterns {
  alignas(64) std::uint8_t bytes[phases][2][2 * kLanes];  // where to look in {S, D, -S, -D}, int16
};

template <std::size_t kRegisters, std::size_t kLanes>
struct Labels {
  alignas(64) std::int16_t of[2][kRegisters][kLanes];
};

// The places in registers of kLanes metrics.
template <std::size_t kLanes>
struct Layout {
  static constexpr std::size_t lanes = kLanes;
  static constexpr std::size_t registers = viterbi_states / kLanes;
  static_assert(kLanes == 8 || kLanes == 16 || kLanes == 32);
  static constexpr unsigned lane_bits = kLanes == 32 ? 5 : kLanes == 16 ? 4 : 3;

  // Bit 0 of the place chooses between two registers whose lanes become the low and high bytes of one.
  static constexpr unsigned place_of(std::size_t reg, std::size_t lane) {
    return static_cast<unsigned>((reg & 1U) | (lane << 1U) | ((reg >> 1U) << (lane_bits + 1)));
  }
  static constexpr bool within_register(unsigned phase) { return phase >= 1 && phase <= lane_bits; }
  static constexpr std::size_t partner_of(std::size_t reg, unsigned phase) {
    return reg ^ (phase == 0 ? 1U : 1U << (phase - lane_bits));
  }

  static constexpr Uses<registers> uses = [] {
    Uses<registers> u{};
    for (unsigned phase = 0; phase < phases; ++phase) {
      for (std::size_t r = 0; r < registers; ++r) {
        const unsigned kind = branches.kind[phase][place_of(r, 0)];
        u.other[phase][r] = ((kind ^ branches.kind[phase][0]) & 1U) != 0;
        if (u.other[phase][r] && u.first_other[phase] == 0) u.first_other[phase] = r;
        const std::size_t like = u.other[phase][r] ? u.first_other[phase] : 0;
        u.negative[phase][r] = kind != branches.kind[phase][place_of(like, 0)];
      }
    }
    return u;
  }();

  static constexpr Patterns<kLanes> patterns = [] {
    Patterns<kLanes> p{};
    for (unsigned phase = 0; phase < phases; ++phase) {
      for (std::size_t i = 0; i < 2 * kLanes; ++i) {
        for (const std::size_t other : {0, 1}) {
          const std::size_t r = other != 0 ? uses.first_other[phase] : 0;
          const unsigned kind = branches.kind[phase][place_of(r, i / 2)];
          p.bytes[phase][other][i] = static_cast<std::uint8_t>(2 * kind + i % 2);
        }
      }
    }
    return p;
  }();

  static constexpr Labels<registers, kLanes> labels = [] {
    Labels<registers, kLanes> l{};
    for (std::size_t r = 0; r < registers; ++r) {
      for (std::size_t i = 0; i < kLanes; ++i) {
        l.of[0][r][i] = static_cast<std::int16_t>(place_of(r, i) & 7U);
        l.of[1][r][i] = static_cast<std::int16_t>((place_of(r, i) >> 3U) & 7U);
      }
    }
    return l;
  }();
};

}  // namespace boresight::kernels::viterbi
