// The measurement: from the source through the estimator, and whether it is good.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "boresight/array/calibration_estimator.h"
#include "calibrate/options.h"
#include "calibrate/setup.h"

namespace boresight::calibrate {

struct Measurement {
  std::uint64_t samples = 0;  ///< of each channel that went in
  std::uint64_t lost_samples = 0;
  std::uint64_t cleaned_samples = 0;  ///< that were no numbers
  double clipped_share = 0;           ///< of samples at the converter's limits, in the worst channel
  std::size_t clipped_channel = 0;
  array::CalibrationEstimator::Result result;
  std::string not_good;  ///< empty: it is good. Else why not, in one line
};

/// Reads options.samples samples and fits. IoError when the source ends or fails before, and when
/// `interrupted`.
Measurement measure(const Options& options, Setup& setup, const std::atomic<bool>& interrupted);

}  // namespace boresight::calibrate
