// Calibrations on disk.
#pragma once

#include <filesystem>

#include "boresight/array/calibration.h"

namespace boresight::sdr {

/// Writes array::to_json(calibration), whole or not at all. ConfigError for a calibration that cannot be,
/// IoError for a file that cannot.
void save_calibration(const std::filesystem::path& path, const array::Calibration& calibration);

/// Reads one; ConfigError that begins with the path for text that is not one, IoError when it cannot be read
/// or is longer than array::max_calibration_bytes. Whether it may be used is another question:
/// array::require_fresh, or the second form, which asks it.
array::Calibration load_calibration(const std::filesystem::path& path);
array::Calibration load_calibration(const std::filesystem::path& path, const array::CalibrationUse& use);

}  // namespace boresight::sdr
