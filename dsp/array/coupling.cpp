#include "boresight/array/coupling.h"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "array/sphere_quadrature.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

using RowMajor = Eigen::Matrix<cf64, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// eta / 4 pi of free space, and of it the impedance of the dipole itself: Cin(2 pi) and Si(2 pi).
constexpr double impedance_scale_ohm = 29.9792458;
constexpr double cin_two_pi = 2.437653392946;
constexpr double si_two_pi = 1.418151576132;

double checked_wavelength_m(const Geometry& geometry, double frequency_hz) {
  geometry.check();
  require(std::isfinite(frequency_hz) && frequency_hz > 0,
          "coupling frequency " + std::to_string(frequency_hz) + " Hz: must be positive and finite");
  return speed_of_light_m_s / frequency_hz;
}

/// e^{-j 2 pi r} / r.
cf64 spherical_wave(double r) {
  return cf64(std::cos(2 * pi * r), -std::sin(2 * pi * r)) / r;
}

}  // namespace

cf64 half_wave_dipole_impedance(double across_wavelengths, double along_wavelengths) {
  if (across_wavelengths == 0 && along_wavelengths == 0) {
    return impedance_scale_ohm * cf64(cin_two_pi, si_two_pi);
  }
  // The field of a half-wave dipole is two spherical waves from its ends. Each half of the other dipole,
  // where the current is smooth, takes one Gauss rule.
  static const std::vector<QuadratureNode> rule = gauss_legendre(48);
  cf64 sum;
  for (const double half : {-0.125, 0.125}) {
    for (const QuadratureNode node : rule) {
      const double z = half + 0.125 * node.x;
      const double current = std::cos(2 * pi * z);
      const double upper = std::hypot(across_wavelengths, along_wavelengths + z - 0.25);
      const double lower = std::hypot(across_wavelengths, along_wavelengths + z + 0.25);
      sum += 0.125 * node.weight * current * (spherical_wave(upper) + spherical_wave(lower));
    }
  }
  return cf64(0, impedance_scale_ohm) * sum;
}

std::vector<cf64> dipole_coupling(const Geometry& geometry, double frequency_hz, cf64 load_ohm) {
  const double wavelength_m = checked_wavelength_m(geometry, frequency_hz);
  require(
      std::isfinite(load_ohm.real()) && std::isfinite(load_ohm.imag()) && load_ohm.real() > 0,
      "dipole coupling: load of " + std::to_string(load_ohm.real()) + " ohm, must be positive and finite");
  const std::size_t n = geometry.elements();
  const auto size = static_cast<Eigen::Index>(n);
  RowMajor impedance(size, size);
  for (std::size_t m = 0; m < n; ++m) {
    for (std::size_t k = 0; k <= m; ++k) {
      const Vec3 d = (1 / wavelength_m) * (geometry.positions_m[m] - geometry.positions_m[k]);
      const double across = std::hypot(d.x, d.z);
      require(m == k || across > 1e-3 || std::abs(d.y) >= 0.5 - 1e-9,
              "dipole coupling: elements " + std::to_string(k) + " and " + std::to_string(m) + " are " +
                  std::to_string(std::abs(d.y)) + " wavelengths apart on one axis, must be at least 0.5");
      const cf64 z = half_wave_dipole_impedance(across, d.y);
      impedance(static_cast<Eigen::Index>(m), static_cast<Eigen::Index>(k)) = z;
      impedance(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(m)) = z;
    }
  }
  impedance.diagonal().array() += load_ohm;
  const cf64 alone = half_wave_dipole_impedance(0, 0) + load_ohm;
  std::vector<cf64> coupling(n * n);
  Eigen::Map<RowMajor>(coupling.data(), size, size) = alone * impedance.inverse();
  return coupling;
}

std::vector<cf64> exponential_coupling(const Geometry& geometry, double frequency_hz,
                                       const ExponentialCoupling& model) {
  const double wavelength_m = checked_wavelength_m(geometry, frequency_hz);
  require(model.nearest_db >= -200 && model.nearest_db <= 0,
          "exponential coupling: nearest_db " + std::to_string(model.nearest_db) + ", must be -200 to 0");
  require(model.decay_db_per_wavelength >= 0 && model.decay_db_per_wavelength <= 1000,
          "exponential coupling: decay_db_per_wavelength " + std::to_string(model.decay_db_per_wavelength) +
              ", must be 0 to 1000");
  const std::size_t n = geometry.elements();
  double nearest_m = std::numeric_limits<double>::infinity();
  for (std::size_t m = 0; m < n; ++m) {
    for (std::size_t k = 0; k < m; ++k) {
      nearest_m = std::min(nearest_m, norm(geometry.positions_m[m] - geometry.positions_m[k]));
    }
  }
  std::vector<cf64> coupling(n * n, 1);
  for (std::size_t m = 0; m < n; ++m) {
    for (std::size_t k = 0; k < m; ++k) {
      const double distance_m = norm(geometry.positions_m[m] - geometry.positions_m[k]);
      const double db =
          model.nearest_db - model.decay_db_per_wavelength * (distance_m - nearest_m) / wavelength_m;
      const cf64 value = std::polar(amplitude_from_db(db), -2 * pi * distance_m / wavelength_m);
      coupling[m * n + k] = value;
      coupling[k * n + m] = value;
    }
  }
  return coupling;
}

}  // namespace boresight::array
