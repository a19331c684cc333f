// The calibration that a run takes away: whether it fits, and what its own errors cost.
#pragma once

#include <optional>
#include <string>

#include "boresight/array/calibration.h"
#include "options.h"
#include "setup.h"

namespace boresight::receive {

/// Reads options.calibration for the open source, carrier and elements of `setup`. ConfigError or IoError
/// that begins with "--calibration: " and the file: for one that is stale, or whose delays cannot be taken
/// away.
array::Calibration load_calibration(const Options& options, const Setup& setup);

/// What independent Gaussian errors of gains (in dB) and phases, as large as the residual, cost N channels
/// that are ok. With q = exp(s_a^2 + s_p^2), s_a = residual_db_rms / 8.686 and s_p in radians, the mean gain
/// of a conventional beam falls by q N / (N + q - 1), and where the pattern without errors has a null the one
/// with them has (q - 1) / (N + q - 1) of the beam. For small errors that is 1 + s^2 and s^2 / N, as in
/// Mailloux, Phased Array Antenna Handbook (2005), section 7.2; the exponential is Ruze's (Proc. IEEE 54,
/// 1966, p. 633). An upper bound: part of a residual is noise of its measurement. Nulls that weights learn
/// from the samples (mvdr, subband) are as deep as ever.
struct ResidualCost {
  double gain_db = 0;  ///< lost
  double null_db = 0;  ///< depth, below 0
};
ResidualCost cost_of_residual(const array::Calibration& calibration);

/// One line that says so when the residual is above 10 degrees, or 1.5 dB, which is as much.
std::optional<std::string> residual_warning(const array::Calibration& calibration, const std::string& file);

}  // namespace boresight::receive
