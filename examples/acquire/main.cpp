// boresight-acquire: the frames of the real Ku-band downlink in a recording or on a radio.
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>

#include "acquire/findings.h"
#include "acquire/options.h"
#include "acquire/run.h"
#include "acquire/setup.h"
#include "boresight/core/error.h"
#include "common/arguments.h"
#include "common/signals.h"
#include "common/text.h"

namespace {

using namespace boresight;
using namespace boresight::acquire;

int acquire_with(const Options& options) {
  const std::atomic<bool>& interrupted = program::listen_for_signals();
  Setup setup = set_up(options);
  // Lines are written as frames are found, so that a program that reads them need not wait for the end.
  std::ofstream file;
  std::ostream* lines = nullptr;
  if (options.json_to_stdout()) {
    lines = &std::cout;
  } else if (!options.json.empty()) {
    file.open(options.json);
    if (!file) throw IoError("--json: " + options.json.string() + ": " + std::strerror(errno));
    lines = &file;
  }
  Findings findings(setup, lines);
  const Run result = run(options, setup, findings, interrupted);
  if (file.is_open() && !file.flush())
    throw IoError("--json: " + options.json.string() + ": " + std::strerror(errno));
  if (!options.quiet) {
    (options.json_to_stdout() ? std::cerr : std::cout)
        << findings.summary(static_cast<double>(result.samples) / setup.sample_rate_hz, result.run_time_s)
        << "samples     " << program::format_count(result.samples) << ", "
        << program::format_count(result.lost_samples) << " lost, "
        << program::format_count(result.cleaned_samples) << " cleaned\n"
        << std::flush;
  }
  if (!result.source_failure.empty()) throw IoError("the source: " + result.source_failure);
  return findings.count() > 0 ? exit_detected : exit_nothing_detected;
}

}  // namespace

int main(int argc, char** argv) {
  return program::end_in_one_line("boresight-acquire", [&]() -> int {
    const std::optional<Options> options = parse_options(argc, argv);
    return options ? acquire_with(*options) : exit_detected;  // none: --help, --version
  });
}
