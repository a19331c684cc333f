// The ku frame: what stands where. 320,000 samples, one 750th of a second at 240 Msps.
//
//   symbol    0     1     2     3     4     5                          301
//          ┌─────┬─────┬─────┬─────┬─────┬─────┬── ── ── ── ── ── ──┬─────┬────────┐
//          │ PSS │ SSS │ HDR │ HDR │DATA │DATA │     298 in all     │DATA │ silent │
//          └─────┴─────┴─────┴─────┴─────┴─────┴── ── ── ── ── ── ──┴─────┴────────┘
//   samples 1056 each (32 prefix + 1024)                                    1088
//
//   one header or data symbol over frequency (signed subcarrier index; 1020 active)
//    -512       -502      -482               -22    -3 -2    +1 2                   502       511
//      d  …  d   P   d … d  P   d …  … d  P  d … d  │  gutter  │  P  d … d P …  … d P  d  …  d
//                 └─ every 20th of the active subcarriers is a pilot: 51, 10 from either edge ─┘
//
// PSS and SSS are the published ones of the Ku-band downlink (sync/ku_sequences.h). Everything after them is
// Boresight's own: the real downlink's payload is not public and none of it is decoded here.
//
//   HDR   10 bytes (frame/header.h) -> CRC-16, NR LDPC base graph 2, repeated to 3876 bits -> Gold sequence
//         -> QPSK on the 2 x 969 data subcarriers. Rate 0.021: read at -4 dB by the whole chain, where the
//         most robust payload needs about 0 dB, and at -6 dB with a known channel (tests/rx, tests/frame).
//   DATA  payload -> CRC-24A (CRC-16 up to 478 bytes) -> code blocks with CRC-24B -> NR LDPC, rate-matched to
//         all 298 x 969 subcarriers -> Gold sequence seeded by the frame's sequence number -> QPSK to
//         1024-QAM (TS 38.211 maps), subcarrier by subcarrier from the lowest frequency, symbol by symbol.
//         A payload shorter than the longest gets the rest of the frame as redundancy.
//   P     QPSK from a Gold sequence seeded by the symbol's number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::frame {

inline constexpr std::size_t ku_frame_samples = 320'000;
inline constexpr std::size_t ku_symbols = 302;
inline constexpr std::size_t ku_symbol_samples = 1056;
inline constexpr std::size_t ku_first_header_symbol = 2;
inline constexpr std::size_t ku_header_symbols = 2;
inline constexpr std::size_t ku_first_data_symbol = ku_first_header_symbol + ku_header_symbols;
inline constexpr std::size_t ku_data_symbols = ku_symbols - ku_first_data_symbol;
inline constexpr std::size_t ku_pilots = 51;          ///< per symbol
inline constexpr std::size_t ku_data_carriers = 969;  ///< per symbol
inline constexpr std::size_t ku_header_coded_bits = ku_header_symbols * ku_data_carriers * 2;
inline constexpr std::size_t ku_payload_carriers = ku_data_symbols * ku_data_carriers;

/// Pilot values of every symbol [ku_symbols x ku_pilots], in the order of Numerology::carriers(pilot); rows 0
/// and 1 (PSS, SSS) are unused. Unit modulus.
GridBuffer<cf32> ku_pilot_values();

}  // namespace boresight::frame
