// The beam a set of weights makes: power over direction, for plots, reports and tests.
#pragma once

#include <span>
#include <vector>

#include "boresight/array/direction.h"
#include "boresight/array/geometry.h"
#include "boresight/array/manifold.h"
#include "boresight/array/polarization.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::array {

enum class PatternScale {
  absolute,    ///< |w^H a|^2 as it is: 0 dB where the beam has unit gain
  normalized,  ///< the largest value of the result becomes 0 dB
};

/// Nulls end here, so that no plot or report meets -inf.
inline constexpr double pattern_floor_db = -200.0;

/// |w^H a(u)|^2 at one carrier: of isotropic elements (the array factor), or with everything that a Manifold
/// knows of them. A pattern of the same weights at another carrier shows their squint.
class Pattern {
 public:
  /// Isotropic elements. Throws ConfigError for a bad geometry, for a frequency that is not positive and
  /// finite, and for weights.size() != geometry.elements().
  Pattern(Geometry geometry, double frequency_hz, std::span<const cf64> weights,
          const Attitude& attitude = {});

  /// For waves of polarization `wave` (array frame), which a manifold without ports does not look at.
  /// Throws ConfigError for a bad frequency and for weights.size() != manifold.channels().
  Pattern(Manifold manifold, double frequency_hz, std::span<const cf64> weights,
          const Attitude& attitude = {}, Jones wave = Jones::rhcp());

  /// |w^H a|^2, linear, towards a unit vector in the array frame, or towards a direction in the sky.
  double power(Vec3 u) const;
  double power(SkyDirection direction) const { return power(attitude_.array_from_sky(direction)); }
  /// For a wave of another polarization.
  double power(Vec3 u, Jones wave) const;

  const Manifold& manifold() const { return manifold_; }
  double frequency_hz() const { return frequency_hz_; }
  /// Weights after Manifold::absorb_coupling(): those of uncoupled elements with the same pattern.
  std::span<const cf64> absorbed_weights() const { return weights_; }

  /// dB over azimuth at one elevation; the result has one value per azimuth.
  /// A NaN angle gives `pattern_floor_db`; an empty list gives an empty result.
  std::vector<double> azimuth_cut_db(std::span<const double> azimuths_rad, double elevation_rad,
                                     PatternScale scale = PatternScale::absolute) const;

  /// dB over elevation at one azimuth. Elevations beyond pi/2 go on over the zenith and down the other side.
  std::vector<double> elevation_cut_db(std::span<const double> elevations_rad, double azimuth_rad,
                                       PatternScale scale = PatternScale::absolute) const;

  /// dB along the great circle through `center` (array frame) towards `towards`, at angles counted from
  /// `center`; neither needs length 1. Throws ConfigError when they do not span a plane.
  std::vector<double> great_circle_cut_db(Vec3 center, Vec3 towards, std::span<const double> angles_rad,
                                          PatternScale scale = PatternScale::absolute) const;

  /// dB over both: out[i][k] at elevations_rad[i], azimuths_rad[k]. `out` is [elevations x azimuths].
  void sky_db(std::span<const double> azimuths_rad, std::span<const double> elevations_rad, Grid<double> out,
              PatternScale scale = PatternScale::absolute) const;

 private:
  Manifold manifold_;
  double frequency_hz_;
  std::vector<cf64> weights_;
  Attitude attitude_;
  Jones wave_;
};

}  // namespace boresight::array
