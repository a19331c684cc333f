// Products of complex samples added up, as matched filters need them.
#pragma once

#include <span>

#include "boresight/core/types.h"

namespace boresight::kernels {

/// sum[i] += a[i] conj(b[i]). All of one length; a and b may be the same.
void add_conjugate_products(std::span<const cf32> a, std::span<const cf32> b, std::span<cf32> sum) noexcept;

/// Planar: y[i] = sum over t of x[i + t] conj(taps[t]), for short filters. y_re, y_im [n], x_re, x_im [n +
/// taps - 1]. Each sum goes tap by tap.
void correlate(std::span<const float> x_re, std::span<const float> x_im, std::span<const cf32> taps,
               std::span<float> y_re, std::span<float> y_im) noexcept;

}  // namespace boresight::kernels
