#include "options.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/core/version.h"
#include "common/arguments.h"
#include "common/files_in_use.h"

namespace boresight::receive {
namespace {

constexpr const char* description =
    "Receives frames from a radio, a recording or the simulated sky, through a phased array.";

constexpr const char* footer = R"(
--calibration reads what boresight-calibrate wrote. It is refused unless it was made at the same frequency
(within 1 Hz) and gain (0.01 dB), for the same channels, and at most 24 hours before: before now, or before the
time of a recording (core:datetime, else --time). The gain has to be said with --gain, that of a recording as
well. One with a residual above 10 degrees or 1.5 dB is used, with a warning that says what it costs.

Ends after --duration or --frames, whichever comes first; with neither, when the sender's file is complete,
the input ends, or Ctrl-C is pressed. Numbers may be written as 20e6, except counts.

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

constexpr program::SourceUse source_use{
    .example = "driver=boresight,scenario=NAME",
    .rate_help = "Sample rate [the waveform's or the device's own]",
    .gain_help = "Receive gain [the device's own]; for --calibration, also of a recording"};

void check(const Options& options) {
  program::check_source_options(options.source, source_use);
  program::check_array_options(options.array);
  program::check_duration(options.duration_s);
  require(!options.frames || *options.frames >= 1, "--frames: 0: must be at least 1");
  if (!options.calibration.empty()) {
    const std::string option = "--calibration: " + options.calibration.string();
    require(options.source.gain_db.has_value(),
            option + ": needs --gain, to be compared with the gain at which the calibration was made");
    require(options.beamformer != "single",
            option + ": means nothing for element 0 alone; not with --beamformer single");
  }
  if (options.calibration.empty()) {
    program::check_no_recorded_gain(options.source, "--device or --calibration");
    require(options.source.time.empty(), "--time: " + options.source.time + ": only with --calibration");
  }
}

void one_of(const char* option, const std::string& value, std::initializer_list<const char*> values) {
  if (std::find(values.begin(), values.end(), value) != values.end()) return;
  std::string names;
  for (const char* name : values) names += (names.empty() ? "" : ", ") + std::string(name);
  throw ConfigError(std::string(option) + ": " + value + ": must be one of " + names);
}

// An option that the beamformer does not look at is an error.
void check_beamformer(const Options& options, bool subbands_said, const std::vector<std::string>& nulls) {
  one_of("--beamformer", options.beamformer,
         {"mvdr", "lcmv", "subband", "robust", "subspace", "power-inversion", "conventional", "single"});
  if (subbands_said) {
    const std::string option = "--subbands: " + std::to_string(options.subbands);
    require(options.wideband(), option + ": only with --beamformer subband, not " + options.beamformer);
    require(options.subbands > 0 && subband_bins % options.subbands == 0,
            option + ": must be 1, 2, 4, ... " + std::to_string(subband_bins));
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

  program::add_source_options(app, options.source, source_use);
  program::add_time_option(app, options.source,
                           "When a recording that does not say so was made, for --calibration");
  app.add_flag("--list-devices", options.list_devices, "List the devices that SoapySDR finds, and end")
      ->group(program::source_group);

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
  program::add_count(
      app, "--subbands", options.subbands,
      "Parts of the band with weights of their own: 1, 2, 4, ... 256 [64]; with --beamformer subband")
      ->type_name("N")
      ->group(what);
  std::vector<std::string> nulls;
  app.add_option(
         "--null", nulls,
         "Where no power is to come from, degrees as --azimuth and --elevation; with --beamformer lcmv; "
         "may be given again, fewer times than there are elements")
      ->type_name("AZ,EL")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false)
      ->group(what);
  program::add_file(app, "--calibration", options.calibration,
                    "Gains, phases and delays of the channels, to be taken away; with --gain [none]")
      ->type_name("FILE")
      ->group(what);
  program::add_array_options(
      app, options.array, what.c_str(),
      "Where to look, degrees clockwise from north [the source's sensor or track, else boresight]");

  const std::string end = "When it ends";
  app.add_option("--duration", options.duration_s, "After so many seconds of samples")
      ->type_name("S")
      ->group(end);
  program::add_count(app, "--frames", options.frames, "After so many detected frames")
      ->type_name("N")
      ->group(end);
  app.add_flag("--until-complete", options.until_complete, "Also as soon as the sender's file is complete")
      ->group(end);

  const std::string to = "What is written";
  program::add_file(app, "--output", options.output,
                    "The file that was sent; written only when complete and its SHA-256 is right")
      ->type_name("FILE")
      ->group(to);
  program::add_file(app, "--record", options.record, "All samples as they came, for --input")
      ->type_name("FILE.sigmf-meta")
      ->group(to);
  program::add_file(app, "--json", options.json, "Results as JSON; - is standard output")
      ->type_name("FILE")
      ->group(to);
  program::add_file(app, "--report", options.report, "Results as one HTML page with pictures")
      ->type_name("FILE.html")
      ->group(to);
  app.add_flag("--quiet", options.quiet, "No status line and no summary")->group(to);

  if (!program::parse(app, argc, argv)) return std::nullopt;
  if (options.list_devices) {
    for (const CLI::Option* option : app.get_options()) {
      require(option->count() == 0 || option->check_name("--device") || option->check_name("--list-devices"),
              option->get_name() + ": means nothing with --list-devices");
    }
    return options;
  }
  if (app.count("--waveform") > 0) {
    one_of("--waveform", options.waveform, {"ku20", "ku240", "ku", "wifi20", "wifi10", "wifi5"});
  }
  check_beamformer(options, app.count("--subbands") > 0, nulls);
  for (const std::string& null : nulls) options.nulls.push_back(parse_null(null));
  check(options);
  check_files_differ(options, {});
  return options;
}

}  // namespace boresight::receive
