// Directions on any array from a start nearby: deterministic maximum likelihood and weighted subspace
// fitting.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/array/manifold.h"
#include "boresight/array/polarization.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"

namespace boresight::doa {

struct DirectionFit {
  std::vector<Vec3> directions;  ///< unit vectors in the array frame, z > 0, in the order of the start
  double cost = 0;               ///< V at the end
  bool converged = false;        ///< at a minimum; false where two directions met or one left the sky
  std::size_t iterations = 0;
};

/// Minimizes V(u) = tr(P M), P the projector off the steering vectors, by damped Gauss-Newton steps
/// (Viberg, Ottersten and Kailath 1991) from `start` to the minimum nearby; they do not search. Coherent
/// paths are no special case. A line across boresight moves its directions towards and away from the line,
/// in the plane of the line and +z when the start lies in it.
///
/// M = R: maximum likelihood for unknown fixed waveforms (Ziskind and Wax 1988).
/// A covariance with a NaN or infinity gives the start, not converged, with a cost of 0.
/// Throws ConfigError for a bad geometry, frequency or shape, and unless 1 to elements - 1 unit vectors with
/// z > 0 are the start. Allocates.
///
/// With a manifold for what elements hear (patterns, coupling, ports: a row of R is a channel of it), of
/// waves of polarization `wave`, in the white noise of receivers behind the coupling. Slopes of steering
/// vectors are then differences, exact to 2e-9 of them; at the nodes of a tabulated pattern, where they jump,
/// the descent may stop short.
DirectionFit deterministic_ml(const array::Geometry& geometry, double frequency_hz,
                              Grid<const cf64> covariance, std::span<const Vec3> start);
DirectionFit deterministic_ml(const array::Manifold& manifold, double frequency_hz,
                              Grid<const cf64> covariance, std::span<const Vec3> start,
                              array::Jones wave = array::Jones::rhcp());

/// M = E_s (L - s I)^2 L^-1 E_s^H, L the `signal_dimension` largest eigenvalues and s the mean of the others:
/// as exact as any estimator can be with many snapshots (the stochastic Cramer-Rao bound).
/// @param signal_dimension  eigenvectors that hold signals, 1 to elements - 1: sources less coherent copies
DirectionFit weighted_subspace_fit(const array::Geometry& geometry, double frequency_hz,
                                   Grid<const cf64> covariance, std::size_t signal_dimension,
                                   std::span<const Vec3> start);
DirectionFit weighted_subspace_fit(const array::Manifold& manifold, double frequency_hz,
                                   Grid<const cf64> covariance, std::size_t signal_dimension,
                                   std::span<const Vec3> start, array::Jones wave = array::Jones::rhcp());

/// Maximum likelihood for Gaussian waveforms (Jaffer 1988; Ottersten, Viberg, Stoica and Nehorai 1993), V =
/// log det of the fitted covariance plus a constant. As exact as weighted subspace fitting: two
/// sources 2 degrees apart at 15 dB on 8 elements with 200 snapshots are 3.6 % above the bound with either.
DirectionFit stochastic_ml(const array::Geometry& geometry, double frequency_hz, Grid<const cf64> covariance,
                           std::span<const Vec3> start);
DirectionFit stochastic_ml(const array::Manifold& manifold, double frequency_hz, Grid<const cf64> covariance,
                           std::span<const Vec3> start, array::Jones wave = array::Jones::rhcp());

}  // namespace boresight::doa
