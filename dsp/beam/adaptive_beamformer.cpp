#include "boresight/beam/adaptive_beamformer.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "boresight/array/steering.h"
#include "boresight/beam/power_inversion.h"
#include "boresight/beam/robust_capon.h"
#include "boresight/beam/subspace_projection.h"
#include "boresight/beam/weights.h"
#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/doa/smoothing.h"

namespace boresight::beam {
namespace {

constexpr std::size_t run_samples = 128;  // what SampleCovariance sums at a time
constexpr std::size_t least_fade_samples = 128;
constexpr std::size_t max_beams = 64;
constexpr std::uint64_t golden_turn = 0x9E3779B97F4A7C15;  // 2^64 / 1.618...
// Eigenvalues this much over the noise floor are signals to Mode::subspace.
constexpr double signal_threshold_db = 3;
// Unit gain on such a steering vector takes weights of 1e15, which float holds together with any sample that
// is not absurd itself.
constexpr double least_steering_power = 1e-30;
constexpr double least_share = 1e-7;  // of the largest entry

using Config = AdaptiveBeamformer::Config;
using Mode = AdaptiveBeamformer::Mode;

std::string text(double value) {
  return std::to_string(value);
}

std::size_t element_count(const Config& config) {
  return config.channels > 0 ? config.channels : config.geometry.elements();
}

/// Without a geometry there are steering vectors and no directions.
void check_channels(const Config& config) {
  const std::string channels = "adaptive beamformer: channels " + std::to_string(config.channels);
  require(config.channels <= array::max_elements,
          channels + " must be at most " + std::to_string(array::max_elements));
  require(config.geometry == array::Geometry{}, channels + " and a geometry of " +
                                                    std::to_string(config.geometry.elements()) +
                                                    " elements are both given, must be one of them");
  require(config.max_nulls == 0,
          channels + ": max_nulls " + std::to_string(config.max_nulls) + " needs a geometry in their place");
  require(!config.flat_top, channels + ": flat_top needs a geometry in their place");
  require(!config.forward_backward, channels + ": forward_backward needs a geometry in their place");
}

const Config& checked(const Config& config) {
  if (config.channels > 0) {
    check_channels(config);
  } else {
    config.geometry.check();
  }
  const std::size_t elements = element_count(config);
  require((std::isfinite(config.carrier_hz) && config.carrier_hz > 0) ||
              (config.channels > 0 && config.carrier_hz == 0),
          "adaptive beamformer: carrier_hz " + text(config.carrier_hz) + " must be positive and finite");
  require(config.beams >= 1 && config.beams <= max_beams,
          "adaptive beamformer: " + std::to_string(config.beams) + " beams, must be 1 to " +
              std::to_string(max_beams));
  require(config.beams == 1 || (config.mode != Mode::single && config.mode != Mode::power_inversion),
          "adaptive beamformer: modes single and power_inversion make one beam, not " +
              std::to_string(config.beams));
  require(config.forgetting > 0 && config.forgetting <= 1,
          "adaptive beamformer: forgetting " + text(config.forgetting) + " must be in (0, 1]");
  require(config.update_interval_samples >= 1,
          "adaptive beamformer: update_interval_samples must be at least 1");
  require(config.covariance_decimation >= 1 && config.covariance_decimation <= (std::size_t{1} << 24),
          "adaptive beamformer: covariance_decimation " + std::to_string(config.covariance_decimation) +
              " must be 1 to 2^24");
  require(config.max_block_samples >= 1 && config.max_block_samples <= (std::size_t{1} << 24),
          "adaptive beamformer: max_block_samples " + std::to_string(config.max_block_samples) +
              " must be 1 to 2^24");
  require(config.uncertainty > 0 && config.uncertainty < 1,
          "adaptive beamformer: uncertainty " + text(config.uncertainty) + " must be in (0, 1)");
  require(config.max_nulls < elements, "adaptive beamformer: max_nulls " + std::to_string(config.max_nulls) +
                                           " with " + std::to_string(elements) +
                                           " elements: at most one less than elements");
  // What no mode would look at is a mistake, too.
  const bool lcmv = config.mode == Mode::lcmv;
  require(lcmv || config.max_nulls == 0,
          "adaptive beamformer: max_nulls " + std::to_string(config.max_nulls) + " needs mode lcmv");
  require(lcmv || !config.flat_top, "adaptive beamformer: flat_top needs mode lcmv");
  require(lcmv || !config.null_other_beams, "adaptive beamformer: null_other_beams needs mode lcmv");
  require(config.mode == Mode::robust_capon || config.uncertainty == Config{}.uncertainty,
          "adaptive beamformer: uncertainty " + text(config.uncertainty) + " needs mode robust_capon");
  return config;
}

std::size_t constraints_per_beam(const Config& config) {
  return std::min(element_count(config), 1 + (config.flat_top ? 2 : 0) + config.max_nulls +
                                             (config.null_other_beams ? config.beams - 1 : 0));
}

}  // namespace

AdaptiveBeamformer::AdaptiveBeamformer(const Config& config)
    : config_(checked(config)),
      adapts_(config.mode != Mode::conventional && config.mode != Mode::single),
      watch_({.beams = config.beams, .jump_db = config.jump_db}),
      covariance_({.elements = element_count(config)}),
      factor_({.elements = element_count(config), .loading_over_noise_db = config.loading_over_noise_db}),
      constraints_({.elements = element_count(config), .max_constraints = constraints_per_beam(config)}),
      lcmv_({.elements = element_count(config), .max_constraints = constraints_per_beam(config)}),
      current_({.elements = element_count(config), .beams = config.beams}),
      next_({.elements = element_count(config), .beams = config.beams}),
      covariance_matrix_(element_count(config), element_count(config)),
      single_precision_(config.beams, element_count(config)),
      fade_from_(config.beams, element_count(config)),
      faded_in_(config.beams, config.mode == Mode::single ? 0 : config.max_block_samples),
      steering_(config.beams, element_count(config)),
      derivatives_(config.flat_top ? 2 * config.beams : 0, element_count(config)),
      nulls_(config.max_nulls, element_count(config)),
      weights_(config.beams, element_count(config)) {
  if (config.forward_backward) mirror_ = doa::mirror_elements(config.geometry);
  for (std::size_t b = 0; b < config.beams; ++b) {
    if (config.channels > 0) {
      steering_(b, 0) = 1;
    } else {
      set_direction({0, 0, 1}, b);
    }
  }
  direction_changed_ = false;
}

void AdaptiveBeamformer::set_direction(Vec3 direction, std::size_t beam) noexcept {
  BORESIGHT_ASSERT(beam < beams());
  const double length = norm(direction);
  if (config_.channels > 0 || !(std::isfinite(length) && length > 0)) {
    ++stats_.bad_directions;
    return;
  }
  const Vec3 u = (1 / length) * direction;
  array::steering_vector(config_.geometry, u, config_.carrier_hz, steering_.row(beam));
  if (config_.flat_top) {
    // Any two tangents at right angles do.
    const Vec3 aside = cross(u, std::abs(u.y) < 0.9 ? Vec3{0, 1, 0} : Vec3{1, 0, 0});
    const Vec3 tangent = (1 / norm(aside)) * aside;
    steering_derivative(config_.geometry, u, tangent, config_.carrier_hz, derivatives_.row(2 * beam));
    steering_derivative(config_.geometry, u, cross(u, tangent), config_.carrier_hz,
                        derivatives_.row(2 * beam + 1));
  }
  direction_changed_ = true;
}

void AdaptiveBeamformer::set_steering(std::span<const cf64> steering, std::size_t beam) noexcept {
  BORESIGHT_ASSERT(beam < beams() && steering.size() == elements());
  double power = 0;
  for (const cf64 a : steering) power += std::norm(a);
  if (!(power >= least_steering_power && power <= 1 / least_steering_power)) {
    ++stats_.bad_directions;
    return;
  }
  // What is rounding beside the rest, such as the polarization across the wave's, is not a channel that
  // hears: if all others die, unit gain on it takes weights of 1e15.
  double largest = 0;
  for (const cf64 a : steering) largest = std::max(largest, std::abs(a));
  for (std::size_t e = 0; e < elements(); ++e) {
    steering_(beam, e) = std::abs(steering[e]) > least_share * largest ? steering[e] : cf64(0);
  }
  if (config_.flat_top) {
    for (const std::size_t row : {2 * beam, 2 * beam + 1}) std::ranges::fill(derivatives_.row(row), cf64(0));
  }
  direction_changed_ = true;
}

void AdaptiveBeamformer::set_nulls(std::span<const Vec3> directions) noexcept {
  null_count_ = 0;
  for (const Vec3 direction : directions) {
    const double length = norm(direction);
    if (!(std::isfinite(length) && length > 0) || null_count_ == nulls_.rows()) {
      ++stats_.bad_directions;
      continue;
    }
    array::steering_vector(config_.geometry, (1 / length) * direction, config_.carrier_hz,
                           nulls_.row(null_count_++));
  }
  direction_changed_ = true;
}

/// One run out of each stretch of so many, as many samples from every block. Multiples of the golden ratio
/// leave no gap wider than 1.9 over their number, whatever part of them is looked at (the three-gap theorem,
/// Sos 1958), and have no period of their own: pulses in every second or third block are met as well, later.
void AdaptiveBeamformer::train(Grid<const cf32> in) noexcept {
  const std::size_t stretch = run_samples * config_.covariance_decimation;
  for (std::size_t first = 0; first < in.columns(); first += stretch) {
    const std::size_t length = std::min(stretch, in.columns() - first);
    const std::size_t run = std::min(run_samples, length);
    const std::uint64_t places = (length + run_samples - 1) / run_samples;
    const std::size_t place = (turn_ >> 32) * places >> 32;
    covariance_.update(in.columns(first + std::min(place * run_samples, length - run), run));
  }
  turn_ += golden_turn;
}

/// Samples since the jump, densely. The past keeps the weight of 32 snapshots per element, which is what a
/// noise floor needs: what came with the jump must not drown in it.
void AdaptiveBeamformer::train_from_jump(Grid<const cf32> in) noexcept {
  const auto past = static_cast<double>(32 * elements());
  if (covariance_.snapshots() > past) covariance_.forget(past / covariance_.snapshots());
  covariance_.update(in.columns(0, std::min(in.columns(), std::max<std::size_t>(1024, 16 * elements()))));
}

/// Unit gain, then what else this beam is told, in order of importance.
bool AdaptiveBeamformer::constrained_beam(std::size_t beam) noexcept {
  using Outcome = ConstraintSet::Outcome;
  constraints_.clear();
  constraints_.look(steering_.row(beam));
  const auto null = [&](std::span<const cf64> c) {
    const Outcome outcome = constraints_.null(c);
    if (outcome != Outcome::added && outcome != Outcome::redundant) ++stats_.dropped_nulls;
  };
  if (config_.flat_top) {
    null(derivatives_.row(2 * beam));
    null(derivatives_.row(2 * beam + 1));
  }
  for (std::size_t k = 0; k < null_count_; ++k) null(nulls_.row(k));
  for (std::size_t b = 0; config_.null_other_beams && b < beams(); ++b) {
    if (b != beam) null(steering_.row(b));
  }
  const std::uint64_t before = lcmv_.dropped();
  const bool solved = lcmv_.solve(factor_, constraints_, weights_.row(beam));
  stats_.dropped_nulls += lcmv_.dropped() - before;
  return solved;
}

/// False when the mode has no weights for this beam.
bool AdaptiveBeamformer::adapt_beam(std::size_t beam) noexcept {
  const std::span<const cf64> a = steering_.row(beam);
  const std::span<cf64> w = weights_.row(beam);
  switch (config_.mode) {
    case Mode::robust_capon: {
      double length = 0;  // squared, of what robust_capon() sees of a
      for (std::size_t e = 0; e < elements(); ++e) length += factor_.alive(e) ? std::norm(a[e]) : 0;
      return robust_capon(factor_, a, config_.uncertainty * length, w);
    }
    case Mode::lcmv:
      return constrained_beam(beam);
    case Mode::subspace: {
      const SubspaceResult result = subspace_projection(factor_, a, signal_threshold_db, w);
      return result.ok && result.rank > 0;
    }
    case Mode::power_inversion:
      return power_inversion(factor_, 0, w);
    default:
      return mvdr(factor_, a, w);
  }
}

/// False when the covariance was refused: `weights_` are then as before.
bool AdaptiveBeamformer::renew_weights() noexcept {
  if (!adapts_) {
    for (std::size_t b = 0; b < beams(); ++b) conventional(steering_.row(b), weights_.row(b));
  } else {
    covariance_.matrix(covariance_matrix_.view());
    if (!mirror_.empty()) doa::forward_backward(covariance_matrix_.view(), mirror_);
    if (!factor_.factor(covariance_matrix_.view())) {
      covariance_.reset();
      ++stats_.rejected;
      return false;
    }
    for (std::size_t b = 0; b < beams(); ++b) {
      if (adapt_beam(b)) continue;
      mvdr(factor_, steering_.row(b), weights_.row(b));
      if (factor_.live_elements() > 0) ++stats_.fallbacks;
    }
    stats_.noise_power = factor_.noise_power();
    stats_.power_over_noise_db = std::clamp(db_from_power(factor_.interference_to_noise()), -100.0, 200.0);
  }
  ++stats_.updates;
  return true;
}

void AdaptiveBeamformer::load_weights(Grid<cf32> out) const noexcept {
  for (std::size_t b = 0; b < beams(); ++b) {
    for (std::size_t e = 0; e < elements(); ++e) out(b, e) = cf32(weights_(b, e));
  }
}

/// The running fade ends where it is: the weights it has come to are those that the next one starts from.
void AdaptiveBeamformer::hold_fade() noexcept {
  const float share = static_cast<float>(fade_done_) / static_cast<float>(fade_samples_);
  for (std::size_t b = 0; b < beams(); ++b) {
    for (std::size_t e = 0; e < elements(); ++e) {
      fade_from_(b, e) += share * (cf32(weights_(b, e)) - fade_from_(b, e));
    }
  }
  current_.set_weights(fade_from_.view());
  fade_done_ = 0;
}

/// From sample `first` on the output of the next weights takes the place of `out` along the straight line of
/// the fade, as far as it goes, and altogether behind it. Behind the last sample of the fade the next weights
/// are the current ones.
void AdaptiveBeamformer::fade(Grid<const cf32> in, Grid<cf32> out, std::size_t first) noexcept {
  const std::size_t n = in.columns() - first;
  const Grid<cf32> fresh = faded_in_.view().columns(0, n);
  next_.process(in.columns(first, n), fresh);
  const std::size_t faded = std::min(n, fade_samples_ - fade_done_);
  const float step = 1.0F / static_cast<float>(std::max<std::size_t>(fade_samples_, 1));
  for (std::size_t b = 0; b < out.rows(); ++b) {
    const std::span<cf32> y = out.row(b).subspan(first);
    const std::span<const cf32> x = fresh.row(b);
    for (std::size_t t = 0; t < faded; ++t) {
      const float share = (static_cast<float>(fade_done_ + t) + 0.5F) * step;
      y[t] += share * (x[t] - y[t]);
    }
    std::copy(x.begin() + static_cast<std::ptrdiff_t>(faded), x.end(),
              y.begin() + static_cast<std::ptrdiff_t>(faded));
  }
  fade_done_ += faded;
  if (fade_done_ < fade_samples_) return;
  fade_samples_ = fade_done_ = 0;
  std::swap(current_, next_);
}

/// The first block, with its own weights throughout.
void AdaptiveBeamformer::start(Grid<const cf32> in, Grid<cf32> out) noexcept {
  started_ = renew_weights();
  if (!started_) {  // and the next block begins anew
    for (std::size_t b = 0; b < beams(); ++b) conventional(steering_.row(b), weights_.row(b));
  }
  load_weights(single_precision_.view());
  current_.set_weights(single_precision_.view());
  current_.process(in, out);
  watch_.settle(out);
  samples_since_renewal_ = 0;
  direction_changed_ = false;
}

void AdaptiveBeamformer::process(Grid<const cf32> in, Grid<cf32> out) noexcept {
  const std::size_t n = in.columns();
  BORESIGHT_ASSERT(in.rows() == elements() && out.rows() == beams() && out.columns() == n &&
                   n <= config_.max_block_samples);
  if (n == 0) return;
  if (config_.mode == Mode::single) {
    weights_(0, 0) = 1;
    std::ranges::copy(in.row(0), out.row(0).begin());
    return;
  }
  bool interval_over = false;
  if (adapts_) {
    train(in);
    samples_since_renewal_ += n;
    interval_over = samples_since_renewal_ >= config_.update_interval_samples;
  }

  if (!started_) {
    start(in, out);
    return;
  }

  // New weights go on from where a fade has come to by now. What is looked at for a jump is the output before
  // it fades: that of the weights whose power is the usual one.
  const bool fading = fade_samples_ > 0;
  const bool due = interval_over || direction_changed_;
  if (fading && due) hold_fade();
  current_.process(in, out);
  const std::size_t jump = adapts_ ? watch_.find(out) : n;
  const bool jumped = jump < n;
  if (jumped) train_from_jump(in.columns(jump, n - jump));
  if (fading && jumped && !due) {
    hold_fade();
    current_.process(in, out);
  }
  bool renewed = false;
  if (due || jumped) {
    if (!fading) load_weights(fade_from_.view());
    renewed = renew_weights();  // given up, it is still due: tried again with the next block
  }
  std::size_t first = 0;
  if (renewed) {
    load_weights(single_precision_.view());
    next_.set_weights(single_precision_.view());
    if (jumped && !fading) {
      // A jump at the very start leaves nothing to fade over: the output before it is gone.
      first = jump - std::min(jump, least_fade_samples);
      fade_samples_ = jump - first;
    } else {
      fade_samples_ = std::max(jump, least_fade_samples);
    }
  }
  if (renewed || fading) fade(in, out, first);
  if (renewed) {
    direction_changed_ = false;
    if (interval_over) {
      covariance_.forget(config_.forgetting);
      samples_since_renewal_ = 0;
    }
    if (jumped) {
      ++stats_.jumps;
      watch_.settle(Grid<const cf32>(out).columns(jump, n - jump));
    }
  }
  if (!jumped) watch_.note();
}

void AdaptiveBeamformer::reset() noexcept {
  covariance_.reset();
  for (std::size_t b = 0; b < beams(); ++b) std::ranges::fill(weights_.row(b), cf64(0));
  watch_.reset();
  samples_since_renewal_ = 0;
  fade_samples_ = fade_done_ = 0;
  turn_ = 0;
  started_ = false;
  direction_changed_ = false;
  stats_ = {};
}

}  // namespace boresight::beam
