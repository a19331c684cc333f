// The direction finder on arrays that see several directions alike, or one axis worse than the other.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/doa/direction_finder.h"
#include "finder_tally.h"
#include "support/doa_scene.h"

namespace boresight::doa {
namespace {

using test::doa_carrier_hz;
using test::doa_wavelength_m;
using test::DoaScene;
using test::on_line;

// A long narrow array knows one axis seven times worse than the other, and the worse one need not lie along x
// or y. At -10 dB three degrees are two of its deviations.
TEST(DirectionFinder, LongArraysThatAreTurnedAreNotBelieved) {
  for (const double turn_deg : {0.0, 11.25, 22.5, 30.0}) {
    const double c = std::cos(rad_from_deg(turn_deg)), s = std::sin(rad_from_deg(turn_deg));
    std::vector<Vec3> positions;
    for (int i = 0; i < 12; ++i) {
      for (int k = 0; k < 2; ++k) {
        const double x = (i - 5.5) * doa_wavelength_m / 2, y = (k - 0.5) * doa_wavelength_m / 2;
        positions.push_back({c * x - s * y, s * x + c * y, 0});
      }
    }
    const DoaScene scene{.geometry = array::Geometry::from_positions(positions),
                         .directions = {{0.1, 0.2, std::sqrt(0.95)}},
                         .snr_db = -10};
    EXPECT_EQ(tally(scene, 1, 60, 21).resolved, 0) << turn_deg;
    DoaScene clear = scene;
    clear.snr_db = 0;
    const Tally result = tally(clear, 1, 20, 22);
    EXPECT_EQ(result.resolved, 20) << turn_deg;
    EXPECT_EQ(result.wrong, 0) << turn_deg;
  }
}

// A line anywhere in the x-y plane works as one along x; until it did, one along y never resolved anything.
TEST(DirectionFinder, LinesAcrossBoresightAtAnyTurn) {
  for (const double turn_deg : {45.0, 90.0, 180.0, 250.0}) {
    const Vec3 along{std::cos(rad_from_deg(turn_deg)), std::sin(rad_from_deg(turn_deg)), 0};
    for (const bool uniform : {true, false}) {
      // As measured: to a third of a thousandth of a wavelength, also out of the x-y plane.
      const double step_m = uniform ? 0 : doa_wavelength_m / 3000;
      const auto rounded = [step_m](double x) { return step_m > 0 ? std::round(x / step_m) * step_m : x; };
      std::vector<Vec3> positions;
      for (int e = 0; e < 8; ++e) {
        const Vec3 r = (0.5 * doa_wavelength_m * (uniform ? e : e + 0.05 * e * e)) * along;
        positions.push_back({rounded(r.x), rounded(r.y), e % 2 == 0 ? 0 : step_m});
      }
      DoaScene scene{.geometry = array::Geometry::from_positions(positions), .snr_db = 5};
      for (const double deg : {-10.0, 25.0}) {
        scene.directions.push_back(std::sin(rad_from_deg(deg)) * along +
                                   Vec3{0, 0, std::cos(rad_from_deg(deg))});
      }
      for (const std::size_t sources : {0, 2}) {
        const Tally result = tally(scene, sources, 30, 24);
        EXPECT_EQ(result.resolved, 30) << turn_deg << uniform << sources;
        EXPECT_EQ(result.wrong + result.fewer, 0);
      }
    }
  }
}

// Arrays that could never tell a direction are refused, not silent.
TEST(DirectionFinder, RefusesArraysThatTellNoDirection) {
  const auto refuses = [](const std::vector<Vec3>& positions, const char* why) {
    try {
      const DirectionFinder finder(
          {.geometry = {.positions_m = positions}, .frequency_hz = doa_carrier_hz, .sources = 1});
      ADD_FAILURE() << why;
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find(why), std::string::npos) << error.what();
    }
  };
  const auto line_along = [](Vec3 step, int elements) {
    std::vector<Vec3> positions;
    positions.reserve(static_cast<std::size_t>(elements));
    for (int e = 0; e < elements; ++e) positions.push_back((0.5 * doa_wavelength_m * e) * step);
    return positions;
  };
  refuses(line_along({0, 0, 1}, 8), "leans 90.0");
  refuses(line_along({std::sqrt(0.5), 0, std::sqrt(0.5)}, 8), "leans 45.0");
  refuses(line_along({0, std::cos(0.01), std::sin(0.01)}, 8), "leans 0.57");
  refuses(line_along({1, 0, 0}, 2), "2 elements");
  refuses(std::vector<Vec3>(8), "coincide");
  std::vector<Vec3> wall = line_along({1, 0, 0}, 4);
  for (const Vec3 r : line_along({1, 0, 0}, 4)) wall.push_back(r + Vec3{0, 0, 0.5 * doa_wavelength_m});
  refuses(wall, "holds the z axis");
}

// A plane that leans has the mirror image of a part of the sky above the horizon: what comes from there is
// not unique (and once was "resolved" where the plane is seen at less than 20 degrees), all else is found.
TEST(DirectionFinder, WhatATiltedPlaneSeesTwiceIsNotUnique) {
  for (const double tilt_deg : {20.0, 40.0, 60.0}) {
    const double c = std::cos(rad_from_deg(tilt_deg)), s = std::sin(rad_from_deg(tilt_deg));
    std::vector<Vec3> positions;
    for (int i = 0; i < 4; ++i) {
      for (int k = 0; k < 4; ++k) {
        positions.push_back((0.45 * doa_wavelength_m) * Vec3{c * i, static_cast<double>(k), -s * i});
      }
    }
    DoaScene scene{.geometry = array::Geometry::from_positions(positions), .directions = {{s, 0, c}}};
    EXPECT_EQ(tally(scene, 1, 10, 25).resolved, 10);
    int twice = 0;
    for (std::uint64_t trial = 0; trial < 60; ++trial) {
      Random random(26, trial);
      const Vec3 g{random.normal(), random.normal(), std::abs(random.normal())};
      const Vec3 u = (1 / norm(g)) * g;
      const double across = s * u.x + c * u.z;
      const bool seen_twice = u.z - 2 * across * c > 0 && std::abs(across) > std::sin(rad_from_deg(2));
      twice += seen_twice ? 1 : 0;
      scene.directions = {u};
      const DirectionResult result = finder_of(scene, 1).find(scene.sampled(200, random).view(), 200);
      if (seen_twice) {
        EXPECT_EQ(result.verdict, Verdict::unresolved) << tilt_deg << " " << u.x << " " << u.y << " " << u.z;
        EXPECT_EQ(result.doubt, Doubt::unique);
      } else if (result.verdict == Verdict::resolved) {
        EXPECT_GT(dot(result.sources[0].direction, u), std::cos(rad_from_deg(3)));
      }
    }
    EXPECT_GT(twice, 2);
  }
}

// Few elements, more than half a wavelength apart or in a volume, see many directions nearly alike, and far
// down by the horizon, too. Looking at two valleys of a grid that is coarse at the horizon, 37 were wrong.
TEST(DirectionFinder, FewElementsFarApartAreNeverSilentlyWrong) {
  const double w = doa_wavelength_m;
  const std::vector<std::vector<Vec3>> arrays = {
      {{w, 0, 0}, {-0.5 * w, 0.866 * w, 0}, {-0.5 * w, -0.866 * w, 0}, {0, 0, 1.4 * w}},
      {{2 * w, 0, 0}, {-w, 1.732 * w, 0}, {-w, -1.732 * w, 0}, {0, 0, 2.8 * w}},
      {{0.7 * w, 0.7 * w, 0},
       {-0.7 * w, 0.7 * w, 0},
       {-0.7 * w, -0.7 * w, 0},
       {0.7 * w, -0.7 * w, w / 2},
       {0, 0, w}},
      {{0, 0, 0}, {0.9 * w, 0.2 * w, 0}, {-0.4 * w, 1.1 * w, 0}, {0.3 * w, -1.3 * w, 0}}};
  int resolved = 0;
  int wrong = 0;
  for (const auto& positions : arrays) {
    DoaScene scene{.geometry = array::Geometry::from_positions(positions), .directions = {}};
    for (const double snr_db : {5.0, 15.0}) {
      scene.snr_db = snr_db;
      for (std::uint64_t trial = 0; trial < 150; ++trial) {
        Random random(27, trial);
        const Vec3 g{random.normal(), random.normal(), std::abs(random.normal()) + 0.02};
        scene.directions = {(1 / norm(g)) * g};
        const DirectionResult result = finder_of(scene, 1).find(scene.sampled(200, random).view(), 200);
        if (result.verdict != Verdict::resolved) continue;
        ++resolved;
        wrong += dot(result.sources[0].direction, scene.directions[0]) > std::cos(rad_from_deg(3)) ? 0 : 1;
      }
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(resolved, 250);  // of 1200
}

// With half a wavelength between elements both ends of a row see nearly the same: half a degree over the
// horizon in the north or in the south.
TEST(DirectionFinder, BothEndsOfARowAreLookedAt) {
  for (const double snr_db : {5.0, 10.0, 20.0}) {
    for (const double elevation_deg : {0.2, 0.7, 1.5, 2.5}) {
      for (const double azimuth_deg : {0.9, 90.5, 179.2, 269.4}) {
        const double elevation = rad_from_deg(elevation_deg), azimuth = rad_from_deg(azimuth_deg);
        const DoaScene scene{
            .geometry = array::Geometry::rectangle(4, 4, doa_wavelength_m / 2, doa_wavelength_m / 2),
            .directions = {{std::cos(elevation) * std::sin(azimuth), std::cos(elevation) * std::cos(azimuth),
                            std::sin(elevation)}},
            .snr_db = snr_db};
        EXPECT_EQ(tally(scene, 1, 8, 23).wrong, 0) << snr_db << " " << elevation_deg << " " << azimuth_deg;
      }
    }
  }
}

TEST(DirectionFinder, GratingLobesAreNotUnique) {
  // Elements a whole wavelength apart: every direction has a double.
  const DoaScene scene{.geometry = array::Geometry::line(8, doa_wavelength_m), .directions = {on_line(20)}};
  Random random(19);
  const DirectionResult result = finder_of(scene, 1).find(scene.sampled(200, random).view(), 200);
  EXPECT_EQ(result.verdict, Verdict::unresolved);
  EXPECT_EQ(result.doubt, Doubt::unique);
}

}  // namespace
}  // namespace boresight::doa
