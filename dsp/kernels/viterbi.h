// The forward recursion of the Viterbi decoder for the K = 7 code (133, 171); fec/viterbi.cpp is its only
// user and does the traceback.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace boresight::kernels {

// The 64 states stay where they are: a step puts its two new states into the places of the two old ones that
// they come from. So the newest bit overwrites the oldest, and the place of a state is a number whose bit
// n mod 6 belongs to information bit n. All of its bits are inverted: place 63 is the zero state.
//
// A metric is eight times the correlation of path and soft bits; its three lowest bits start as three bits of
// the path's own place and are carried along by every selection, so that after three steps they say which of
// the eight possible places the path was in. Two candidates that tie differ first in the bit of the step
// under way, hence the survivor of a tie is the one from the lower state.

inline constexpr std::size_t viterbi_states = 64;
inline constexpr std::size_t viterbi_row_steps = 6;
inline constexpr int viterbi_metric_scale = 8;

using ViterbiMetrics = std::array<std::int16_t, viterbi_states>;

/// Continues from `metrics` over `steps` steps (2 steps soft bits, -128 included) and leaves the last ones
/// there; the first of these steps belongs to bit 0 of the places. Returns what was subtracted from all of
/// them on the way. In and out: multiples of 8, within 22528 of each other.
///
/// `rows` gets 64 bytes for each six steps or part of six. Byte p of row k has the survivors' places where
/// they differ from p:
///   bits 3 .. 5: of the path that is in p after the row, at the end of the row's third step;
///   bits 0 .. 2: of the path that is in p at the end of the row's third step, before the row.
/// Bits 6 and 7 are anything.
std::int64_t viterbi_forward(const std::int8_t* llrs, std::size_t steps, ViterbiMetrics& metrics,
                             std::uint8_t* rows) noexcept;

}  // namespace boresight::kernels
