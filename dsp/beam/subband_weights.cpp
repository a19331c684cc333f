#include "boresight/beam/subband_weights.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <string>
#include <utility>
#include <vector>

#include "bin_covariance.h"
#include "boresight/array/steering.h"
#include "boresight/beam/batched_mvdr.h"
#include "boresight/beam/weights.h"
#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/doa/batched_eigen.h"
#include "noise_floor.h"

namespace boresight::beam {
namespace {

// What covariances without noise need. Products are rounded to float, and with few of them that alone can
// make a covariance indefinite.
constexpr double least_loading_over_mean = 1e-9;
constexpr double least_loading_of_one_product = 3e-7;
constexpr std::size_t floors = 8;
// So many bins at each edge of the sampled band hold what is beyond the other edge as well: the main lobe of
// a sine window and side lobes that a strong jammer reaches through.
constexpr std::size_t folded_bins = 4;
// Their loading over that of the subband next to them, at most: more than neighbors differ by from samples.
constexpr double most_at_edge = 1.25;
// Weights for responses of these are float numbers still, together with any sample that is not absurd itself.
constexpr double least_response = 1e-15;

/// Subbands at each edge that hold folded bins; none when that leaves no subband between them.
std::size_t folded_subbands(std::size_t bins, std::size_t subbands) {
  const std::size_t width = bins / subbands;
  const std::size_t count = (folded_bins + width - 1) / width;
  return 2 * count < subbands ? count : 0;
}

const SubbandWeights::Config& checked(const SubbandWeights::Config& c) {
  const auto positive = [](const char* name, double value) {
    require(std::isfinite(value) && value > 0, std::string("subband weights: ") + name + " " +
                                                   std::to_string(value) + " must be positive and finite");
  };
  c.geometry.check();
  require(c.geometry.elements() <= 64,
          "subband weights: " + std::to_string(c.geometry.elements()) + " elements, must be 1 to 64");
  positive("carrier_hz", c.carrier_hz);
  positive("sample_rate_hz", c.sample_rate_hz);
  require(c.sample_rate_hz < 2 * c.carrier_hz, "subband weights: sample_rate_hz " +
                                                   std::to_string(c.sample_rate_hz) +
                                                   " must be below twice the carrier");
  require(c.bins >= 1 && c.bins <= 65536,
          "subband weights: " + std::to_string(c.bins) + " bins, must be 1 to 65536");
  require(c.subbands >= 1 && c.bins % c.subbands == 0, "subband weights: " + std::to_string(c.subbands) +
                                                           " subbands must divide " + std::to_string(c.bins) +
                                                           " bins");
  require(std::isfinite(c.band_hz) && c.band_hz >= 0,
          "subband weights: band_hz " + std::to_string(c.band_hz) + " must not be negative");
  require(c.loading_over_noise_db >= -60 && c.loading_over_noise_db <= 60,
          "subband weights: loading_over_noise_db " + std::to_string(c.loading_over_noise_db) +
              " must be -60 to 60");
  require(c.uncertainty > 0 && c.uncertainty < 1,
          "subband weights: uncertainty " + std::to_string(c.uncertainty) + " must be in (0, 1)");
  require(
      c.mode == SubbandWeights::Mode::robust_capon || c.uncertainty == SubbandWeights::Config{}.uncertainty,
      "subband weights: uncertainty " + std::to_string(c.uncertainty) + " needs mode robust_capon");
  require(c.fade_steps >= 1, "subband weights: fade_steps must be at least 1");
  return c;
}

}  // namespace

struct SubbandWeights::State {
  State(std::size_t elements, std::size_t bins, std::size_t subbands)
      : sums(elements, bins),
        covariances(subbands, elements * elements),
        responses(subbands, elements),
        steering(subbands, elements),
        weights(subbands, elements),
        loadings(subbands),
        accepted(subbands),
        active(elements, bins),
        target(elements, bins),
        sample(std::min(floors, subbands), elements * elements),
        eigenvalues(std::min(floors, subbands), elements),
        found(std::min(floors, subbands)),
        eigen({.elements = elements, .matrices = std::min(floors, subbands), .vectors = false}),
        powers(elements),
        mvdr({.elements = elements, .subbands = subbands}),
        folded(folded_subbands(bins, subbands)),
        edge({.elements = elements, .subbands = std::max<std::size_t>(folded, 1)}) {}

  Vec3 direction{0, 0, 1};
  BinCovariance sums;
  GridBuffer<cf64> covariances;
  GridBuffer<cf64> responses;
  GridBuffer<cf64> steering;
  GridBuffer<cf64> weights;
  std::vector<double> loadings;
  std::vector<std::uint8_t> accepted;
  GridBuffer<cf32> active;  // [elements x bins], FFT order
  GridBuffer<cf32> target;
  std::size_t fade_left = 0;
  GridBuffer<cf64> sample;  // covariances from all over the band, for noise_floor()
  GridBuffer<double> eigenvalues;
  std::vector<double> found;
  doa::BatchedEigen eigen;
  std::vector<double> powers;
  BatchedMvdr mvdr;
  std::size_t folded;  // subbands at each edge
  BatchedMvdr edge;    // of as many
};

SubbandWeights::SubbandWeights(const Config& config)
    : config_(checked(config)),
      state_(std::make_unique<State>(config.geometry.elements(), config.bins, config.subbands)) {
  for (std::size_t s = 0; s < config.subbands; ++s) std::ranges::fill(state_->responses.row(s), cf64(1));
  reset();
}

SubbandWeights::~SubbandWeights() = default;
SubbandWeights::SubbandWeights(SubbandWeights&&) noexcept = default;
SubbandWeights& SubbandWeights::operator=(SubbandWeights&&) noexcept = default;

double SubbandWeights::subband_hz(std::size_t subband) const {
  // Signed bin numbers run from -K/2 (rounded down) upward.
  const std::size_t width = config_.bins / config_.subbands;  // without a rest
  const std::size_t below = config_.bins / 2;
  const double middle = static_cast<double>(subband * width) + 0.5 * static_cast<double>(width - 1);
  return (middle - static_cast<double>(below)) * config_.sample_rate_hz / static_cast<double>(config_.bins);
}

double SubbandWeights::snapshots() const {
  return state_->sums.snapshots();
}
Grid<const cf64> SubbandWeights::weights() const {
  return state_->weights.view();
}
Grid<const cf64> SubbandWeights::steering() const {
  return state_->steering.view();
}

void SubbandWeights::set_direction(Vec3 direction) noexcept {
  const double length = norm(direction);
  if (!(std::isfinite(length) && length > 0)) {
    ++stats_.bad_directions;
    return;
  }
  state_->direction = (1 / length) * direction;
}

void SubbandWeights::set_responses(Grid<const cf64> responses) noexcept {
  BORESIGHT_ASSERT(responses.rows() == config_.subbands &&
                   responses.columns() == config_.geometry.elements());
  for (std::size_t s = 0; s < responses.rows(); ++s) {
    for (std::size_t e = 0; e < responses.columns(); ++e) {
      const double size = std::abs(responses(s, e));
      const bool possible = size >= least_response && size <= 1 / least_response;
      state_->responses(s, e) = possible ? responses(s, e) : cf64(0);
    }
  }
}

void SubbandWeights::steer() noexcept {
  State& state = *state_;
  for (std::size_t s = 0; s < config_.subbands; ++s) {
    array::steering_vector(config_.geometry, state.direction, config_.carrier_hz + subband_hz(s),
                           state.steering.row(s));
    for (std::size_t e = 0; e < state.steering.columns(); ++e) state.steering(s, e) *= state.responses(s, e);
  }
}

void SubbandWeights::train(Grid<const cf32> bins) noexcept {
  if (!state_->sums.add(bins)) ++stats_.bins_not_finite;
}

void SubbandWeights::forget(double factor) noexcept {
  state_->sums.forget(factor);
}

void SubbandWeights::reset() noexcept {
  state_->sums.reset();
  stats_ = {};
  renew();
  stats_ = {};
}

/// Takes dead elements out of a subband's covariance and steering vector: by their power, or because the
/// calibration says so. What is left of them is loading alone, and no weight.
void SubbandWeights::silence(std::size_t subband) noexcept {
  State& state = *state_;
  const std::size_t elements = config_.geometry.elements();
  const std::span<cf64> r = state.covariances.row(subband);
  for (std::size_t e = 0; e < elements; ++e) state.powers[e] = r[e * elements + e].real();
  const double dead = dead_power(state.powers);
  for (std::size_t e = 0; e < elements; ++e) {
    if (r[e * elements + e].real() > dead && state.steering(subband, e) != cf64(0)) continue;
    state.steering(subband, e) = 0;
    for (std::size_t k = 0; k < elements; ++k) r[e * elements + k] = r[k * elements + e] = 0;
  }
}

/// Of the covariances, in up to eight subbands spread over the band.
double SubbandWeights::noise_floor() noexcept {
  State& state = *state_;
  const std::size_t elements = config_.geometry.elements();
  const std::size_t count = state.sample.rows();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t s = (2 * i + 1) * config_.subbands / (2 * count);
    std::ranges::copy(std::as_const(state.covariances).row(s), state.sample.row(i).begin());
  }
  state.eigen.solve(state.sample.view(), state.eigenvalues.view(), {},
                    std::span(state.accepted).first(count));
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t live = 0;  // silence() has left only these above zero
    for (std::size_t e = 0; e < elements; ++e) live += state.sample(i, e * elements + e).real() > 0 ? 1 : 0;
    // Descending. The zero eigenvalues of dead elements say nothing about the noise of the others.
    const std::span<double> values = state.eigenvalues.row(i).first(live);
    std::ranges::reverse(values);
    state.found[i] = beam::noise_floor(values);
  }
  const auto middle = state.found.begin() + static_cast<std::ptrdiff_t>(count / 2);
  std::nth_element(state.found.begin(), middle, state.found.end());
  return *middle;
}

/// In folded subbands a jammer comes from two directions, and where it is not far from the satellite both
/// nulls together can leave less of the steering vector than the uncertainty: the robust rule would load
/// these subbands until they let it through. The satellite is no stronger there than in the subband next to
/// them, `inner`, and that one's loading is enough.
void SubbandWeights::limit_edge(std::size_t first, std::size_t inner) noexcept {
  State& state = *state_;
  const std::size_t count = state.folded;
  const std::size_t elements = config_.geometry.elements();
  const double most = count > 0 ? most_at_edge * state.loadings[inner] : 0;
  const std::span<double> loadings = std::span(state.loadings).subspan(first, count);
  // A neighbor without weights of its own tells nothing.
  if (state.accepted[inner] == 0) return;
  if (std::ranges::none_of(loadings, [&](double d) { return d > most; })) return;
  for (std::size_t i = 0; i < count; ++i) {
    loadings[i] = std::min(loadings[i], most);
    const std::span<cf64> r = state.covariances.row(first + i);
    for (std::size_t e = 0; e < elements; ++e) r[e * elements + e] += loadings[i];
  }
  const auto rows = [&](auto grid) {
    return decltype(grid)(grid.row(first).data(), count, grid.columns(), grid.row_stride());
  };
  state.edge.solve(rows(state.covariances.view()), rows(state.steering.view()), rows(state.weights.view()),
                   std::span(state.accepted).subspan(first, count));
}

bool SubbandWeights::fading() const {
  return state_->fade_left > 0;
}

void SubbandWeights::renew(std::size_t fade_steps) noexcept {
  BORESIGHT_ASSERT(fade_steps >= 1);
  State& state = *state_;
  const std::size_t elements = config_.geometry.elements();
  steer();
  const std::size_t width = config_.bins / config_.subbands;
  const double products = state.sums.snapshots() * static_cast<double>(width);
  const bool measured = config_.mode != Mode::conventional && products >= 2.0 * static_cast<double>(elements);
  if (measured) {
    const double least = least_loading_over_mean + least_loading_of_one_product / std::sqrt(products);
    state.sums.mean(state.covariances.view());
    for (std::size_t s = 0; s < config_.subbands; ++s) silence(s);
    stats_.noise_power = noise_floor();
    const double loading = power_from_db(config_.loading_over_noise_db) * stats_.noise_power;
    for (std::size_t s = 0; s < config_.subbands; ++s) {
      const std::span<cf64> r = state.covariances.row(s);
      double mean = 0;
      for (std::size_t e = 0; e < elements; ++e) mean += r[e * elements + e].real();
      mean /= static_cast<double>(elements);
      state.loadings[s] = std::max(loading, least * mean);
      if (config_.mode == Mode::robust_capon) continue;
      for (std::size_t e = 0; e < elements; ++e) r[e * elements + e] += state.loadings[s];
    }
    if (config_.mode == Mode::robust_capon) {
      state.mvdr.solve_robust(state.covariances.view(), state.steering.view(), config_.uncertainty,
                              state.loadings, state.weights.view(), state.accepted);
      limit_edge(0, state.folded);
      limit_edge(config_.subbands - state.folded, config_.subbands - state.folded - 1);
    } else {
      state.mvdr.solve(state.covariances.view(), state.steering.view(), state.weights.view(), state.accepted);
    }
    stats_.rejected += static_cast<std::uint64_t>(std::ranges::count(state.accepted, 0));
  }
  for (std::size_t s = 0; s < config_.subbands; ++s) {
    if (measured && state.accepted[s] != 0) continue;
    conventional(std::as_const(state.steering).row(s), state.weights.row(s));
  }
  spread();
  const bool first = stats_.updates++ == 0;
  state.fade_left = first ? 1 : fade_steps;
}

/// From subbands to bins.
void SubbandWeights::spread() noexcept {
  State& state = *state_;
  const std::size_t n = config_.bins;
  const std::size_t width = n / config_.subbands;
  const std::size_t below = n / 2;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t bin = i < below ? n - below + i : i - below;
    const double offset_hz = (static_cast<double>(i) - static_cast<double>(below)) * config_.sample_rate_hz /
                             static_cast<double>(n);
    const bool in_band = config_.band_hz == 0 || 2 * std::abs(offset_hz) <= config_.band_hz;
    std::size_t lower = i / width;
    std::size_t upper = lower;
    double share = 0;
    if (config_.between == Between::linear) {
      const double at =
          (static_cast<double>(i) - 0.5 * static_cast<double>(width - 1)) / static_cast<double>(width);
      const double most = static_cast<double>(config_.subbands - 1);
      const double clamped = std::clamp(at, 0.0, most);
      lower = static_cast<std::size_t>(clamped);
      upper = std::min(lower + 1, config_.subbands - 1);
      share = clamped - static_cast<double>(lower);
    }
    for (std::size_t e = 0; e < state.weights.columns(); ++e) {
      const cf64 w = (1 - share) * state.weights(lower, e) + share * state.weights(upper, e);
      state.target(e, bin) = in_band ? cf32(w) : cf32(0);
    }
  }
}

void SubbandWeights::apply(Grid<const cf32> bins, std::span<cf32> out) noexcept {
  State& state = *state_;
  const std::size_t elements = config_.geometry.elements();
  BORESIGHT_ASSERT(bins.rows() == elements && bins.columns() == config_.bins && out.size() == config_.bins);
  if (state.fade_left > 0) {
    const float step = 1.0F / static_cast<float>(state.fade_left);
    for (std::size_t e = 0; e < elements; ++e) {
      for (std::size_t k = 0; k < config_.bins; ++k) {
        state.active(e, k) = state.fade_left == 1
                                 ? state.target(e, k)
                                 : state.active(e, k) + step * (state.target(e, k) - state.active(e, k));
      }
    }
    --state.fade_left;
  }
  std::ranges::fill(out, cf32(0));
  // By the parts: operator* of std::complex looks for NaN.
  auto* y = reinterpret_cast<float*>(out.data());
  for (std::size_t e = 0; e < elements; ++e) {
    const auto* x = reinterpret_cast<const float*>(bins.row(e).data());
    const auto* w = reinterpret_cast<const float*>(state.active.row(e).data());
    for (std::size_t k = 0; k < 2 * config_.bins; k += 2) {
      y[k] += w[k] * x[k] + w[k + 1] * x[k + 1];
      y[k + 1] += w[k] * x[k + 1] - w[k + 1] * x[k];
    }
  }
}

}  // namespace boresight::beam
