// Products of complex samples added up, element by element, as matched filters in segments need them.
#pragma once

#include <span>

#include "boresight/core/types.h"

namespace boresight::kernels {

/// sum[i] += a[i] conj(b[i]). All of one length; a and b may be the same.
void add_conjugate_products(std::span<const cf32> a, std::span<const cf32> b, std::span<cf32> sum) noexcept;

}  // namespace boresight::kernels
