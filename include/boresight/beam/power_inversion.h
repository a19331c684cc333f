// Nulls without knowing where anything is.
#pragma once

#include <cstddef>
#include <span>

#include "boresight/beam/covariance_factor.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::beam {

/// Power inversion (Compton, "The power-inversion adaptive array", IEEE Trans. Aerosp. Electron. Syst. 15(6),
/// 1979): the least output power with weight 1 on a reference element, w = (R + d I)^-1 e / (e^H (R + d I)^-1
/// e). Signals come out in inverse order of their powers: what is far above the noise is nulled, what is
/// below it passes. For the first acquisition, when neither direction nor calibration is known; not for a
/// wanted signal that stands out of the noise of one element. Gain is 1 at the reference element and nowhere
/// promised elsewhere. One jammer of power INR at each element comes out at -20 log10(1 + INR (E - 1)) dB of
/// what the reference element hears.
///
/// This version allocates.
/// @param covariance  [E x E], Hermitian; the lower triangle is read
/// @param loading     d >= 0, a power in the units of R
/// Throws ConfigError for a reference that is no element or a dead one, for a negative or NaN loading, and
/// when R + d I is singular or not finite.
void power_inversion(Grid<const cf64> covariance, std::size_t reference, double loading,
                     std::span<cf64> weights);

/// The same for streams, from a factored covariance with its loading(): no allocation. When the reference is
/// dead, the next live element (cyclically) takes its place; when all are, the reference alone: w = e.
/// False, and the weights as they were, when `reference` is no element.
bool power_inversion(CovarianceFactor& covariance, std::size_t reference, std::span<cf64> weights) noexcept;

}  // namespace boresight::beam
