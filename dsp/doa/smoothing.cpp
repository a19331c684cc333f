#include "boresight/doa/smoothing.h"

#include <complex>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"

namespace boresight::doa {

void forward_backward(Grid<cf64> covariance) noexcept {
  const std::size_t n = covariance.rows();
  BORESIGHT_ASSERT(covariance.columns() == n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t mirror_i = n - 1 - i, mirror_k = n - 1 - k;
      if (i * n + k > mirror_i * n + mirror_k) return;  // the second half is the first one mirrored
      const cf64 mean = 0.5 * (covariance(i, k) + std::conj(covariance(mirror_i, mirror_k)));
      covariance(i, k) = mean;
      covariance(mirror_i, mirror_k) = std::conj(mean);
    }
  }
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

}  // namespace boresight::doa
