// Where the elements of the array stand.
//
//            +y ("top")
//             ^
//     o   o   |   o   o        array frame: right-handed, elements in or near the x-y plane,
//     o   o   |   o   o        boresight on +z, out of the page and towards the sky.
//     --------+----------> +x  The origin is the phase reference of every steering vector.
//     o   o   |   o   o
//     o   o   |   o   o
#pragma once

#include <cstddef>
#include <vector>

#include "boresight/core/vec3.h"

namespace boresight::array {

inline constexpr std::size_t max_elements = 1024;

/// Element positions in the array frame. The factories are the checked way to make one; whoever fills
/// `positions_m` by hand calls check() before using it.
struct Geometry {
  std::vector<Vec3> positions_m;

  std::size_t elements() const { return positions_m.size(); }

  /// Throws ConfigError for 0 or more than `max_elements` elements, for a NaN or infinite coordinate, and for
  /// two elements closer than a micrometre.
  void check() const;

  /// `count` elements along x, `spacing_m` apart, centered on the origin; element 0 has the smallest x.
  static Geometry line(std::size_t count, double spacing_m);

  /// `columns` along x and `rows` along y, centered on the origin. Element index = row * columns + column,
  /// row 0 has the smallest y and column 0 the smallest x.
  static Geometry rectangle(std::size_t columns, std::size_t rows, double dx_m, double dy_m);

  /// `count` elements evenly on a circle around the origin; element 0 on +x, then counterclockwise.
  static Geometry circle(std::size_t count, double radius_m);

  /// Positions as given, not moved: their own origin is the phase reference.
  static Geometry from_positions(std::vector<Vec3> positions_m);
};

}  // namespace boresight::array
