// The edge pilots of the Ku-band downlink: known 4QAM symbols on eight subcarriers at either edge of the
// channel, in every symbol after the SSS (Qin, Psiaki, Bowman and Humphreys, arXiv 2602.02627, 2026).
//
//   subcarrier   528 .. 535   | data, header, gutter: not known |   488 .. 495        symbols 2 .. 301
//   offset MHz  -116.25 .. -114.61                              +114.375 .. +116.02
//
// They are published to be the same in every frame, beam, channel and satellite. Confidence:
// single-chain. The values are those of one transcription, which its author confirmed by thousands of
// detections on the air, and no second party has; nothing in Boresight but reception of the real downlink
// stands on them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

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

enum class ChannelEdge { lower, upper };
/// Middle of the eight subcarriers of an edge above the channel's center: -115.4296875 or +115.1953125 MHz.
double edge_pilot_center_hz(ChannelEdge edge);
/// Width of the eight, 1.875 MHz.
inline constexpr double edge_pilot_width_hz = 8 * 234'375.0;
/// The pilots begin with symbol 2 and go on to the frame's guard.
inline constexpr double edge_pilot_begin_s = 2 * 4.4e-6;
inline constexpr double edge_pilot_duration_s = 300 * 4.4e-6;

/// spectrum[i] = rate integral t(time) exp(-j 2 pi f time), f = first_hz + i step_hz above
/// edge_pilot_center_hz(), time from the beginning of symbol 2; t has unit-modulus subcarriers, each symbol
/// with its prefix, times sqrt(234.375 kHz / rate): sampled at `rate_hz`, in noise of unit power, an
/// amplitude of 1 is then an SNR of 0 dB per sample of 240 MHz.
void edge_pilot_spectrum(ChannelEdge edge, double rate_hz, double first_hz, double step_hz,
                         std::span<cf32> spectrum);

}  // namespace boresight::sync
