#include "boresight/beam/subband_beamformer.h"

#include <algorithm>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "fft/overlap_bank.h"

namespace boresight::beam {
namespace {

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
          .fade_steps = frames_of(c.fade_samples, c.fft_size)};
}

}  // namespace

struct SubbandBeamformer::State {
  explicit State(const Config& c)
      : weights(weights_config(c)),
        bank(c.geometry.elements(), 1, c.fft_size),
        interval(frames_of(c.update_interval_samples, c.fft_size)),
        next_renewal(std::min(interval, 4 * c.geometry.elements())) {}

  SubbandWeights weights;
  fft::OverlapBank bank;
  std::size_t interval;      // frames
  std::size_t next_renewal;  // frames after the last forgetting
  std::size_t frames = 0;    // since then
  bool settled = false;      // a full interval has been seen
  bool direction_changed = false;
};

SubbandBeamformer::SubbandBeamformer(const Config& config)
    : config_(config), state_(std::make_unique<State>(config)) {}
SubbandBeamformer::~SubbandBeamformer() = default;
SubbandBeamformer::SubbandBeamformer(SubbandBeamformer&&) noexcept = default;
SubbandBeamformer& SubbandBeamformer::operator=(SubbandBeamformer&&) noexcept = default;

std::uint64_t SubbandBeamformer::samples_zeroed() const {
  return state_->bank.samples_zeroed();
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

void SubbandBeamformer::frame(Grid<const cf32> bins, std::span<cf32> out) noexcept {
  State& state = *state_;
  bool due = state.direction_changed;
  if (config_.mode == SubbandWeights::Mode::mvdr) {
    if (!state.settled || state.frames % config_.covariance_decimation == 0) state.weights.train(bins);
    ++state.frames;
    due = due || state.frames >= state.next_renewal;
  }
  if (due) {
    state.weights.renew();
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
  state.weights.apply(bins, out);
}

void SubbandBeamformer::process(Grid<const cf32> in, std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(in.rows() == config_.geometry.elements() && out.size() == in.columns());
  if (in.columns() == 0) return;
  state_->bank.process(in, Grid<cf32>(out.data(), 1, out.size()),
                       [this](Grid<const cf32> bins, Grid<cf32> beam) { frame(bins, beam.row(0)); });
}

void SubbandBeamformer::reset() noexcept {
  State& state = *state_;
  state.bank.reset();
  state.weights.reset();
  state.frames = 0;
  state.next_renewal = std::min(state.interval, 4 * config_.geometry.elements());
  state.settled = false;
  state.direction_changed = false;
}

}  // namespace boresight::beam
