#include "boresight/beam/forward_backward.h"

#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/vec3.h"

namespace boresight::beam {

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
  for (std::size_t r = 0; r < elements; ++r) {
    for (std::size_t c = 0; c < elements; ++c) {
      const std::size_t row = mirror[r];
      const std::size_t column = mirror[c];
      if (row * elements + column < r * elements + c) continue;  // done from the other side
      const cf64 mean = 0.5 * (covariance(r, c) + std::conj(covariance(row, column)));
      covariance(r, c) = mean;
      covariance(row, column) = std::conj(mean);
    }
  }
  return true;
}

}  // namespace boresight::beam
