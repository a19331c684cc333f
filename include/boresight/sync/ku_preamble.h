// What a receiver sees of the PSS and the SSS (sync/ku_sequences.h) in any slice of the channel.
//
// The preamble is taken as the band-limited signal that goes through its 240 Msps samples, so its spectrum at
// any frequency is their Fourier sum, and nothing beyond +-120 MHz. A slice keeps a part of that spectrum.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "boresight/core/types.h"

namespace boresight::sync {

inline constexpr double ku_channel_rate_hz = 240e6;
inline constexpr double ku_frame_rate_hz = 750;
inline constexpr double ku_symbol_s = 1056 / ku_channel_rate_hz;

/// Center frequency of the channel (the carrier of subcarrier 0), channel 1 to 8:
/// 10.7 GHz + F / 2 + 250 MHz (channel - 1/2), F = 234.375 kHz.
double ku_channel_center_hz(int channel);

enum class PreamblePart { pss, both };

/// The samples at 240 Msps: 1056 (PSS) or 2112 (both), of unit mean power.
std::vector<cf32> ku_preamble(PreamblePart part);

/// spectrum[i] = sqrt(rate / 240 MHz) X(first_hz + i step_hz), X(f) = sum_n x[n] exp(-j 2 pi f n / 240 MHz)
/// within
/// +-120 MHz and zero beyond; frequencies against the channel's center. With step_hz = rate / L and L values
/// this is the L-point transform of the preamble in a slice sampled at `rate_hz`, scaled so that in noise of
/// unit power per sample of the slice an amplitude of 1 is an SNR of 0 dB per sample of the whole 240 MHz.
void ku_preamble_spectrum(PreamblePart part, double rate_hz, double first_hz, double step_hz,
                          std::span<cf32> spectrum);

}  // namespace boresight::sync
