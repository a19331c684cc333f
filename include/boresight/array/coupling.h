// Mutual coupling: what the currents on one element induce in the others.
//
// A coupling matrix C turns the voltages that the elements would have alone into those they have together:
// v = C v_alone. It belongs to one frequency. array/manifold.h applies it, once, so that steering vectors,
// weights and patterns all carry it.
#pragma once

#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/core/types.h"

namespace boresight::array {

/// Impedance between two thin half-wave dipoles parallel to each other, by the induced EMF method with
/// sinusoidal currents (Balanis, Antenna Theory, section 8.6): 73.08 + j42.51 ohm of a dipole with itself,
/// which books that take 120 pi ohm for free space call 73.13 + j42.54.
///
/// @param across_wavelengths  distance between the axes, >= 0; 0 with `along` 0 is the dipole itself
/// @param along_wavelengths   offset along the axes
/// NaN gives NaN. Collinear dipoles that overlap give a number without meaning.
cf64 half_wave_dipole_impedance(double across_wavelengths, double along_wavelengths);

/// Receiving arrays of half-wave dipoles parallel to y, each loaded with `load_ohm`:
/// C = (Z_self + Z_load) (Z + Z_load I)^-1 (Gupta and Ksienski, IEEE Trans. AP-31, 1983). C = I when alone.
/// Thin wires; no ground plane, no feed network, nothing of the elements' scattering when open.
///
/// @return [E x E] row-major
/// Throws ConfigError for a bad geometry or frequency, for a load that is not finite or without a positive
/// real part, and for dipoles on a common axis that overlap.
std::vector<cf64> dipole_coupling(const Geometry& geometry, double frequency_hz, cf64 load_ohm = 50);

/// The model to use when nothing but one number is known:
/// C_mn = 10^(nearest_db / 20) 10^(-decay_db_per_wavelength (d_mn - d_min) / (20 lambda)) exp(-j 2 pi d_mn /
/// lambda), C_nn = 1. Exponential over distance, as on a substrate with losses; free space falls as 1 / d.
struct ExponentialCoupling {
  double nearest_db = -20;              ///< between the two closest elements; -200 to 0
  double decay_db_per_wavelength = 12;  ///< 0 to 1000
};

/// @return [E x E] row-major
/// Throws ConfigError for a bad geometry, frequency or model.
std::vector<cf64> exponential_coupling(const Geometry& geometry, double frequency_hz,
                                       const ExponentialCoupling& model = {});

}  // namespace boresight::array
