// A matrix of complex row vectors, parts apart, times a vector and its adjoint: contracts of
// ofdm/lmmse_estimator.h.
#pragma once

#include <cstddef>
#include <span>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::kernels {

/// out_i = sum over p of conj(rows_i[p]) x[p]; rows [n x P], x_re, x_im [P], out [n].
void project(Grid<const float> rows_re, Grid<const float> rows_im, std::span<const float> x_re,
             std::span<const float> x_im, std::span<cf32> out) noexcept;

/// out[k] = sum over i of weights_i rows_i[k]; rows [n x K], weights [n], out [K].
void expand(Grid<const float> rows_re, Grid<const float> rows_im, std::span<const cf32> weights,
            std::span<cf32> out) noexcept;

}  // namespace boresight::kernels
