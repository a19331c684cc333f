// A narrow-band scene for tests of the array chain: one ku satellite and one noise jammer on a small panel.
#pragma once

#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/array/steering.h"
#include "boresight/core/grid.h"
#include "boresight/core/random.h"
#include "boresight/core/vec3.h"
#include "support/ku_link.h"

namespace boresight::test {

struct ArrayScene {
  array::Geometry geometry = array::Geometry::rectangle(2, 3, 0.15, 0.15);
  double carrier_hz = 1e9;
  Vec3 satellite{0.3, 0.2, std::sqrt(1 - 0.13)};
  Vec3 jammer{-0.9, 0.3, std::sqrt(1 - 0.9)};
  double jammer_to_noise_db = 30;
};

/// elements [E x n]: the link's samples (with unit-power noise taken to be 10^(-snr/10)) on every element.
inline GridBuffer<cf32> on_array(const ArrayScene& scene, const KuLink& link, KuLinkOutput& out) {
  KuLink clean = link;
  clean.snr_db = 200;
  out = run(clean);
  const std::size_t elements = scene.geometry.elements();
  std::vector<cf32> satellite(elements);
  std::vector<cf32> jammer(elements);
  array::steering_vector(scene.geometry, scene.satellite, scene.carrier_hz, satellite);
  array::steering_vector(scene.geometry, scene.jammer, scene.carrier_hz, jammer);
  Random random(link.seed + 1000);
  const auto noise = static_cast<float>(power_from_db(-link.snr_db));
  std::vector<cf32> jam(out.samples.size());
  random.add_noise(jam, noise * static_cast<float>(power_from_db(scene.jammer_to_noise_db)));
  GridBuffer<cf32> x(elements, out.samples.size());
  for (std::size_t e = 0; e < elements; ++e) {
    const auto row = x.row(e);
    for (std::size_t n = 0; n < row.size(); ++n) row[n] = satellite[e] * out.samples[n] + jammer[e] * jam[n];
    random.add_noise(row, noise);
  }
  return x;
}

}  // namespace boresight::test
