#include "boresight/beam/subband_beamformer.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/beam/power_watch.h"
#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "fft/overlap_bank.h"

namespace boresight::beam {
namespace {

// After a jump the watch rests until so many frames have been learned from: weights are renewed after 1, 2,
// 4, ... of them anyway, and whoever switches his jammer on and off gets no more work done than that.
constexpr std::size_t rest_frames = 32;
// The first frame of a stream is half empty and says nothing of the power.
constexpr std::size_t first_rest_frames = 2;
// What came with a jump must not drown in the past, which keeps the weight of so many products per element
// and subband: what a noise floor needs.
constexpr std::size_t past_products = 32;
// PowerWatch's usual decay is that per block of a receive chain. Here a block is one frame.
constexpr double decay_per_block = 0.9;
constexpr double block_samples = 8192;

std::size_t frames_of(std::size_t samples, std::size_t fft_size) {
  const std::size_t hop = fft_size / 2;
  return std::max<std::size_t>(1, samples / hop + (samples % hop != 0 ? 1 : 0));
}

SubbandWeights::Config weights_config(const SubbandBeamformer::Config& c) {
  require(c.fft_size >= 8 && c.fft_size <= 8192 && c.fft_size % 2 == 0,
          "subband beamformer: fft_size " + std::to_string(c.fft_size) + " must be even and 8 to 8192");
  require(c.update_interval_samples >= 1, "subband beamformer: update_interval_samples must be at least 1");
  require(c.forgetting > 0 && c.forgetting <= 1,
          "subband beamformer: forgetting " + std::to_string(c.forgetting) + " must be in (0, 1]");
  require(c.covariance_decimation >= 1, "subband beamformer: covariance_decimation must be at least 1");
  return {.geometry = c.geometry,
          .carrier_hz = c.carrier_hz,
          .sample_rate_hz = c.sample_rate_hz,
          .bins = c.fft_size,
          .subbands = c.subbands,
          .band_hz = c.band_hz,
          .mode = c.mode,
          .between = c.between,
          .loading_over_noise_db = c.loading_over_noise_db,
          .uncertainty = c.uncertainty,
          .fade_steps = frames_of(c.fade_samples, c.fft_size)};
}

}  // namespace

struct SubbandBeamformer::State {
  explicit State(const Config& c)
      : weights(weights_config(c)),
        bank(c.geometry.elements(), 1, c.fft_size),
        zeros(c.geometry.elements(), c.fft_size / 2),
        watch({.jump_db = c.jump_db,
               .decay = std::pow(decay_per_block, static_cast<double>(c.fft_size) / (2 * block_samples)),
               .overlapping = true}),
        interval(frames_of(c.update_interval_samples, c.fft_size)),
        first_renewal(std::min(interval, 4 * c.geometry.elements())),
        next_renewal(first_renewal) {}

  SubbandWeights weights;
  fft::OverlapBank bank;
  GridBuffer<cf32> zeros;  // what drain() feeds
  PowerWatch watch;
  std::size_t interval;       // frames
  std::size_t first_renewal;  // frames
  std::size_t next_renewal;   // frames after the last forgetting or jump
  std::size_t frames = 0;     // since then
  bool settled = false;       // a full interval has been seen
  bool direction_changed = false;
  std::size_t rest = first_rest_frames;  // frames until the watch looks again
  bool draining = false;
  bool half_empty = false;  // the next frame is, as the first one after drain()
  std::uint64_t jumps = 0;
};

SubbandBeamformer::SubbandBeamformer(const Config& config)
    : config_(config), state_(std::make_unique<State>(config)) {}
SubbandBeamformer::~SubbandBeamformer() = default;
SubbandBeamformer::SubbandBeamformer(SubbandBeamformer&&) noexcept = default;
SubbandBeamformer& SubbandBeamformer::operator=(SubbandBeamformer&&) noexcept = default;

std::uint64_t SubbandBeamformer::samples_zeroed() const {
  return state_->bank.samples_zeroed();
}
std::uint64_t SubbandBeamformer::jumps() const {
  return state_->jumps;
}
const SubbandWeights& SubbandBeamformer::weights() const {
  return state_->weights;
}

void SubbandBeamformer::set_direction(Vec3 direction) noexcept {
  state_->weights.set_direction(direction);
  state_->direction_changed = true;
}

void SubbandBeamformer::set_responses(Grid<const cf64> responses) noexcept {
  state_->weights.set_responses(responses);
  state_->direction_changed = true;
}

/// From one frame to the next: a direction has changed, or enough is new to learn from.
void SubbandBeamformer::learn(Grid<const cf32> bins) noexcept {
  State& state = *state_;
  bool due = state.direction_changed;
  if (config_.mode != SubbandWeights::Mode::conventional) {
    if (!state.settled || state.frames % config_.covariance_decimation == 0) state.weights.train(bins);
    ++state.frames;
    due = due || state.frames >= state.next_renewal;
  }
  if (due) {
    // The frames' windows are fade enough while a jammer is being learned.
    state.weights.renew(state.rest > 0 ? 1 : state.weights.config().fade_steps);
    state.direction_changed = false;
  }
  if (state.frames >= state.next_renewal) {
    if (state.frames >= state.interval) {
      state.weights.forget(config_.forgetting);
      state.settled = true;
      state.frames = 0;
      state.next_renewal = state.interval;
    } else {
      state.next_renewal = std::min(2 * state.next_renewal, state.interval);
    }
  }
}

/// Learning starts over with this frame, the past counting little (this frame, too, if it was learned from
/// already).
void SubbandBeamformer::learn_anew(Grid<const cf32> bins) noexcept {
  State& state = *state_;
  const std::size_t width = config_.fft_size / config_.subbands;
  const double past = std::ceil(static_cast<double>(past_products * config_.geometry.elements()) /
                                static_cast<double>(width));
  if (state.weights.snapshots() > past) state.weights.forget(past / state.weights.snapshots());
  state.weights.train(bins);
  state.weights.renew(1);
  state.settled = false;
  state.frames = 1;
  state.next_renewal = std::min<std::size_t>(2, state.interval);
  state.rest = rest_frames;
  ++state.jumps;
}

void SubbandBeamformer::frame(Grid<const cf32> bins, std::span<cf32> out) noexcept {
  State& state = *state_;
  const Grid<const cf32> beam(out.data(), 1, out.size());
  if (state.draining) {
    state.weights.apply(bins, out);
    return;
  }
  learn(bins);
  const bool new_weights = state.weights.fading();
  state.weights.apply(bins, out);
  if (state.half_empty) {  // its power says nothing
    state.half_empty = false;
    return;
  }
  if (state.rest > 0) {
    if (--state.rest == 0) state.watch.settle(beam);
  } else if (config_.mode == SubbandWeights::Mode::conventional) {
    return;
  } else if (state.watch.find(beam) < out.size()) {
    learn_anew(bins);
    state.weights.apply(bins, out);
  } else if (new_weights) {
    state.watch.settle(beam);
  } else {
    state.watch.note();
  }
}

void SubbandBeamformer::process(Grid<const cf32> in, std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(in.rows() == config_.geometry.elements() && out.size() == in.columns());
  if (in.columns() == 0) return;
  state_->bank.process(in, Grid<cf32>(out.data(), 1, out.size()),
                       [this](Grid<const cf32> bins, Grid<cf32> beam) { frame(bins, beam.row(0)); });
}

void SubbandBeamformer::drain(std::span<cf32> out) noexcept {
  State& state = *state_;
  BORESIGHT_ASSERT(out.size() == latency_samples());
  state.draining = true;
  const std::size_t half = state.zeros.columns();
  for (std::size_t t = 0; t < out.size(); t += half) process(state.zeros.view(), out.subspan(t, half));
  state.draining = false;
  state.bank.reset();
  state.half_empty = true;
}

void SubbandBeamformer::reset() noexcept {
  State& state = *state_;
  state.bank.reset();
  state.weights.reset();
  state.frames = 0;
  state.next_renewal = state.first_renewal;
  state.settled = false;
  state.direction_changed = false;
  state.watch.reset();
  state.rest = first_rest_frames;
  state.half_empty = false;
  state.jumps = 0;
}

}  // namespace boresight::beam
