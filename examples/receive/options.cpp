#include "options.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iostream>

#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/core/version.h"
#include "common/arguments.h"
#include "common/array_text.h"
#include "common/files_in_use.h"
#include "common/text.h"

namespace boresight::receive {
namespace {

using program::format_number;
using program::in_range;

constexpr const char* description =
    "Receives frames from a radio, a recording or the simulated sky, through a phased array.";

constexpr const char* footer = R"(
--calibration reads what boresight-calibrate wrote. It is refused unless it was made at the same frequency
(within 1 Hz) and gain (0.01 dB), for the same channels, and at most 24 hours before: before now,
or before the time of a recording. The gain has to be said with --gain, that of a recording as well.

Ends after --duration or --frames, whichever comes first; with neither, when the sender's file is complete,
the input ends, or Ctrl-C is pressed. Numbers may be written as 20e6.

Exit status
  0  frames were received, and the file is complete if --output asked for it (also after Ctrl-C)
  1  an option, device or file is not what it should be; one line says which
  2  the run ended but no frame was received, or --output was given and the file is not complete

Examples
  boresight-receive --device driver=boresight,scenario=rooftop_jammed --output file.bin --report report.html
  boresight-receive --device driver=uhd --waveform ku --frequency 1.2e9 --rate 20e6 --gain 40 --channels 4 \
                    --array 4x1:0.5 --azimuth 140 --elevation 55 --record sky.sigmf-meta --duration 2
  boresight-receive --input sky.sigmf-meta --beamformer conventional --json -
  boresight-receive --device driver=boresight,scenario=rooftop_jammed --beamformer subband --subbands 32
  boresight-receive --device driver=uhd --waveform ku --frequency 1.2e9 --rate 20e6 --gain 40 --array 4x1:0.5 \
                    --azimuth 140 --elevation 55 --calibration array.json --beamformer lcmv --null 250,15
  boresight-receive --device driver=hackrf --waveform wifi20 --frequency 2437e6 --duration 5 --json frames.json)";

array::SkyDirection parse_null(const std::string& text) {
  double azimuth_deg = 0;
  double elevation_deg = 0;
  const char* const last = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), last, azimuth_deg);
  bool good = error == std::errc{} && at != last && *at == ',';
  if (good) {
    const auto [end, second] = std::from_chars(at + 1, last, elevation_deg);
    good = second == std::errc{} && end == last;
  }
  require(
      good && std::abs(azimuth_deg) <= 360 && std::abs(elevation_deg) <= 90,
      "--null: " + text + ": must be azimuth,elevation in degrees such as 250,15: -360 to 360, -90 to 90");
  return {rad_from_deg(azimuth_deg), rad_from_deg(elevation_deg)};
}

// CLI11 takes -1 for the largest number there is.
std::uint64_t parse_count(const char* option, const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  require(error == std::errc{} && end == text.data() + text.size() && value >= 1,
          std::string(option) + ": " + text + ": must be a whole number, at least 1");
  return value;
}

void check(const Options& options) {
  if (options.list_devices) return;
  const bool device = !options.device.empty();
  const bool input = !options.input.empty();
  require(!(device && input), "--device: " + options.device + ": not together with --input " +
                                  options.input.string() + ", only one of the two");
  require(device || input, "--device: none: one of --device and --input is needed (see --help)");
  in_range("--frequency", options.frequency_hz, 1, 1e12, "Hz");
  in_range("--rate", options.rate_hz, 1e3, 1e9, "Hz");
  in_range("--gain", options.gain_db, -200, 200, "dB");
  in_range("--azimuth", options.azimuth_deg, -360, 360, "degrees");
  in_range("--elevation", options.elevation_deg, -90, 90, "degrees");
  require(options.azimuth_deg.has_value() == options.elevation_deg.has_value(),
          std::string(options.azimuth_deg ? "--azimuth" : "--elevation") + ": " +
              format_number(options.azimuth_deg ? *options.azimuth_deg : options.elevation_deg.value_or(0)) +
              ": --azimuth and --elevation are needed together");
  for (const double angle : options.attitude_deg) in_range("--attitude", angle, -360, 360, "degrees");
  if (options.duration_s) {
    require(*options.duration_s > 0,
            "--duration: " + format_number(*options.duration_s) + ": must be above 0 and at most 1e+06 s");
    in_range("--duration", options.duration_s, 0, 1e6, "s");
  }
  if (!options.calibration.empty()) {
    const std::string option = "--calibration: " + options.calibration.string();
    require(options.gain_db.has_value(),
            option + ": needs --gain, to be compared with the gain at which the calibration was made");
    require(options.beamformer != "single",
            option + ": means nothing for element 0 alone; not with --beamformer single");
  }
  if (input) {
    require(!options.gain_db || !options.calibration.empty(),
            "--gain: " + format_number(options.gain_db.value_or(0)) +
                ": a recording has no gain to set; only with --device or --calibration");
    require(options.antenna.empty(),
            "--antenna: " + options.antenna + ": a recording has no antenna to choose; only with --device");
  }
  require(
      options.output.empty() || !wifi_rate_hz(options.waveform),
      "--output: " + options.output.string() + ": " + options.waveform + " frames carry no file; use --json");
  if (!options.channels.empty()) program::parse_channels(options.channels);
}

void one_of(const char* option, const std::string& value, std::initializer_list<const char*> values) {
  if (std::find(values.begin(), values.end(), value) != values.end()) return;
  std::string names;
  for (const char* name : values) names += (names.empty() ? "" : ", ") + std::string(name);
  throw ConfigError(std::string(option) + ": " + value + ": must be one of " + names);
}

// An option that the beamformer does not look at is an error.
void check_beamformer(const Options& options, const std::string& subbands,
                      const std::vector<std::string>& nulls) {
  one_of("--beamformer", options.beamformer,
         {"mvdr", "lcmv", "subband", "robust", "subspace", "power-inversion", "conventional", "single"});
  if (!subbands.empty()) {
    require(options.wideband(),
            "--subbands: " + subbands + ": only with --beamformer subband, not " + options.beamformer);
    require(subband_bins % options.subbands == 0,
            "--subbands: " + subbands + ": must be 1, 2, 4, ... " + std::to_string(subband_bins));
  }
  const bool lcmv = options.beamformer == "lcmv";
  require(lcmv || nulls.empty(), "--null: " + (nulls.empty() ? "" : nulls[0]) +
                                     ": only with --beamformer lcmv, not " + options.beamformer);
  require(!lcmv || !nulls.empty(), "--beamformer: lcmv: needs at least one --null AZ,EL");
}

}  // namespace

beam::AdaptiveBeamformer::Mode Options::mode() const {
  if (beamformer == "lcmv") return beam::AdaptiveBeamformer::Mode::lcmv;
  if (beamformer == "single") return beam::AdaptiveBeamformer::Mode::single;
  if (beamformer == "conventional") return beam::AdaptiveBeamformer::Mode::conventional;
  if (beamformer == "robust") return beam::AdaptiveBeamformer::Mode::robust_capon;
  if (beamformer == "subspace") return beam::AdaptiveBeamformer::Mode::subspace;
  if (beamformer == "power-inversion") return beam::AdaptiveBeamformer::Mode::power_inversion;
  return beam::AdaptiveBeamformer::Mode::mvdr;
}

std::optional<double> wifi_rate_hz(const std::string& waveform) {
  if (waveform == "wifi20") return 20e6;
  if (waveform == "wifi10") return 10e6;
  if (waveform == "wifi5") return 5e6;
  return std::nullopt;
}

void check_files_differ(const Options& options, const std::vector<std::filesystem::path>& input_files) {
  program::FilesInUse files;
  for (const std::filesystem::path& path : input_files) files.reads("--input", path);
  files.reads("--calibration", options.calibration);
  files.writes("--output", options.output);
  if (!options.json_to_stdout()) files.writes("--json", options.json);
  files.writes("--report", options.report);
  if (options.record.empty()) return;
  for (const std::filesystem::path& path : program::recording_files(options.record)) {
    files.writes("--record", path);
  }
}

std::optional<Options> parse_options(int argc, const char* const* argv) {
  Options options;
  CLI::App app(description, "boresight-receive");
  app.footer(footer);
  app.set_version_flag("--version", std::string("boresight-receive ") + version, "Print the version");
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);

  std::string input, output, record, json, report, frames, calibration, subbands;
  std::vector<std::string> nulls;
  const std::string from = "Where samples come from";
  app.add_option("--device", options.device, "SoapySDR device arguments, e.g. driver=boresight,scenario=NAME")
      ->type_name("ARGS")
      ->group(from);
  app.add_option("--input", input, "Recording to play instead of a device")
      ->type_name("FILE.sigmf-meta")
      ->group(from);
  app.add_flag("--list-devices", options.list_devices, "List the devices that SoapySDR finds, and end")
      ->group(from);
  app.add_option("--frequency", options.frequency_hz, "Center frequency; of a recording that tells none")
      ->type_name("HZ")
      ->group(from);
  app.add_option("--rate", options.rate_hz, "Sample rate [the waveform's or the device's own]")
      ->type_name("HZ")
      ->group(from);
  app.add_option("--gain", options.gain_db,
                 "Receive gain [the device's own]; for --calibration, also of a recording")
      ->type_name("DB")
      ->group(from);
  app.add_option("--antenna", options.antenna, "Antenna port [the device's own]")
      ->type_name("NAME")
      ->group(from);
  app.add_option("--channels", options.channels, "First N channels, or a list such as 0,2,5 [all]")
      ->type_name("N|LIST")
      ->group(from);

  const std::string what = "What is received";
  app.add_option(
         "--waveform", options.waveform,
         "ku20 (20 Msps), ku240 (240 Msps), ku (at --rate), wifi20 (802.11a/g and n, one stream), wifi10 or "
         "wifi5 (its narrow channels, 10 and 5 Msps) [what the device says, else ku]")
      ->type_name("NAME")
      ->group(what);
  app.add_option("--beamformer", options.beamformer,
                 "mvdr: nulls on jammers; lcmv: the same and exact nulls on every --null; subband: robust in "
                 "--subbands parts of the band, for jammers as wide as the band and few elements; robust: "
                 "the same where directions or channels are known badly; "
                 "subspace: mvdr among the signals alone; power-inversion: nulls on whatever is strong, no "
                 "direction needed; conventional: phases only; single: element 0 [mvdr]")
      ->type_name("NAME")
      ->group(what);
  app.add_option(
         "--subbands", subbands,
         "Parts of the band with weights of their own: 1, 2, 4, ... 256 [64]; with --beamformer subband")
      ->type_name("N")
      ->group(what);
  app.add_option(
         "--null", nulls,
         "Where no power is to come from, degrees as --azimuth and --elevation; with --beamformer lcmv; "
         "may be given again, fewer times than there are elements")
      ->type_name("AZ,EL")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false)
      ->group(what);
  app.add_option("--calibration", calibration,
                 "Gains, phases and delays of the channels, to be taken away; with --gain [none]")
      ->type_name("FILE")
      ->group(what);
  app.add_option("--array", options.array,
                 "Columns x rows : spacing in wavelengths, e.g. 4x4:0.5 [positions told by the device or "
                 "recording]")
      ->type_name("CxR:S")
      ->group(what);
  app.add_option("--azimuth", options.azimuth_deg,
                 "Where to look, degrees clockwise from north [the source's sensor or track, else boresight]")
      ->type_name("DEG")
      ->group(what);
  app.add_option("--elevation", options.elevation_deg, "Degrees above the horizon")
      ->type_name("DEG")
      ->group(what);
  app.add_option("--attitude", options.attitude_deg,
                 "Yaw, pitch and roll of the panel in degrees, e.g. 30,10,0 [0,0,0: flat, top to north]")
      ->type_name("Y,P,R")
      ->delimiter(',')
      ->expected(3)
      ->group(what);

  const std::string end = "When it ends";
  app.add_option("--duration", options.duration_s, "After so many seconds of samples")
      ->type_name("S")
      ->group(end);
  app.add_option("--frames", frames, "After so many detected frames")->type_name("N")->group(end);
  app.add_flag("--until-complete", options.until_complete, "Also as soon as the sender's file is complete")
      ->group(end);

  const std::string to = "What is written";
  app.add_option("--output", output,
                 "The file that was sent; written only when complete and its SHA-256 is right")
      ->type_name("FILE")
      ->group(to);
  app.add_option("--record", record, "All samples as they came, for --input")
      ->type_name("FILE.sigmf-meta")
      ->group(to);
  app.add_option("--json", json, "Results as JSON; - is standard output")->type_name("FILE")->group(to);
  app.add_option("--report", report, "Results as one HTML page with pictures")
      ->type_name("FILE.html")
      ->group(to);
  app.add_flag("--quiet", options.quiet, "No status line and no summary")->group(to);

  if (!program::parse(app, argc, argv)) return std::nullopt;
  if (app.count("--frames") > 0) options.frames = parse_count("--frames", frames);
  options.input = input;
  options.output = output;
  options.record = record;
  options.json = json;
  options.report = report;
  if (app.count("--waveform") > 0) {
    one_of("--waveform", options.waveform, {"ku20", "ku240", "ku", "wifi20", "wifi10", "wifi5"});
  }
  if (app.count("--subbands") > 0) options.subbands = parse_count("--subbands", subbands);
  check_beamformer(options, subbands, nulls);
  for (const std::string& null : nulls) options.nulls.push_back(parse_null(null));
  require(app.count("--calibration") == 0 || !calibration.empty(), "--calibration: needs the name of a file");
  options.calibration = calibration;
  check(options);
  check_files_differ(options, {});
  return options;
}

}  // namespace boresight::receive
