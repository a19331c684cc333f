#include "acquire/options.h"

#include <CLI/CLI.hpp>

#include <algorithm>

#include "boresight/core/error.h"
#include "boresight/core/version.h"
#include "common/arguments.h"
#include "common/text.h"

namespace boresight::acquire {
namespace {

using program::format_number;
using program::in_range;

constexpr const char* description =
    "Finds the frames of the Ku-band downlink that pass by, in a recording or with a radio, from what is "
    "published\n"
    "of them: PSS and SSS in the whole 240 MHz channel or a slice of 1 to 300 MHz, the edge pilots in a "
    "slice that\n"
    "holds one, the narrow tones in the middle of a channel. It measures when frames begin, their Doppler "
    "and their\n"
    "SNR; it decodes nothing of what they carry.";

constexpr const char* footer = R"(
What the samples are
  radio frequency of their middle = center frequency of the device or recording + --lnb; the channel is the one
  nearest to it unless --channel or --carrier says another. Channel n has its center at
  10.7 GHz + 117.1875 kHz + 250 MHz (n - 1/2): with a 9.75 GHz oscillator, channel 3 is at 1575.117 MHz.

One JSON object on one line for each frame found (--json)
  sample_index      first sample of the frame, counted from the first of the run; tones: the middle of the
                    stretch of 11 to 22 ms that they were found in
  sample_fraction   and how much later it begins, 0 to 0.999 of a sample
  time_s            the same in seconds
  doppler_hz        at the radio frequency, positive when the satellite approaches; oscillator errors included
  doppler_sigma_hz  its standard deviation by the Cramer-Rao bound
  doppler_from      "carrier": of this frame alone; "drift": from how the starts of frames drift, where a
                    sample clock that is 1 ppm fast looks like -11 kHz
  carrier_hz        the carrier of this frame alone, against the radio frequency
  snr_db            power ratio per sample of 240 MHz, which is also that of densities in any slice; tones: all
                    of them over the noise in 240 MHz, C/N0 less 83.8 dB
  statistic         preamble: U of sync/template_fit.h; "frames" > 1: standard deviations above noise;
                    pilots: U; tone: C of sync/tone_search.h
  frames            how many frames it took; tones: 0
  track             frames of one satellite share this number; 0: none given
  kind              "preamble", "pilots" or "tone"

Exit status
  0  something was found (also after Ctrl-C)
  1  an option, device or file is not what it should be; one line says which
  2  the run ended and nothing was found

Examples
  boresight-acquire --input sky.sigmf-meta --json frames.jsonl
  boresight-acquire --device driver=hackrf --frequency 1575.1171875e6 --rate 20e6 --gain 40 --lnb 9.75e9 \
                    --accumulate 64 --duration 60
  boresight-acquire --device driver=rtlsdr --frequency 1575e6 --rate 2.4e6 --lnb 9.75e9 --mode tones)";

constexpr program::SourceUse source_use{
    .example = "driver=hackrf", .least_rate_hz = 1e6, .most_rate_hz = 300e6};

void check(const Options& options) {
  program::check_source_options(options.source, source_use);
  program::check_no_recorded_gain(options.source, "--device");
  in_range("--lnb", options.lnb_hz, 0, 1e11, "Hz");
  in_range("--carrier", options.carrier_hz, 1e6, 1e12, "Hz");
  in_range("--carrier-offset", options.carrier_offset_hz, -5e6, 5e6, "Hz");
  in_range("--max-doppler", options.max_doppler_hz, 1, 2e6, "Hz");
  in_range("--false-alarm", options.false_alarm, 1e-12, 0.1, "per frame period");
  in_range("--clock-ppm", options.clock_ppm, 0, 100, "ppm");
  require(!options.channel || (*options.channel >= 1 && *options.channel <= 8),
          "--channel: " + std::to_string(options.channel.value_or(0)) + ": must be from 1 to 8");
  require(!(options.channel && options.carrier_hz),
          "--carrier: " + format_number(options.carrier_hz.value_or(0)) + ": not together with --channel");
  in_range("--search-every", options.search_every, 1, 100'000, "frame periods");
  const std::size_t n = options.accumulate_frames;
  require(n == 0 || (n >= 8 && n <= 256 && (n & (n - 1)) == 0),
          "--accumulate: " + std::to_string(n) + ": must be 8, 16, 32, 64, 128 or 256");
  program::check_duration(options.duration_s);
  const auto modes = {"auto", "preamble", "pilots", "tones"};
  require(std::find(modes.begin(), modes.end(), options.mode) != modes.end(),
          "--mode: " + options.mode + ": must be one of auto, preamble, pilots, tones");
}

}  // namespace

std::optional<Options> parse_options(int argc, const char* const* argv) {
  Options options;
  CLI::App app(description, "boresight-acquire");
  app.footer(footer);
  app.set_version_flag("--version", std::string("boresight-acquire ") + version, "Print the version");
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);

  program::add_source_options(app, options.source, source_use);
  program::add_count(app, "--antenna-channel", options.antenna_channel, "Which channel of several [0]")
      ->type_name("N")
      ->group(program::source_group);

  const std::string where = "Which part of the band they are";
  app.add_option("--lnb", options.lnb_hz, "Oscillator of the converter before the radio [0]")
      ->type_name("HZ")
      ->group(where);
  app.add_option("--channel", options.channel, "Channel, 1 to 8 [the nearest]")->type_name("N")->group(where);
  app.add_option("--carrier", options.carrier_hz, "Or the radio frequency of the channel's center")
      ->type_name("HZ")
      ->group(where);
  app.add_option("--carrier-offset", options.carrier_offset_hz,
                 "Where carriers are looked for, above where they should be: the oscillators' error [0]")
      ->type_name("HZ")
      ->group(where);

  const std::string how = "What is looked for";
  app.add_option(
         "--mode", options.mode,
         "preamble (PSS and SSS), pilots (edge pilots), tones; auto: pilots in a slice below 15 MHz that "
         "holds an edge of the channel, else preamble [auto]")
      ->type_name("NAME")
      ->group(how);
  app.add_option("--max-doppler", options.max_doppler_hz, "Carriers looked for, to either side [300e3]")
      ->type_name("HZ")
      ->group(how);
  app.add_option(
         "--false-alarm", options.false_alarm,
         "Probability of a false frame in one frame period (1/750 s) over the whole search; --accumulate: "
         "as many more in blocks; pilots: each satellite followed adds one look per period with the "
         "same probability [1e-3]")
      ->type_name("P")
      ->group(how);
  program::add_count(app, "--accumulate", options.accumulate_frames,
                     "preamble: also add up so many frames: 8, 16, ... 256 [0: do not]")
      ->type_name("N")
      ->group(how);
  program::add_count(
      app, "--search-every", options.search_every,
      "pilots: the whole search in one of so many frame periods; frames once found are followed [32]")
      ->type_name("N")
      ->group(how);
  app.add_option("--clock-ppm", options.clock_ppm,
                 "preamble: how far off the radio's sample clock may be [2]")
      ->type_name("PPM")
      ->group(how);

  const std::string to = "When it ends, what is written";
  app.add_option("--duration", options.duration_s, "After so many seconds of samples [the end, or Ctrl-C]")
      ->type_name("S")
      ->group(to);
  program::add_file(app, "--json", options.json, "One line for each frame; - is standard output")
      ->type_name("FILE")
      ->group(to);
  app.add_flag("--quiet", options.quiet, "No status line and no summary")->group(to);

  if (!program::parse(app, argc, argv)) return std::nullopt;
  check(options);
  return options;
}

}  // namespace boresight::acquire
