#include "boresight/array/geometry.h"

#include <cmath>
#include <string>
#include <utility>

#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr double coincident_m = 1e-6;

void check_count(std::size_t count) {
  require(count >= 1 && count <= max_elements,
          "array of " + std::to_string(count) + " elements: must be 1 to " + std::to_string(max_elements));
}

void check_length(const char* name, double value_m) {
  require(std::isfinite(value_m) && value_m > 0,
          std::string(name) + " " + std::to_string(value_m) + " m: must be positive and finite");
}

/// Position of item `index` of `count` on a centered, evenly spaced line.
double centered(std::size_t index, std::size_t count, double spacing_m) {
  return (static_cast<double>(index) - 0.5 * static_cast<double>(count - 1)) * spacing_m;
}

}  // namespace

void Geometry::check() const {
  check_count(elements());
  for (std::size_t e = 0; e < elements(); ++e) {
    const Vec3 r = positions_m[e];
    require(std::isfinite(r.x) && std::isfinite(r.y) && std::isfinite(r.z),
            "element " + std::to_string(e) + ": position must be finite");
    for (std::size_t other = 0; other < e; ++other) {
      require(norm(r - positions_m[other]) > coincident_m, "elements " + std::to_string(other) + " and " +
                                                               std::to_string(e) +
                                                               " coincide: must be more than 1e-6 m apart");
    }
  }
}

Geometry Geometry::line(std::size_t count, double spacing_m) {
  return rectangle(count, 1, spacing_m, spacing_m);
}

Geometry Geometry::rectangle(std::size_t columns, std::size_t rows, double dx_m, double dy_m) {
  check_count(columns);
  check_count(rows);
  check_count(columns * rows);
  check_length("element spacing along x", dx_m);
  check_length("element spacing along y", dy_m);
  Geometry geometry;
  geometry.positions_m.reserve(columns * rows);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      geometry.positions_m.push_back({centered(column, columns, dx_m), centered(row, rows, dy_m), 0});
    }
  }
  geometry.check();
  return geometry;
}

Geometry Geometry::circle(std::size_t count, double radius_m) {
  check_count(count);
  check_length("circle radius", radius_m);
  Geometry geometry;
  geometry.positions_m.reserve(count);
  for (std::size_t e = 0; e < count; ++e) {
    const double angle_rad = 2 * pi * static_cast<double>(e) / static_cast<double>(count);
    geometry.positions_m.push_back({radius_m * std::cos(angle_rad), radius_m * std::sin(angle_rad), 0});
  }
  geometry.check();
  return geometry;
}

Geometry Geometry::from_positions(std::vector<Vec3> positions_m) {
  Geometry geometry{std::move(positions_m)};
  geometry.check();
  return geometry;
}

}  // namespace boresight::array
