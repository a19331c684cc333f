#include "calibrate/setup.h"

#include "boresight/core/error.h"
#include "common/text.h"

namespace boresight::calibrate {
namespace {

using program::format_number;

constexpr double notch_of_rate = 0.02;
constexpr std::uint64_t enough_for_long_frames = 65536;
constexpr std::size_t most_channels_of_long_frames = 128;

}  // namespace

Setup set_up(const Options& options) {
  Setup setup;
  const program::SourceOptions& from = options.source;
  setup.device = program::open_source(from, from.rate_hz, options.array.channels);
  check_files_differ(options, program::files_of(*setup.device));
  const bool from_direction = options.from == "direction";
  setup.fixed_direction = options.array.direction();
  const bool poll_sensors = from_direction && !setup.fixed_direction;
  require(!poll_sensors || (setup.device->sensor("azimuth_deg") && setup.device->sensor("elevation_deg")),
          from.name() + ": tells no direction; it needs --azimuth and --elevation");
  setup.attitude = options.array.attitude();
  setup.source = std::make_unique<program::PointedSource>(
      *setup.device, from.recording() ? options.array.channels : std::vector<std::size_t>{}, poll_sensors);
  const sdr::SourceInfo& info = setup.source->info();
  require(info.channels >= 2 && info.channels <= 256,
          from.name() + ": " + std::to_string(info.channels) + " channels: must be 2 to 256");
  setup.frequency_hz = program::center_frequency_hz(from, info);
  require(setup.frequency_hz > 0, from.name() + ": tells no center frequency; it needs --frequency");
  const std::optional<double> gain_db = program::gain_setting_db(from, *setup.device);
  require(gain_db.has_value(), from.name() + ": tells no gain setting; it needs --gain");
  setup.gain_db = *gain_db;
  setup.device_channels = program::numbers_of_channels(from, options.array, info);
  setup.time_s = program::recording_time_s(from, *setup.device);

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
    estimator.geometry = program::choose_geometry(from, options.array, info, setup.frequency_hz, "--array");
    estimator.carrier_hz = setup.frequency_hz;
    program::check_ahead(options.array, estimator.geometry, setup.frequency_hz);
  }
  return setup;
}

}  // namespace boresight::calibrate
