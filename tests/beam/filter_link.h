// A known signal among jammers, for tests of the adaptive filters against the Wiener solution.
#pragma once

#include <utility>
#include <vector>

#include "scenario.h"

namespace boresight::beam {

/// A known QPSK signal of unit power towards `signal_deg` among jammers and unit noise.
struct FilterLink {
  std::size_t elements;
  std::vector<PlaneWave> jammers;
  std::vector<cf64> steering;
  GridBuffer<cf64> covariance;  // with the signal
  Eigen::VectorXcd wiener;
  double least_error = 0;  // E|s - w^H x|^2 of the Wiener weights

  FilterLink(std::size_t n, std::vector<PlaneWave> waves, double signal_deg = 0)
      : elements(n), jammers(std::move(waves)), steering(line_steering(n, signal_deg)) {
    std::vector<PlaneWave> all = jammers;
    all.push_back({steering, 1.0});
    covariance = theory_covariance(all, n);
    wiener = dense(covariance.view()).ldlt().solve(dense(steering));
    least_error = 1 - dense(steering).dot(wiener).real();
  }

  void samples(std::size_t count, Random& random, GridBuffer<cf32>& x, std::vector<cf32>& s) const {
    x = snapshots(jammers, elements, count, random);
    s.resize(count);
    for (std::size_t t = 0; t < count; ++t) {
      const std::uint32_t bits = random.below(4);
      s[t] = cf32(bits % 2 == 0 ? 1.0F : -1.0F, bits / 2 == 0 ? 1.0F : -1.0F) * 0.70710678F;
      for (std::size_t e = 0; e < elements; ++e) x(e, t) += s[t] * cf32(steering[e]);
    }
  }

  /// (error of w) / least error - 1, exactly: (w - w_opt)^H R (w - w_opt) / least error.
  double excess(std::span<const cf64> w) const {
    const Eigen::VectorXcd d = dense(w) - wiener;
    return d.dot(dense(covariance.view()) * d).real() / least_error;
  }
};

/// Mean excess error after the start is forgotten.
template <typename Filter>
double mean_excess(Filter& filter, const FilterLink& link, std::size_t settle, std::size_t count,
                   std::uint64_t seed) {
  Random random(seed);
  GridBuffer<cf32> x;
  std::vector<cf32> s;
  link.samples(settle + count, random, x, s);
  std::vector<cf32> y(1);
  double sum = 0;
  for (std::size_t t = 0; t < settle + count; ++t) {
    filter.process(x.view().columns(t, 1), std::span(s).subspan(t, 1), y);
    if (t >= settle) sum += link.excess(filter.weights());
  }
  return sum / static_cast<double>(count);
}

}  // namespace boresight::beam
