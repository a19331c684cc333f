// What a direction finder says of many draws of a scene, for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "boresight/doa/direction_finder.h"
#include "support/doa_scene.h"

namespace boresight::doa {

inline DirectionFinder finder_of(const test::DoaScene& scene, std::size_t sources) {
  return DirectionFinder(
      {.geometry = scene.geometry, .frequency_hz = test::doa_carrier_hz, .sources = sources});
}

struct Tally {
  int resolved = 0;
  int wrong = 0;  // resolved, and a direction more than three degrees from every source
  int fewer = 0;
};

inline Tally tally(const test::DoaScene& scene, std::size_t sources, int trials, std::uint64_t seed,
                   std::size_t snapshots = 200) {
  const DirectionFinder finder = finder_of(scene, sources);
  const auto a = scene.steering();
  Tally out;
  for (int trial = 0; trial < trials; ++trial) {
    Random random(seed, static_cast<std::uint64_t>(trial));
    const auto r = scene.sampled(a, snapshots, random);
    const DirectionResult result = finder.find(r.view(), static_cast<double>(snapshots));
    if (result.verdict != Verdict::resolved) {
      EXPECT_TRUE(result.sources.empty());
      continue;
    }
    ++out.resolved;
    out.fewer += result.sources.size() < scene.directions.size() ? 1 : 0;
    bool wrong = false;
    for (const FoundSource& source : result.sources) {
      double nearest = 1e9;
      for (const Vec3 u : scene.directions) {
        nearest = std::min(nearest, deg_from_rad(std::acos(std::min(1.0, dot(source.direction, u)))));
      }
      wrong = wrong || nearest > 3;
      EXPECT_GT(source.deviation_rad, 0);
    }
    out.wrong += wrong ? 1 : 0;
  }
  return out;
}

}  // namespace boresight::doa
