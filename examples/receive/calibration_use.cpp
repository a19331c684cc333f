#include "calibration_use.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "boresight/array/calibration_corrector.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/sdr/calibration_file.h"
#include "common/arguments.h"
#include "common/text.h"

namespace boresight::receive {
namespace {

using program::format_fixed;

constexpr double much_deg = 10;
constexpr double much_db = 1.5;

// When the samples are from, seconds since 1970.
double time_of_samples_s(const Options& options, const sdr::Source& source) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return program::recording_time_s(options.source, source)
      .value_or(std::chrono::duration<double>(now).count());
}

void check_delays(const array::Calibration& calibration, const std::string& file, double sample_rate_hz) {
  try {
    const array::CalibrationCorrector probe({.calibration = calibration, .sample_rate_hz = sample_rate_hz});
  } catch (const ConfigError& error) {
    throw ConfigError(file + ": " + error.what() + " at " + program::format_number(sample_rate_hz) +
                      " Hz: start the channels by one clock and measure it again, or lower --rate");
  }
}

}  // namespace

// The device is open: what it made of --gain is what counts, as in boresight-calibrate.
array::Calibration load_calibration(const Options& options, const Setup& setup) {
  const std::string file = options.calibration.string();
  return program::with_option("--calibration", [&] {
    require(setup.carrier_known, file + ": needs --frequency, to be compared with that of the calibration");
    const array::CalibrationUse use{
        .frequency_hz = setup.carrier_hz,
        .gain_db = program::gain_setting_db(options.source, *setup.device).value_or(0),
        .now_s = time_of_samples_s(options, *setup.device),
        .channels = setup.geometry.elements(),
        .device_channels = program::numbers_of_channels(options.source, options.array, setup.source->info())};
    array::Calibration calibration = sdr::load_calibration(options.calibration, use);
    check_delays(calibration, file, setup.sample_rate_hz);
    return calibration;
  });
}

ResidualCost cost_of_residual(const array::Calibration& calibration) {
  const double phase_rad = rad_from_deg(calibration.residual_deg_rms);
  const double nepers = calibration.residual_db_rms * std::log(10.0) / 20;
  const double more = std::expm1(phase_rad * phase_rad + nepers * nepers);
  const auto channels = static_cast<double>(
      std::ranges::count(calibration.channels, array::ChannelState::ok, &array::ChannelCalibration::state));
  return {.gain_db = db_from_power((1 + more) / (1 + more / channels)),
          .null_db = db_from_power(more / (channels + more))};
}

std::optional<std::string> residual_warning(const array::Calibration& calibration, const std::string& file) {
  if (calibration.residual_deg_rms <= much_deg && calibration.residual_db_rms <= much_db) return std::nullopt;
  const ResidualCost cost = cost_of_residual(calibration);
  return "--calibration: " + file + ": residual " + format_fixed(calibration.residual_deg_rms, 1) +
         " degrees, " + format_fixed(calibration.residual_db_rms, 2) + " dB rms: takes up to " +
         format_fixed(cost.gain_db, 2) + " dB from a conventional beam and leaves nulls by direction " +
         format_fixed(cost.null_db, 1) + " dB deep; measure it again with more --samples, or --shape";
}

}  // namespace boresight::receive
