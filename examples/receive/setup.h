// From options to an open source and the configuration of the receive chain.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "boresight/array/calibration.h"
#include "boresight/array/direction.h"
#include "boresight/array/geometry.h"
#include "boresight/sdr/source.h"
#include "common/pointed_source.h"
#include "options.h"

namespace boresight::receive {

struct Setup {
  std::unique_ptr<sdr::Source> device;             ///< device or recording
  std::unique_ptr<program::PointedSource> source;  ///< the same, with its pointing; destroyed first
  std::string waveform;                            ///< ku20, ku240, ku, wifi20, wifi10 or wifi5
  double sample_rate_hz = 0;
  double carrier_hz = 0;       ///< of the steering vectors
  bool carrier_known = false;  ///< false: one element, any carrier does
  array::Geometry geometry;
  array::Attitude attitude;
  std::optional<array::SkyDirection> fixed_direction;  ///< of --azimuth and --elevation
  std::optional<array::Calibration> calibration;       ///< fresh, of these channels
  std::string pointing;                                ///< where the direction comes from, for people
  std::vector<std::string> warnings;                   ///< what is unusual, one line each
};

/// Opens the source and checks that everything fits together.
/// ConfigError or IoError, one line that names the option or file, its value and the limit.
Setup set_up(const Options& options);

}  // namespace boresight::receive
