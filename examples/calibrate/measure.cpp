#include "calibrate/measure.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/sdr/sample_stream.h"
#include "calibrate/elsewhere.h"
#include "common/progress.h"
#include "common/samples.h"
#include "common/text.h"

namespace boresight::calibrate {
namespace {

using program::format_count;
using program::format_number;

constexpr double most_clipped = 1e-3;

/// Samples at the limits of a converter: within 2 % of full scale, which is the last step of converters of
/// six bits and the lowest value, -1, of all. Numbers beyond full scale are no converter's, and have no
/// limits.
class ClipCounter {
 public:
  ClipCounter(std::size_t channels, double full_scale)
      : limit_(static_cast<float>(0.98 * full_scale)),
        beyond_(static_cast<float>(1.0001 * full_scale)),
        clipped_(channels, 0) {}

  void look(std::size_t channel, std::span<const cf32> x) {
    for (const cf32 v : x) {
      const float most = std::max(std::abs(v.real()), std::abs(v.imag()));
      clipped_[channel] += most >= limit_ ? 1U : 0U;
      has_limits_ = has_limits_ && most <= beyond_;
    }
  }
  std::size_t worst() const {
    return static_cast<std::size_t>(std::ranges::max_element(clipped_) - clipped_.begin());
  }
  double share(std::uint64_t samples) const {
    return has_limits_ && samples > 0 ? static_cast<double>(clipped_[worst()]) / static_cast<double>(samples)
                                      : 0;
  }

 private:
  float limit_;
  float beyond_;
  bool has_limits_ = true;
  std::vector<std::uint64_t> clipped_;
};

std::string judge(const Options& options, const Setup& setup, const Measurement& m,
                  std::optional<Vec3> direction) {
  if (m.clipped_share > most_clipped) {
    return "channel " + std::to_string(m.clipped_channel) + " is clipped in " +
           format_number(100 * m.clipped_share) +
           " % of its samples, at most 0.1 % may be: less gain is wanted";
  }
  const array::CalibrationEstimator::Result& r = m.result;
  if (!r.ok) return r.reason;
  const auto good =
      std::ranges::count(r.calibration.channels, array::ChannelState::ok, &array::ChannelCalibration::state);
  const auto channels = static_cast<std::ptrdiff_t>(r.calibration.channels.size());
  if (2 * good < channels) {
    return std::to_string(good) + " of " + std::to_string(channels) + " channels are ok, half is the least";
  }
  if (options.from != "tone" && !r.calibration.delay_known && !r.narrow) {
    return "the signal is too weak for delays: more --samples than " + std::to_string(options.samples) +
           " are wanted";
  }
  if (options.from != "tone" && !r.calibration.delay_known) {
    // --from tone knows no direction.
    return "the signal is too narrow for delays, a tone " + format_number(r.source_offset_hz) +
           " Hz from the middle: " +
           (options.from == "direction" ? "a wider one is wanted" : "if that is right, say --from tone");
  }
  if (direction) {
    std::string elsewhere =
        from_elsewhere(r.calibration, setup.estimator.geometry, setup.frequency_hz, *direction);
    if (!elsewhere.empty()) return elsewhere;
  }
  const auto limit = [](const char* what, double value, double most, const char* unit, const char* option) {
    if (value <= most) return std::string();
    return std::string(what) + " of " + format_number(value) + " " + unit + " rms: at most " +
           format_number(most) + " (" + option + ")";
  };
  for (const std::string& reason :
       {limit("a residual", r.calibration.residual_deg_rms, options.limit_deg, "degrees", "--limit-deg"),
        limit("a residual", r.calibration.residual_db_rms, options.limit_db, "dB", "--limit-db"),
        limit("noise leaves phases open to a bound", r.bound_deg_rms, options.limit_deg, "degrees",
              "--limit-deg")}) {
    if (!reason.empty()) return reason;
  }
  return {};
}

}  // namespace

Measurement measure(const Options& options, Setup& setup, const std::atomic<bool>& interrupted) {
  Measurement m;
  array::CalibrationEstimator estimator(setup.estimator);
  const sdr::SourceInfo& info = setup.source->info();
  ClipCounter clips(info.channels, info.full_scale / sdr::default_full_scale(info.format));
  std::optional<Vec3> direction;
  if (setup.fixed_direction) direction = setup.attitude.array_from_sky(*setup.fixed_direction);
  const bool from_direction = options.from == "direction";

  program::Progress progress(options.quiet);
  sdr::SampleStream stream(*setup.source);
  GridBuffer<cf32> samples(info.channels, stream.block_samples());
  stream.start();
  while (m.samples < options.samples) {
    if (interrupted) throw IoError("interrupted: nothing was written");
    sdr::SampleStream::Next next = stream.next(std::chrono::milliseconds(100));
    if (next.status == sdr::Read::Status::end) {
      throw IoError("--samples: " + std::to_string(options.samples) + ": the source ended after " +
                    std::to_string(m.samples));
    }
    if (next.status == sdr::Read::Status::failed) throw IoError("the source: " + setup.source->error());
    progress.show(
        [&] { return format_count(m.samples) + " of " + format_count(options.samples) + " samples"; });
    if (next.status != sdr::Read::Status::ok) continue;
    const sdr::SampleBlock& block = *next.block;
    if (block.gap()) {
      m.lost_samples += block.lost_samples();
      estimator.break_stream();
    }
    if (const auto pointing = setup.source->pointing_at(block.first_sample())) {
      direction = setup.attitude.array_from_sky(
          {rad_from_deg(pointing->azimuth_deg), rad_from_deg(pointing->elevation_deg)});
    }
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(block.samples(), options.samples - m.samples));
    for (std::size_t c = 0; c < info.channels; ++c) {
      const std::span<cf32> x = samples.row(c).first(count);
      m.cleaned_samples += program::to_samples(block, c, x);
      clips.look(c, x);
    }
    const Grid<const cf32> x = samples.view().columns(0, count);
    if (from_direction) {
      estimator.add(x, direction.value_or(Vec3{}));
    } else {
      estimator.add(x);
    }
    m.samples += count;
  }
  stream.stop();
  m.clipped_channel = clips.worst();
  m.clipped_share = clips.share(m.samples);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  m.result = estimator.solve(setup.frequency_hz, setup.gain_db,
                             setup.time_s.value_or(std::chrono::duration<double>(now).count()));
  m.result.calibration.device_channels = m.result.ok ? setup.device_channels : std::vector<std::size_t>{};
  m.not_good = judge(options, setup, m, direction);
  return m;
}

}  // namespace boresight::calibrate
