// Bartlett, Capon and MUSIC spectra over a grid of directions, and their peaks.
//
//   covariance -> Hermitian form Q (double) -> q(u) = a(u)^H Q a(u) over the grid (float, SIMD) -> spectrum
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "boresight/array/geometry.h"
#include "boresight/array/manifold.h"
#include "boresight/array/polarization.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/doa/search_grid.h"

namespace boresight::doa {

/// A peak of a spectrum, made exact in double between the points of the grid.
struct SpectrumPeak {
  Vec3 direction;    ///< unit vector in the array frame
  double value = 0;  ///< of the spectrum there
};

/// The three spectra with a grid, steering phasors and buffers of their own.
///
/// Elements on a lattice (r = r_0 + m p + n q in the order of Geometry::line and Geometry::rectangle, up to
/// 64 x 64): q depends on differences of (m, n) alone and is summed as a polynomial in two phasors of the
/// direction: no table of steering vectors, and a time that does not depend on the number of sources. All
/// other arrays: a float table of 8 bytes for each element and direction, and the signal-subspace form
/// q = E - |E_s^H a|^2 of MUSIC.
///
/// An array::Manifold (patterns, coupling, ports) always has the table, of steering vectors scaled to
/// |a|^2 = E: a peak is where the direction fits, not where the elements hear best, and powers are what a
/// channel receives on average over them. Directions that no channel hears are zero.
///
/// The float sum leaves an error below 1e-6 of E ||Q|| in q, so that a peak of MUSIC or Capon ends 60 dB
/// above the mean; peaks() is exact, for it evaluates q in double.
class SpatialSpectrum {
 public:
  struct Config {
    array::Geometry geometry = {};
    double frequency_hz = 0;
    SearchGrid grid;
    std::size_t sources = 1;  ///< of MUSIC, 1 to elements - 1
    /// In place of `geometry`: what the elements hear, of waves of polarization `wave`. E is then its
    /// channels. Noise is taken for white, that of receivers behind the coupling.
    std::optional<array::Manifold::Config> manifold = {};
    array::Jones wave = array::Jones::rhcp();
  };

  /// Throws ConfigError for a bad geometry, manifold, frequency or number of sources, for a geometry beside a
  /// manifold, for less than two elements and for a grid without directions.
  explicit SpatialSpectrum(const Config& config);
  ~SpatialSpectrum();
  SpatialSpectrum(SpatialSpectrum&&) noexcept;
  SpatialSpectrum& operator=(SpatialSpectrum&&) noexcept;

  /// Each fills out [grid.size()] and returns true; it returns false and fills it with zeros when the
  /// covariance holds a NaN or infinity, or is zero. No value is ever NaN, infinite or negative: powers are
  /// at most the largest float, 3.4e38 (peaks() of a covariance in such units may miss some), and below
  /// 1e-45 zero. No allocation.
  ///
  /// Power of a conventional beam of unit gain: a^H R a / E^2 (Bartlett 1950; Van Trees 2002, 9.2.1).
  bool bartlett(Grid<const cf64> covariance, std::span<float> out) noexcept;
  /// Power of an MVDR beam: 1 / (a^H (R + d I)^-1 a) (Capon 1969). Eigenvalues of R + d I are raised to 1e-9
  /// of the largest one, which makes a singular R a defined result.
  /// @param loading  d >= 0 in the units of R; anything else counts as 0
  bool capon(Grid<const cf64> covariance, double loading, std::span<float> out) noexcept;
  /// E / (a^H (I - E_s E_s^H) a), E_s the eigenvectors of the `sources` largest eigenvalues (Schmidt 1986).
  bool music(Grid<const cf64> covariance, std::span<float> out) noexcept;

  /// The highest peaks of the spectrum computed last, descending, found on the grid and moved to the exact
  /// maximum by Newton's method. Returns how many there are, at most out.size() and 32. A peak is a direction
  /// no lower than its up to eight neighbors; directions within 1e-4 rad count once. It is not known whether
  /// a peak is a source: DirectionFinder tells.
  std::size_t peaks(std::span<const float> spectrum, std::span<SpectrumPeak> out) noexcept;

  std::size_t channels() const;  ///< E: rows of R
  std::size_t size() const;
  const SearchGrid& grid() const;

 private:
  struct Workspace;
  std::unique_ptr<Workspace> work_;
};

}  // namespace boresight::doa
