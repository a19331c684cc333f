// Waves on arrays whose elements are not alike: patterns, coupling, two ports.
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <span>
#include <vector>

#include "boresight/array/coupling.h"
#include "boresight/array/manifold.h"
#include "boresight/core/grid.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "support/doa_scene.h"

namespace boresight::doa {

inline constexpr double half_wave_m = test::doa_wavelength_m / 2;

struct ManifoldScene {
  array::Manifold manifold;
  std::vector<Vec3> directions;
  double snr_db = 10;  // where the amplitude of the manifold is 1
  array::Jones wave = array::Jones::rhcp();

  /// As the array has them, not scaled.
  Eigen::MatrixXcd steering() const {
    Eigen::MatrixXcd a(manifold.channels(), directions.size());
    for (std::size_t i = 0; i < directions.size(); ++i) {
      manifold.steering(directions[i], test::doa_carrier_hz, wave,
                        std::span<cf64>(a.col(static_cast<Eigen::Index>(i)).data(), manifold.channels()));
    }
    return a;
  }
  GridBuffer<cf64> powers() const {
    GridBuffer<cf64> p(directions.size(), directions.size());
    for (std::size_t i = 0; i < p.rows(); ++i) p(i, i) = power_from_db(snr_db);
    return p;
  }
  GridBuffer<cf64> sampled(std::size_t snapshots, Random& random) const {
    const Eigen::MatrixXcd a = steering() * std::sqrt(power_from_db(snr_db));
    Eigen::MatrixXcd x(a.rows(), snapshots);
    for (Eigen::Index t = 0; t < x.cols(); ++t) {
      for (Eigen::Index e = 0; e < x.rows(); ++e) x(e, t) = cf64(random.complex_normal());
      for (Eigen::Index i = 0; i < a.cols(); ++i) x.col(t) += cf64(random.complex_normal()) * a.col(i);
    }
    return grid_of(x * x.adjoint() / static_cast<double>(snapshots));
  }
  GridBuffer<cf64> covariance(double noise) const {
    const Eigen::MatrixXcd a = steering();
    return grid_of(power_from_db(snr_db) * a * a.adjoint() +
                   noise * Eigen::MatrixXcd::Identity(a.rows(), a.rows()));
  }
  static GridBuffer<cf64> grid_of(const Eigen::MatrixXcd& m) {
    GridBuffer<cf64> r(static_cast<std::size_t>(m.rows()), static_cast<std::size_t>(m.cols()));
    for (Eigen::Index i = 0; i < m.rows(); ++i) {
      for (Eigen::Index k = 0; k < m.cols(); ++k) {
        r(static_cast<std::size_t>(i), static_cast<std::size_t>(k)) = m(i, k);
      }
    }
    return r;
  }
};

/// Half around a cylinder: each source is seen by a part of the elements.
inline ManifoldScene cylinder() {
  return {.manifold = array::Manifold(
              {.geometry = array::Geometry::cylinder(16, 2, half_wave_m, half_wave_m, 16 * half_wave_m / pi),
               .element = array::ElementPattern({.model = array::CosineElement{.exponent = 1}})}),
          .directions = {test::on_line(-50), test::on_line(50)}};
}
inline ManifoldScene dipoles() {
  const array::Geometry line = array::Geometry::line(8, half_wave_m);
  return {.manifold = array::Manifold(
              {.geometry = line, .coupling = array::dipole_coupling(line, test::doa_carrier_hz)}),
          .directions = {test::on_line(-40), test::on_line(25)}};
}
/// Two ports, turned elements, coupling, waves of one linear polarization.
inline ManifoldScene patches() {
  const array::Geometry square = array::Geometry::rectangle(3, 3, half_wave_m, half_wave_m);
  std::vector<double> turns;
  turns.reserve(9);
  for (int e = 0; e < 9; ++e) turns.push_back(pi / 2 * (e % 4));
  return {
      .manifold = array::Manifold({.geometry = square,
                                   .element = array::ElementPattern({.model = array::PatchElement{}}),
                                   .ports = {array::Jones::linear(0), array::Jones::linear(pi / 2)},
                                   .rotations_rad = turns,
                                   .coupling = array::exponential_coupling(square, test::doa_carrier_hz)}),
      .directions = {{0.3, -0.2, std::sqrt(0.87)}, {-0.4, 0.3, std::sqrt(0.75)}},
      .wave = array::Jones::linear(0.4)};
}
inline std::vector<ManifoldScene> scenes() {
  return {cylinder(), dipoles(), patches()};
}

}  // namespace boresight::doa
