#include "boresight/beam/true_time_delay.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::beam {

TrueTimeDelay::TrueTimeDelay(const Config& config) : config_(config) {
  config.geometry.check();
  const std::size_t elements = config.geometry.elements();
  require(
      std::isfinite(config.carrier_hz) && config.carrier_hz > 0,
      "true time delay: carrier_hz " + std::to_string(config.carrier_hz) + " must be positive and finite");
  require(std::isfinite(config.step_s) && config.step_s >= 0,
          "true time delay: step_s " + std::to_string(config.step_s) + " must not be negative");
  require(config.subarrays.empty() || config.subarrays.size() == elements,
          "true time delay: " + std::to_string(config.subarrays.size()) + " subarray numbers for " +
              std::to_string(elements) + " elements");
  if (config_.subarrays.empty()) {
    for (std::size_t e = 0; e < elements; ++e) config_.subarrays.push_back(static_cast<std::uint16_t>(e));
  }
  for (const std::uint16_t s : config_.subarrays) {
    require(s < array::max_elements, "true time delay: subarray " + std::to_string(s) + " must be 0 to 1023");
    groups_ = std::max<std::size_t>(groups_, s + 1U);
  }
  wave_s_.resize(elements);
  delays_s_.resize(elements);
  set_direction({0, 0, 1});
}

void TrueTimeDelay::set_direction(Vec3 direction) {
  const double length = norm(direction);
  require(std::isfinite(length) && length > 0, "true time delay: the direction is zero or not finite");
  std::vector<double> sums(groups_, 0);
  std::vector<double> counts(groups_, 0);
  for (std::size_t e = 0; e < wave_s_.size(); ++e) {
    wave_s_[e] = dot(config_.geometry.positions_m[e], direction) / length / speed_of_light_m_s;
    sums[config_.subarrays[e]] += wave_s_[e];
    counts[config_.subarrays[e]] += 1;
  }
  for (std::size_t e = 0; e < wave_s_.size(); ++e) {
    double delay_s = sums[config_.subarrays[e]] / counts[config_.subarrays[e]];
    if (config_.step_s > 0) delay_s = config_.step_s * std::round(delay_s / config_.step_s);
    delays_s_[e] = delay_s;
  }
}

void TrueTimeDelay::weights(std::span<const double> offsets_hz, Grid<cf64> out) const {
  BORESIGHT_ASSERT(out.rows() == offsets_hz.size() && out.columns() == wave_s_.size());
  const double gain = 1 / static_cast<double>(wave_s_.size());
  for (std::size_t k = 0; k < offsets_hz.size(); ++k) {
    for (std::size_t e = 0; e < wave_s_.size(); ++e) {
      const double turns = config_.carrier_hz * wave_s_[e] + offsets_hz[k] * delays_s_[e];
      out(k, e) = std::polar(gain, 2 * pi * (turns - std::round(turns)));
    }
  }
}

}  // namespace boresight::beam
