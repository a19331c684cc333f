#include "boresight/doa/search_grid.h"

#include <cmath>
#include <string>

#include "boresight/core/error.h"

namespace boresight::doa {
namespace {

constexpr std::size_t max_directions = std::size_t{1} << 24;

void check_count(std::size_t rows, std::size_t columns) {
  require(rows >= 1 && columns >= 1 && rows <= max_directions && columns <= max_directions / rows,
          "search grid: " + std::to_string(rows) + " x " + std::to_string(columns) +
              " directions, must be 1 to " + std::to_string(max_directions));
}

}  // namespace

SearchGrid SearchGrid::line(double first_rad, double last_rad, std::size_t count) {
  check_count(1, count);
  require(std::isfinite(first_rad) && std::isfinite(last_rad), "search grid: an angle is not finite");
  SearchGrid grid{.rows = 1, .columns = count};
  grid.directions.reserve(count);
  const double step_rad = count > 1 ? (last_rad - first_rad) / static_cast<double>(count - 1) : 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double t = first_rad + step_rad * static_cast<double>(i);
    grid.directions.push_back({std::sin(t), 0, std::cos(t)});
  }
  return grid;
}

SearchGrid SearchGrid::azimuth_elevation(std::span<const double> azimuths_rad,
                                         std::span<const double> elevations_rad,
                                         const array::Attitude& attitude) {
  check_count(elevations_rad.size(), azimuths_rad.size());
  SearchGrid grid{.rows = elevations_rad.size(), .columns = azimuths_rad.size()};
  grid.directions.reserve(grid.rows * grid.columns);
  for (const double elevation : elevations_rad) {
    for (const double azimuth : azimuths_rad) {
      require(std::isfinite(elevation) && std::isfinite(azimuth), "search grid: an angle is not finite");
      grid.directions.push_back(attitude.array_from_sky({azimuth, elevation}));
    }
  }
  return grid;
}

}  // namespace boresight::doa
