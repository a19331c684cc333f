#include "calibrate/setup.h"

#include <cmath>

#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/sdr/sigmf.h"
#include "boresight/sdr/soapy_source.h"
#include "common/array_text.h"
#include "common/open_source.h"
#include "common/text.h"

namespace boresight::calibrate {
namespace {

using program::format_number;

constexpr double notch_of_rate = 0.02;
constexpr std::uint64_t enough_for_long_frames = 65536;
constexpr std::size_t most_channels_of_long_frames = 128;

std::unique_ptr<sdr::Source> open_device(const Options& options) {
  sdr::SoapySourceConfig config;
  config.args = options.device;
  config.frequency_hz = options.frequency_hz;
  config.sample_rate_hz = options.rate_hz;
  config.gain_db = options.gain_db;
  if (!options.antenna.empty()) config.antenna = options.antenna;
  if (!options.channels.empty()) config.channels = program::parse_channels(options.channels);
  return program::open_device(config);
}

double choose_frequency_hz(const Options& options, const std::string& name, double told_hz) {
  if (!options.input.empty() && told_hz > 0 && options.frequency_hz) {
    require(std::abs(told_hz - *options.frequency_hz) <= 1e-6 * told_hz,
            "--frequency: " + format_number(*options.frequency_hz) + ": " + options.input.string() +
                " was recorded at " + format_number(told_hz) + " Hz");
  }
  const double frequency_hz = told_hz > 0 ? told_hz : options.frequency_hz.value_or(0);
  require(frequency_hz > 0, name + ": tells no center frequency; it needs --frequency");
  return frequency_hz;
}

double choose_gain_db(const Options& options, const std::string& name, sdr::Source& source) {
  const std::optional<double> gain_db = program::gain_setting_db(source, options.gain_db);
  require(gain_db.has_value(), name + ": tells no gain setting; it needs --gain");
  return *gain_db;
}

std::optional<double> choose_time_s(const Options& options, const std::string& name,
                                    const sdr::Source& source) {
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
  require(utc_ns.has_value(), name + ": does not tell when it was made; it needs --time");
  return static_cast<double>(*utc_ns) * 1e-9;
}

array::Geometry choose_geometry(const Options& options, const std::string& name, const sdr::SourceInfo& info,
                                double frequency_hz) {
  if (!options.array.empty()) {
    array::Geometry geometry = program::parse_array(options.array, speed_of_light_m_s / frequency_hz);
    require(geometry.elements() == info.channels,
            "--array: " + options.array + ": " + std::to_string(geometry.elements()) + " elements, but " +
                std::to_string(info.channels) + " channels");
    return geometry;
  }
  require(!info.element_positions_m.empty(),
          name + ": " + std::to_string(info.channels) + " channels and no element positions; say --array");
  return array::Geometry::from_positions(info.element_positions_m);
}

}  // namespace

Setup set_up(const Options& options) {
  Setup setup;
  const bool recording = options.device.empty();
  setup.device = recording ? program::open_recording(options.input) : open_device(options);
  check_files_differ(options, program::files_of(*setup.device));
  const std::string name = recording ? "--input: " + options.input.string() : "--device: " + options.device;
  const bool from_direction = options.from == "direction";
  bool poll_sensors = false;
  if (from_direction && options.azimuth_deg) {
    setup.fixed_direction = array::SkyDirection{rad_from_deg(*options.azimuth_deg),
                                                rad_from_deg(options.elevation_deg.value_or(0))};
  } else if (from_direction) {
    poll_sensors = true;
    require(setup.device->sensor("azimuth_deg") && setup.device->sensor("elevation_deg"),
            name + ": tells no direction; it needs --azimuth and --elevation");
  }
  if (!options.attitude_deg.empty()) {
    setup.attitude = array::Attitude({.yaw_rad = rad_from_deg(options.attitude_deg[0]),
                                      .pitch_rad = rad_from_deg(options.attitude_deg[1]),
                                      .roll_rad = rad_from_deg(options.attitude_deg[2])});
  }
  const bool choose_rows = recording && !options.channels.empty();
  setup.source = std::make_unique<program::PointedSource>(
      *setup.device, choose_rows ? program::parse_channels(options.channels) : std::vector<std::size_t>{},
      poll_sensors);
  const sdr::SourceInfo& info = setup.source->info();
  require(info.channels >= 2 && info.channels <= 256,
          name + ": " + std::to_string(info.channels) + " channels: must be 2 to 256");
  setup.frequency_hz = choose_frequency_hz(options, name, info.center_frequency_hz);
  setup.gain_db = choose_gain_db(options, name, *setup.device);
  setup.device_channels = program::numbers_of_channels(*setup.device, options.channels);
  setup.time_s = choose_time_s(options, name, *setup.device);

  array::CalibrationEstimator::Config& estimator = setup.estimator;
  estimator.channels = info.channels;
  estimator.sample_rate_hz = info.sample_rate_hz;
  // Long frames make less of the delays between channels.
  const bool long_frames =
      options.samples >= enough_for_long_frames && info.channels <= most_channels_of_long_frames;
  estimator.fft_size = long_frames ? 1024 : 256;
  estimator.shape_points = options.shape_points;
  estimator.notch_hz = options.notch_hz.value_or(notch_of_rate * info.sample_rate_hz);
  require(estimator.notch_hz < 0.9 * info.sample_rate_hz,
          "--notch: " + format_number(estimator.notch_hz) + ": must be below nine tenths of the rate, " +
              format_number(0.9 * info.sample_rate_hz) + " Hz");
  if (from_direction) {
    estimator.geometry = choose_geometry(options, name, info, setup.frequency_hz);
    estimator.carrier_hz = setup.frequency_hz;
  }
  return setup;
}

}  // namespace boresight::calibrate
