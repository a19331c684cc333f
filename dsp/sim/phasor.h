// Complex exponentials whose phase is a quadratic of the sample index, by recurrence in double precision.
#pragma once

#include <cmath>

#include "boresight/core/types.h"
#include "boresight/core/units.h"

namespace boresight::sim {

/// Product without the NaN and Inf rules of operator*, which cost a branch per sample.
inline cf32 multiply(cf32 a, cf32 b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

inline cf64 multiply(cf64 a, cf64 b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

/// exp(j 2 pi x); whole cycles are dropped first, so large x keep their precision.
inline cf64 unit_phasor(double cycles) {
  const double angle = 2.0 * pi * (cycles - std::round(cycles));
  return {std::cos(angle), std::sin(angle)};
}

/// A value that runs through three points at 0, length / 2 and length.
struct Quadratic {
  double c0 = 0;
  double c1 = 0;
  double c2 = 0;

  static Quadratic through(double start, double middle, double end, double length) {
    return {start, (4.0 * middle - 3.0 * start - end) / length,
            (2.0 * start + 2.0 * end - 4.0 * middle) / (length * length)};
  }
  double operator()(double x) const { return c0 + x * (c1 + x * c2); }
};

/// amplitude * exp(j 2 pi (c0 + c1 k + c2 k^2)) for k = 0, 1, 2, ... The error grows by about 1e-16 per step,
/// k times that in the quadratic part: 1e-8 after ten thousand steps.
class Phasor {
 public:
  Phasor(double amplitude, const Quadratic& cycles)
      : value_(amplitude * unit_phasor(cycles.c0)),
        step_(unit_phasor(cycles.c1 + cycles.c2)),
        bend_(unit_phasor(2.0 * cycles.c2)) {}

  cf64 next() {
    const cf64 now = value_;
    value_ = multiply(value_, step_);
    step_ = multiply(step_, bend_);
    return now;
  }

 private:
  cf64 value_;
  cf64 step_;
  cf64 bend_;
};

}  // namespace boresight::sim
