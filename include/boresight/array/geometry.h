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
/// the members by hand calls check() before using them.
struct Geometry {
  std::vector<Vec3> positions_m;
  /// Where each element looks: unit vectors, one per element, or none when all look along +z. Only element
  /// patterns (array/manifold.h) need them.
  std::vector<Vec3> normals = {};

  std::size_t elements() const { return positions_m.size(); }
  Vec3 normal(std::size_t element) const { return normals.empty() ? Vec3{0, 0, 1} : normals[element]; }

  /// Throws ConfigError for 0 or more than `max_elements` elements, for a NaN or infinite coordinate, and for
  /// two elements closer than a micrometre; for normals that are not one per element or not of length 1
  /// within 1e-6.
  void check() const;

  /// `count` elements along x, `spacing_m` apart, centered on the origin; element 0 has the smallest x.
  static Geometry line(std::size_t count, double spacing_m);

  /// `columns` along x and `rows` along y, centered on the origin. Element index = row * columns + column,
  /// row 0 has the smallest y and column 0 the smallest x.
  static Geometry rectangle(std::size_t columns, std::size_t rows, double dx_m, double dy_m);

  /// `count` elements evenly on a circle around the origin; element 0 on +x, then counterclockwise.
  static Geometry circle(std::size_t count, double radius_m);

  /// Rows along x, `dy_m` apart, every other one shifted by dx_m / 2; the centroid is the origin. Index as in
  /// rectangle(); row 0 is the one shifted to smaller x. dy = dx sqrt(3) / 2 makes all triangles equilateral:
  /// the lattice that needs the fewest elements for a given scan, 13.4 % fewer than the square one.
  static Geometry triangular(std::size_t columns, std::size_t rows, double dx_m, double dy_m);

  /// A hexagon of `rings` rings around a center element on the equilateral lattice, 1 + 3 rings (rings + 1)
  /// elements, two of its corners on the x axis. Rows as in rectangle(), smallest y first.
  static Geometry hexagon(std::size_t rings, double spacing_m);

  /// Around a cylinder whose axis is parallel to y: `columns` along the arc, `rows` along the axis, spacings
  /// measured on the surface. The middle of the surface touches the origin and looks along +z; index as in
  /// rectangle(). The columns may close the circle, not more.
  static Geometry cylinder(std::size_t columns, std::size_t rows, double arc_spacing_m, double dy_m,
                           double radius_m);

  /// An element at the origin, on top of a sphere, and `rings` rings below it, `spacing_m` apart along the
  /// surface; each ring holds as many elements as fit without coming closer than that along the ring, and
  /// starts towards +x. The last ring stays above the opposite pole.
  static Geometry sphere_cap(std::size_t rings, double spacing_m, double radius_m);

  /// Positions as given, not moved: their own origin is the phase reference. Normals are scaled to length 1.
  static Geometry from_positions(std::vector<Vec3> positions_m, std::vector<Vec3> normals = {});

  bool operator==(const Geometry&) const = default;
};

}  // namespace boresight::array
