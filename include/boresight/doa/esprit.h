// Unitary ESPRIT: directions without a grid and without roots, in real arithmetic.
#pragma once

#include <cstddef>
#include <vector>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"
#include "boresight/doa/root_music.h"

namespace boresight::doa {

/// Unitary ESPRIT with total least squares (Haardt and Nossek 1995): the two halves of the array that overlap
/// in all elements but one differ by a phase for each source. Forward-backward averaging is part of it, so
/// that two coherent paths are found. Takes less time than root-MUSIC, and its variance is 10
/// to 50 % above.
///
/// Noise can make two real phases a complex pair; those two count as missing, for they are not known.
/// @param covariance  [E x E], Hermitian; the lower triangle is read
/// Throws ConfigError as root_music() does, with at most E - 1 sources.
LineAngles unitary_esprit(const LineArray& line, Grid<const cf64> covariance, std::size_t sources);

/// A uniform rectangle: Geometry::rectangle, of elements that are alike and do not hear each other: halves of
/// the array must differ by a phase alone. What coupling costs, and how to take it away: LineArray.
struct RectangleArray {
  std::size_t columns = 0;      ///< along x, at least 2
  std::size_t rows = 0;         ///< along y, at least 2; at most 256 elements
  double dx_wavelengths = 0.5;  ///< above 0, up to 0.5
  double dy_wavelengths = 0.5;  ///< above 0, up to 0.5
};

struct PlaneDirections {
  std::vector<Vec3> directions;  ///< unit vectors in the array frame, z >= 0
  std::size_t missing = 0;       ///< phases that belong to no direction; all when R is NaN, infinite or zero
};

/// 2-D unitary ESPRIT (Zoltowski, Haardt and Mathews 1996): the phases along x and y of a source are real and
/// imaginary part of one eigenvalue and so belong together without a search. Sources may share the phase on
/// one axis.
/// Throws ConfigError for an array out of range, shapes that do not fit, and sources not from 1 to
/// min((columns - 1) rows, columns (rows - 1)).
PlaneDirections unitary_esprit(const RectangleArray& rectangle, Grid<const cf64> covariance,
                               std::size_t sources);

}  // namespace boresight::doa
