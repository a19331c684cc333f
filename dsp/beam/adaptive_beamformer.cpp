#include "boresight/beam/adaptive_beamformer.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "boresight/array/steering.h"
#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::beam {
namespace {

constexpr std::size_t run_samples = 128;  // what SampleCovariance sums at a time

const AdaptiveBeamformer::Config& checked(const AdaptiveBeamformer::Config& config) {
  config.geometry.check();
  require(std::isfinite(config.carrier_hz) && config.carrier_hz > 0, "adaptive beamformer: carrier_hz " +
                                                                         std::to_string(config.carrier_hz) +
                                                                         " must be positive and finite");
  require(config.forgetting > 0 && config.forgetting <= 1,
          "adaptive beamformer: forgetting " + std::to_string(config.forgetting) + " must be in (0, 1]");
  require(config.update_interval_samples >= 1,
          "adaptive beamformer: update_interval_samples must be at least 1");
  require(config.covariance_decimation >= 1, "adaptive beamformer: covariance_decimation must be at least 1");
  require(config.max_block_samples >= 1, "adaptive beamformer: max_block_samples must be at least 1");
  return config;
}

}  // namespace

AdaptiveBeamformer::AdaptiveBeamformer(const Config& config)
    : config_(checked(config)),
      covariance_({.elements = config.geometry.elements()}),
      solver_(
          {.elements = config.geometry.elements(), .loading_over_noise_db = config.loading_over_noise_db}),
      current_({.elements = config.geometry.elements(), .beams = 1}),
      next_({.elements = config.geometry.elements(), .beams = 1}),
      covariance_matrix_(config.geometry.elements(), config.geometry.elements()),
      single_precision_(1, config.geometry.elements()),
      faded_in_(1, config.mode == Mode::single ? 0 : config.max_block_samples),
      steering_(config.geometry.elements()),
      weights_(config.geometry.elements()) {
  set_direction({0, 0, 1});
  direction_changed_ = false;
}

void AdaptiveBeamformer::set_direction(Vec3 direction) noexcept {
  const double length = norm(direction);
  if (!(std::isfinite(length) && length > 0)) {
    ++stats_.bad_directions;
    return;
  }
  array::steering_vector(config_.geometry, (1 / length) * direction, config_.carrier_hz, steering_);
  direction_changed_ = true;
}

void AdaptiveBeamformer::train(Grid<const cf32> in) noexcept {
  const std::size_t step = run_samples * config_.covariance_decimation;
  for (std::size_t first = 0; first < in.columns(); first += step) {
    covariance_.update(in.columns(first, std::min(run_samples, in.columns() - first)));
  }
}

/// False when the covariance was refused: `weights_` are then as before.
bool AdaptiveBeamformer::renew_weights() noexcept {
  if (config_.mode == Mode::conventional) {
    conventional(steering_, weights_);
  } else {
    covariance_.matrix(covariance_matrix_.view());
    if (!solver_.solve(covariance_matrix_.view(), steering_, weights_)) {
      covariance_.reset();
      ++stats_.rejected;
      return false;
    }
    stats_.noise_power = solver_.noise_power();
    stats_.power_over_noise_db = std::clamp(db_from_power(solver_.interference_to_noise()), -100.0, 200.0);
  }
  ++stats_.updates;
  return true;
}

void AdaptiveBeamformer::load_weights(Beamformer& beamformer) noexcept {
  for (std::size_t e = 0; e < weights_.size(); ++e) single_precision_(0, e) = cf32(weights_[e]);
  beamformer.set_weights(single_precision_.view());
}

void AdaptiveBeamformer::process(Grid<const cf32> in, std::span<cf32> out) noexcept {
  const std::size_t n = in.columns();
  BORESIGHT_ASSERT(in.rows() == config_.geometry.elements() && out.size() == n &&
                   n <= config_.max_block_samples);
  if (n == 0) return;
  if (config_.mode == Mode::single) {
    weights_[0] = 1;
    std::ranges::copy(in.row(0), out.begin());
    return;
  }
  bool interval_over = false;
  if (config_.mode == Mode::mvdr) {
    train(in);
    samples_since_renewal_ += n;
    interval_over = samples_since_renewal_ >= config_.update_interval_samples;
  }
  const Grid<cf32> y(out.data(), 1, n);

  if (!started_) {
    started_ = renew_weights();
    if (!started_) conventional(steering_, weights_);  // and the next block begins anew
    load_weights(current_);
    current_.process(in, y);
    samples_since_renewal_ = 0;
    direction_changed_ = false;
    return;
  }

  current_.process(in, y);
  if (!interval_over && !direction_changed_) return;
  if (!renew_weights()) return;  // still due: tried again with the next block

  load_weights(next_);
  const Grid<cf32> fresh = faded_in_.view().columns(0, n);
  next_.process(in, fresh);
  const float step = 1.0F / static_cast<float>(n);
  for (std::size_t t = 0; t < n; ++t) {
    const float share = (static_cast<float>(t) + 0.5F) * step;
    out[t] += share * (fresh(0, t) - out[t]);
  }
  std::swap(current_, next_);
  direction_changed_ = false;
  if (interval_over) {
    covariance_.forget(config_.forgetting);
    samples_since_renewal_ = 0;
  }
}

void AdaptiveBeamformer::reset() noexcept {
  covariance_.reset();
  std::ranges::fill(weights_, cf64(0));
  samples_since_renewal_ = 0;
  started_ = false;
  direction_changed_ = false;
  stats_ = {};
}

}  // namespace boresight::beam
