// What tests of the estimators without a grid share: errors over the Cramer-Rao bound, and covariances that
// no estimator likes.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "boresight/doa/cramer_rao.h"
#include "support/doa_scene.h"

namespace boresight::test {

struct BoundPoint {
  double apart_deg;
  double snr_db;
};
inline constexpr BoundPoint bound_points[] = {{20, 0}, {20, 10}, {20, 20}, {2, 15}, {2, 20}};
inline constexpr int bound_trials = 1000;

struct OverBound {
  double rms = 0;      // of both sources, over the root of the stochastic bound
  int incomplete = 0;  // trials with another number of angles, left out
};

/// Two sources on 8 elements, 200 snapshots. `estimate` gives angles in rad, ascending, from a covariance.
template <typename Estimate>
OverBound over_bound(const BoundPoint& point, Estimate&& estimate) {
  const DoaScene scene{.directions = {on_line(-point.apart_deg / 2), on_line(point.apart_deg / 2)},
                       .snr_db = point.snr_db};
  const auto powers = scene.powers();
  const auto bound = doa::stochastic_bound({.geometry = scene.geometry,
                                            .frequency_hz = doa_carrier_hz,
                                            .directions = scene.directions,
                                            .powers = powers.view(),
                                            .snapshots = 200});
  const auto a = scene.steering();
  OverBound out;
  double sum = 0;
  for (int trial = 0; trial < bound_trials; ++trial) {
    Random random(9, static_cast<std::uint64_t>(trial));
    const auto r = scene.sampled(a, 200, random);
    const std::vector<double> angles = estimate(Grid<const cf64>(r.view()));
    if (angles.size() != 2) {
      ++out.incomplete;
      continue;
    }
    for (std::size_t i = 0; i < 2; ++i) {
      sum += std::pow(deg_from_rad(angles[i]) - line_deg(scene.directions[i]), 2);
    }
  }
  out.rms = std::sqrt(sum / (2 * (bound_trials - out.incomplete))) / deg_from_rad(std::sqrt(bound(0, 0)));
  return out;
}

struct BadCovariance {
  GridBuffer<cf64> r;  // [6 x 6]
  bool nothing;        // there is no angle in it
};

inline std::vector<BadCovariance> bad_covariances() {
  std::vector<BadCovariance> out;
  GridBuffer<cf64> r(6, 6);
  out.push_back({r, true});
  r(2, 2) = 1;
  out.push_back({r, false});  // one live element
  const DoaScene scene{.geometry = array::Geometry::line(6, doa_wavelength_m / 2),
                       .directions = {on_line(5)}};
  out.push_back({scene.covariance(0), false});  // rank one
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t k = 0; k < 6; ++k) r(i, k) = 1;  // identical elements
  }
  out.push_back({r, false});
  for (std::size_t i = 0; i < 6; ++i) r(i, 3) = r(3, i) = 0;  // a dead one among them
  out.push_back({r, false});
  r(4, 1) = std::numeric_limits<double>::quiet_NaN();
  out.push_back({r, true});
  r(4, 1) = std::numeric_limits<double>::infinity();
  out.push_back({r, true});
  return out;
}

}  // namespace boresight::test
