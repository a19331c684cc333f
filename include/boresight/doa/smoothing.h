// Averages of a covariance over parts of the array that see the same scene: they tell coherent paths (echoes
// of one waveform) apart, which span one dimension only otherwise.
#pragma once

#include <cstddef>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::doa {

/// R <- (R + J R* J) / 2, J the exchange of first and last element (Pillai and Kwon 1989), in place: for
/// arrays that look the same seen from their center backwards: Geometry::line, rectangle, and circles with an
/// even number of elements numbered so that e and E - 1 - e are opposite (Geometry::circle is not). Tells two
/// coherent paths apart unless their phases happen to agree at the center; halves the variance of noise.
/// NaN stays where it is and where it is mirrored.
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

}  // namespace boresight::doa
