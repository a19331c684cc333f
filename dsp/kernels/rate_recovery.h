// What rate recovery does with soft bits; contract in boresight/fec/nr_rate_matching.h, oracle in
// tests/kernels/rate_recovery_test.cpp.
#pragma once

#include <cstddef>

#include "boresight/modem/llr.h"

namespace boresight::kernels {

/// sum[i] = in[i stride + row] + sum[i], held within +-127, for i < n; row < stride.
void add_strided(const modem::Llr* in, std::size_t stride, std::size_t row, std::size_t n,
                 modem::Llr* sum) noexcept;

}  // namespace boresight::kernels
