// Capon weights that do not take the wanted signal for a jammer.
#pragma once

#include <span>

#include "boresight/beam/covariance_factor.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::beam {

/// Robust Capon beamformer with a spherical uncertainty set (Li, Stoica and Wang, "On robust Capon
/// beamforming and diagonal loading", IEEE Trans. Signal Process. 51(7), 2003, section III-B): of all steering
/// vectors within sqrt(uncertainty) of the one given, the one that explains most of the power received is
/// taken for the true one. That is MVDR with just as much loading d as makes
///
///   || d (R + d I)^-1 a ||^2 = uncertainty,
///
/// more the stronger the wanted signal is in R. The scale is unit gain towards the vector given, w^H a = 1.
///
/// What to choose. `uncertainty` is a squared distance, sum over the elements of |error of a_e|^2: E times the
/// variance of the gain errors (relative) plus that of the phase errors (rad^2), plus what the pointing error
/// makes of it. 0.5 dB and 5 degrees on each element are 0.011 E; a pointing error of a tenth of the half-power
/// beamwidth about 0.026 E on a line. The set has to hold the truth with room to spare, because the covariance
/// is measured too: the loading has to bring (SNR_out / d)^2 times the error below one, and grows with sqrt(E /
/// uncertainty) only. 0.1 E is within 1 dB of the optimum for a signal 10 dB above the noise on each of 16
/// elements with those errors, and costs a weak signal nothing; 0.3 E is for pointing by eye. Towards E the
/// weights become conventional ones, and jammers within the beam are no longer nulled.
///
/// This version allocates.
/// @param covariance   [E x E], Hermitian; the lower triangle is read
/// @param uncertainty  more than 0, less than ||a||^2
/// Throws ConfigError for an uncertainty outside its range, and when R or a is zero or not finite.
void robust_capon(Grid<const cf64> covariance, std::span<const cf64> steering, double uncertainty,
                  std::span<cf64> weights);

/// The same for streams, from a factored covariance: no allocation. The covariance's own loading() is used
/// when it is more than the rule asks for, which keeps a singular R harmless.
///
/// - False, and the weights as they were: a steering vector that is not finite; an uncertainty that is not
///   positive or not less than ||a||^2 over the live elements.
/// - Dead elements get weight zero. R = 0 gives the conventional weights.
bool robust_capon(CovarianceFactor& covariance, std::span<const cf64> steering, double uncertainty,
                  std::span<cf64> weights) noexcept;

}  // namespace boresight::beam
