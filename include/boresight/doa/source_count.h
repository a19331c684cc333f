// How many sources there are, from the eigenvalues of a covariance.
#pragma once

#include <cstddef>
#include <span>

namespace boresight::doa {

enum class CountCriterion {
  aic,  ///< Akaike: rarely too few; too many in every tenth case however many snapshots there are
  mdl,  ///< Rissanen: right with certainty as snapshots grow; needs a few dB more to see a weak source
};

/// The k that minimizes (Wax and Kailath 1985, eq. 16 and 17)
///   K (E - k) log(arithmetic / geometric mean of the E - k smallest) + penalty,
///   penalty = k (2 E - k) for AIC and k (2 E - k) log(K) / 2 for MDL,
/// among k = 0 to min(E, K) - 1. Coherent paths count once.
///
/// @param eigenvalues  [E], of the covariance of K snapshots, in any order
/// Eigenvalues below 1e-12 of the largest (singular R, dead elements) are left out with their elements. NaN,
/// infinite or no eigenvalues, none above zero, or less than one snapshot: 0. Up to 1024 eigenvalues; no
/// allocation.
std::size_t source_count(std::span<const double> eigenvalues, double snapshots,
                         CountCriterion criterion = CountCriterion::mdl) noexcept;

}  // namespace boresight::doa
