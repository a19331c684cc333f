#include "boresight/array/calibration_estimator.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <limits>
#include <utility>

#include "array/calibration_checks.h"
#include "array/calibration_fit.h"
#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "fft/overlap_bank.h"

namespace boresight::array {
namespace {

constexpr double most_phase_rms_rad = 0.2;
// 5 % of the first source's amplitudes: one 12 to 13 dB below it, which turns phases by half a degree.
constexpr double most_second_source = 0.05 * 0.05;
constexpr std::size_t residual_cells = 16;

const CalibrationEstimator::Config& checked(const CalibrationEstimator::Config& c) {
  const std::string who = "calibration: ";
  require(c.channels >= 2 && c.channels <= 256,
          who + std::to_string(c.channels) + " channels, must be 2 to 256");
  require(std::isfinite(c.sample_rate_hz) && c.sample_rate_hz > 0,
          who + "sample_rate_hz " + std::to_string(c.sample_rate_hz) + " must be positive and finite");
  require(c.fft_size >= 32 && c.fft_size <= 8192 && c.fft_size % 2 == 0,
          who + "fft_size " + std::to_string(c.fft_size) + " must be even and 32 to 8192");
  require(c.channels * c.channels * c.fft_size <= (std::size_t{1} << 24),
          who + std::to_string(c.channels) + " channels squared x fft_size " + std::to_string(c.fft_size) +
              " must be at most 2^24");
  require(c.band_hz >= 0 && c.band_hz <= c.sample_rate_hz,
          who + "band_hz " + std::to_string(c.band_hz) + " must be 0 to the sample rate");
  const double band_hz = c.band_hz > 0 ? c.band_hz : 0.9 * c.sample_rate_hz;
  require(c.notch_hz >= 0 && c.notch_hz < band_hz,
          who + "notch_hz " + std::to_string(c.notch_hz) + " must not be negative, and below the band");
  require(c.shape_points == 0 ||
              (c.shape_points >= 2 && c.shape_points <= max_shape_points && c.shape_points <= c.fft_size / 8),
          who + std::to_string(c.shape_points) + " shape_points, must be 0, or 2 to fft_size / 8 and 256");
  require(c.reference < c.channels, who + "reference " + std::to_string(c.reference) + " of " +
                                        std::to_string(c.channels) + " channels");
  require(c.dead_below_db >= 3 && c.dead_below_db <= 100,
          who + "dead_below_db " + std::to_string(c.dead_below_db) + " must be 3 to 100");
  require(c.noisy_below_db >= 3 && c.noisy_below_db <= 100,
          who + "noisy_below_db " + std::to_string(c.noisy_below_db) + " must be 3 to 100");
  require(c.max_delay_samples > 0 && c.max_delay_samples <= static_cast<double>(c.fft_size) / 16,
          who + "max_delay_samples " + std::to_string(c.max_delay_samples) +
              " must be above 0 and at most fft_size / 16");
  if (c.geometry.elements() != 0) check_plane_waves(who, c.channels, c.geometry, c.carrier_hz);
  return c;
}

/// Whether a channel ever changes, and a hash of all it said.
struct Watch {
  bool seen = false;
  bool changed = false;
  cf32 first;
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a

  void look(std::span<const cf32> x) {
    for (const cf32 v : x) {
      if (!seen) first = v;
      seen = true;
      changed = changed || v != first;
      std::uint64_t bits;
      std::memcpy(&bits, &v, sizeof(bits));
      hash = (hash ^ bits) * 1099511628211U;
    }
  }
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

double wrapped(double rad) {
  return rad - 2 * pi * std::round(rad / (2 * pi));
}

}  // namespace

struct CalibrationEstimator::State {
  explicit State(const Config& c)
      : bank(c.channels, 0, c.fft_size),
        bins(c.channels, c.fft_size),
        sums(c.channels * (c.channels + 1) / 2, c.fft_size),
        watches(c.channels) {}

  fft::OverlapBank bank;
  GridBuffer<cf32> bins;
  GridBuffer<cf64> sums;  // [pair (i >= k) x bin] of x_i conj(x_k)
  std::vector<Watch> watches;
  std::uint64_t frames = 0;
  std::uint64_t samples = 0;
  bool plane_wave = false;      // a direction was told
  bool first_of_stream = true;  // the first frame of a stream is half empty

  void accumulate(Grid<const cf32> x) {
    if (std::exchange(first_of_stream, false)) return;
    ++frames;
    std::size_t pair = 0;
    for (std::size_t i = 0; i < x.rows(); ++i) {
      const cf32* a = x.row(i).data();
      for (std::size_t k = 0; k <= i; ++k, ++pair) {
        const cf32* b = x.row(k).data();
        cf64* sum = sums.row(pair).data();
        for (std::size_t n = 0; n < x.columns(); ++n) {
          const double re = a[n].real();
          const double im = a[n].imag();
          sum[n] += cf64(re * b[n].real() + im * b[n].imag(), im * b[n].real() - re * b[n].imag());
        }
      }
    }
  }
};

CalibrationEstimator::CalibrationEstimator(const Config& config)
    : config_(checked(config)), state_(std::make_unique<State>(config)) {}
CalibrationEstimator::~CalibrationEstimator() = default;
CalibrationEstimator::CalibrationEstimator(CalibrationEstimator&&) noexcept = default;
CalibrationEstimator& CalibrationEstimator::operator=(CalibrationEstimator&&) noexcept = default;

std::uint64_t CalibrationEstimator::samples() const {
  return state_->samples;
}
std::uint64_t CalibrationEstimator::samples_zeroed() const {
  return state_->bank.samples_zeroed();
}

void CalibrationEstimator::add(Grid<const cf32> x) noexcept {
  State& state = *state_;
  for (std::size_t e = 0; e < x.rows(); ++e) state.watches[e].look(x.row(e));
  state.samples += x.columns();
  state.bank.analyze(x, [&state](Grid<const cf32> bins) { state.accumulate(bins); });
}

void CalibrationEstimator::add(Grid<const cf32> x, Vec3 direction) noexcept {
  State& state = *state_;
  const double length = norm(direction);
  if (config_.geometry.elements() == 0 || !(std::isfinite(length) && length > 0)) return;
  state.plane_wave = true;
  for (std::size_t e = 0; e < x.rows(); ++e) state.watches[e].look(x.row(e));
  state.samples += x.columns();
  const auto n = static_cast<double>(config_.fft_size);
  state.bank.analyze(x, [&](Grid<const cf32> bins) {
    for (std::size_t e = 0; e < bins.rows(); ++e) {
      const double lead_s = dot(config_.geometry.positions_m[e], direction) / length / speed_of_light_m_s;
      for (std::size_t k = 0; k < bins.columns(); ++k) {
        const double signed_k = static_cast<double>(k) - (k < config_.fft_size / 2 ? 0 : n);
        const double turns = (config_.carrier_hz + signed_k * config_.sample_rate_hz / n) * lead_s;
        state.bins(e, k) = bins(e, k) * cf32(std::polar(1.0, -2 * pi * (turns - std::round(turns))));
      }
    }
    state.accumulate(state.bins.view());
  });
}

void CalibrationEstimator::break_stream() noexcept {
  state_->bank.reset();
  state_->first_of_stream = true;
}

void CalibrationEstimator::reset() noexcept {
  break_stream();
  state_->frames = 0;
  state_->plane_wave = false;
  state_->samples = 0;
  for (Watch& watch : state_->watches) watch = {};
  for (std::size_t p = 0; p < state_->sums.rows(); ++p) std::ranges::fill(state_->sums.row(p), cf64(0));
}

CalibrationEstimator::Result CalibrationEstimator::solve(double frequency_hz, double gain_db,
                                                         double time_s) const {
  const State& state = *state_;
  const auto refuse = [](std::string reason) {
    Result result;
    result.reason = std::move(reason);
    return result;
  };
  if (state.plane_wave && std::abs(frequency_hz - config_.carrier_hz) > 1e-6 * config_.carrier_hz) {
    return refuse("calibration: of a plane wave at " + std::to_string(config_.carrier_hz) +
                  " Hz, cannot be one for " + std::to_string(frequency_hz) + " Hz");
  }
  if (state.frames < 2) {
    return refuse("calibration: " + std::to_string(state.samples) + " samples, " +
                  std::to_string(2 * config_.fft_size) + " are needed");
  }
  Calibration calibration{.frequency_hz = frequency_hz, .gain_db = gain_db, .time_s = time_s};
  calibration.channels.resize(config_.channels);
  std::vector<std::size_t> live;
  for (std::size_t e = 0; e < config_.channels; ++e) {
    ChannelState& found = calibration.channels[e].state;
    const Watch& watch = state.watches[e];
    if (!watch.changed) found = watch.first == cf32(0) ? ChannelState::dead : ChannelState::stuck;
    for (const std::size_t other : live) {
      if (found == ChannelState::ok && state.watches[other].hash == watch.hash)
        found = ChannelState::duplicate;
    }
    if (found == ChannelState::ok) live.push_back(e);
  }

  // Dead channels are those with little signal, noisy ones those with much noise: found by a fit with them,
  // left out of the next.
  while (true) {
    if (live.size() < 2) {
      return refuse("calibration: " + std::to_string(live.size()) + " live channels, 2 are needed");
    }
    CalibrationFit fit(state.sums.view(), static_cast<double>(state.frames), config_, live);
    if (!fit.run()) return refuse("calibration: the channels have no source in common");
    std::vector<double> gains;
    std::vector<double> snrs;
    for (std::size_t i = 0; i < live.size(); ++i) {
      gains.push_back(std::abs(fit.gain(i)));
      snrs.push_back(fit.snr(i));
    }
    const double least_gain = amplitude_from_db(-config_.dead_below_db) * median(gains);
    const double least_snr = std::min(1.0, power_from_db(-config_.noisy_below_db) * median(snrs));
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < live.size(); ++i) {
      ChannelState& state_of_channel = calibration.channels[live[i]].state;
      if (gains[i] < least_gain) {
        state_of_channel = ChannelState::dead;
      } else if (snrs[i] < least_snr) {
        state_of_channel = ChannelState::noisy;
      } else {
        kept.push_back(live[i]);
      }
    }
    // Before channels are left out: to those that see two sources alike, what the others see more is noise.
    const CalibrationFit::SecondSource second = fit.second_source();
    if (second.share > most_second_source && second.deviations > 6) {
      return refuse(
          "calibration: more than one source: " + std::to_string(std::lround(100 * std::sqrt(second.share))) +
          " % of what the channels share is not the first one's, 5 are allowed");
    }
    if (kept.size() < live.size()) {
      live = kept;
      continue;
    }

    const auto found = std::ranges::find(live, config_.reference);
    const auto strongest = std::ranges::max_element(gains) - gains.begin();
    const std::size_t r = found != live.end() ? static_cast<std::size_t>(found - live.begin())
                                              : static_cast<std::size_t>(strongest);
    calibration.reference = live[r];
    calibration.delay_known = fit.delay_known();
    double snr_sum = 0;
    for (const double snr : snrs) snr_sum += snr;
    double phase = 0;
    double delay = 0;
    fit.information(snr_sum, phase, delay);
    double inverse = 0;
    for (std::size_t i = 0; i < live.size(); ++i) {
      ChannelCalibration& c = calibration.channels[live[i]];
      const cf64 gain = fit.gain(i) / fit.gain(r);
      c.gain = std::abs(gain);
      c.phase_rad = wrapped(std::arg(gain));
      c.delay_s = fit.delay_s(i) - fit.delay_s(r);
      c.snr_db = std::clamp(db_from_power(snrs[i]), -400.0, 400.0);
      if (i != r) inverse += (1 / snrs[i] + 1 / snrs[r]) / static_cast<double>(live.size() - 1);
    }
    Result result;
    const double phase_rms_rad = std::sqrt(inverse * phase);
    if (!(phase_rms_rad <= most_phase_rms_rad)) {
      return refuse("calibration: the source is too weak: phases to " +
                    std::to_string(deg_from_rad(phase_rms_rad)) + " degrees, 11.5 are wanted");
    }
    result.source_offset_hz = fit.source_offset_hz();
    result.narrow = fit.narrow();
    result.residual_db_rms.assign(config_.channels, 0);
    result.residual_deg_rms.assign(config_.channels, 0);
    result.bound_deg_rms = deg_from_rad(phase_rms_rad);
    result.bound_delay_s_rms = std::sqrt(inverse * delay);

    // The shape, where the source covers the band; and what the model leaves, in finer parts.
    double weight = 0;
    if (config_.shape_points > 0 && fit.delay_known()) {
      const std::size_t points = config_.shape_points;
      const auto shapes = fit.shapes(points, r);
      for (std::size_t p = 0; p < points; ++p) calibration.offsets_hz.push_back(fit.middle_hz(p, points));
      for (std::size_t i = 0; i < live.size(); ++i) calibration.channels[live[i]].shape = shapes[i];
    }
    const std::size_t cells = std::min(fit.bins(), std::max(residual_cells, 2 * config_.shape_points));
    double heaviest = 0;
    for (std::size_t cell = 0; cell < cells; ++cell) {
      fit.ratio(r, cell * fit.bins() / cells, (cell + 1) * fit.bins() / cells, weight);
      heaviest = std::max(heaviest, weight);
    }
    double square_db = 0;
    double square_deg = 0;
    std::size_t parts = 0;
    for (std::size_t i = 0; i < live.size(); ++i) {
      double own_square_db = 0;
      double own_square_deg = 0;
      std::size_t own_parts = 0;
      for (std::size_t cell = 0; cell < cells && i != r; ++cell) {
        const std::size_t first = cell * fit.bins() / cells;
        const std::size_t last = (cell + 1) * fit.bins() / cells;
        double reference_weight = 0;
        const cf64 left = fit.ratio(i, first, last, weight) / fit.ratio(r, first, last, reference_weight);
        if (!(reference_weight > 0.1 * heaviest)) continue;
        own_square_db += std::pow(std::clamp(2 * db_from_power(std::abs(left)), -400.0, 400.0), 2);
        own_square_deg += std::pow(deg_from_rad(std::arg(left)), 2);
        ++own_parts;
      }
      if (own_parts == 0) continue;
      result.residual_db_rms[live[i]] = std::sqrt(own_square_db / static_cast<double>(own_parts));
      result.residual_deg_rms[live[i]] = std::sqrt(own_square_deg / static_cast<double>(own_parts));
      square_db += own_square_db;
      square_deg += own_square_deg;
      parts += own_parts;
    }
    if (parts > 0) {
      calibration.residual_db_rms = std::sqrt(square_db / static_cast<double>(parts));
      calibration.residual_deg_rms = std::sqrt(square_deg / static_cast<double>(parts));
    }
    for (ChannelCalibration& c : calibration.channels) {
      if (c.state != ChannelState::ok) c = {.state = c.state};
    }
    try {
      calibration.check("calibration");
    } catch (const ConfigError& error) {
      return refuse(error.what());
    }
    result.ok = true;
    result.calibration = std::move(calibration);
    return result;
  }
}

}  // namespace boresight::array
