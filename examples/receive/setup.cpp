#include "setup.h"

#include <cmath>

#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/ofdm/numerology.h"
#include "calibration_use.h"
#include "common/text.h"

namespace boresight::receive {
namespace {

using program::format_number;

constexpr std::size_t max_subband_elements = 64;
constexpr double rate_tolerance = 1e-6;  // of a device's clock setting, relative

// The rate a waveform is tied to; nothing for `ku`, which goes at any.
std::optional<double> rate_of(const std::string& waveform) {
  if (waveform == "ku20") return 20e6;
  if (waveform == "ku240") return 240e6;
  return wifi_rate_hz(waveform);
}

std::optional<double> wanted_rate_hz(const Options& options) {
  const std::optional<double> tied = rate_of(options.waveform);
  const std::optional<double> said = options.source.rate_hz;
  if (!tied || !said) return tied ? tied : said;
  require(std::abs(*said - *tied) <= rate_tolerance * *tied, "--rate: " + format_number(*said) + ": " +
                                                                 options.waveform + " is received at " +
                                                                 format_number(*tied) + " Hz only");
  return tied;
}

std::string choose_waveform(const Options& options, sdr::Source& source) {
  if (!options.waveform.empty()) return options.waveform;
  const std::optional<std::string> told = source.sensor_text("waveform");
  return told && (*told == "ku20" || *told == "ku240" || wifi_rate_hz(*told)) ? *told : "ku";
}

double choose_carrier_hz(const Options& options, const sdr::SourceInfo& info) {
  const double center_hz = program::center_frequency_hz(options.source, info);
  if (center_hz > 0) return center_hz;
  // One element needs no steering: any carrier does.
  if (info.channels == 1) return ofdm::nominal_ku_carrier_hz(ofdm::ku(info.sample_rate_hz));
  throw ConfigError(options.source.name() + ": tells no center frequency; " + std::to_string(info.channels) +
                    " channels need --frequency");
}

void check_elements(const Options& options, std::size_t elements) {
  require(!options.wideband() || elements <= max_subband_elements,
          "--beamformer: subband: " + std::to_string(elements) + " elements, at most " +
              std::to_string(max_subband_elements));
  require(options.nulls.size() < elements || options.nulls.empty(),
          "--null: " + std::to_string(options.nulls.size()) + " of them: at most " +
              std::to_string(elements - 1) + " with " + std::to_string(elements) +
              (elements == 1 ? " element" : " elements"));
}

// What cannot be is an error; a jammer, and a satellite over the sea, may be below the horizon.
void check_directions(const Options& options, Setup& setup) {
  program::check_ahead(options.array, setup.geometry, setup.carrier_hz);
  const double elevation_deg = options.array.elevation_deg.value_or(0);
  if (elevation_deg < 0 && !wifi_rate_hz(setup.waveform)) {
    setup.warnings.push_back("--elevation: " + format_number(elevation_deg) +
                             ": below the horizon, 0 degrees, where satellites hardly are");
  }
  for (const array::SkyDirection null : options.nulls) {
    const auto behind = program::behind_deg(setup.geometry, setup.attitude, setup.carrier_hz, null);
    if (!behind) continue;
    const auto text = [](array::SkyDirection d) {
      return format_number(deg_from_rad(d.azimuth_rad)) + "," + format_number(deg_from_rad(d.elevation_rad));
    };
    Vec3 mirrored = setup.attitude.array_from_sky(null);
    mirrored.z = -mirrored.z;
    setup.warnings.push_back("--null: " + text(null) + ": " + format_number(*behind) +
                             " degrees off boresight, behind the array: the null is at its mirror image " +
                             text(setup.attitude.sky_from_array(mirrored)) + " as well");
  }
}

}  // namespace

Setup set_up(const Options& options) {
  Setup setup;
  const program::SourceOptions& from = options.source;
  setup.device = program::open_source(from, wanted_rate_hz(options), options.array.channels);
  check_files_differ(options, program::files_of(*setup.device));
  setup.attitude = options.array.attitude();
  setup.fixed_direction = options.array.direction();
  bool poll_sensors = false;
  if (setup.fixed_direction) {
    setup.pointing = "fixed";
  } else if (setup.device->sensor("azimuth_deg") && setup.device->sensor("elevation_deg")) {
    poll_sensors = true;
    setup.pointing = from.recording() ? "track of the recording" : "sensors of the device";
  } else {
    setup.pointing = "boresight";
  }

  setup.source = std::make_unique<program::PointedSource>(
      *setup.device, from.recording() ? options.array.channels : std::vector<std::size_t>{}, poll_sensors);
  const sdr::SourceInfo& info = setup.source->info();

  setup.waveform = choose_waveform(options, *setup.device);
  if (wifi_rate_hz(setup.waveform)) {
    const std::string reason = ": " + setup.waveform + " frames carry no file";
    require(options.output.empty(), "--output: " + options.output.string() + reason + "; use --json");
    require(!options.until_complete, "--until-complete" + reason + "; use --duration or --frames");
  }
  setup.sample_rate_hz = info.sample_rate_hz;
  const std::optional<double> tied_hz = rate_of(setup.waveform);
  require(!tied_hz || std::abs(info.sample_rate_hz - *tied_hz) <= rate_tolerance * *tied_hz,
          from.name() + ": " + format_number(info.sample_rate_hz) + " Hz sample rate: " + setup.waveform +
              " needs " + format_number(tied_hz.value_or(0)) + " Hz");
  setup.carrier_hz = choose_carrier_hz(options, info);
  setup.carrier_known = info.center_frequency_hz > 0 || from.frequency_hz.has_value();
  setup.geometry =
      program::choose_geometry(from, options.array, info, setup.carrier_hz, "--array, or --channels 1");
  check_elements(options, setup.geometry.elements());
  check_directions(options, setup);
  if (options.calibration.empty()) return setup;
  setup.calibration = load_calibration(options, setup);
  const auto warning = residual_warning(*setup.calibration, options.calibration.string());
  if (warning) setup.warnings.push_back(*warning);
  return setup;
}

}  // namespace boresight::receive
