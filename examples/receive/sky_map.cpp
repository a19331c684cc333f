#include "sky_map.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <utility>

#include "boresight/array/pattern.h"
#include "boresight/array/steering.h"
#include "boresight/core/units.h"

namespace boresight::receive {

PowerScan::PowerScan(array::Geometry geometry, double carrier_hz, const array::Attitude& attitude,
                     Grid<const cf64> covariance)
    : geometry_(std::move(geometry)), carrier_hz_(carrier_hz), attitude_(attitude) {
  for (std::size_t r = 0; r < covariance.rows(); ++r) {
    covariance_.insert(covariance_.end(), covariance.row(r).begin(), covariance.row(r).end());
  }
}

double PowerScan::power_db(array::SkyDirection direction) const {
  const std::size_t elements = geometry_.elements();
  std::vector<cf64> a(elements);
  array::steering_vector(geometry_, attitude_.array_from_sky(direction), carrier_hz_, a);
  double power = 0;
  for (std::size_t r = 0; r < elements; ++r) {
    cf64 sum = 0;
    for (std::size_t c = 0; c < r; ++c) sum += covariance_[r * elements + c] * a[c];
    // Hermitian: the upper triangle brings the conjugate of the lower one.
    power += 2 * (std::conj(a[r]) * sum).real() + covariance_[r * elements + r].real();
  }
  power /= static_cast<double>(elements * elements);
  return power > 0 ? std::max(array::pattern_floor_db, db_from_power(power)) : array::pattern_floor_db;
}

array::SkyDirection PowerScan::strongest() const {
  array::SkyDirection best;
  double best_db = -1e300;
  // A coarse grid, then ever finer ones around the best so far.
  const auto scan = [&](array::SkyDirection center, double half_width_deg, double step_deg) {
    for (double el = -half_width_deg; el <= half_width_deg; el += step_deg) {
      const double elevation_rad = center.elevation_rad + rad_from_deg(el);
      if (elevation_rad < 0 || elevation_rad > pi / 2) continue;
      // Azimuths lie closer together the higher the circle.
      const double stretch = 1 / std::max(0.05, std::cos(elevation_rad));
      const double azimuth_half = std::min(180.0, half_width_deg * stretch * 2);
      for (double az = -azimuth_half; az < azimuth_half; az += step_deg * stretch) {
        const array::SkyDirection direction{center.azimuth_rad + rad_from_deg(az), elevation_rad};
        const double db = power_db(direction);
        if (db <= best_db) continue;
        best_db = db;
        best = direction;
      }
    }
  };
  scan({0, pi / 4}, 90, 3);
  scan(best, 3, 0.5);
  scan(best, 0.5, 0.1);
  return array::sky_from_enu(array::enu_from_sky(best));
}

double angle_deg(array::SkyDirection a, array::SkyDirection b) {
  const double cosine = dot(array::enu_from_sky(a), array::enu_from_sky(b));
  return deg_from_rad(std::acos(std::clamp(cosine, -1.0, 1.0)));
}

}  // namespace boresight::receive
