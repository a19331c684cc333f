#include "calibrate/elsewhere.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "boresight/core/units.h"
#include "common/text.h"

namespace boresight::calibrate {
namespace {

constexpr double least_chance = 1e-3;
constexpr double steps_per_beam = 5;
constexpr int most_steps = 150;  // to either side
constexpr double explained_there = 0.5;

}  // namespace

std::string from_elsewhere(const array::Calibration& calibration, const array::Geometry& geometry,
                           double frequency_hz, Vec3 direction) {
  std::vector<cf64> phasors;
  std::vector<Vec3> positions;  // in wavelengths
  Vec3 low{1e9, 1e9, 0}, high{-1e9, -1e9, 0};
  for (std::size_t e = 0; e < calibration.channels.size(); ++e) {
    if (calibration.channels[e].state != array::ChannelState::ok) continue;
    phasors.push_back(std::polar(1.0, calibration.channels[e].phase_rad));
    const Vec3 r = (frequency_hz / speed_of_light_m_s) * geometry.positions_m[e];
    positions.push_back(r);
    low = {std::min(low.x, r.x), std::min(low.y, r.y), 0};
    high = {std::max(high.x, r.x), std::max(high.y, r.y), 0};
  }
  const auto n = static_cast<double>(phasors.size());
  if (phasors.size() < 6) return {};
  const auto explained = [&](Vec3 lean) {
    cf64 sum = 0;
    for (std::size_t e = 0; e < phasors.size(); ++e) {
      sum += phasors[e] * std::polar(1.0, -2 * pi * dot(positions[e], lean));
    }
    return std::norm(sum) / (n * n);
  };
  const auto steps = [](double extent) {
    return std::min(most_steps, static_cast<int>(std::ceil(steps_per_beam * extent)));
  };
  const int steps_x = steps(high.x - low.x);
  const int steps_y = steps(high.y - low.y);
  double best = 0;
  Vec3 where = direction;
  for (int i = -steps_x; i <= steps_x; ++i) {
    for (int k = -steps_y; k <= steps_y; ++k) {
      // An axis without extent knows no direction cosine: that of the source does.
      const double x = steps_x > 0 ? i / static_cast<double>(steps_x) : direction.x;
      const double y = steps_y > 0 ? k / static_cast<double>(steps_y) : direction.y;
      if (x * x + y * y > 1) continue;
      const Vec3 u{x, y, std::sqrt(1 - x * x - y * y)};
      const Vec3 lean = u - direction;
      // Half a beam and less: the direction itself.
      if (std::abs(lean.x) * (high.x - low.x) < 0.5 && std::abs(lean.y) * (high.y - low.y) < 0.5) continue;
      const double share = explained(lean);
      if (share > best) {
        best = share;
        where = u;
      }
    }
  }
  const double chance = 4 * n * std::pow(1 - best, n - 1);
  if (chance > least_chance || explained({}) > explained_there) return {};
  const double apart_deg = deg_from_rad(std::acos(std::clamp(dot(where, direction), -1.0, 1.0)));
  return "the phases are those of a wave from " + program::format_fixed(apart_deg, 0) +
         " degrees beside the direction stated: something stronger than the source is there, or the "
         "direction "
         "or the array is wrong";
}

}  // namespace boresight::calibrate
