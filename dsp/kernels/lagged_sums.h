// What a signal with repeated parts is found by: products with the samples one part before, energy and sum,
// in blocks.
#pragma once

#include <cstddef>
#include <span>

#include "boresight/core/types.h"

namespace boresight::kernels {

struct LaggedSums {
  cf32 product;  ///< sum of x[i] conj(lagged[i])
  cf32 sum;      ///< of x[i]
  float energy;  ///< sum of |x[i]|^2
};

/// x, lagged [out.size() x block]: one set of sums for each block. `block` is a multiple of 4.
void lagged_sums(std::span<const cf32> x, std::span<const cf32> lagged, std::size_t block,
                 std::span<LaggedSums> out) noexcept;

}  // namespace boresight::kernels
