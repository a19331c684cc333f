#include "boresight/sync/wifi_short_training.h"

#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::sync {
namespace {

constexpr unsigned groups_without_growth = 3;
constexpr unsigned most_tracked_groups = 16;

}  // namespace

ShortTrainingDetector::ShortTrainingDetector(const Config& config) {
  require(config.false_alarm_rate >= 1e-15 && config.false_alarm_rate <= 0.1,
          "ShortTrainingDetector: false_alarm_rate " + std::to_string(config.false_alarm_rate) +
              " is outside 1e-15 .. 0.1");
  threshold_ = -std::log(config.false_alarm_rate) / static_cast<double>(window_groups * (group_samples - 1));
}

void ShortTrainingDetector::restart() noexcept {
  count_ = 0;
  last_variance_ = 0;
  correlation_2_ = 0;
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
  constexpr double n = group_samples;
  const cf64 sum(sum_re, sum_im);
  // Single precision: below this the difference is rounding, not signal.
  const double spread = double{power} - std::norm(sum) / n;
  const double variance = spread > 1e-5 * double{power} ? spread : 0.0;
  const double both = variance * last_variance_;
  const cf64 covariance = cf64(product_re, product_im) - sum * std::conj(last_sum_) / n;
  coherence_[count_ % window_groups] = both > 0 ? covariance / std::sqrt(both) : cf64(0);
  last_sum_ = sum;
  last_variance_ = variance;
  ++count_;
  if (count_ <= window_groups) return std::nullopt;  // the first group has none before it

  cf64 mean = 0;
  for (const cf64& r : coherence_) mean += r;
  mean /= static_cast<double>(window_groups);
  correlation_2_ = std::norm(mean);

  if (!tracking_) {
    if (!(correlation_2_ > threshold_)) return std::nullopt;
    tracking_ = true;
    tracked_groups_ = 0;
    best_.correlation_2 = 0;
  }
  ++tracked_groups_;
  ++groups_since_best_;
  if (correlation_2_ > best_.correlation_2) {
    best_ = {end, std::arg(mean) / (2.0 * pi * group_samples), correlation_2_};
    groups_since_best_ = 0;
  }
  if (groups_since_best_ < groups_without_growth && tracked_groups_ < most_tracked_groups)
    return std::nullopt;
  tracking_ = false;
  return best_;
}

}  // namespace boresight::sync
