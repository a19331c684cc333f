// Carrier removal; contract in boresight/ofdm/demodulator.h, oracle in tests/kernels/carrier_test.cpp.
#pragma once

#include <span>

#include "boresight/core/types.h"

namespace boresight::kernels {

/// out[n] = scale in[n] exp(-j 2 pi (frequency n + phase_turns)), n < in.size(). `in` and `out` may be the
/// same samples. The phase is exact every 512 samples; between them it is the product of two tables, whose
/// entries are rounded once: 2e-7 of a sample's magnitude, whatever the length.
void remove_carrier(std::span<const cf32> in, double frequency, double phase_turns, float scale,
                    std::span<cf32> out) noexcept;

}  // namespace boresight::kernels
