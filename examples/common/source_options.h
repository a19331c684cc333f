// Where samples come from: the options, their help, what they may be, and the source that they open.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "boresight/sdr/source.h"

namespace CLI {
class App;
}

namespace boresight::program {

/// The group of the options in --help.
inline constexpr const char* source_group = "Where samples come from";

struct SourceOptions {
  std::string device;           ///< SoapySDR arguments; empty: `input` is given
  std::filesystem::path input;  ///< SigMF recording; empty: `device` is given
  std::optional<double> frequency_hz;
  std::optional<double> rate_hz;
  std::optional<double> gain_db;
  std::string antenna;
  std::string time;  ///< of a recording that tells none, RFC 3339; empty: not given

  bool recording() const { return device.empty(); }
  /// As typed, without its option.
  std::string text() const { return recording() ? input.string() : device; }
  /// What errors begin with: "--device: driver=uhd".
  std::string name() const { return (recording() ? "--input: " : "--device: ") + text(); }
};

/// What differs between programs.
struct SourceUse {
  const char* example = "driver=uhd";
  const char* rate_help = "Sample rate [the device's own]";
  const char* gain_help = "Receive gain [the device's own]";
  double least_rate_hz = 1e3;
  double most_rate_hz = 1e9;
};

void add_source_options(CLI::App& app, SourceOptions& options, const SourceUse& use);
/// --time, of the programs to which it matters when samples were taken.
void add_time_option(CLI::App& app, SourceOptions& options, const std::string& help);
/// ConfigError, one line that names the option, its value and the limit.
void check_source_options(const SourceOptions& options, const SourceUse& use);
/// ConfigError for --gain with a recording; `only` says with what it may be.
void check_no_recorded_gain(const SourceOptions& options, const char* only);

/// Opens the device at `rate_hz` (none: its own) with `channels` (empty: all), or the recording.
/// ConfigError and IoError begin with the option.
std::unique_ptr<sdr::Source> open_source(const SourceOptions& options, std::optional<double> rate_hz,
                                         const std::vector<std::size_t>& channels);

/// Center frequency that the source tells, else that of --frequency; 0: neither. ConfigError for a recording
/// made at another one than --frequency.
double center_frequency_hz(const SourceOptions& options, const sdr::SourceInfo& info);
/// The gain setting that the source tells, which is what it made of --gain, else that of --gain.
std::optional<double> gain_setting_db(const SourceOptions& options, sdr::Source& source);
/// When a recording was made, seconds since 1970; ConfigError when neither it nor --time tells. Nothing of a
/// device.
std::optional<double> recording_time_s(const SourceOptions& options, const sdr::Source& source);
/// What a recording is read from; of a device nothing.
std::vector<std::filesystem::path> files_of(const sdr::Source& source);

}  // namespace boresight::program
