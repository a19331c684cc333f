#include "common/source_options.h"

#include <cmath>

#include "boresight/core/error.h"
#include "boresight/sdr/sigmf.h"
#include "boresight/sdr/soapy_source.h"
#include "common/arguments.h"
#include "common/text.h"

namespace boresight::program {
namespace {

constexpr double recorded_tolerance = 1e-6;  // relative

// What is said beside a recording that tells it, too.
void check_recorded(const char* option, const SourceOptions& options, std::optional<double> said_hz,
                    double told_hz) {
  if (!options.recording() || !said_hz || !(told_hz > 0)) return;
  require(std::abs(told_hz - *said_hz) <= recorded_tolerance * told_hz,
          std::string(option) + ": " + format_number(*said_hz) + ": " + options.input.string() +
              " was recorded at " + format_number(told_hz) + " Hz");
}

}  // namespace

void add_source_options(CLI::App& app, SourceOptions& options, const SourceUse& use) {
  app.add_option("--device", options.device, std::string("SoapySDR device arguments, e.g. ") + use.example)
      ->type_name("ARGS")
      ->group(source_group);
  add_file(app, "--input", options.input, "Recording to read instead of a device")
      ->type_name("FILE.sigmf-meta")
      ->group(source_group);
  app.add_option("--frequency", options.frequency_hz, "Center frequency; of a recording that tells none")
      ->type_name("HZ")
      ->group(source_group);
  app.add_option("--rate", options.rate_hz, use.rate_help)->type_name("HZ")->group(source_group);
  app.add_option("--gain", options.gain_db, use.gain_help)->type_name("DB")->group(source_group);
  app.add_option("--antenna", options.antenna, "Antenna port [the device's own]")
      ->type_name("NAME")
      ->group(source_group);
}

void add_time_option(CLI::App& app, SourceOptions& options, const std::string& help) {
  app.add_option("--time", options.time, help + ", e.g. 2026-01-02T03:04:05Z")
      ->type_name("UTC")
      ->group(source_group);
}

void check_source_options(const SourceOptions& options, const SourceUse& use) {
  require(options.device.empty() || options.input.empty(),
          "--device: " + options.device + ": not together with --input " + options.input.string() +
              ", only one of the two");
  require(!options.device.empty() || !options.input.empty(),
          "--device: none: one of --device and --input is needed (see --help)");
  in_range("--frequency", options.frequency_hz, 1, 1e12, "Hz");
  in_range("--rate", options.rate_hz, use.least_rate_hz, use.most_rate_hz, "Hz");
  in_range("--gain", options.gain_db, -200, 200, "dB");
  require(!options.recording() || options.antenna.empty(),
          "--antenna: " + options.antenna + ": a recording has no antenna to choose; only with --device");
  require(options.time.empty() || options.recording(),
          "--time: " + options.time + ": a device is now; only with --input");
}

void check_no_recorded_gain(const SourceOptions& options, const char* only) {
  require(!options.recording() || !options.gain_db, "--gain: " + format_number(options.gain_db.value_or(0)) +
                                                        ": a recording has no gain to set; only with " +
                                                        only);
}

std::unique_ptr<sdr::Source> open_source(const SourceOptions& options, std::optional<double> rate_hz,
                                         const std::vector<std::size_t>& channels) {
  auto source =
      with_option(options.recording() ? "--input" : "--device", [&]() -> std::unique_ptr<sdr::Source> {
        if (options.recording()) return std::make_unique<sdr::SigmfSource>(options.input);
        sdr::SoapySourceConfig config;
        config.args = options.device;
        config.frequency_hz = options.frequency_hz;
        config.sample_rate_hz = rate_hz;
        config.gain_db = options.gain_db;
        if (!options.antenna.empty()) config.antenna = options.antenna;
        config.channels = channels;
        return std::make_unique<sdr::SoapySource>(config);
      });
  check_recorded("--rate", options, options.rate_hz, source->info().sample_rate_hz);
  return source;
}

double center_frequency_hz(const SourceOptions& options, const sdr::SourceInfo& info) {
  check_recorded("--frequency", options, options.frequency_hz, info.center_frequency_hz);
  return info.center_frequency_hz > 0 ? info.center_frequency_hz : options.frequency_hz.value_or(0);
}

std::optional<double> gain_setting_db(const SourceOptions& options, sdr::Source& source) {
  const std::optional<double> told_db = source.sensor("gain_db");
  return told_db ? told_db : options.gain_db;
}

std::optional<double> recording_time_s(const SourceOptions& options, const sdr::Source& source) {
  const auto* recording = dynamic_cast<const sdr::SigmfSource*>(&source);
  if (recording == nullptr) return std::nullopt;
  std::optional<std::int64_t> utc_ns;
  if (!recording->meta().captures.empty()) utc_ns = recording->meta().captures.front().utc_ns;
  if (!options.time.empty()) {
    require(!utc_ns, "--time: " + options.time + ": the recording has its own");
    try {
      utc_ns = sdr::parse_utc(options.time);
    } catch (const IoError&) {
      throw ConfigError("--time: " + options.time + ": must be a time such as 2026-01-02T03:04:05Z");
    }
  }
  require(utc_ns.has_value(),
          options.name() + ": does not tell when it was made (core:datetime); it needs --time");
  return static_cast<double>(*utc_ns) * 1e-9;
}

std::vector<std::filesystem::path> files_of(const sdr::Source& source) {
  const auto* recording = dynamic_cast<const sdr::SigmfSource*>(&source);
  return recording != nullptr ? recording->files() : std::vector<std::filesystem::path>{};
}

}  // namespace boresight::program
