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
    : Pattern(Manifold(std::move(geometry)), frequency_hz, weights, attitude) {}

Pattern::Pattern(Manifold manifold, double frequency_hz, std::span<const cf64> weights,
                 const Attitude& attitude, Jones wave)
    : manifold_(std::move(manifold)),
      frequency_hz_(frequency_hz),
      weights_(manifold_.channels()),
      attitude_(attitude),
      wave_(wave) {
  require(std::isfinite(frequency_hz) && frequency_hz > 0,
          "pattern frequency " + std::to_string(frequency_hz) + " Hz: must be positive and finite");
  require(weights.size() == manifold_.channels(), "pattern: " + std::to_string(weights.size()) +
                                                      " weights for " + std::to_string(manifold_.channels()) +
                                                      " channels");
  manifold_.absorb_coupling(weights, weights_);
}

double Pattern::power(Vec3 u) const {
  return power(u, wave_);
}

double Pattern::power(Vec3 u, Jones wave) const {
  return std::norm(manifold_.output(weights_, u, frequency_hz_, wave));
}

std::vector<double> Pattern::great_circle_cut_db(Vec3 center, Vec3 towards,
                                                 std::span<const double> angles_rad,
                                                 PatternScale scale) const {
  const Vec3 along = (1 / norm(center)) * center;
  Vec3 across = (1 / norm(towards)) * towards;
  across = across - dot(across, along) * along;
  const double length = norm(across);
  require(length > 1e-9, "pattern cut: center and towards must be two directions, not opposite");
  across = (1 / length) * across;
  std::vector<double> cut(angles_rad.size());
  double peak_db = pattern_floor_db;
  for (std::size_t k = 0; k < cut.size(); ++k) {
    cut[k] = floored_db(power(std::cos(angles_rad[k]) * along + std::sin(angles_rad[k]) * across));
    peak_db = std::max(peak_db, cut[k]);
  }
  if (scale == PatternScale::normalized) {
    for (double& value_db : cut) value_db = std::max(value_db - peak_db, pattern_floor_db);
  }
  return cut;
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
