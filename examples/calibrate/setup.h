// From options to an open source and the configuration of the estimator.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "boresight/array/calibration_estimator.h"
#include "boresight/array/direction.h"
#include "boresight/sdr/source.h"
#include "calibrate/options.h"
#include "common/pointed_source.h"

namespace boresight::calibrate {

struct Setup {
  std::unique_ptr<sdr::Source> device;             ///< device or recording
  std::unique_ptr<program::PointedSource> source;  ///< the same, with its pointing; destroyed first
  array::CalibrationEstimator::Config estimator;
  double frequency_hz = 0;
  double gain_db = 0;
  std::vector<std::size_t> device_channels;  ///< see program::numbers_of_channels
  std::optional<double> time_s;              ///< of a recording; a device is now
  array::Attitude attitude;
  std::optional<array::SkyDirection> fixed_direction;  ///< of --azimuth and --elevation
};

/// Opens the source and checks that everything fits together.
/// ConfigError or IoError, one line that names the option or file, its value and the limit.
Setup set_up(const Options& options);

}  // namespace boresight::calibrate
