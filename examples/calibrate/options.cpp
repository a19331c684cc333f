#include "calibrate/options.h"

#include <CLI/CLI.hpp>

#include <charconv>
#include <cmath>

#include "boresight/core/error.h"
#include "boresight/core/version.h"
#include "common/arguments.h"
#include "common/files_in_use.h"
#include "common/text.h"

namespace boresight::calibrate {
namespace {

using program::format_number;
using program::in_range;

constexpr const char* description =
    "Measures what the receive channels of an array do to a wave, gain, phase and delay of each against one "
    "of them,\n"
    "from a signal that all channels share, and writes it to a file; or says how far they have drifted "
    "since.";

constexpr const char* footer = R"(
Where the signal comes from (--from)
      a tone or noise, split, into every channel                     the satellite, from where it stands
      behind its antenna element
   element  \/      \/      \/      \/                               \/      \/      \/      \/
             |       |       |       |                                |       |       |       |
     s0 -->[+] s1->[+] s2->[+] s3->[+]  couplers                      |       |       |       |
             |       |       |       |                                |       |       |       |
            rx 0    rx 1    rx 2    rx 3                             rx 0    rx 1    rx 2    rx 3
   source --> splitter --> s0, s1, s2, s3: cables of one length, a star and not a chain
  tone       gain and phase at its frequency; a comb or steps of tones also delay
  noise      gain, phase and delay, from as much of the band as it fills
  direction  the same, and what antennas and cables before the couplers do; the only strong signal in the band:
             a jammer is refused when the phases give it away, which those of channels with any phases do not.
             Directions and --array are those of boresight-receive

What is written (--output): JSON with frequency, gain setting and time, by which it is later refused when it does
not fit. Nothing is written unless the measurement is good: a common signal and only one, at least half of the
channels working, at most 0.1 % of samples at the converter's limits, and of gains and phases
  residual   how far small parts of the band are from gain, phase and delay, rms, noise included: at most
             --limit-deg and --limit-db
  bound      what noise leaves open (Cramer-Rao), rms: at most --limit-deg

Verdicts
  ok         and what it does to a wave, against the reference
  dead       20 dB less of the common signal than the others
  stuck      the same number all the time
  duplicate  bit for bit what an earlier channel gives
  noisy      more noise than signal, and an SNR 20 dB below the others'

Exit status
  0  the calibration was written, or --check found it within the limits
  1  an option, device or file is not what it should be; one line says which
  2  the measurement is not good; one line says why, and nothing was written
  3  --check: the channels have drifted beyond the limits

Examples
  boresight-calibrate --device driver=uhd --frequency 1.2e9 --rate 20e6 --gain 40 --from noise \
                      --output array.json
  boresight-calibrate --device driver=uhd --frequency 1.2e9 --rate 20e6 --gain 40 --from noise \
                      --check array.json --limit-deg 2
  boresight-calibrate --input sky.sigmf-meta --gain 40 --from direction --array 4x4:0.5 --azimuth 140 \
                      --elevation 55 --output array.json)";

std::uint64_t parse_samples(const std::string& text) {
  // A double, so that 1e6 can be typed.
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  require(error == std::errc{} && end == text.data() + text.size() && value == std::floor(value) &&
              value >= 4096 && value <= 1e12,
          "--samples: " + text + ": must be a whole number from 4096 to 1e12");
  return static_cast<std::uint64_t>(value);
}

constexpr program::SourceUse source_use{
    .gain_help = "Receive gain [the device's own]; of a recording, the one that it was made at: needed"};

void check(const Options& options) {
  program::check_source_options(options.source, source_use);
  program::check_array_options(options.array);
  in_range("--notch", options.notch_hz, 0, 1e9, "Hz");
  in_range("--limit-deg", options.limit_deg, 1e-3, 90, "degrees");
  in_range("--limit-db", options.limit_db, 1e-3, 20, "dB");
  require(options.from == "tone" || options.from == "noise" || options.from == "direction",
          "--from: " + (options.from.empty() ? std::string("none") : options.from) +
              ": must be one of tone, noise, direction");
  if (options.from != "direction") {
    const program::ArrayOptions& array = options.array;
    require(!array.azimuth_deg,
            "--azimuth: " + format_number(array.azimuth_deg.value_or(0)) + ": only with --from direction");
    require(array.array.empty(), "--array: " + array.array + ": only with --from direction");
    require(array.attitude_deg.empty(), "--attitude: only with --from direction");
  }
  require(options.shape_points == 0 || (options.shape_points >= 2 && options.shape_points <= 32),
          "--shape: " + std::to_string(options.shape_points) + ": must be 0, or from 2 to 32");
  require(options.output.empty() != options.check.empty(),
          options.output.empty() ? "--output: none: one of --output and --check is needed (see --help)"
                                 : "--output: " + options.output.string() + ": not together with --check");
  check_files_differ(options, {});
}

}  // namespace

void check_files_differ(const Options& options, const std::vector<std::filesystem::path>& input_files) {
  program::FilesInUse files;
  for (const std::filesystem::path& path : input_files) files.reads("--input", path);
  files.reads("--check", options.check);
  files.writes("--output", options.output);
  if (!options.json_to_stdout()) files.writes("--json", options.json);
}

std::optional<Options> parse_options(int argc, const char* const* argv) {
  Options options;
  CLI::App app(description, "boresight-calibrate");
  app.footer(footer);
  app.set_version_flag("--version", std::string("boresight-calibrate ") + version, "Print the version");
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);

  program::add_source_options(app, options.source, source_use);
  program::add_time_option(app, options.source, "When a recording that does not say so was made");

  const std::string what = "What is measured";
  app.add_option("--from", options.from, "The common signal: tone, noise (both injected) or direction")
      ->type_name("NAME")
      ->group(what);
  std::string samples;
  app.add_option("--samples", samples, "Samples of each channel, 4096 and more [262144]")
      ->type_name("N")
      ->group(what);
  program::add_count(
      app, "--shape", options.shape_points,
      "Points over the band at which gain and phase may differ from a plain delay, 2 to 32 [0]")
      ->type_name("N")
      ->group(what);
  app.add_option(
         "--notch", options.notch_hz,
         "Band around the tuned frequency that is left out: receivers hear their own oscillator there "
         "[rate / 50]")
      ->type_name("HZ")
      ->group(what);

  program::add_array_options(app, options.array, "Where the source stands, and the array (--from direction)",
                             "Degrees clockwise from north [the source's sensor or track]");

  const std::string limits = "What is good enough (residual and bound; with --check, the drift)";
  app.add_option("--limit-deg", options.limit_deg, "Of phases, degrees rms [3]")
      ->type_name("DEG")
      ->group(limits);
  app.add_option("--limit-db", options.limit_db, "Of gains, dB rms [0.5]")->type_name("DB")->group(limits);

  const std::string to = "What is written";
  program::add_file(app, "--output", options.output, "The calibration")->type_name("FILE.json")->group(to);
  program::add_file(app, "--check", options.check,
                    "Nothing: a calibration to compare with, made in the same way")
      ->type_name("FILE.json")
      ->group(to);
  program::add_file(app, "--json", options.json, "What the screen says, as JSON; - is standard output")
      ->type_name("FILE")
      ->group(to);
  app.add_flag("--quiet", options.quiet, "No status line and no table")->group(to);

  if (!program::parse(app, argc, argv)) return std::nullopt;
  if (app.count("--samples") > 0) options.samples = parse_samples(samples);
  check(options);
  return options;
}

}  // namespace boresight::calibrate
