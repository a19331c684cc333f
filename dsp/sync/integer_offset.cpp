#include "boresight/sync/integer_offset.h"

#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/sync/detection_theory.h"

namespace boresight::sync {

IntegerOffset::IntegerOffset(const Config& config) : config_(config), threshold_(0) {
  const std::size_t n = config.known.size();
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t k = (i + n / 2 + n % 2) % n;  // from the most negative frequency on
    require(std::isfinite(config.known[k].real()) && std::isfinite(config.known[k].imag()),
            "integer offset: a known subcarrier is not finite");
    if (config.known[k] != cf32(0)) order_.push_back(k);
  }
  require(order_.size() >= 16,
          "integer offset: " + std::to_string(order_.size()) + " known subcarriers are fewer than 16");
  require(config.max_offset < n / 2, "integer offset: +-" + std::to_string(config.max_offset) +
                                         " subcarriers are not within half of " + std::to_string(n));
  require(config.false_alarm_probability >= 1e-15 && config.false_alarm_probability <= 0.1,
          "integer offset: false-alarm probability " + std::to_string(config.false_alarm_probability) +
              " is outside 1e-15 .. 0.1");
  threshold_ = differential_ratio_threshold(
      1, order_.size(), config.false_alarm_probability / static_cast<double>(2 * config.max_offset + 1));
}

std::optional<IntegerOffset::Result> IntegerOffset::process(
    std::span<const cf32> subcarriers) const noexcept {
  const std::size_t n = config_.known.size();
  BORESIGHT_ASSERT(subcarriers.size() == n);
  Result best;
  const auto most = static_cast<int>(config_.max_offset);
  for (int q = -most; q <= most; ++q) {
    cf64 sum = 0;
    double energy = 0;
    cf64 last = 0;
    std::size_t last_k = n;  // none
    for (const std::size_t k : order_) {
      const cf64 z =
          cf64(subcarriers[(k + n + static_cast<std::size_t>(q + most) - config_.max_offset) % n]) *
          std::conj(cf64(config_.known[k]));
      energy += std::norm(z);
      if ((last_k + 1) % n == k && last_k != n) sum += z * std::conj(last);
      last = z;
      last_k = k;
    }
    const double statistic = energy > 0 ? std::abs(sum) / energy : 0.0;
    if (statistic > best.statistic) best = {q, -std::arg(sum) * static_cast<double>(n) / (2 * pi), statistic};
  }
  if (!(best.statistic > threshold_)) return std::nullopt;
  return best;
}

}  // namespace boresight::sync
