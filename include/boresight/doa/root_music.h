// Root-MUSIC: directions on a uniform line without a grid.
#pragma once

#include <cstddef>
#include <vector>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::doa {

/// A uniform line along x as the estimators without a grid see it: of elements that are alike and do not hear
/// each other. A pattern that all of them have changes nothing. Coupling does: 8 half-wave dipoles half a
/// wavelength apart show sources at -40 and 25 degrees 0.44 degrees off (rms; root-MUSIC) or 0.81 (ESPRIT) at
/// any SNR. Give C^-1 R C^-H, C of array/coupling.h: what is left of the error is that of noise, no longer
/// white, 1.23 times the Cramer-Rao bound of those dipoles at 0 dB, 1.07 at 10 dB and 1.05 at 20 dB for
/// root-MUSIC, 2.7, 1.5 and 1.4 for ESPRIT. DirectionFinder and the fits take an array::Manifold as it is.
struct LineArray {
  std::size_t elements = 0;          ///< E, 2 to 64
  double spacing_wavelengths = 0.5;  ///< above 0, up to 0.5: beyond, two angles share a phase
};

/// What an estimator for lines found.
struct LineAngles {
  std::vector<double> angles_rad;  ///< from boresight towards +x, ascending
  /// Roots whose phase belongs to no direction (spacing below half a wavelength), and everything when the
  /// covariance was NaN, infinite or zero: as many as are missing from angles_rad.
  std::size_t missing = 0;
};

enum class Averaging {
  /// R is averaged with itself seen from the other end (smoothing.h): what a calibrated line deserves, and
  /// what unitary_esprit() does anyway. Two sources 2 degrees apart at 15 dB then come to 1.1 % from
  /// the Cramer-Rao bound with 8 elements and 200 snapshots, 4.1 % without.
  forward_backward,
  none,  ///< for lines with errors of their own, and covariances that have been averaged before
};

/// The `sources` pairs of roots closest to the unit circle of a(1/z)^T E_n E_n^H a(z) (Barabell 1983). A
/// source always gives an angle here, also where there is none: DirectionFinder tells whether to believe it.
/// Never NaN. Allocates; 64 elements take milliseconds.
///
/// @param covariance  [E x E], Hermitian; the lower triangle is read
/// Throws ConfigError for a line out of range, shapes that do not fit, and sources not from 1 to E - 1.
LineAngles root_music(const LineArray& line, Grid<const cf64> covariance, std::size_t sources,
                      Averaging averaging = Averaging::forward_backward);

}  // namespace boresight::doa
