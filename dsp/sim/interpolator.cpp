#include "sim/interpolator.h"

#include <cmath>

#include "boresight/core/units.h"

namespace boresight::sim {

double bessel_i0(double x) {
  double sum = 1.0;
  double term = 1.0;
  for (int k = 1; term > 1e-17 * sum; ++k) {
    term *= (x / (2.0 * k)) * (x / (2.0 * k));
    sum += term;
  }
  return sum;
}

Interpolator::Interpolator() : table_{} {
  constexpr double beta = 8.3;  // 0.1102 (A - 8.7) with A = 84 dB, what 12 taps give over this transition
  constexpr double half = taps / 2.0;
  const auto kernel = [&](double t) {
    if (std::abs(t) >= half) return 0.0;
    const double sinc = t == 0 ? 1.0 : std::sin(pi * t) / (pi * t);
    const double edge = t / half;
    return sinc * bessel_i0(beta * std::sqrt(1.0 - edge * edge)) / bessel_i0(beta);
  };
  // Taps of one phase, scaled so that a constant passes unchanged.
  const auto taps_at = [&](std::size_t phase) {
    std::array<double, taps> h{};
    double sum = 0;
    for (std::size_t j = 0; j < taps; ++j) {
      const double offset = static_cast<double>(j) - static_cast<double>(before);
      h[j] = kernel(static_cast<double>(phase) / static_cast<double>(phases) - offset);
      sum += h[j];
    }
    for (double& tap : h) tap /= sum;
    return h;
  };
  for (std::size_t p = 0; p < phases; ++p) {
    const auto here = taps_at(p);
    const auto next = taps_at(p + 1);
    for (std::size_t i = 0; i < floats; ++i) {
      table_[p].tap[i] = static_cast<float>(here[i / 2]);
      table_[p].slope[i] = static_cast<float>(next[i / 2] - here[i / 2]);
    }
  }
}

}  // namespace boresight::sim
