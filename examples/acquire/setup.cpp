#include "acquire/setup.h"

#include <cmath>

#include "boresight/core/error.h"
#include "boresight/sync/ku_preamble.h"
#include "common/files_in_use.h"
#include "common/text.h"

namespace boresight::acquire {
namespace {

using program::format_number;

constexpr double widest_pilot_slice_hz = 15e6;
constexpr double pilot_edge_hz = 115.3125e6;  // the middle of either band is within 120 kHz of it
constexpr double pilot_half_width_hz = 0.95e6;

int nearest_channel(double tuned_hz) {
  int nearest = 1;
  for (int n = 2; n <= 8; ++n) {
    if (std::abs(sync::ku_channel_center_hz(n) - tuned_hz) <
        std::abs(sync::ku_channel_center_hz(nearest) - tuned_hz))
      nearest = n;
  }
  return nearest;
}

Mode choose_mode(const Options& options, double center_hz, double rate_hz) {
  if (options.mode == "preamble") return Mode::preamble;
  if (options.mode == "pilots") return Mode::pilots;
  if (options.mode == "tones") return Mode::tones;
  const bool holds_an_edge =
      std::abs(std::abs(center_hz) - pilot_edge_hz) + pilot_half_width_hz < rate_hz / 2;
  return rate_hz <= widest_pilot_slice_hz && holds_an_edge ? Mode::pilots : Mode::preamble;
}

// An option that the mode does not look at is an error, above all where auto chose another one.
void check_mode(const Options& options, Mode mode) {
  const auto only = [&](bool given, const char* option, double value, Mode wanted) {
    require(!given || mode == wanted,
            std::string(option) + ": " + format_number(value) + ": only with --mode " + to_string(wanted) +
                ", not " + to_string(mode) + (options.mode == "auto" ? ", which auto chose" : ""));
  };
  const auto frames = static_cast<double>(options.accumulate_frames);
  only(options.accumulate_frames > 0, "--accumulate", frames, Mode::preamble);
  only(options.clock_ppm.has_value(), "--clock-ppm", options.clock_ppm.value_or(0), Mode::preamble);
  const auto periods = static_cast<double>(options.search_every.value_or(0));
  only(options.search_every.has_value(), "--search-every", periods, Mode::pilots);
}

}  // namespace

const char* to_string(Mode mode) {
  return mode == Mode::preamble ? "preamble" : mode == Mode::pilots ? "pilots" : "tones";
}

Setup set_up(const Options& options) {
  Setup setup;
  const program::SourceOptions& from = options.source;
  setup.source = program::open_source(from, from.rate_hz, {options.antenna_channel});
  program::FilesInUse files;
  for (const auto& path : program::files_of(*setup.source)) files.reads("--input", path);
  if (!options.json_to_stdout()) files.writes("--json", options.json);
  const sdr::SourceInfo& info = setup.source->info();
  require(!from.recording() || options.antenna_channel < info.channels,
          "--antenna-channel: " + std::to_string(options.antenna_channel) + ": the recording has " +
              std::to_string(info.channels));
  setup.sample_rate_hz = info.sample_rate_hz;
  require(setup.sample_rate_hz >= 1e6 && setup.sample_rate_hz <= 300e6,
          from.name() + ": " + format_number(setup.sample_rate_hz) +
              " Hz sample rate: must be from 1e+06 to 3e+08 Hz");
  const double center_hz = program::center_frequency_hz(from, info);
  require(center_hz > 0, from.name() + ": tells no center frequency; it needs --frequency");
  setup.tuned_hz = center_hz + options.lnb_hz;

  if (options.carrier_hz) {
    setup.carrier_hz = *options.carrier_hz;
  } else {
    setup.channel = options.channel.value_or(nearest_channel(setup.tuned_hz));
    setup.carrier_hz = sync::ku_channel_center_hz(setup.channel);
  }
  require(std::abs(setup.center_hz()) < sync::ku_channel_rate_hz / 2,
          from.name() + ": its middle, " + format_number(setup.tuned_hz * 1e-6) + " MHz with --lnb " +
              format_number(options.lnb_hz) + ", is not within 120 MHz of the channel's center at " +
              format_number(setup.carrier_hz * 1e-6) + " MHz");
  setup.mode = choose_mode(options, setup.center_hz(), setup.sample_rate_hz);
  check_mode(options, setup.mode);
  return setup;
}

}  // namespace boresight::acquire
