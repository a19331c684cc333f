// What a covariance says of noise and of dead channels. Private.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

namespace boresight::beam {

/// Mean of the lower half of the eigenvalues (ascending; of live elements only), or of fewer: it ends before
/// the first that is ten times the mean of those below it, which is a signal. One is left in any case: noise
/// as long as signals leave it a single degree of freedom. Signals that stand less far out count as noise.
inline double noise_floor(std::span<const double> eigenvalues) noexcept {
  constexpr double stands_out = 10;
  const std::size_t half = (eigenvalues.size() + 1) / 2;
  double sum = 0;
  std::size_t count = 0;
  for (; count < half; ++count) {
    const double value = std::max(0.0, eigenvalues[count]);  // rounding may leave -1e-17
    if (count > 0 && value * static_cast<double>(count) > stands_out * sum) break;
    sum += value;
  }
  return count > 0 ? sum / static_cast<double>(count) : 0;
}

/// The power at and below which an element counts as dead: 40 dB under the median of those that say anything.
/// What MVDR would do with such a channel is trust it: it looks quiet, and nearly all weight would go there.
/// The median, so that one channel which is too loud does not silence the others. Reorders `powers`.
inline double dead_power(std::span<double> powers) noexcept {
  const auto end = std::remove_if(powers.begin(), powers.end(), [](double p) { return !(p > 0); });
  if (end == powers.begin()) return 0;
  const auto middle = powers.begin() + (end - powers.begin()) / 2;
  std::nth_element(powers.begin(), middle, end);
  return 1e-4 * *middle;
}

}  // namespace boresight::beam
