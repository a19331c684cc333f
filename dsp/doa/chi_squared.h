// Thresholds of tests.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace boresight::doa {

/// What a standard normal exceeds with probability `tail` in (0, 0.5] (Abramowitz and Stegun 1964, 26.2.23:
/// exact to 4.5e-4).
inline double normal_threshold(double tail) {
  const double t = std::sqrt(-2 * std::log(tail));
  return t -
         (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}

/// What chi-squared of `freedom` degrees exceeds with probability `tail` (Wilson and Hilferty 1931: exact to
/// 1 % from three degrees on; one and two are exact themselves).
inline double chi_squared_threshold(double freedom, double tail) {
  if (freedom <= 1) {
    const double z = normal_threshold(tail / 2);
    return z * z;
  }
  if (freedom <= 2) return -2 * std::log(tail);
  const double spread = 2 / (9 * freedom);
  const double root = 1 - spread + normal_threshold(tail) * std::sqrt(spread);
  return freedom * root * root * root;
}

/// What the ratio of two independent means of squares, F of `freedom` over `freedom_below` degrees, exceeds
/// with probability `tail` (Paulson 1942: exact to 1 % from 12 degrees on, down to tails of 1e-5).
inline double ratio_threshold(double freedom, double freedom_below, double tail) {
  const double z = normal_threshold(tail);
  const double a = 2 / (9 * freedom), b = 2 / (9 * freedom_below);
  const double root = std::sqrt(std::max(0.0, a * (1 - b) * (1 - b) + b * (1 - a) * (1 - a) - a * b * z * z));
  const double below = (1 - b) * (1 - b) - b * z * z;
  if (!(below > 0)) return std::numeric_limits<double>::infinity();
  const double cube_root = ((1 - a) * (1 - b) + z * root) / below;
  return cube_root * cube_root * cube_root;
}

}  // namespace boresight::doa
