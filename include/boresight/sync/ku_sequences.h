// The published synchronization sequences of the Ku-band downlink (Humphreys, Iannucci, Komodromos and
// Graff, IEEE Trans. Aerosp. Electron. Syst. 59(5), 2023, pp. 6016-6030).
//
//   PSS, symbol 0, in time:   | -p end (32) | -p | p | p | p | p | p | p | p |      p: 128 samples of DPSK
//   SSS, symbol 1, over frequency: 1020 values on the axes, e^{j pi s / 2}, k = 2 .. 1021
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "boresight/core/types.h"

namespace boresight::sync {

inline constexpr std::size_t pss_segment_samples = 128;
inline constexpr std::size_t pss_segments = 8;
inline constexpr std::size_t pss_prefix_samples = 32;
inline constexpr std::size_t pss_samples = 1056;

/// Quarter turns of the segment: p_k = exp(j pi (1/4 + m_k / 2)).
std::span<const std::uint8_t, pss_segment_samples> pss_segment_quarters();
/// p [128], unit modulus.
std::span<const cf32, pss_segment_samples> pss_segment();
/// The sign of each of the eight segments of the body: -1, then +1.
inline constexpr std::array<float, pss_segments> pss_signs{-1, 1, 1, 1, 1, 1, 1, 1};
/// The whole symbol with its prefix [1056].
std::span<const cf32, pss_samples> pss();

/// s_k in 0 .. 3 for k = 2 .. 1021, in that order.
std::span<const std::uint8_t, 1020> sss_quarters();
/// Subcarrier values [1024], FFT order, zero in the gutter.
std::span<const cf32, 1024> sss();

}  // namespace boresight::sync
