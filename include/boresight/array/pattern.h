// The beam a set of weights makes: power over direction, for plots, reports and tests.
#pragma once

#include <span>
#include <vector>

#include "boresight/array/direction.h"
#include "boresight/array/geometry.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::array {

enum class PatternScale {
  absolute,    ///< |w^H a|^2 as it is: 0 dB where the beam has unit gain
  normalized,  ///< the largest value of the result becomes 0 dB
};

/// Nulls end here, so that no plot or report meets -inf.
inline constexpr double pattern_floor_db = -200.0;

/// Array factor power |w^H a(u)|^2 of isotropic elements (no element pattern, no mutual coupling), at one
/// carrier.
class Pattern {
 public:
  /// Throws ConfigError for a bad geometry, for a frequency that is not positive and finite, and for
  /// weights.size() != geometry.elements().
  Pattern(Geometry geometry, double frequency_hz, std::span<const cf64> weights,
          const Attitude& attitude = {});

  /// |w^H a|^2, linear, towards a unit vector in the array frame, or towards a direction in the sky.
  double power(Vec3 u) const;
  double power(SkyDirection direction) const { return power(attitude_.array_from_sky(direction)); }

  /// dB over azimuth at one elevation; the result has one value per azimuth.
  /// A NaN angle gives `pattern_floor_db`; an empty list gives an empty result.
  std::vector<double> azimuth_cut_db(std::span<const double> azimuths_rad, double elevation_rad,
                                     PatternScale scale = PatternScale::absolute) const;

  /// dB over elevation at one azimuth. Elevations beyond pi/2 go on over the zenith and down the other side.
  std::vector<double> elevation_cut_db(std::span<const double> elevations_rad, double azimuth_rad,
                                       PatternScale scale = PatternScale::absolute) const;

  /// dB over both: out[i][k] at elevations_rad[i], azimuths_rad[k]. `out` is [elevations x azimuths].
  void sky_db(std::span<const double> azimuths_rad, std::span<const double> elevations_rad, Grid<double> out,
              PatternScale scale = PatternScale::absolute) const;

 private:
  Geometry geometry_;
  double wavenumber_rad_m_;
  std::vector<cf64> weights_;
  Attitude attitude_;
};

}  // namespace boresight::array
