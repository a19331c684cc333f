// Directions in which a spectrum is evaluated.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "boresight/array/direction.h"
#include "boresight/core/vec3.h"

namespace boresight::doa {

/// [rows x columns] unit vectors in the array frame, row by row; a line of directions is one row.
/// The factories throw ConfigError for no directions, more than 2^24, and for NaN or infinite angles.
struct SearchGrid {
  std::vector<Vec3> directions;
  std::size_t rows = 0;
  std::size_t columns = 0;

  std::size_t size() const { return directions.size(); }

  /// What a line of elements along x tells apart: directions (sin t, 0, cos t), t evenly from `first_rad` to
  /// `last_rad`, both included; t from boresight towards +x.
  static SearchGrid line(double first_rad, double last_rad, std::size_t count);

  /// Rows are elevations and columns are azimuths of the sky.
  static SearchGrid azimuth_elevation(std::span<const double> azimuths_rad,
                                      std::span<const double> elevations_rad,
                                      const array::Attitude& attitude = {});
};

}  // namespace boresight::doa
