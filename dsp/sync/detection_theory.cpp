#include "boresight/sync/detection_theory.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
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
  BORESIGHT_ASSERT(segments >= 3 && segments <= 1024);
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

double eigenvalue(std::size_t k,
                  std::size_t segments) {  // of the path's adjacency, halved; k = 1 .. segments
  return std::cos(pi * static_cast<double>(k) / static_cast<double>(segments + 1));
}

// log of C sqrt(2 pi t / l) exp(-t / l)
double log_differential_tail(std::size_t segments, double t) {
  const double l = eigenvalue(1, segments);
  double sum = 0.5 * std::log(2 * pi * t / l) - t / l;
  for (std::size_t k = 2; k <= segments; ++k) sum -= std::log(1 - eigenvalue(k, segments) / l);
  return sum;
}

// x with f(x) = y for a falling f.
template <typename F>
double bisect(double low, double high, double y, const F& f) {
  for (int i = 0; i < 100 && high - low > 1e-13 * high; ++i) {
    const double x = (low + high) / 2;
    (f(x) > y ? low : high) = x;
  }
  return (low + high) / 2;
}

}  // namespace

double differential_tail(std::size_t segments, double threshold) {
  BORESIGHT_ASSERT(segments >= 2);
  return std::min(1.0, std::exp(log_differential_tail(segments, threshold)));
}

double differential_threshold(std::size_t segments, double probability) {
  BORESIGHT_ASSERT(segments >= 2 && probability > 0 && probability <= 0.1);
  // The tail rises to its largest at l / 2 and falls from there.
  const double low = eigenvalue(1, segments) / 2;
  return bisect(low, 2000.0 + static_cast<double>(segments), std::log(probability),
                [&](double t) { return log_differential_tail(segments, t); });
}

double differential_ratio_tail(std::size_t copies, std::size_t segments, double ratio) {
  BORESIGHT_ASSERT(copies * segments >= 4 && ratio > 0 && ratio < eigenvalue(1, segments));
  const auto n = static_cast<double>(copies);
  struct Cumulants {
    double k = 0, k1 = 0, k2 = 0, energy = 0;
  };
  const auto cumulants = [&](double s) {
    Cumulants c;
    for (std::size_t k = 1; k <= segments; ++k) {
      const double weight = eigenvalue(k, segments) - ratio;
      const double pole = 1 - s * weight;
      c.k -= n * std::log(pole);
      c.k1 += n * weight / pole;
      c.k2 += n * weight * weight / (pole * pole);
      c.energy += n / pole;
    }
    return c;
  };
  // K'(s) rises from below zero (the mean of Q) to infinity at the largest eigenvalue's pole.
  const double end = 1 / (eigenvalue(1, segments) - ratio);
  const double s = bisect(0.0, end * (1 - 1e-13), 0.0, [&](double at) { return -cumulants(at).k1; });
  const Cumulants c = cumulants(s);
  const double w = std::sqrt(std::max(0.0, -2 * c.k));
  const double u = s * std::sqrt(c.k2);
  const double real_part =
      0.5 * std::erfc(w / std::numbers::sqrt2) + std::exp(-w * w / 2) / std::sqrt(2 * pi) * (1 / u - 1 / w);
  return std::min(1.0, real_part * std::sqrt(2 * pi * s * c.energy * ratio));
}

double differential_ratio_threshold(std::size_t copies, std::size_t segments, double probability) {
  BORESIGHT_ASSERT(copies * segments >= 4 && probability > 0 && probability <= 0.1);
  // Below 1 / sqrt(products) there is no tail yet.
  const double low = 0.7 / std::sqrt(static_cast<double>(copies * (segments - 1))) *
                     static_cast<double>(segments - 1) / static_cast<double>(segments);
  const double high = eigenvalue(1, segments) * (1 - 1e-9);
  return bisect(std::min(low, high / 2), high, probability,
                [&](double ratio) { return differential_ratio_tail(copies, segments, ratio); });
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
  BORESIGHT_ASSERT(trials > 0 && trials <= clopper_pearson_max_trials && hits <= trials && risk > 0 &&
                   risk < 0.5);
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
