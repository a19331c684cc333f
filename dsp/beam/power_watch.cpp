#include "boresight/beam/power_watch.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::beam {
namespace {

constexpr std::size_t run_values = 128;
constexpr std::size_t least_run_values = 32;

/// Mean of |y|^2.
double mean_power(std::span<const cf32> y) noexcept {
  // std::complex<float> is float[2] by the language's own rule ([complex.numbers]).
  const float* values = reinterpret_cast<const float*>(y.data());
  constexpr std::size_t lanes = 8;  // partial sums of their own, so that the compiler may use vectors
  const std::size_t n = 2 * y.size();
  float sums[lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (std::size_t k = 0; k < lanes; ++k) sums[k] += values[i + k] * values[i + k];
  }
  double sum = 0;
  for (const float part : sums) sum += static_cast<double>(part);
  for (; i < n; ++i) sum += static_cast<double>(values[i] * values[i]);
  return sum / static_cast<double>(y.size());
}

/// Length of the run that starts at `first` of n values.
std::size_t run_length(std::size_t first, std::size_t n) {
  const std::size_t left = n - first;
  return left < run_values + least_run_values ? left : run_values;
}

}  // namespace

PowerWatch::PowerWatch(const Config& config)
    : ratio_(config.jump_db > 0 ? power_from_db(config.jump_db) : 0),
      decay_(config.decay),
      overlapping_(config.overlapping),
      usual_(config.beams),
      found_(config.beams),
      held_(config.beams) {
  require(config.jump_db == 0 || (config.jump_db >= 3 && config.jump_db <= 60),
          "power watch: jump_db " + std::to_string(config.jump_db) + " must be 0 or 3 to 60");
  require(config.decay > 0 && config.decay <= 1,
          "power watch: decay " + std::to_string(config.decay) + " must be in (0, 1]");
  reset();
}

std::size_t PowerWatch::find(Grid<const cf32> out) noexcept {
  BORESIGHT_ASSERT(out.rows() == usual_.size());
  const std::size_t n = out.columns();
  std::ranges::fill(found_, 0.0);
  if (ratio_ == 0) return n;
  for (std::size_t first = 0; first < n; first += run_length(first, n)) {
    const std::size_t length = run_length(first, n);
    for (std::size_t b = 0; b < out.rows(); ++b) {
      const double power = mean_power(out.row(b).subspan(first, length));
      if (!std::isfinite(power)) continue;
      if (n >= least_run_values && power > ratio_ * usual_[b]) return first;
      found_[b] += power * static_cast<double>(length) / static_cast<double>(n);
    }
  }
  return n;
}

void PowerWatch::note() noexcept {
  if (overlapping_) std::swap(found_, held_);
  for (std::size_t b = 0; b < usual_.size(); ++b) usual_[b] = std::max(found_[b], decay_ * usual_[b]);
}

void PowerWatch::settle(Grid<const cf32> out) noexcept {
  std::ranges::fill(usual_, std::numeric_limits<double>::infinity());
  find(out);
  usual_ = found_;
  std::ranges::fill(held_, 0.0);
}

void PowerWatch::reset() noexcept {
  std::ranges::fill(usual_, std::numeric_limits<double>::infinity());
  std::ranges::fill(found_, 0.0);
  std::ranges::fill(held_, 0.0);
}

}  // namespace boresight::beam
