// Weights from the signals' own subspace: the noise that only errors of the steering vector reach is left
// out.
#pragma once

#include <cstddef>
#include <span>

#include "boresight/beam/covariance_factor.h"
#include "boresight/core/types.h"

namespace boresight::beam {

struct SubspaceResult {
  bool ok = false;       ///< false: the weights are as they were
  std::size_t rank = 0;  ///< eigenvalues taken for signals; 0: MVDR weights instead
};

/// Eigenspace-based beamformer (Chang and Yeh, "Performance of adaptive array beamformers based on the
/// eigenspace", IEEE Trans. Antennas Propag. 40(11), 1992; Feldman and Griffiths 1994): with the eigenvalues
/// g and eigenvectors u of R that rise above the noise,
///
///   w ~ sum over signals of u (u^H a) / g,      unit gain w^H a = 1.
///
/// The error of the steering vector outside the signals' subspace, which is what MVDR uses to null the wanted
/// signal, does not enter. It needs the wanted signal to have an eigenvalue of its own: SNR E well above the
/// threshold. When less than half of ||a||^2 lies in the signals' subspace (nobody is there, or too weak),
/// the MVDR weights with the covariance's loading() are given instead, and `rank` is 0.
///
/// Costs the eigenvectors of T on top, about 6 E^3 real multiplications. No allocation.
///
/// @param threshold_db  an eigenvalue this much over the noise floor is a signal, 0 to 60; 3 suits averages
/// over
///                      20 snapshots per element and more (the largest noise eigenvalue is at about
///                      (1 + sqrt(E / K))^2)
/// A steering vector or threshold that is not finite, or a threshold out of range: not ok. Dead elements get
/// weight zero. R = 0 gives the conventional weights.
SubspaceResult subspace_projection(CovarianceFactor& covariance, std::span<const cf64> steering,
                                   double threshold_db, std::span<cf64> weights) noexcept;

}  // namespace boresight::beam
