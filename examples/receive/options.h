// What the command line of boresight-receive says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "boresight/array/direction.h"
#include "boresight/beam/adaptive_beamformer.h"
#include "common/array_options.h"
#include "common/source_options.h"

namespace boresight::receive {

struct Options {
  program::SourceOptions source;
  program::ArrayOptions array;
  std::string waveform;  ///< ku20, ku240, ku or a Wi-Fi one; empty: what the device says, else ku
  std::string beamformer = "mvdr";
  std::size_t subbands = 64;               ///< of the beamformer subband
  std::vector<array::SkyDirection> nulls;  ///< of the beamformer lcmv
  std::filesystem::path calibration;       ///< empty: none
  std::optional<double> duration_s;
  std::optional<std::uint64_t> frames;
  bool until_complete = false;
  std::filesystem::path output;
  std::filesystem::path record;
  std::filesystem::path json;
  std::filesystem::path report;
  bool quiet = false;
  bool list_devices = false;

  bool wideband() const { return beamformer == "subband"; }
  /// Of the other beamformers.
  beam::AdaptiveBeamformer::Mode mode() const;
  bool json_to_stdout() const { return json == "-"; }
};

/// wifi20, wifi10 and wifi5, named after their MHz: nothing for other waveforms, else their sample rate.
std::optional<double> wifi_rate_hz(const std::string& waveform);

/// Bins of the filter bank of the beamformer subband.
inline constexpr std::size_t subband_bins = 256;

/// What the program ends with.
enum ExitCode : int { exit_received = 0, exit_error = 1, exit_nothing_received = 2 };

/// Nothing when the command line asked for --help or --version, which has then been printed.
/// ConfigError, one line that names the option, its value and the limit.
std::optional<Options> parse_options(int argc, const char* const* argv);

/// ConfigError when a file is written that is read, `input_files` among them, or two outputs are one.
/// parse_options() asks it of the files that are named, set_up() also of those of a recording.
void check_files_differ(const Options& options, const std::vector<std::filesystem::path>& input_files);

}  // namespace boresight::receive
