#include "boresight/sync/detection_theory.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "boresight/core/assert.h"
#include "boresight/core/types.h"
#include "boresight/core/units.h"

namespace boresight::sync {

double quadratic_form_tail(std::span<const double> weights, std::span<const double> powers, double x) {
  BORESIGHT_ASSERT(weights.size() == powers.size());
  double mean = 0;
  double variance = 0;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    mean += weights[k] * (1 + powers[k]);
    variance += weights[k] * weights[k] * (1 + 2 * powers[k]);
  }
  const double scale = std::sqrt(variance);
  if (!(scale > 0)) return std::isnan(scale + x + mean) ? scale + x + mean : (mean > x ? 1.0 : 0.0);
  const auto integrand = [&](double u) {
    cf64 log_phi(0, -u * x);
    for (std::size_t k = 0; k < weights.size(); ++k) {
      const cf64 pole(1, -u * weights[k]);
      log_phi += cf64(0, u * weights[k] * powers[k]) / pole - std::log(pole);
    }
    return std::exp(log_phi).imag() / u;
  };
  // The trapezoid on u = e^v converges exponentially: the integrand is analytic and dies at both ends. Its
  // oscillation is that of x and the mean, in units of the spread.
  const double turns = std::abs(x - mean) / scale + std::abs(mean) / scale + 10;
  const double low = std::log(1e-12 / (scale * turns));
  const double high = std::log(3e3 / scale);
  const auto steps = static_cast<std::size_t>(std::min(4e5, 4000 + 400 * turns));
  const double step = (high - low) / static_cast<double>(steps);
  double sum = 0;
  for (std::size_t i = 0; i <= steps; ++i) {
    const double u = std::exp(low + static_cast<double>(i) * step);
    sum += (i == 0 || i == steps ? 0.5 : 1.0) * integrand(u) * u;
  }
  return std::clamp(0.5 + sum * step / pi, 0.0, 1.0);
}

double differential_detection_probability(std::size_t segments, double power, double threshold) {
  BORESIGHT_ASSERT(segments >= 3);
  std::vector<double> weights(segments);
  std::vector<double> powers(segments);
  const auto n = static_cast<double>(segments + 1);
  for (std::size_t k = 0; k < segments; ++k) {
    const double angle = pi * static_cast<double>(k + 1) / n;
    weights[k] = std::cos(angle);
    double sum = 0;  // of the eigenvector's values
    for (std::size_t m = 1; m <= segments; ++m)
      sum += std::sqrt(2 / n) * std::sin(angle * static_cast<double>(m));
    powers[k] = power * sum * sum;
  }
  return quadratic_form_tail(weights, powers, threshold);
}

namespace {

// P(at least `hits` of `trials`) at probability p, term by term from the largest.
double binomial_tail(std::size_t hits, std::size_t trials, double p) {
  const auto n = static_cast<double>(trials);
  const auto log_term = [&](double k) {
    return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) + k * std::log(p) +
           (n - k) * std::log1p(-p);
  };
  // The shorter side is summed; terms fall off on either side of the mean.
  const auto k = static_cast<double>(hits);
  double sum = 0;
  if (k > n * p) {
    double term = std::exp(log_term(k));
    for (double i = k; i <= n && term > 1e-18 * sum; ++i) {
      sum += term;
      term *= (n - i) / (i + 1) * p / (1 - p);
    }
    return sum;
  }
  double term = std::exp(log_term(k - 1));
  for (double i = k - 1; i >= 0 && term > 1e-18 * sum; --i) {
    sum += term;
    term *= i / (n - i + 1) * (1 - p) / p;
  }
  return 1 - sum;
}

}  // namespace

Interval clopper_pearson(std::size_t hits, std::size_t trials, double risk) {
  BORESIGHT_ASSERT(trials > 0 && hits <= trials && risk > 0 && risk < 0.5);
  const auto solve = [&](std::size_t least,
                         double probability) {  // p where P(at least `least`) = probability
    double low = 0;
    double high = 1;
    for (int i = 0; i < 200 && high - low > 1e-12 * high; ++i) {
      const double p = (low + high) / 2;
      (binomial_tail(least, trials, p) < probability ? low : high) = p;
    }
    return (low + high) / 2;
  };
  return {hits == 0 ? 0.0 : solve(hits, risk), hits == trials ? 1.0 : solve(hits + 1, 1 - risk)};
}

}  // namespace boresight::sync
