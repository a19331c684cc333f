#include "boresight/sync/first_path.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "boresight/core/assert.h"
#include "boresight/core/units.h"

namespace boresight::sync {

std::size_t first_path(std::span<const cf32> taps, const FirstPathConfig& config) noexcept {
  const std::size_t n = taps.size();
  BORESIGHT_ASSERT(n > config.search + config.span + 8);
  const auto power = [&](std::size_t i) { return static_cast<double>(std::norm(taps[i % n])); };
  std::size_t strongest = 0;
  for (std::size_t i = 1; i < n; ++i) {
    // Written so that a NaN loses on either side.
    if (power(i) > power(strongest) || !(power(strongest) >= 0)) strongest = i;
  }
  double noise = 0;
  const std::size_t cells = n - config.search - config.span - 1;
  for (std::size_t i = 0; i < cells; ++i) {
    const double p = power(strongest + config.span + 1 + i);
    if (p > 0) noise += p;
  }
  noise /= static_cast<double>(cells);
  const auto m = static_cast<double>(cells);
  const double each =
      config.false_alarm_probability / static_cast<double>(std::max<std::size_t>(1, config.search));
  const double threshold = std::max(noise * m * std::expm1(-std::log(each) / m),
                                    power(strongest) * power_from_db(-config.range_db));
  for (std::size_t before = config.search; before > 0; --before) {
    const std::size_t i = (strongest + n - before) % n;
    if (power(i) > threshold) return i;
  }
  return strongest;
}

std::int64_t best_window(std::span<const float> power, std::size_t span, std::int64_t earliest,
                         std::int64_t latest) noexcept {
  const auto n = static_cast<std::int64_t>(power.size());
  float total = 0;
  for (const float p : power) total += p;
  std::int64_t best = 0;
  float least = total;
  for (std::int64_t first = earliest; first <= latest; ++first) {
    float outside = total * 1e-4F * static_cast<float>(std::abs(first));
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t delay = (i + n / 2) % n - n / 2 - first;
      if (delay < 0 || delay >= static_cast<std::int64_t>(span))
        outside += power[static_cast<std::size_t>(i)];
    }
    if (outside < least) {
      least = outside;
      best = first;
    }
  }
  return best;
}

}  // namespace boresight::sync
