#include "boresight/doa/smoothing.h"

#include <complex>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/vec3.h"

namespace boresight::doa {
namespace {

template <typename Mirror>
void average(Grid<cf64> covariance, Mirror mirror) noexcept {
  const std::size_t elements = covariance.rows();
  for (std::size_t r = 0; r < elements; ++r) {
    for (std::size_t c = 0; c < elements; ++c) {
      const std::size_t row = mirror(r);
      const std::size_t column = mirror(c);
      if (row * elements + column < r * elements + c) continue;  // done from the other side
      const cf64 mean = 0.5 * (covariance(r, c) + std::conj(covariance(row, column)));
      covariance(r, c) = mean;
      covariance(row, column) = std::conj(mean);
    }
  }
}

}  // namespace

std::vector<std::size_t> mirror_elements(const array::Geometry& geometry) {
  constexpr double tolerance_m = 1e-6;
  geometry.check();
  const std::size_t elements = geometry.elements();
  Vec3 middle;
  for (const Vec3 r : geometry.positions_m) middle = middle + r;
  middle = (1 / static_cast<double>(elements)) * middle;
  std::vector<std::size_t> mirror(elements, elements);
  for (std::size_t e = 0; e < elements; ++e) {
    const Vec3 opposite = 2 * middle - geometry.positions_m[e];
    for (std::size_t k = 0; k < elements; ++k) {
      if (norm(geometry.positions_m[k] - opposite) < tolerance_m) mirror[e] = k;
    }
    require(mirror[e] < elements, "forward-backward averaging: nothing stands opposite to element " +
                                      std::to_string(e) + "; the array must be point-symmetric");
  }
  return mirror;
}

bool forward_backward(Grid<cf64> covariance, std::span<const std::size_t> mirror) noexcept {
  const std::size_t elements = mirror.size();
  BORESIGHT_ASSERT(covariance.rows() == elements && covariance.columns() == elements);
  for (std::size_t e = 0; e < elements; ++e) {
    if ((covariance(e, e) == cf64(0)) != (covariance(mirror[e], mirror[e]) == cf64(0))) return false;
  }
  average(covariance, [&](std::size_t e) { return mirror[e]; });
  return true;
}

void forward_backward(Grid<cf64> covariance) noexcept {
  const std::size_t elements = covariance.rows();
  BORESIGHT_ASSERT(covariance.columns() == elements);
  average(covariance, [&](std::size_t e) { return elements - 1 - e; });
}

void spatial_smoothing(Grid<const cf64> covariance, std::size_t columns, std::size_t rows,
                       std::size_t part_columns, std::size_t part_rows, Grid<cf64> out) {
  require(part_columns >= 1 && part_columns <= columns && part_rows >= 1 && part_rows <= rows,
          "smoothing: parts of " + std::to_string(part_columns) + " x " + std::to_string(part_rows) +
              " elements of " + std::to_string(columns) + " x " + std::to_string(rows));
  const std::size_t all = columns * rows;
  const std::size_t part = part_columns * part_rows;
  require(
      covariance.rows() == all && covariance.columns() == all && out.rows() == part && out.columns() == part,
      "smoothing: a matrix does not have as many rows and columns as there are elements");
  const double scale = 1 / static_cast<double>((columns - part_columns + 1) * (rows - part_rows + 1));
  const auto element = [&](std::size_t index, std::size_t column, std::size_t row) {
    return (row + index / part_columns) * columns + column + index % part_columns;
  };
  for (std::size_t i = 0; i < part; ++i) {
    for (std::size_t k = 0; k < part; ++k) {
      cf64 sum = 0;
      for (std::size_t row = 0; row + part_rows <= rows; ++row) {
        for (std::size_t column = 0; column + part_columns <= columns; ++column) {
          sum += covariance(element(i, column, row), element(k, column, row));
        }
      }
      out(i, k) = scale * sum;
    }
  }
}

void spatial_smoothing(const array::Geometry& geometry, Grid<const cf64> covariance, std::size_t columns,
                       std::size_t rows, std::size_t part_columns, std::size_t part_rows, Grid<cf64> out) {
  constexpr double tolerance_m = 1e-6;
  geometry.check();
  const std::vector<Vec3>& r = geometry.positions_m;
  require(columns >= 1 && rows >= 1 && columns <= r.size() && rows <= r.size() && columns * rows == r.size(),
          "smoothing: " + std::to_string(columns) + " x " + std::to_string(rows) +
              " elements of an array of " + std::to_string(r.size()));
  const Vec3 p = columns > 1 ? r[1] - r[0] : Vec3{};
  const Vec3 q = rows > 1 ? r[columns] - r[0] : Vec3{};
  for (std::size_t e = 0; e < r.size(); ++e) {
    const Vec3 expected = r[0] + static_cast<double>(e % columns) * p + static_cast<double>(e / columns) * q;
    require(norm(r[e] - expected) <= tolerance_m,
            "smoothing: element " + std::to_string(e) + " is " + std::to_string(norm(r[e] - expected)) +
                " m off the even spacing of the others, must be at most 1e-6");
  }
  spatial_smoothing(covariance, columns, rows, part_columns, part_rows, out);
}

}  // namespace boresight::doa
