// Forward-backward averaging: twice the snapshots for arrays that look the same from both ends.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::beam {

/// For every element the one opposite to it through the middle of the array, as lines, rectangles and circles
/// with an even number of elements have. Throws ConfigError when an element has none (within a micrometre).
std::vector<std::size_t> mirror_elements(const array::Geometry& geometry);

/// R = (R + J R* J) / 2 in place, J exchanging each element with its mirror (Van Trees 2002, section 7.2.3).
/// Plane waves look the same to J R* J, noise does not: uncorrelated snapshots count (nearly) twice, and two
/// coherent paths are taken apart. Gain and phase errors of the elements break the symmetry and leave
/// residual jammer power of the order of their variance: for calibrated arrays.
///
/// False, and R as it was, when an element is dead (R_ee = 0) and its mirror is not: the average would bring
/// it back to life. NaN and Inf spread to the mirrored entry.
/// @param covariance  [E x E], Hermitian, both triangles read and written
/// @param mirror      [E], as mirror_elements() makes it
bool forward_backward(Grid<cf64> covariance, std::span<const std::size_t> mirror) noexcept;

}  // namespace boresight::beam
