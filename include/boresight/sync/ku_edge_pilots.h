// The edge pilots of the Ku-band downlink: known 4QAM symbols on eight subcarriers at either edge of the
// channel, in every symbol after the SSS (Qin, Psiaki, Bowman and Humphreys, arXiv 2602.02627, 2026).
//
//   subcarrier   528 .. 535   | data, header, gutter: not known |   488 .. 495        symbols 2 .. 301
//   offset MHz  -116.25 .. -114.61                              +114.375 .. +116.02
//
// They are published to be the same in every frame, beam, channel and satellite. The values here are those of
// one transcription, confirmed by thousands of detections on the air but not yet by a second party; nothing
// in Boresight but reception of the real downlink stands on them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "boresight/core/types.h"

namespace boresight::sync {

inline constexpr std::size_t edge_pilot_symbols = 300;
inline constexpr std::size_t edge_pilot_first_symbol = 2;
/// Which subcarriers (FFT order of 1024), the upper edge first.
inline constexpr std::array<std::uint16_t, 16> edge_pilot_subcarriers{488, 489, 490, 491, 492, 493, 494, 495,
                                                                      528, 529, 530, 531, 532, 533, 534, 535};

/// The quarter turn d of symbol 2 + `symbol` on edge_pilot_subcarriers[`carrier`]; the value is
/// exp(j pi / 2 (d + 1/2)). symbol < 300, carrier < 16.
std::uint8_t edge_pilot_quarter(std::size_t symbol, std::size_t carrier);
/// That value, of unit modulus.
cf32 edge_pilot(std::size_t symbol, std::size_t carrier);

}  // namespace boresight::sync
