// Exact tails of the binomial distribution, for counts of rare events.
#pragma once

#include <cmath>

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

}  // namespace boresight
