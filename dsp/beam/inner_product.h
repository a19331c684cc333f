// The few vector operations that every rule for weights needs, in double precision. Private.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::beam {

/// a^H b. Products by part: std::complex would look for NaN after each.
inline cf64 inner_product(std::span<const cf64> a, std::span<const cf64> b) {
  double re = 0;
  double im = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    re += a[i].real() * b[i].real() + a[i].imag() * b[i].imag();
    im += a[i].real() * b[i].imag() - a[i].imag() * b[i].real();
  }
  return {re, im};
}

/// y += factor x.
inline void add_scaled(cf64 factor, std::span<const cf64> x, std::span<cf64> y) {
  const double re = factor.real();
  const double im = factor.imag();
  for (std::size_t i = 0; i < x.size(); ++i) {
    y[i] += cf64(re * x[i].real() - im * x[i].imag(), re * x[i].imag() + im * x[i].real());
  }
}

/// ||x||^2.
inline double energy(std::span<const cf64> x) {
  double sum = 0;
  for (const cf64 value : x) sum += std::norm(value);
  return sum;
}

inline bool is_finite(cf64 value) {
  return std::isfinite(value.real()) && std::isfinite(value.imag());
}

inline bool all_finite(std::span<const cf64> x) {
  for (const cf64 value : x) {
    if (!is_finite(value)) return false;
  }
  return true;
}

/// Column t of the samples [E x n].
inline void gather(Grid<const cf32> x, std::size_t t, std::span<cf64> snapshot) {
  for (std::size_t e = 0; e < snapshot.size(); ++e) snapshot[e] = cf64(x(e, t));
}

}  // namespace boresight::beam
