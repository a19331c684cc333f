#include "boresight/array/pattern.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

double floored_db(double power) {
  const double db = db_from_power(power);
  return db > pattern_floor_db ? db : pattern_floor_db;  // also for NaN
}

}  // namespace

Pattern::Pattern(Geometry geometry, double frequency_hz, std::span<const cf64> weights,
                 const Attitude& attitude)
    : geometry_(std::move(geometry)),
      wavenumber_rad_m_(2 * pi * frequency_hz / speed_of_light_m_s),
      weights_(weights.begin(), weights.end()),
      attitude_(attitude) {
  geometry_.check();
  require(std::isfinite(frequency_hz) && frequency_hz > 0,
          "pattern frequency " + std::to_string(frequency_hz) + " Hz: must be positive and finite");
  require(weights_.size() == geometry_.elements(), "pattern: " + std::to_string(weights_.size()) +
                                                       " weights for " +
                                                       std::to_string(geometry_.elements()) + " elements");
}

double Pattern::power(Vec3 u) const {
  double re = 0;
  double im = 0;
  for (std::size_t e = 0; e < weights_.size(); ++e) {
    const double phase_rad = wavenumber_rad_m_ * dot(geometry_.positions_m[e], u);
    const double c = std::cos(phase_rad);
    const double s = std::sin(phase_rad);
    re += weights_[e].real() * c + weights_[e].imag() * s;
    im += weights_[e].real() * s - weights_[e].imag() * c;
  }
  return re * re + im * im;
}

void Pattern::sky_db(std::span<const double> azimuths_rad, std::span<const double> elevations_rad,
                     Grid<double> out, PatternScale scale) const {
  BORESIGHT_ASSERT(out.rows() == elevations_rad.size() && out.columns() == azimuths_rad.size());
  double peak_db = pattern_floor_db;
  for (std::size_t i = 0; i < elevations_rad.size(); ++i) {
    for (std::size_t k = 0; k < azimuths_rad.size(); ++k) {
      out(i, k) = floored_db(power(SkyDirection{azimuths_rad[k], elevations_rad[i]}));
      peak_db = std::max(peak_db, out(i, k));
    }
  }
  if (scale == PatternScale::absolute) return;
  for (std::size_t i = 0; i < out.rows(); ++i) {
    for (double& value_db : out.row(i)) value_db = std::max(value_db - peak_db, pattern_floor_db);
  }
}

std::vector<double> Pattern::azimuth_cut_db(std::span<const double> azimuths_rad, double elevation_rad,
                                            PatternScale scale) const {
  std::vector<double> cut(azimuths_rad.size());
  sky_db(azimuths_rad, {&elevation_rad, 1}, Grid<double>(cut.data(), 1, cut.size()), scale);
  return cut;
}

std::vector<double> Pattern::elevation_cut_db(std::span<const double> elevations_rad, double azimuth_rad,
                                              PatternScale scale) const {
  std::vector<double> cut(elevations_rad.size());
  sky_db({&azimuth_rad, 1}, elevations_rad, Grid<double>(cut.data(), cut.size(), 1), scale);
  return cut;
}

}  // namespace boresight::array
