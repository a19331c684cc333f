#include "boresight/ofdm/noise_estimator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"

namespace boresight::ofdm {
namespace {

bool valid(float power) {
  return power >= 0 && power <= std::numeric_limits<float>::max();
}

}  // namespace

NoiseEstimator::NoiseEstimator(const Config& config) : config_(config) {
  require(config.carriers >= 1 && config.carriers <= 65536,
          "noise estimator: " + std::to_string(config.carriers) + " carriers are outside 1 .. 65536");
  require(config.window % 2 == 1 && config.window <= 65535,
          "noise estimator: a window of " + std::to_string(config.window) + " is not odd or above 65535");
  require(config.false_alarm >= 1e-12 && config.false_alarm <= 0.1,
          "noise estimator: a false-alarm probability of " + std::to_string(config.false_alarm) +
              " is outside 1e-12 .. 0.1");
  const double p = config.false_alarm;
  const double truncated_mean = 1 + p * std::log(p) / (1 - p);
  median_factor_ = static_cast<float>(-std::log(p) / std::numbers::ln2);
  limit_.resize(std::min(config.window, config.carriers) + 1);
  mean_.resize(limit_.size());
  for (std::size_t n = 1; n < limit_.size(); ++n) {
    mean_[n] = 1 / (static_cast<double>(n) * truncated_mean);
    limit_[n] = static_cast<double>(n) * std::expm1(-std::log(p) / static_cast<double>(n)) * mean_[n];
  }
  outlier_.resize(config.carriers);
  running_.resize(config.carriers + 1);
  sorted_.resize(std::min(config.window, config.carriers));
  result_.resize(config.carriers);
}

void NoiseEstimator::accumulate(std::span<const float> power) noexcept {
  // The quarters side by side, for a sum waits for the one before it.
  constexpr std::size_t parts = 4;
  const std::size_t length = power.size() / parts;
  std::array<Sums, parts> sums{};
  for (std::size_t i = 0; i < length; ++i) {
    for (std::size_t q = 0; q < parts; ++q) {
      const std::size_t at = q * length + i;
      sums[q].power += outlier_[at] == 0 ? static_cast<double>(power[at]) : 0.0;
      sums[q].count += outlier_[at] == 0 ? 1U : 0U;
      running_[at + 1] = sums[q];
    }
  }
  Sums before = sums[0];
  for (std::size_t q = 1; q < parts; ++q) {
    for (std::size_t i = q * length; i < (q + 1) * length; ++i) {
      running_[i + 1].power += before.power;
      running_[i + 1].count += before.count;
    }
    before = running_[(q + 1) * length];
  }
  for (std::size_t i = parts * length; i < power.size(); ++i) {
    before.power += outlier_[i] == 0 ? static_cast<double>(power[i]) : 0.0;
    before.count += outlier_[i] == 0 ? 1U : 0U;
    running_[i + 1] = before;
  }
}

inline NoiseEstimator::Sums NoiseEstimator::window_sums(std::size_t i) const noexcept {
  const std::size_t half = config_.window / 2;
  const Sums& first = running_[i > half ? i - half : 0];
  const Sums& last = running_[std::min(i + half + 1, config_.carriers)];
  return {last.power - first.power, last.count - first.count};
}

// A first background: the median of pieces of a window's length (of an exponential: ln 2 of its mean).
void NoiseEstimator::judge_by_medians(std::span<const float> power) noexcept {
  const std::size_t length = sorted_.size();
  for (std::size_t from = 0; from < power.size(); from += length) {
    const std::size_t begin = std::min(from, power.size() - length);  // the last piece overlaps
    std::size_t count = 0;
    for (std::size_t i = begin; i < begin + length; ++i) {
      sorted_[count] = power[i];
      count += valid(power[i]) ? 1U : 0U;
    }
    const auto middle = sorted_.begin() + static_cast<std::ptrdiff_t>(count / 2);
    std::nth_element(sorted_.begin(), middle, sorted_.begin() + static_cast<std::ptrdiff_t>(count));
    const float limit = count > 0 ? median_factor_ * *middle : 0.0F;
    for (std::size_t i = from; i < std::min(from + length, power.size()); ++i) {
      outlier_[i] = valid(power[i]) && power[i] <= limit ? 0 : 1;
    }
  }
}

// Whether any subcarrier is judged otherwise than before by the mean of what its window has left.
bool NoiseEstimator::judge_by_means(std::span<const float> power) noexcept {
  bool changed = false;
  for (std::size_t i = 0; i < power.size(); ++i) {
    const auto own = static_cast<double>(power[i]);
    Sums others = window_sums(i);
    const bool inside = outlier_[i] == 0;
    others.power -= inside ? own : 0.0;
    others.count -= inside ? 1U : 0U;
    if (others.count == 0) continue;  // nothing to compare with
    const std::uint8_t outlier =
        valid(power[i]) && own <= limit_[others.count] * std::max(others.power, 0.0) ? 0 : 1;
    changed = changed || outlier != outlier_[i];
    outlier_[i] = outlier;
  }
  return changed;
}

// Its own power, the mean with neighbors that stand out as well, or the background, whichever is most.
double NoiseEstimator::of_outlier(std::span<const float> power, std::size_t i,
                                  double background) const noexcept {
  if (!valid(power[i])) return std::numeric_limits<double>::infinity();
  double sum = 0;
  int count = 0;
  for (std::size_t k = i > 0 ? i - 1 : 0; k < std::min(i + 2, power.size()); ++k) {
    if (outlier_[k] == 0 || !valid(power[k])) continue;
    sum += static_cast<double>(power[k]);
    ++count;
  }
  return std::max({background, static_cast<double>(power[i]), sum / count});
}

void NoiseEstimator::process(std::span<const float> power, std::span<float> variance) noexcept {
  BORESIGHT_ASSERT(power.size() == config_.carriers && variance.size() == config_.carriers);
  judge_by_medians(power);
  accumulate(power);
  // The means of what is left are better backgrounds: judge again, until nothing changes but three times at
  // most.
  for (int round = 0; round < 3 && judge_by_means(power); ++round) accumulate(power);
  outliers_ = power.size() - running_.back().count;
  for (std::size_t i = 0; i < power.size(); ++i) {
    const Sums plain = window_sums(i);
    const double background = mean_[plain.count] * plain.power;  // 0 of none
    result_[i] = static_cast<float>(outlier_[i] == 0 ? background : of_outlier(power, i, background));
  }
  std::copy(result_.begin(), result_.end(), variance.begin());
}

}  // namespace boresight::ofdm
