// What was measured, for people and as JSON.
#pragma once

#include <optional>
#include <string>

#include "boresight/array/calibration.h"
#include "calibrate/drift.h"
#include "calibrate/measure.h"
#include "calibrate/options.h"
#include "calibrate/setup.h"

namespace boresight::calibrate {

/// What --check found.
struct Comparison {
  array::Calibration before;
  Drift drift;
  std::string beyond;  ///< empty: within the limits
};

/// A table, several lines with their line ends.
std::string table(const Options& options, const Setup& setup, const Measurement& measurement,
                  const std::optional<Comparison>& comparison);

/// The same as JSON, with its line end. `written`: there is a calibration file now.
std::string to_json(const Options& options, const Setup& setup, const Measurement& measurement,
                    const std::optional<Comparison>& comparison, bool written);

const char* to_string(array::ChannelState state);

}  // namespace boresight::calibrate
