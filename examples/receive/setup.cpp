#include "setup.h"

#include <chrono>
#include <cmath>

#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/ofdm/numerology.h"
#include "boresight/sdr/calibration_file.h"
#include "boresight/sdr/sigmf.h"
#include "boresight/sdr/soapy_source.h"
#include "common/array_text.h"
#include "common/open_source.h"
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
  if (!tied || !options.rate_hz) return tied ? tied : options.rate_hz;
  require(std::abs(*options.rate_hz - *tied) <= rate_tolerance * *tied,
          "--rate: " + format_number(*options.rate_hz) + ": " + options.waveform + " is received at " +
              format_number(*tied) + " Hz only");
  return tied;
}

std::unique_ptr<sdr::Source> open_device(const Options& options, std::optional<double> rate_hz) {
  sdr::SoapySourceConfig config;
  config.args = options.device;
  config.frequency_hz = options.frequency_hz;
  config.sample_rate_hz = rate_hz;
  config.gain_db = options.gain_db;
  if (!options.antenna.empty()) config.antenna = options.antenna;
  if (!options.channels.empty()) config.channels = program::parse_channels(options.channels);
  return program::open_device(config);
}

std::string name_of_source(const Options& options) {
  return options.device.empty() ? "--input: " + options.input.string() : "--device: " + options.device;
}

std::string choose_waveform(const Options& options, sdr::Source& source) {
  if (!options.waveform.empty()) return options.waveform;
  const std::optional<std::string> told = source.sensor_text("waveform");
  return told && (*told == "ku20" || *told == "ku240" || wifi_rate_hz(*told)) ? *told : "ku";
}

double choose_carrier_hz(const Options& options, const sdr::SourceInfo& info) {
  const double told_hz = info.center_frequency_hz;
  if (!options.device.empty() && told_hz > 0) return told_hz;
  if (told_hz > 0 && options.frequency_hz) {
    require(std::abs(told_hz - *options.frequency_hz) <= rate_tolerance * told_hz,
            "--frequency: " + format_number(*options.frequency_hz) + ": " + options.input.string() +
                " was recorded at " + format_number(told_hz) + " Hz");
  }
  if (told_hz > 0) return told_hz;
  if (options.frequency_hz) return *options.frequency_hz;
  // One element needs no steering: any carrier does.
  if (info.channels == 1) return ofdm::nominal_ku_carrier_hz(ofdm::ku(info.sample_rate_hz));
  throw ConfigError(name_of_source(options) + ": tells no center frequency; " +
                    std::to_string(info.channels) + " channels need --frequency");
}

array::Geometry choose_geometry(const Options& options, const sdr::SourceInfo& info, double wavelength_m) {
  if (!options.array.empty()) {
    array::Geometry geometry = program::parse_array(options.array, wavelength_m);
    require(geometry.elements() == info.channels,
            "--array: " + options.array + ": " + std::to_string(geometry.elements()) + " elements, but " +
                std::to_string(info.channels) + " channels");
    return geometry;
  }
  if (!info.element_positions_m.empty()) return array::Geometry::from_positions(info.element_positions_m);
  require(info.channels == 1, name_of_source(options) + ": " + std::to_string(info.channels) +
                                  " channels and no element positions; say --array, or --channels 1");
  return array::Geometry::from_positions({Vec3{}});
}

// When the samples are from, seconds since 1970.
double time_of_samples_s(const Options& options, const sdr::Source& source) {
  if (!options.device.empty()) {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  }
  const auto* recording = dynamic_cast<const sdr::SigmfSource*>(&source);
  if (recording != nullptr && !recording->meta().captures.empty()) {
    if (const auto utc_ns = recording->meta().captures.front().utc_ns) {
      return 1e-9 * static_cast<double>(*utc_ns);
    }
  }
  throw ConfigError("--calibration: " + options.calibration.string() + ": " + options.input.string() +
                    " tells no time (core:datetime) to compare with that of the calibration");
}

// The device is open: what it made of --gain is what counts, as in boresight-calibrate.
array::Calibration load_calibration(const Options& options, const Setup& setup) {
  const std::string option = "--calibration: ";
  require(setup.carrier_known, option + options.calibration.string() +
                                   ": needs --frequency, to be compared with that of the calibration");
  const array::CalibrationUse use{
      .frequency_hz = setup.carrier_hz,
      .gain_db = program::gain_setting_db(*setup.device, options.gain_db).value_or(0),
      .now_s = time_of_samples_s(options, *setup.device),
      .channels = setup.geometry.elements(),
      .device_channels = program::numbers_of_channels(*setup.device, options.channels)};
  try {
    return sdr::load_calibration(options.calibration, use);
  } catch (const ConfigError& error) {
    throw ConfigError(option + error.what());
  } catch (const IoError& error) {
    throw IoError(option + error.what());
  }
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

}  // namespace

Setup set_up(const Options& options) {
  Setup setup;
  const std::optional<double> rate_hz = wanted_rate_hz(options);
  const bool recording = options.device.empty();
  setup.device = recording ? program::open_recording(options.input) : open_device(options, rate_hz);
  check_files_differ(options, program::files_of(*setup.device));
  if (!options.attitude_deg.empty()) {
    setup.attitude = array::Attitude({.yaw_rad = rad_from_deg(options.attitude_deg[0]),
                                      .pitch_rad = rad_from_deg(options.attitude_deg[1]),
                                      .roll_rad = rad_from_deg(options.attitude_deg[2])});
  }
  bool poll_sensors = false;
  if (options.azimuth_deg) {
    setup.fixed_direction = array::SkyDirection{rad_from_deg(*options.azimuth_deg),
                                                rad_from_deg(options.elevation_deg.value_or(0))};
    setup.pointing = "fixed";
  } else if (setup.device->sensor("azimuth_deg") && setup.device->sensor("elevation_deg")) {
    poll_sensors = true;
    setup.pointing = recording ? "track of the recording" : "sensors of the device";
  } else {
    setup.pointing = "boresight";
  }

  const bool choose_rows = recording && !options.channels.empty();
  setup.source = std::make_unique<program::PointedSource>(
      *setup.device, choose_rows ? program::parse_channels(options.channels) : std::vector<std::size_t>{},
      poll_sensors);
  const sdr::SourceInfo& info = setup.source->info();

  setup.waveform = choose_waveform(options, *setup.device);
  setup.sample_rate_hz = info.sample_rate_hz;
  const std::optional<double> tied_hz = rate_of(setup.waveform);
  const double needed_hz = tied_hz ? *tied_hz : rate_hz.value_or(info.sample_rate_hz);
  require(std::abs(info.sample_rate_hz - needed_hz) <= rate_tolerance * needed_hz,
          name_of_source(options) + ": " + format_number(info.sample_rate_hz) +
              " Hz sample rate: " + (tied_hz ? setup.waveform + " needs " : std::string("--rate says ")) +
              format_number(needed_hz) + " Hz");
  setup.carrier_hz = choose_carrier_hz(options, info);
  setup.carrier_known = info.center_frequency_hz > 0 || options.frequency_hz.has_value();
  setup.geometry = choose_geometry(options, info, speed_of_light_m_s / setup.carrier_hz);
  check_elements(options, setup.geometry.elements());
  if (!options.calibration.empty()) setup.calibration = load_calibration(options, setup);
  return setup;
}

}  // namespace boresight::receive
