// Integrals over directions: Gauss-Legendre in z, evenly spaced in azimuth. Private to dsp/array.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "boresight/core/units.h"
#include "boresight/core/vec3.h"

namespace boresight::array {

struct QuadratureNode {
  double x = 0;  ///< in (-1, 1)
  double weight = 0;
};

/// Gauss-Legendre on (-1, 1): exact for polynomials to degree 2 count - 1. Newton on the three-term
/// recurrence.
inline std::vector<QuadratureNode> gauss_legendre(std::size_t count) {
  std::vector<QuadratureNode> nodes(count);
  const auto n = static_cast<double>(count);
  for (std::size_t i = 0; i < count; ++i) {
    double x = std::cos(pi * (static_cast<double>(i) + 0.75) / (n + 0.5));
    double slope = 0;
    for (int iteration = 0; iteration < 10; ++iteration) {
      double before = 0;
      double value = 1;
      for (std::size_t k = 0; k < count; ++k) {
        const auto order = static_cast<double>(k);
        const double next = ((2 * order + 1) * x * value - order * before) / (order + 1);
        before = value;
        value = next;
      }
      slope = n * (x * value - before) / (x * x - 1);
      const double step = value / slope;
      x -= step;
      if (std::abs(step) < 1e-15) break;
    }
    nodes[i] = {x, 2 / ((1 - x * x) * slope * slope)};
  }
  return nodes;
}

/// Mean of f(u) over the sphere. The two halves are integrated apart, so that a pattern may jump at the
/// horizon of the frame. `polar` nodes per half, `around` per ring: exact when f restricted to a half is a
/// sum of spherical harmonics of lower degree than both.
template <typename Function>
double mean_over_sphere(std::size_t polar, std::size_t around, Function&& f) {
  double sum = 0;
  for (const QuadratureNode node : gauss_legendre(polar)) {
    for (const double sign : {1.0, -1.0}) {
      const double z = sign * 0.5 * (node.x + 1);
      const double horizontal = std::sqrt(1 - z * z);
      double ring = 0;
      for (std::size_t k = 0; k < around; ++k) {
        const double azimuth_rad = 2 * pi * (static_cast<double>(k) + 0.5) / static_cast<double>(around);
        ring += f(Vec3{horizontal * std::cos(azimuth_rad), horizontal * std::sin(azimuth_rad), z});
      }
      sum += 0.5 * node.weight * ring / static_cast<double>(around);
    }
  }
  return 0.5 * sum;
}

}  // namespace boresight::array
