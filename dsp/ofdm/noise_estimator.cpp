#include "boresight/ofdm/noise_estimator.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"

namespace boresight::ofdm {

NoiseEstimator::NoiseEstimator(const Config& config) : config_(config) {
  require(config.carriers >= 1 && config.carriers <= 65536,
          "noise estimator: " + std::to_string(config.carriers) + " carriers are outside 1 .. 65536");
  require(config.window % 2 == 1 && config.window <= 65535,
          "noise estimator: a window of " + std::to_string(config.window) + " is not odd or above 65535");
  require(config.false_alarm >= 1e-12 && config.false_alarm <= 0.1,
          "noise estimator: a false-alarm probability of " + std::to_string(config.false_alarm) +
              " is outside 1e-12 .. 0.1");
  const double p = config.false_alarm;
  truncated_mean_ = 1 + p * std::log(p) / (1 - p);
  factor_.resize(std::min(config.window, config.carriers) + 1);
  for (std::size_t n = 1; n < factor_.size(); ++n) {
    factor_[n] = static_cast<double>(n) * std::expm1(-std::log(p) / static_cast<double>(n));
  }
  outlier_.resize(config.carriers);
  sum_.resize(config.carriers + 1);
  count_.resize(config.carriers + 1);
  sorted_.resize(std::min(config.window, config.carriers));
  result_.resize(config.carriers);
}

void NoiseEstimator::accumulate(std::span<const float> power) noexcept {
  for (std::size_t i = 0; i < power.size(); ++i) {
    const bool plain = outlier_[i] == 0;
    sum_[i + 1] = sum_[i] + (plain ? static_cast<double>(power[i]) : 0.0);
    count_[i + 1] = count_[i] + (plain ? 1U : 0U);
  }
}

NoiseEstimator::Sums NoiseEstimator::window_sums(std::size_t i) const noexcept {
  const std::size_t half = config_.window / 2;
  const std::size_t first = i > half ? i - half : 0;
  const std::size_t last = std::min(i + half + 1, config_.carriers);
  return {sum_[last] - sum_[first], count_[last] - count_[first]};
}

void NoiseEstimator::process(std::span<const float> power, std::span<float> variance) noexcept {
  BORESIGHT_ASSERT(power.size() == config_.carriers && variance.size() == config_.carriers);
  const auto valid = [&](std::size_t i) { return power[i] >= 0 && std::isfinite(power[i]); };
  const double p = config_.false_alarm;

  // A first background: the median of pieces of a window's length (of an exponential: ln 2 of its mean).
  const std::size_t length = sorted_.size();
  for (std::size_t from = 0; from < power.size(); from += length) {
    const std::size_t begin = std::min(from, power.size() - length);  // the last piece overlaps
    std::size_t count = 0;
    for (std::size_t i = begin; i < begin + length; ++i) {
      if (valid(i)) sorted_[count++] = power[i];
    }
    const auto middle = sorted_.begin() + static_cast<std::ptrdiff_t>(count / 2);
    std::nth_element(sorted_.begin(), middle, sorted_.begin() + static_cast<std::ptrdiff_t>(count));
    const double limit = count > 0 ? -std::log(p) * static_cast<double>(*middle) / std::numbers::ln2 : 0.0;
    for (std::size_t i = from; i < std::min(from + length, power.size()); ++i) {
      outlier_[i] = !valid(i) || static_cast<double>(power[i]) > limit ? 1 : 0;
    }
  }
  // The means of what is left are better backgrounds: judge again, until nothing changes but three times at
  // most.
  bool changed = true;
  for (int round = 0; round < 3 && changed; ++round) {
    changed = false;
    accumulate(power);
    for (std::size_t i = 0; i < power.size(); ++i) {
      Sums others = window_sums(i);
      if (outlier_[i] == 0) {
        others.power -= static_cast<double>(power[i]);
        --others.count;
      }
      if (others.count == 0) continue;  // nothing to compare with
      const double mean = std::max(others.power, 0.0) / (static_cast<double>(others.count) * truncated_mean_);
      const std::uint8_t outlier =
          !valid(i) || static_cast<double>(power[i]) > factor_[others.count] * mean ? 1 : 0;
      changed = changed || outlier != outlier_[i];
      outlier_[i] = outlier;
    }
  }
  accumulate(power);
  outliers_ = power.size() - count_.back();
  for (std::size_t i = 0; i < power.size(); ++i) {
    const Sums plain = window_sums(i);
    double value = plain.count > 0 ? plain.power / (static_cast<double>(plain.count) * truncated_mean_) : 0.0;
    if (outlier_[i] != 0) {
      double sum = 0;
      int count = 0;
      for (std::size_t k = i > 0 ? i - 1 : 0; k < std::min(i + 2, power.size()); ++k) {
        if (outlier_[k] == 0 || !valid(k)) continue;
        sum += static_cast<double>(power[k]);
        ++count;
      }
      value = valid(i) ? std::max({value, static_cast<double>(power[i]), sum / count})
                       : std::numeric_limits<double>::infinity();
    }
    result_[i] = static_cast<float>(value);
  }
  std::copy(result_.begin(), result_.end(), variance.begin());
}

}  // namespace boresight::ofdm
