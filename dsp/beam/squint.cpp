#include "boresight/beam/squint.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::beam {
namespace {

double sinc(double x) {
  return x == 0 ? 1 : std::sin(pi * x) / (pi * x);
}

}  // namespace

double aperture_fill_time_s(const array::Geometry& geometry, Vec3 u) {
  double least = 0;
  double most = 0;
  for (std::size_t e = 0; e < geometry.elements(); ++e) {
    const double path_m = dot(geometry.positions_m[e] - geometry.positions_m[0], u);
    least = std::min(least, path_m);
    most = std::max(most, path_m);
  }
  return (most - least) / speed_of_light_m_s;
}

double squint_angle_rad(double theta_rad, double carrier_hz, double offset_hz) {
  const double sine = std::sin(theta_rad) * carrier_hz / (carrier_hz + offset_hz);
  return std::asin(std::clamp(sine, -1.0, 1.0)) - theta_rad;
}

double squint_gain(const array::Geometry& geometry, Vec3 u, double offset_hz) {
  cf64 sum = 0;
  for (const Vec3 r : geometry.positions_m) {
    sum += std::polar(1.0, 2 * pi * offset_hz / speed_of_light_m_s * dot(r, u));
  }
  return std::norm(sum / static_cast<double>(geometry.elements()));
}

double continuous_squint_gain(double fill_time_s, double offset_hz) {
  const double amplitude = sinc(fill_time_s * offset_hz);
  return amplitude * amplitude;
}

Squint squint(const array::Geometry& geometry, Vec3 u, double carrier_hz, double bandwidth_hz,
              std::size_t subbands) {
  geometry.check();
  require(std::abs(norm(u) - 1) <= 1e-6,
          "squint: direction of length " + std::to_string(norm(u)) + " must be a unit vector");
  require(std::isfinite(carrier_hz) && carrier_hz > 0,
          "squint: carrier_hz " + std::to_string(carrier_hz) + " must be positive and finite");
  require(bandwidth_hz > 0 && bandwidth_hz < 2 * carrier_hz,
          "squint: bandwidth_hz " + std::to_string(bandwidth_hz) + " must be positive and below 2 carriers");
  require(subbands >= 1, "squint: subbands must be at least 1");
  Squint result;
  result.fill_time_s = aperture_fill_time_s(geometry, u);
  result.band_fill = bandwidth_hz * result.fill_time_s;
  const double half_hz = 0.5 * bandwidth_hz / static_cast<double>(subbands);
  const double theta_rad = std::asin(std::min(1.0, std::hypot(u.x, u.y)));
  const double outermost_hz = 0.5 * bandwidth_hz - half_hz;
  result.lower_edge_shift_rad = squint_angle_rad(theta_rad, carrier_hz - outermost_hz, -half_hz);
  result.upper_edge_shift_rad = squint_angle_rad(theta_rad, carrier_hz + outermost_hz, half_hz);
  result.edge_loss_db = db_from_power(squint_gain(geometry, u, half_hz));
  // Simpson's rule; the gain is even in the offset. 4 points per lobe at least.
  const auto steps = 2 * static_cast<std::size_t>(64 + 4 * std::ceil(half_hz * result.fill_time_s));
  double sum = 0;
  for (std::size_t i = 0; i <= steps; ++i) {
    const double share = i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2;
    sum += share * squint_gain(geometry, u, half_hz * static_cast<double>(i) / static_cast<double>(steps));
  }
  result.mean_loss_db = db_from_power(sum / (3 * static_cast<double>(steps)));
  return result;
}

void add_wideband_covariance(const array::Geometry& geometry, Vec3 u, double frequency_hz,
                             double bandwidth_hz, double power, Grid<cf64> covariance) {
  BORESIGHT_ASSERT(covariance.rows() == geometry.elements() && covariance.columns() == geometry.elements());
  for (std::size_t i = 0; i < geometry.elements(); ++i) {
    for (std::size_t k = 0; k < geometry.elements(); ++k) {
      const double delay_s = dot(geometry.positions_m[i] - geometry.positions_m[k], u) / speed_of_light_m_s;
      covariance(i, k) += std::polar(power, 2 * pi * frequency_hz * delay_s) * sinc(bandwidth_hz * delay_s);
    }
  }
}

}  // namespace boresight::beam
