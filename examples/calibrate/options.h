// What the command line of boresight-calibrate says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/array_options.h"
#include "common/source_options.h"

namespace boresight::calibrate {

struct Options {
  program::SourceOptions source;  ///< the gain of a recording is the one that it was made at
  program::ArrayOptions array;
  std::string from;  ///< tone, noise, direction
  std::uint64_t samples = 262144;
  std::optional<double> notch_hz;
  std::size_t shape_points = 0;

  double limit_deg = 3;
  double limit_db = 0.5;

  std::filesystem::path output;
  std::filesystem::path check;  ///< a calibration to compare with; empty: `output` is given
  std::filesystem::path json;
  bool quiet = false;

  bool json_to_stdout() const { return json == "-"; }
};

/// What the program ends with.
enum ExitCode : int { exit_good = 0, exit_error = 1, exit_not_good = 2, exit_drifted = 3 };

/// Nothing when the command line asked for --help or --version, which has then been printed.
/// ConfigError, one line that names the option, its value and the limit.
std::optional<Options> parse_options(int argc, const char* const* argv);

/// ConfigError when a file is written that is read, `input_files` among them, or two outputs are one.
/// parse_options() asks it of the files that are named, set_up() also of those of a recording.
void check_files_differ(const Options& options, const std::vector<std::filesystem::path>& input_files);

}  // namespace boresight::calibrate
