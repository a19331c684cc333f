// Sources in white noise on an array, and their exact and sampled covariance, for tests and studies of
// direction finding.
#pragma once

#include <cmath>
#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/array/steering.h"
#include "boresight/core/grid.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/core/vec3.h"

namespace boresight::test {

inline constexpr double doa_carrier_hz = 1e9;
inline constexpr double doa_wavelength_m = speed_of_light_m_s / doa_carrier_hz;

/// Direction that a line along x sees at `deg` from boresight.
inline Vec3 on_line(double deg) {
  return {std::sin(rad_from_deg(deg)), 0, std::cos(rad_from_deg(deg))};
}
inline double line_deg(Vec3 u) {
  return deg_from_rad(std::atan2(u.x, u.z));
}

struct DoaScene {
  array::Geometry geometry = array::Geometry::line(8, doa_wavelength_m / 2);
  std::vector<Vec3> directions;
  double snr_db = 10;     ///< of each source on an element; the noise power is 1
  bool coherent = false;  ///< all sources carry the waveform of the first, turned by 1 rad each

  std::size_t elements() const { return geometry.elements(); }
  double power() const { return power_from_db(snr_db); }

  std::vector<std::vector<cf64>> steering() const {
    std::vector<std::vector<cf64>> a;
    for (const Vec3 u : directions) {
      a.emplace_back(elements());
      array::steering_vector(geometry, u, doa_carrier_hz, a.back());
    }
    return a;
  }

  /// P [sources x sources].
  GridBuffer<cf64> powers() const {
    GridBuffer<cf64> p(directions.size(), directions.size());
    for (std::size_t i = 0; i < p.rows(); ++i) {
      for (std::size_t k = 0; k < p.rows(); ++k) {
        const double turn = static_cast<double>(i) - static_cast<double>(k);
        if (i == k || coherent) p(i, k) = std::polar(power(), turn);
      }
    }
    return p;
  }

  /// A P A^H + noise I.
  GridBuffer<cf64> covariance(double noise = 1) const {
    const auto a = steering();
    const GridBuffer<cf64> p = powers();
    GridBuffer<cf64> r(elements(), elements());
    for (std::size_t m = 0; m < elements(); ++m) {
      for (std::size_t n = 0; n < elements(); ++n) {
        for (std::size_t i = 0; i < a.size(); ++i) {
          for (std::size_t k = 0; k < a.size(); ++k) r(m, n) += a[i][m] * p(i, k) * std::conj(a[k][n]);
        }
      }
      r(m, m) += noise;
    }
    return r;
  }

  /// x x^H / K of `snapshots` Gaussian snapshots; `a` is steering().
  GridBuffer<cf64> sampled(const std::vector<std::vector<cf64>>& a, std::size_t snapshots,
                           Random& random) const {
    const std::size_t n = elements();
    GridBuffer<cf64> r(n, n);
    std::vector<cf64> x(n);
    const auto level = static_cast<float>(power());
    for (std::size_t t = 0; t < snapshots; ++t) {
      for (cf64& value : x) value = cf64(random.complex_normal());
      cf64 waveform = 0;
      for (std::size_t i = 0; i < a.size(); ++i) {
        waveform = coherent && i > 0 ? waveform * std::polar(1.0, 1.0) : cf64(random.complex_normal(level));
        for (std::size_t e = 0; e < n; ++e) x[e] += waveform * a[i][e];
      }
      for (std::size_t i = 0; i < n; ++i) {
        const double re = x[i].real(), im = x[i].imag();
        for (std::size_t k = 0; k <= i; ++k) {
          r(i, k) += cf64(re * x[k].real() + im * x[k].imag(), im * x[k].real() - re * x[k].imag());
        }
      }
    }
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k <= i; ++k) {
        r(i, k) /= static_cast<double>(snapshots);
        r(k, i) = std::conj(r(i, k));
      }
    }
    return r;
  }
  GridBuffer<cf64> sampled(std::size_t snapshots, Random& random) const {
    return sampled(steering(), snapshots, random);
  }
};

}  // namespace boresight::test
