// boresight-receive: from a radio, a recording or the simulated sky to frames and files.
#include <cerrno>
#include <cstring>
#include <exception>
#include <iostream>
#include <optional>
#include <string>

#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/sdr/atomic_file.h"
#include "boresight/sdr/soapy_source.h"
#include "chain.h"
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
  std::vector<std::string> devices = sdr::list_devices(options.device);
  if (options.device.empty()) {
    for (const std::string& sky : sdr::list_devices("driver=boresight")) devices.push_back(sky);
  }
  for (const std::string& device : devices) std::cout << device << "\n";
  return exit_received;
}

// A folder that cannot be written to is better found now than after the run.
void check_writable(const std::filesystem::path& path, const char* option) {
  if (path.empty()) return;
  try {
    sdr::AtomicFile probe(path);
  } catch (const IoError& error) {
    throw IoError(std::string(option) + ": " + error.what());
  }
}

void write_whole(const std::filesystem::path& path, const std::string& text) {
  sdr::AtomicFile file(path);
  file.write(text);
  file.commit();
}

int receive_with(const Options& options) {
  const std::atomic<bool>& interrupted = program::listen_for_signals();
  check_writable(options.output, "--output");
  check_writable(options.json_to_stdout() ? "" : options.json, "--json");
  check_writable(options.report, "--report");
  Setup setup = set_up(options);

  Results results;
  results.source = options.device.empty() ? options.input.string() : options.device;
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
  try {
    const std::optional<Options> options = parse_options(argc, argv);
    if (!options) {  // --help, --version
      if (!std::cout.flush()) throw IoError("standard output: " + std::string(std::strerror(errno)));
      return exit_received;
    }
    const int status = options->list_devices ? list(*options) : receive_with(*options);
    if (!std::cout.flush())
      throw IoError("standard output: " + std::string(std::strerror(errno)) + ": nothing more was written");
    return status;
  } catch (const std::exception& error) {
    std::cerr << "boresight-receive: " << program::one_line(error.what()) << std::endl;
    return exit_error;
  }
}
