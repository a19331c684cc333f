// Plane waves on an array, with the covariance theory gives and the snapshots a receiver would see.
#pragma once

#include <Eigen/Dense>
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

/// A matrix and a vector for the oracles.
inline Eigen::MatrixXcd dense(Grid<const cf64> r) {
  Eigen::MatrixXcd matrix(static_cast<Eigen::Index>(r.rows()), static_cast<Eigen::Index>(r.columns()));
  for (std::size_t i = 0; i < r.rows(); ++i) {
    for (std::size_t k = 0; k < r.columns(); ++k) {
      matrix(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) = r(i, k);
    }
  }
  return matrix;
}
inline Eigen::VectorXcd dense(std::span<const cf64> v) {
  return Eigen::Map<const Eigen::VectorXcd>(v.data(), static_cast<Eigen::Index>(v.size()));
}

/// sigma_s^2 a^H R^-1 a with sigma_s^2 = 1, by Eigen's own factorization.
inline double optimum_sinr(Grid<const cf64> interference, std::span<const cf64> a) {
  const Eigen::VectorXcd v = dense(a);
  return v.dot(dense(interference).ldlt().solve(v)).real();
}

/// The steering vector with gain errors (rms, dB) and phase errors (rms, degrees), scaled to the length of
/// the one without errors: what they do to the direction of the vector is what matters.
inline std::vector<cf64> with_errors(std::vector<cf64> a, double gain_db, double phase_deg, Random& random) {
  double length = 0;
  for (cf64& value : a) {
    value *=
        std::polar(amplitude_from_db(gain_db * random.normal()), rad_from_deg(phase_deg * random.normal()));
    length += std::norm(value);
  }
  for (cf64& value : a) value *= std::sqrt(static_cast<double>(a.size()) / length);
  return a;
}

}  // namespace boresight::beam
