// Exact tails of the binomial distribution, for counts of rare events.
#pragma once

#include <cmath>
#include <utility>

namespace boresight {

/// The probability of `k` or more successes in `n` trials of probability `p`.
inline double binomial_at_least(int k, int n, double p) {
  if (k <= 0) return 1;
  double below = 0;
  for (int i = 0; i < k; ++i) {
    below += std::exp(std::lgamma(n + 1.0) - std::lgamma(i + 1.0) - std::lgamma(n - i + 1.0) +
                      i * std::log(p) + (n - i) * std::log1p(-p));
  }
  return 1 - below;
}

/// Clopper and Pearson 1934: the two-sided interval of a probability from k successes in n trials; `error` is
/// what may lie outside.
inline std::pair<double, double> clopper_pearson(int k, int n, double error = 0.05) {
  const auto solve = [](auto&& too_low) {
    double low = 0;
    double high = 1;
    for (int i = 0; i < 60; ++i) {
      const double p = 0.5 * (low + high);
      (too_low(p) ? low : high) = p;
    }
    return low;
  };
  const double low = k == 0 ? 0 : solve([&](double p) { return binomial_at_least(k, n, p) < error / 2; });
  const double high =
      k == n ? 1 : solve([&](double p) { return 1 - binomial_at_least(k + 1, n, p) > error / 2; });
  return {low, high};
}

}  // namespace boresight
