// What people ask of a pattern: gain, beam width, side lobes, nulls, squint.
//
//   dB  0        peak
//      -3      __/\__         half-power beamwidth
//             /      \                 peak side lobe
//         _  /        \   _    __
//        / \/          \_/ \__/  \     first nulls: where the main lobe ends
#pragma once

#include <cstddef>
#include <span>

#include "boresight/array/pattern.h"
#include "boresight/core/vec3.h"

namespace boresight::array {

/// Power towards u over the mean over the sphere, linear. With ports: the part of it in the pattern's
/// polarization, over the mean of both. 0 when the beam has no power at all; NaN for NaN weights.
///
/// Isotropic elements: the closed form |w^H a(u)|^2 / sum_mn w_m* w_n sinc(2 |r_m - r_n| / lambda), which
/// includes what goes backwards (a line of N at half-wave spacing: N; Van Trees 2002, eq. 2.155). Others: by
/// quadrature, exact to 1e-9 for smooth elements, better than 1e-3 for those with an edge (a horizon, a
/// floor) that is not the horizon of the array frame.
double directivity(const Pattern& pattern, Vec3 u);

/// Climbs to the local maximum of the power from `start` (array frame; any length but zero), to 1e-7 rad or
/// the flatness of double precision. Never crosses the horizon z = 0 from above. A NaN pattern stays at
/// `start`.
Vec3 find_peak(const Pattern& pattern, Vec3 start);

/// The angle between the peaks of two patterns, both climbed to from `start`: of the same weights at two
/// carriers it is the beam squint.
double squint_rad(const Pattern& pattern, const Pattern& other, Vec3 start);

/// Power towards `null` below that towards `peak`, positive dB; at most -pattern_floor_db.
double null_depth_db(const Pattern& pattern, Vec3 null, Vec3 peak);

/// A cut, computed or measured. Levels are relative to the peak, so at most 0.
struct CutMetrics {
  double peak_db = pattern_floor_db;  ///< as in the cut
  double peak_rad = 0;
  double half_power_beamwidth_rad = 0;  ///< +inf when the cut ends before it falls to half on either side
  double left_null_rad = 0;  ///< where the main lobe ends: the first minimum, or the end of the cut
  double right_null_rad = 0;
  double left_null_db = 0;
  double right_null_db = 0;
  double peak_sidelobe_db = pattern_floor_db;  ///< beyond the nulls; pattern_floor_db when nothing is beyond
  double peak_sidelobe_rad = 0;
  double rms_sidelobe_db = pattern_floor_db;  ///< of the field: mean power over angle beyond the nulls
};

/// Peak and side lobes are interpolated by parabolas, half-power points by straight lines: with 20 samples
/// per beamwidth the width is right within 0.2 % and levels within 0.01 dB. A null is as deep as its nearest
/// sample.
///
/// @param angles_rad  increasing, 3 or more
/// Throws ConfigError for sizes that do not fit, angles that do not increase and NaN levels.
CutMetrics measure_cut(std::span<const double> angles_rad, std::span<const double> cut_db);

/// Over all directions ahead of the array, z > 0. Levels are relative to the peak.
struct HemisphereMetrics {
  Vec3 peak{0, 0, 1};
  double peak_db = pattern_floor_db;           ///< 10 log10 |w^H a|^2
  Vec3 peak_sidelobe{0, 0, 1};                 ///< grating lobes count
  double peak_sidelobe_db = pattern_floor_db;  ///< pattern_floor_db when the main lobe is all there is
  double rms_sidelobe_db =
      pattern_floor_db;  ///< of the field: mean power over solid angle outside the main lobe
};

/// Samples direction cosines (ux, uy) on a grid of `samples` x `samples` and climbs from the best of them.
/// The main lobe is what can be reached from the peak without going up. 0 samples: 8 per null-to-null width
/// of the aperture, at least 64.
HemisphereMetrics measure_hemisphere(const Pattern& pattern, std::size_t samples = 0);

}  // namespace boresight::array
