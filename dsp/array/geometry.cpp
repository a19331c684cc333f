#include "boresight/array/geometry.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr double coincident_m = 1e-6;
constexpr double normal_tolerance = 1e-6;

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
  require(normals.empty() || normals.size() == elements(),
          "array of " + std::to_string(elements()) + " elements with " + std::to_string(normals.size()) +
              " normals: must be one per element, or none");
  for (std::size_t e = 0; e < normals.size(); ++e) {
    require(std::abs(norm(normals[e]) - 1) <= normal_tolerance,
            "element " + std::to_string(e) + ": normal of length " + std::to_string(norm(normals[e])) +
                ", must be 1");
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

Geometry Geometry::triangular(std::size_t columns, std::size_t rows, double dx_m, double dy_m) {
  Geometry geometry = rectangle(columns, rows, dx_m, dy_m);
  // A quarter to either side leaves the centroid where it is when both kinds of rows are equally many.
  const double kept = rows % 2 == 0 ? 0 : 0.25 * dx_m / static_cast<double>(rows);
  for (std::size_t e = 0; e < geometry.elements(); ++e) {
    geometry.positions_m[e].x += (e / columns % 2 == 0 ? -0.25 : 0.25) * dx_m + kept;
  }
  geometry.check();
  return geometry;
}

Geometry Geometry::hexagon(std::size_t rings, double spacing_m) {
  require(rings <= max_elements, "hexagon of " + std::to_string(rings) + " rings: must be 0 to 17");
  check_count(1 + 3 * rings * (rings + 1));
  check_length("element spacing", spacing_m);
  Geometry geometry;
  for (std::size_t row = 0; row <= 2 * rings; ++row) {
    const std::size_t from_middle = row > rings ? row - rings : rings - row;
    const std::size_t columns = 2 * rings + 1 - from_middle;
    for (std::size_t column = 0; column < columns; ++column) {
      geometry.positions_m.push_back({centered(column, columns, spacing_m),
                                      centered(row, 2 * rings + 1, spacing_m * std::sqrt(0.75)), 0});
    }
  }
  geometry.check();
  return geometry;
}

Geometry Geometry::cylinder(std::size_t columns, std::size_t rows, double arc_spacing_m, double dy_m,
                            double radius_m) {
  check_length("cylinder radius", radius_m);
  Geometry geometry = rectangle(columns, rows, arc_spacing_m, dy_m);
  const double arc_m = static_cast<double>(columns) * arc_spacing_m;
  const double circumference_m = 2 * pi * radius_m;
  require(columns == 1 || arc_m <= circumference_m * (1 + 1e-12),
          "cylinder: " + std::to_string(columns) + " columns take " + std::to_string(arc_m) +
              " m, must be at most the circumference of " + std::to_string(circumference_m) + " m");
  for (Vec3& r : geometry.positions_m) {
    const double angle_rad = r.x / radius_m;
    const Vec3 normal{std::sin(angle_rad), 0, std::cos(angle_rad)};
    // cos - 1 without cancellation: the surface stays exact for a radius of kilometres.
    const double half = std::sin(0.5 * angle_rad);
    r = {radius_m * normal.x, r.y, -2 * radius_m * half * half};
    geometry.normals.push_back(normal);
  }
  geometry.check();
  return geometry;
}

Geometry Geometry::sphere_cap(std::size_t rings, double spacing_m, double radius_m) {
  check_length("element spacing", spacing_m);
  check_length("sphere radius", radius_m);
  const double last_rad = static_cast<double>(rings) * spacing_m / radius_m;
  require(rings < max_elements && last_rad < pi, "sphere cap: ring " + std::to_string(rings) + " lies " +
                                                     std::to_string(last_rad) +
                                                     " rad from the top, must be less than pi (and at most " +
                                                     std::to_string(max_elements) + " elements)");
  Geometry geometry;
  for (std::size_t ring = 0; ring <= rings; ++ring) {
    const double polar_rad = static_cast<double>(ring) * spacing_m / radius_m;
    const double around = 2 * pi * radius_m * std::sin(polar_rad) / spacing_m;
    require(around <= static_cast<double>(max_elements), "sphere cap: a ring of " + std::to_string(around) +
                                                             " elements, must be at most " +
                                                             std::to_string(max_elements));
    const std::size_t count = ring == 0 ? 1 : std::max<std::size_t>(1, static_cast<std::size_t>(around));
    for (std::size_t k = 0; k < count; ++k) {
      const double angle_rad = 2 * pi * static_cast<double>(k) / static_cast<double>(count);
      const double horizontal = std::sin(polar_rad);
      const double half = std::sin(0.5 * polar_rad);
      geometry.normals.push_back(
          {horizontal * std::cos(angle_rad), horizontal * std::sin(angle_rad), std::cos(polar_rad)});
      geometry.positions_m.push_back({radius_m * geometry.normals.back().x,
                                      radius_m * geometry.normals.back().y, -2 * radius_m * half * half});
    }
    check_count(geometry.elements());
  }
  geometry.check();
  return geometry;
}

Geometry Geometry::from_positions(std::vector<Vec3> positions_m, std::vector<Vec3> normals) {
  for (std::size_t e = 0; e < normals.size(); ++e) {
    const double length = norm(normals[e]);
    require(std::isfinite(length) && length > 0,
            "element " + std::to_string(e) + ": normal must be finite and not zero");
    normals[e] = (1 / length) * normals[e];
  }
  Geometry geometry{std::move(positions_m), std::move(normals)};
  geometry.check();
  return geometry;
}

}  // namespace boresight::array
