// Plane waves on an array, with the covariance theory gives and the snapshots a receiver would see.
#pragma once

#include <cmath>
#include <vector>

#include "boresight/array/steering.h"
#include "boresight/core/grid.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"

namespace boresight::beam {

inline constexpr double test_frequency_hz = 11.7e9;
inline constexpr double test_wavelength_m = speed_of_light_m_s / test_frequency_hz;

/// Steering vector of a half-wave line towards `angle_deg` off boresight.
inline std::vector<cf64> line_steering(std::size_t elements, double angle_deg) {
  std::vector<cf64> a(elements);
  const double angle_rad = rad_from_deg(angle_deg);
  array::steering_vector(array::Geometry::line(elements, test_wavelength_m / 2),
                         {std::sin(angle_rad), 0, std::cos(angle_rad)}, test_frequency_hz, a);
  return a;
}

struct PlaneWave {
  std::vector<cf64> steering;
  double power = 0;  ///< per element; the noise has power 1
};

/// sum of power a a^H, plus the identity for the noise.
inline GridBuffer<cf64> theory_covariance(const std::vector<PlaneWave>& waves, std::size_t elements) {
  GridBuffer<cf64> r(elements, elements);
  for (std::size_t i = 0; i < elements; ++i) {
    r(i, i) = 1;
    for (std::size_t k = 0; k < elements; ++k) {
      for (const PlaneWave& wave : waves) {
        r(i, k) += wave.power * wave.steering[i] * std::conj(wave.steering[k]);
      }
    }
  }
  return r;
}

/// Gaussian waves and noise, with the covariance above.
inline GridBuffer<cf32> snapshots(const std::vector<PlaneWave>& waves, std::size_t elements,
                                  std::size_t count, Random& random) {
  GridBuffer<cf32> x(elements, count);
  for (std::size_t t = 0; t < count; ++t) {
    for (std::size_t e = 0; e < elements; ++e) x(e, t) = random.complex_normal();
    for (const PlaneWave& wave : waves) {
      const cf64 sample = std::sqrt(wave.power) * cf64(random.complex_normal());
      for (std::size_t e = 0; e < elements; ++e) x(e, t) += cf32(sample * wave.steering[e]);
    }
  }
  return x;
}

/// w^H R w.
inline double output_power(Grid<const cf64> r, const std::vector<cf64>& w) {
  cf64 sum = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    for (std::size_t k = 0; k < w.size(); ++k) sum += std::conj(w[i]) * r(i, k) * w[k];
  }
  return sum.real();
}

/// w^H a.
inline cf64 response(const std::vector<cf64>& w, const std::vector<cf64>& a) {
  cf64 sum = 0;
  for (std::size_t e = 0; e < w.size(); ++e) sum += std::conj(w[e]) * a[e];
  return sum;
}

/// Output signal-to-interference-and-noise ratio for a signal of power 1 towards `a`.
inline double sinr(Grid<const cf64> interference, const std::vector<cf64>& w, const std::vector<cf64>& a) {
  return std::norm(response(w, a)) / output_power(interference, w);
}

}  // namespace boresight::beam
