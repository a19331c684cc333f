#include "boresight/ofdm/delay_profile_estimator.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "fft/fft.h"

namespace boresight::ofdm {
namespace {

// x with P(normal > x) = p, by halving.
double normal_quantile(double p) {
  double low = 0;
  double high = 10;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (0.5 * std::erfc(middle / std::sqrt(2.0)) > p ? low : high) = middle;
  }
  return low;
}

// What the mean of n exponential values of mean 1 stays below, all but the upper tail at `quantile`.
double mean_quantile(double n, double quantile) {
  const double root = 1 - 1 / (9 * n) + quantile / (3 * std::sqrt(n));
  return root * root * root;
}

}  // namespace

DelayProfileEstimator::DelayProfileEstimator(const Config& config) : numerology_(config.numerology) {
  check(numerology_);
  require(config.false_alarm >= 1e-9 && config.false_alarm <= 0.1,
          "delay profile: a false-alarm probability of " + std::to_string(config.false_alarm) +
              " is outside 1e-9 .. 0.1");
  quantile_ = normal_quantile(config.false_alarm);
  carriers_ = numerology_.used_carriers();
  inverse_ = std::make_unique<fft::Fft>(2 * numerology_.fft_size, fft::Direction::inverse);
  // Over frequency, so that the gutter is a hole in the window and no jump.
  const int first = numerology_.signed_index(carriers_.front());
  const double width = numerology_.signed_index(carriers_.back()) - first + 2;
  double sum = 0;
  for (const std::uint16_t k : carriers_) {
    const double at = (numerology_.signed_index(k) - first + 1) / width;
    window_.push_back(static_cast<float>(0.5 - 0.5 * std::cos(2 * pi * at)));
    sum += static_cast<double>(window_.back());
  }
  for (float& w : window_) w = static_cast<float>(static_cast<double>(w) / sum);
  spectrum_.resize(2 * numerology_.fft_size);
  power_.resize(spectrum_.size());
}

DelayProfileEstimator::~DelayProfileEstimator() = default;
DelayProfileEstimator::DelayProfileEstimator(DelayProfileEstimator&&) noexcept = default;
DelayProfileEstimator& DelayProfileEstimator::operator=(DelayProfileEstimator&&) noexcept = default;

void DelayProfileEstimator::add(std::span<const cf32> observed) noexcept {
  BORESIGHT_ASSERT(observed.size() == carriers_.size());
  double total = 0;
  for (const cf32 y : observed) total += static_cast<double>(std::norm(y));
  if (!std::isfinite(total)) return;
  std::fill(spectrum_.begin(), spectrum_.end(), cf32(0));
  for (std::size_t i = 0; i < carriers_.size(); ++i) {
    const int index = numerology_.signed_index(carriers_[i]);
    const std::size_t bin =
        index >= 0 ? static_cast<std::size_t>(index) : spectrum_.size() - static_cast<std::size_t>(-index);
    spectrum_[bin] = window_[i] * observed[i];
  }
  inverse_->run(spectrum_, spectrum_);
  for (std::size_t i = 0; i < power_.size(); ++i) power_[i] += static_cast<double>(std::norm(spectrum_[i]));
  ++symbols_;
}

void DelayProfileEstimator::reset() noexcept {
  std::fill(power_.begin(), power_.end(), 0.0);
  symbols_ = 0;
}

std::vector<DelayTap> DelayProfileEstimator::profile() const {
  if (symbols_ == 0) return {};
  const auto n = static_cast<double>(symbols_);
  std::vector<double> sorted = power_;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  const double noise = *middle / mean_quantile(n, 0);
  const double limit = noise * mean_quantile(n, quantile_);
  std::vector<DelayTap> taps;
  const std::size_t half = power_.size() / 2;
  for (std::size_t i = 0; i < power_.size(); ++i) {
    const std::size_t cell = (i + half) % power_.size();  // rising from the most negative delay
    if (!(power_[cell] > limit)) continue;
    taps.push_back({(static_cast<double>(i) - static_cast<double>(half)) / 2, (power_[cell] - noise) / n});
  }
  return taps;
}

}  // namespace boresight::ofdm
