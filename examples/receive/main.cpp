// boresight-receive: from a radio, a recording or the simulated sky to frames and files.
#include <iostream>
#include <optional>
#include <string>

#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/sdr/atomic_file.h"
#include "boresight/sdr/soapy_source.h"
#include "chain.h"
#include "common/arguments.h"
#include "common/files_in_use.h"
#include "common/signals.h"
#include "common/text.h"
#include "options.h"
#include "report.h"
#include "report_data.h"
#include "results_json.h"
#include "run.h"
#include "setup.h"
#include "summary.h"

namespace {

using namespace boresight;
using namespace boresight::receive;

int list(const Options& options) {
  std::vector<std::string> devices = sdr::list_devices(options.source.device);
  if (options.source.device.empty()) {
    for (const std::string& sky : sdr::list_devices("driver=boresight")) devices.push_back(sky);
  }
  for (const std::string& device : devices) std::cout << device << "\n";
  return exit_received;
}

void write_whole(const std::filesystem::path& path, const std::string& text) {
  sdr::AtomicFile file(path);
  file.write(text);
  file.commit();
}

int receive_with(const Options& options) {
  const std::atomic<bool>& interrupted = program::listen_for_signals();
  program::check_writable(options.output, "--output");
  program::check_writable(options.json_to_stdout() ? "" : options.json, "--json");
  program::check_writable(options.report, "--report");
  Setup setup = set_up(options);

  for (const std::string& warning : setup.warnings) {
    std::cerr << "boresight-receive: warning: " << program::one_line(warning) << std::endl;
  }

  Results results;
  results.warnings = setup.warnings;
  results.source = options.source.text();
  results.waveform = setup.waveform;
  results.beamformer = options.beamformer;
  if (options.wideband()) results.subbands = options.subbands;
  results.calibration = options.calibration.string();
  for (const array::SkyDirection null : options.nulls) {
    results.nulls_deg.emplace_back(deg_from_rad(null.azimuth_rad), deg_from_rad(null.elevation_rad));
  }
  results.pointing = setup.pointing;
  results.sample_format = to_string(setup.source->info().format);
  results.sample_rate_hz = setup.sample_rate_hz;
  if (setup.carrier_known) results.carrier_hz = setup.carrier_hz;
  results.channels = setup.source->info().channels;
  Chain chain(options, setup, results);
  std::optional<ReportData> report_data;
  if (!options.report.empty()) report_data.emplace(results.channels);

  run(options, setup, chain, report_data ? &*report_data : nullptr, results, interrupted);

  if (!options.quiet) {
    (options.json_to_stdout() ? std::cerr : std::cout) << summary(options, results) << std::flush;
  }
  if (options.json_to_stdout()) {
    std::cout << to_json(results) << std::flush;
  } else if (!options.json.empty()) {
    write_whole(options.json, to_json(results));
  }
  if (report_data) write_whole(options.report, report_html(options, setup, chain, *report_data, results));
  if (!results.source_failure.empty()) throw IoError(results.source + ": " + results.source_failure);
  const bool complete = options.output.empty() || results.payload_complete;
  return results.frames_ok > 0 && complete ? exit_received : exit_nothing_received;
}

}  // namespace

int main(int argc, char** argv) {
  return program::end_in_one_line("boresight-receive", [&]() -> int {
    const std::optional<Options> options = parse_options(argc, argv);
    if (!options) return exit_received;  // --help, --version
    return options->list_devices ? list(*options) : receive_with(*options);
  });
}
