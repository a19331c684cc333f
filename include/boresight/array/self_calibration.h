// Gains, phases and mutual coupling of an array from waves out of several directions, known and unknown.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"

namespace boresight::array {

/// One wave: what the array answered, any common factor (the dominant eigenvector of a covariance, or the
/// correlation with known symbols), and where it came from.
struct CalibrationWave {
  std::vector<cf64> response;  ///< [E]
  Vec3 direction{0, 0, 1};     ///< unit vector; a first guess unless `known`
  bool known = true;
};

struct SelfCalibrationConfig {
  Geometry geometry;  ///< 2 to 64 elements, in a plane z = const
  double frequency_hz = 0;
  /// Coupling between elements whose distance is within `distance_tolerance_m` of one of these is one number
  /// per distance, the same for all such pairs; other pairs do not couple. Empty: no coupling. At most 16.
  std::vector<double> coupling_distances_m = {};
  double distance_tolerance_m = 1e-4;
  std::size_t max_iterations = 100;  ///< 1 to 10000
};

struct SelfCalibration {
  bool ok = false;
  std::string reason;  ///< why not, in one line
  /// Real unknowns, real equations, and the rank of the equations at the solution: `unknowns` less two (a
  /// common complex factor, fixed by element 0) when everything can be told from the waves, and that is what
  /// `identifiable` says. A solution that is not identifiable still explains the waves, but others do, too.
  bool identifiable = false;
  std::size_t unknowns = 0;
  std::size_t equations = 0;
  std::size_t rank = 0;
  std::vector<cf64> gains;       ///< [E], element 0 is 1
  std::vector<cf64> coupling;    ///< one for each of coupling_distances_m, relative to an element itself
  std::vector<Vec3> directions;  ///< of the waves, refined where they were not known
  double residual_db = 0;        ///< what the model leaves of the responses, power over their power
  std::size_t iterations = 0;
};

/// Fits v_m = s_m C diag(g) a(u_m) to all waves in the least-squares sense, every response scaled to norm 1
/// (which is maximum likelihood for responses of equal signal-to-noise ratio; Friedlander and Weiss 1991 for
/// the model), by Levenberg and Marquardt's damped Gauss-Newton over g, the coupling, the factors s_m and the
/// unknown directions, from g = 1, no coupling and the directions given.
///
///   C = I + sum over q of c_q B_q,  B_q = 1 for pairs of elements distance q apart
///
/// What can be told: gains alone from one known direction. Phases of a plane array that lean over it turn all
/// directions, so if every direction is unknown the array and the sky are known but for a common tilt (two
/// real numbers, one for a line): at least one known direction fixes it. Every unknown direction brings 2 E -
/// 4 equations (2 E - 3 for a line, whose waves have one angle), so two or more waves are needed for
/// coupling. `identifiable` is the numerical answer for the case at hand. Directions of a line stay in the
/// plane of their first guess and the line; unknown directions are unit vectors with z >= 0.
///
/// ConfigError for a bad configuration, for no waves or more than 1024, for responses of another length or
/// that are zero or not finite, and for directions that are not unit vectors (1e-6).
SelfCalibration self_calibrate(const SelfCalibrationConfig& config, std::span<const CalibrationWave> waves);

/// C [E x E] of a result: the response to a wave is C diag(gains) a(u).
void coupling_matrix(const SelfCalibrationConfig& config, std::span<const cf64> coupling, Grid<cf64> out);

}  // namespace boresight::array
