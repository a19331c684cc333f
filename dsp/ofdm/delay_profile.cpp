#include "boresight/ofdm/delay_profile.h"

#include <cmath>
#include <string>

#include "boresight/core/error.h"

namespace boresight::ofdm {
namespace {

constexpr double spacing = 0.5;

}  // namespace

std::vector<DelayTap> uniform_profile(double first, double width) {
  require(std::isfinite(first) && width > 0 && width <= 8192,
          "delay profile: a width of " + std::to_string(width) + " samples from " + std::to_string(first) +
              " is outside 0 .. 8192");
  const auto count = static_cast<std::size_t>(std::ceil(width / spacing));
  const double step = width / static_cast<double>(count);
  std::vector<DelayTap> taps;
  for (std::size_t i = 0; i < count; ++i) {
    taps.push_back({first + step * (static_cast<double>(i) + 0.5), 1.0 / static_cast<double>(count)});
  }
  return taps;
}

std::vector<DelayTap> exponential_profile(double first, double decay) {
  require(std::isfinite(first) && decay > 0 && decay <= 1024,
          "delay profile: a decay of " + std::to_string(decay) + " samples from " + std::to_string(first) +
              " is outside 0 .. 1024");
  std::vector<DelayTap> taps;
  constexpr double cut = 8;
  const double step = std::min(spacing, decay);  // a decay below the spacing is one tap of its mean delay
  const double whole = 1 - std::exp(-cut);
  for (double from = 0; from < cut * decay; from += step) {
    const double a = from / decay;
    const double b = std::min((from + step) / decay, cut);
    const double power = std::exp(-a) - std::exp(-b);
    // The centre of the power within the step.
    const double mean = decay * ((a + 1) * std::exp(-a) - (b + 1) * std::exp(-b)) / power;
    taps.push_back({first + mean, power / whole});
  }
  return taps;
}

}  // namespace boresight::ofdm
