#include "boresight/sync/wifi_short_training.h"

#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::sync {
namespace {

constexpr std::size_t window_samples =
    ShortTrainingDetector::window_groups * ShortTrainingDetector::group_samples;
constexpr unsigned groups_without_growth = 3;
constexpr unsigned most_tracked_groups = 16;

}  // namespace

ShortTrainingDetector::ShortTrainingDetector(const Config& config) {
  require(config.false_alarm_rate >= 1e-15 && config.false_alarm_rate <= 0.1,
          "ShortTrainingDetector: false_alarm_rate " + std::to_string(config.false_alarm_rate) +
              " is outside 1e-15 .. 0.1");
  threshold_ = 1.0 - std::pow(config.false_alarm_rate, 1.0 / (window_samples - 2));
}

void ShortTrainingDetector::restart() noexcept {
  count_ = 0;
  tracking_ = false;
}

std::optional<ShortTrainingDetector::Peak> ShortTrainingDetector::process(std::span<const cf32> samples,
                                                                          std::uint64_t end) noexcept {
  BORESIGHT_ASSERT(samples.size() == 2 * group_samples);
  float sum_re = 0;
  float sum_im = 0;
  float product_re = 0;
  float product_im = 0;
  float power = 0;
  for (std::size_t i = 0; i < group_samples; ++i) {
    const cf32 a = samples[i];
    const cf32 b = samples[group_samples + i];
    sum_re += b.real();
    sum_im += b.imag();
    power += b.real() * b.real() + b.imag() * b.imag();
    product_re += b.real() * a.real() + b.imag() * a.imag();
    product_im += b.imag() * a.real() - b.real() * a.imag();
  }
  groups_[count_ % groups_.size()] = {cf64(sum_re, sum_im), cf64(product_re, product_im), double{power}};
  ++count_;
  if (count_ < groups_.size()) return std::nullopt;

  // The window of a is the window of b one group earlier.
  const Group& newest = groups_[(count_ - 1) % groups_.size()];
  const Group& oldest = groups_[count_ % groups_.size()];
  Group all;
  for (const Group& g : groups_) {
    all.sum += g.sum;
    all.product += g.product;
    all.power += g.power;
  }
  const cf64 sum_a = all.sum - newest.sum;
  const cf64 sum_b = all.sum - oldest.sum;
  constexpr double n = window_samples;
  const cf64 covariance = all.product - oldest.product - sum_b * std::conj(sum_a) / n;
  const double variance_a = all.power - newest.power - std::norm(sum_a) / n;
  const double variance_b = all.power - oldest.power - std::norm(sum_b) / n;
  // Single precision within a group: below this the difference is rounding, not signal.
  const bool alive = variance_a > 1e-5 * all.power && variance_b > 1e-5 * all.power;
  const double correlation_2 = alive ? std::norm(covariance) / (variance_a * variance_b) : 0.0;

  if (!tracking_) {
    if (!(correlation_2 > threshold_)) return std::nullopt;
    tracking_ = true;
    tracked_groups_ = 0;
    best_.correlation_2 = 0;
  }
  ++tracked_groups_;
  ++groups_since_best_;
  if (correlation_2 > best_.correlation_2) {
    best_ = {end, std::arg(covariance) / (2.0 * pi * group_samples), correlation_2};
    groups_since_best_ = 0;
  }
  if (groups_since_best_ < groups_without_growth && tracked_groups_ < most_tracked_groups)
    return std::nullopt;
  tracking_ = false;
  return best_;
}

}  // namespace boresight::sync
