// The inner loops of the search for preambles; see sync/preamble_search.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::kernels {

/// out = a b, element by element; sizes agree, `out` may be `a` or `b`.
void multiply(std::span<const cf32> a, std::span<const cf32> b, std::span<cf32> out) noexcept;

/// levels[n] = min(255, floor(scale max(|y[n]|, |y[n] + y[n + 1]| / sqrt(2)))): on a sample and half a sample
/// on. y has one value more than levels. NaN gives any level.
void half_sample_levels(std::span<const cf32> y, float scale, std::span<std::uint8_t> levels) noexcept;

/// re, im = the parts of y; sizes agree.
void split(std::span<const cf32> y, std::span<float> re, std::span<float> im) noexcept;

/// sum x conj(t) of planar x and t; sizes agree. Sums in float, one for each lane.
cf32 dot_conjugate(std::span<const float> x_re, std::span<const float> x_im, std::span<const float> t_re,
                   std::span<const float> t_im) noexcept;

/// For every carrier d and position n
///     level = min(255, floor(scale | sum_m s_m c[n + 128 m] exp(-j 2 pi f_d 128 m / rate) |)), s_0 = -1,
///     else +1
/// as a tree: two segments are joined at the middle of four carriers, four at the middle of two, eight at the
/// carrier itself. With carriers 50 kHz apart that costs at most 0.06 dB.
///   re, im      c, planar: levels.columns() + 7 * 128 values each
///   phasors     cos and sin of 2 pi f 128 / rate for each four carriers, of 2 pi f 256 / rate for each two,
///               of 2 pi f 512 / rate for each one, in that order: 7/2 values for each carrier
///   keep_larger the level is only raised where it is larger than what levels has
/// levels.rows() is a multiple of four. NaN gives any level.
void pss_carriers(std::span<const float> re, std::span<const float> im, std::span<const float> phasors,
                  float scale, bool keep_larger, Grid<std::uint8_t> levels) noexcept;

}  // namespace boresight::kernels
