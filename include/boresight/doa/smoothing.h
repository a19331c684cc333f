// Averages of a covariance over parts of the array that see the same scene: they tell coherent paths (echoes
// of one waveform) apart, which span one dimension only otherwise.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::doa {

/// For every element the one opposite to it through the middle of the array, as lines, rectangles and circles
/// with an even number of elements have. Throws ConfigError when an element has none (within a micrometre).
std::vector<std::size_t> mirror_elements(const array::Geometry& geometry);

/// R <- (R + J R* J) / 2 in place, J exchanging each element with its mirror (Pillai and Kwon 1989; Van Trees
/// 2002, section 7.2.3): for arrays that look the same seen from their center backwards. Plane waves look the
/// same to J R* J, noise does not: uncorrelated snapshots count (nearly) twice, and two coherent paths are
/// told apart unless their phases happen to agree at the center. Gain and phase errors of the elements break
/// the symmetry and leave residual power of the order of their variance: for calibrated arrays.
///
/// False, and R as it was, when an element is dead (R_ee = 0) and its mirror is not: the average would bring
/// it back to life. NaN and Inf stay where they are and spread to the mirrored entry.
/// @param covariance  [E x E], Hermitian, both triangles read and written
/// @param mirror      [E], as mirror_elements() makes it
bool forward_backward(Grid<cf64> covariance, std::span<const std::size_t> mirror) noexcept;

/// The same for Geometry::line and rectangle, whose element e is opposite to E - 1 - e (Geometry::circle is
/// numbered otherwise), and however dead an element is.
void forward_backward(Grid<cf64> covariance) noexcept;

/// The mean of the covariances of all parts of `part_columns` x `part_rows` elements of a rectangle of
/// `columns` x `rows` (Shan, Wax and Kailath 1985; a line has one row). k coherent paths need k parts along
/// the axis on which their directions differ, with forward_backward() afterwards half as many. The result is
/// the covariance of a rectangle of the size of a part.
///
/// @param covariance  [columns rows x columns rows], element index = row * columns + column
/// @param out         [part_columns part_rows x same]
/// Throws ConfigError for a part that is empty or larger than the whole and for shapes that do not fit.
void spatial_smoothing(Grid<const cf64> covariance, std::size_t columns, std::size_t rows,
                       std::size_t part_columns, std::size_t part_rows, Grid<cf64> out);

/// The same, for an array whose positions are looked at first: throws ConfigError as well unless element row
/// * columns + column stands at r_0 + column p + row q within a micrometre (any p and q). On other arrays the
/// parts do not see the same scene, and what comes out is no covariance of anything.
void spatial_smoothing(const array::Geometry& geometry, Grid<const cf64> covariance, std::size_t columns,
                       std::size_t rows, std::size_t part_columns, std::size_t part_rows, Grid<cf64> out);

}  // namespace boresight::doa
