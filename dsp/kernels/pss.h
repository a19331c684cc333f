// The search for the ku PSS at every sample: matched filter, products of neighboring segments, statistic.
// What they compute and why is in boresight/sync/ku_acquisition.h; sizes here are in samples, all of them
// multiples of 16.
//
// The segment p steps by quarter turns, so after y[n] = x[n] (-j)^n it is a sequence of signs b up to a
// constant turn, and the matched filter has nothing to multiply. Four neighboring samples with signs are one
// of eight patterns or its negative:
//
//   y[n] ± y[n+1] ± y[n+2] ± y[n+3]   eight sums per sample, of which 32, four samples apart, make c'[n]
//
// 12 + 31 additions per rail instead of 127. Nothing is accumulated from sample to sample: the result at n
// depends on x[n] .. x[n + 127] and on nothing else, to the bit, and a NaN goes no further.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "boresight/core/types.h"

namespace boresight::kernels {

inline constexpr std::size_t pss_taps = 128;
inline constexpr std::size_t pss_block = 16;  ///< samples whose energy is one number
inline constexpr std::size_t pss_tile = 512;
inline constexpr std::size_t pss_pattern_stride = pss_tile + pss_taps;
inline constexpr std::size_t pss_scratch = 8 * pss_pattern_stride;  ///< samples
/// Samples that the matched filter reads behind its first one; the last eight do not matter.
inline constexpr std::size_t pss_reach = pss_taps + 8;

/// The published bits of the segment; the last hexadecimal digit's least significant bit comes first.
inline constexpr std::string_view pss_bits = "C1B5D191024D3DC3F8EC52FAA16F3958";

/// b of p_i = p_0 j^i b_i: a bit of one turns back by a quarter, which is on by one and around by a half.
constexpr std::array<std::int8_t, pss_taps> pss_signs_of_segment() {
  std::array<std::int8_t, pss_taps> signs{1};
  for (std::size_t i = 1; i < pss_taps; ++i) {
    const char c = pss_bits[pss_bits.size() - 1 - i / 4];
    const int digit = c <= '9' ? c - '0' : c - 'A' + 10;
    signs[i] = static_cast<std::int8_t>(((digit >> (i % 4)) & 1) != 0 ? -signs[i - 1] : signs[i - 1]);
  }
  return signs;
}

/// out[n] = in[n] (-j)^n, energy[i] = sum of |in[16 i] .. in[16 i + 15]|^2.
/// in [16 k] -> out [16 k], energy [k].
void quarter_turns(std::span<const cf32> in, std::span<cf32> out, std::span<float> energy) noexcept;

/// out[n] = sum_i b_i in[n + i], the additions in the same order on every target.
/// in [16 k + pss_reach], scratch [pss_scratch], out [16 k].
void correlate_segment(std::span<const cf32> in, std::span<cf32> scratch, std::span<cf32> out) noexcept;

/// re + j im = in[n + 128] conj(in[n]). in [count + 128], re, im [count].
void segment_products(std::span<const cf32> in, std::span<float> re, std::span<float> im) noexcept;

/// statistic[n] = |scale[n / 16] (-q[n] + q[n + 128] + q[n + 256] + ... + q[n + 768])|^2, q = re + j im; what
/// is no number becomes 0. re, im [count + 768], scale [count / 16], statistic [count]. Returns the largest.
float pss_statistic(std::span<const float> re, std::span<const float> im, std::span<const float> scale,
                    std::span<float> statistic) noexcept;

}  // namespace boresight::kernels
