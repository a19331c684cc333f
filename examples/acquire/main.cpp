// boresight-acquire: the frames of the real Ku-band downlink in a recording or on a radio.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>

#include "acquire/findings.h"
#include "acquire/options.h"
#include "acquire/run.h"
#include "acquire/setup.h"
#include "boresight/core/error.h"
#include "receive/text.h"

namespace {

using namespace boresight;
using namespace boresight::acquire;

std::atomic<bool> interrupted{false};

extern "C" void on_signal(int) {
  interrupted = true;
}

// The first signal ends the run in good order, the second at once.
void listen_for_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A closed pipe and a full quota are errors of the write that meets them.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

int acquire_with(const Options& options) {
  listen_for_signals();
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
        << "samples     " << receive::format_count(result.samples) << ", "
        << receive::format_count(result.lost_samples) << " lost, "
        << receive::format_count(result.cleaned_samples) << " cleaned\n"
        << std::flush;
  }
  if (!result.source_failure.empty()) throw IoError("the source: " + result.source_failure);
  return findings.count() > 0 ? exit_detected : exit_nothing_detected;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::optional<Options> options = parse_options(argc, argv);
    const int status = options ? acquire_with(*options) : exit_detected;  // none: --help, --version
    if (!std::cout.flush())
      throw IoError("standard output: " + std::string(std::strerror(errno)) + ": nothing more was written");
    return status;
  } catch (const std::exception& error) {
    std::cerr << "boresight-acquire: " << receive::one_line(error.what()) << std::endl;
    return exit_error;
  }
}
