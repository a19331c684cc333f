// boresight-calibrate: what the channels of an array do to a wave, measured, written to a file and checked.
#include <iostream>
#include <optional>
#include <string>

#include "boresight/core/error.h"
#include "boresight/sdr/atomic_file.h"
#include "boresight/sdr/calibration_file.h"
#include "calibrate/measure.h"
#include "calibrate/options.h"
#include "calibrate/report.h"
#include "calibrate/setup.h"
#include "common/arguments.h"
#include "common/files_in_use.h"
#include "common/signals.h"
#include "common/text.h"

namespace {

using namespace boresight;
using namespace boresight::calibrate;

/// Of --check; ConfigError when it is not one for what is measured now.
array::Calibration load_before(const Options& options, const Setup& setup) {
  return program::with_option("--check", [&] {
    array::Calibration before = sdr::load_calibration(options.check);
    // However old it is: its age is shown.
    array::require_fresh(before,
                         {.frequency_hz = setup.frequency_hz,
                          .gain_db = setup.gain_db,
                          .now_s = before.time_s,
                          .channels = setup.estimator.channels,
                          .device_channels = setup.device_channels},
                         options.check.string());
    require(before.delay_known || options.from == "tone",
            options.check.string() + ": was measured from a tone: --from tone compares with it");
    return before;
  });
}

int calibrate_with(const Options& options) {
  const std::atomic<bool>& interrupted = program::listen_for_signals();
  program::check_writable(options.output, "--output");
  program::check_writable(options.json_to_stdout() ? "" : options.json, "--json");
  Setup setup = set_up(options);
  std::optional<Comparison> comparison;
  if (!options.check.empty()) comparison = Comparison{load_before(options, setup), {}, {}};

  const Measurement measurement = measure(options, setup, interrupted);
  const array::CalibrationEstimator::Result& result = measurement.result;
  const bool good = measurement.not_good.empty();
  if (comparison && result.ok) {
    comparison->drift = drift_between(comparison->before, result.calibration, result.source_offset_hz,
                                      setup.estimator.sample_rate_hz);
    comparison->beyond = beyond(comparison->drift, options.limit_deg, options.limit_db);
  }
  const bool written = good && !options.output.empty();
  if (written) sdr::save_calibration(options.output, result.calibration);

  if (!options.quiet) {
    (options.json_to_stdout() ? std::cerr : std::cout)
        << table(options, setup, measurement, comparison) << std::flush;
  }
  const std::string json = to_json(options, setup, measurement, comparison, written);
  if (options.json_to_stdout()) {
    std::cout << json << std::flush;
  } else if (!options.json.empty()) {
    sdr::AtomicFile file(options.json);
    file.write(json);
    file.commit();
  }
  if (!good) {
    std::cerr << "boresight-calibrate: not good" << (comparison ? "" : ", nothing written") << ": "
              << program::one_line(measurement.not_good) << std::endl;
    return exit_not_good;
  }
  if (comparison && !comparison->beyond.empty()) {
    std::cerr << "boresight-calibrate: " << comparison->beyond << std::endl;
    return exit_drifted;
  }
  return exit_good;
}

}  // namespace

int main(int argc, char** argv) {
  return program::end_in_one_line("boresight-calibrate", [&]() -> int {
    const std::optional<Options> options = parse_options(argc, argv);
    return options ? calibrate_with(*options) : exit_good;  // none: --help, --version
  });
}
