// What the command line of boresight-acquire says.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "common/source_options.h"

namespace boresight::acquire {

struct Options {
  program::SourceOptions source;
  std::size_t antenna_channel = 0;

  double lnb_hz = 0;  ///< oscillator of the converter
  std::optional<int> channel;
  std::optional<double> carrier_hz;
  double carrier_offset_hz = 0;

  std::string mode = "auto";  ///< auto, preamble, pilots, tones
  double max_doppler_hz = 300e3;
  double false_alarm = 1e-3;
  std::optional<double> clock_ppm;            ///< preamble; none: 2
  std::size_t accumulate_frames = 0;          ///< preamble; 0: none
  std::optional<std::uint64_t> search_every;  ///< pilots; none: 32

  std::optional<double> duration_s;
  std::filesystem::path json;
  bool quiet = false;

  bool json_to_stdout() const { return json == "-"; }
};

/// What the program ends with.
enum ExitCode : int { exit_detected = 0, exit_error = 1, exit_nothing_detected = 2 };

/// Nothing when the command line asked for --help or --version, which has then been printed.
/// ConfigError, one line that names the option, its value and the limit.
std::optional<Options> parse_options(int argc, const char* const* argv);

}  // namespace boresight::acquire
