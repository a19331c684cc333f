#include "boresight/doa/root_music.h"

#include <gtest/gtest.h>

#include <cmath>

#include "boresight/core/error.h"
#include "boresight/doa/smoothing.h"
#include "bound_scene.h"
#include "support/doa_scene.h"

namespace boresight::doa {
namespace {

using test::doa_wavelength_m;
using test::DoaScene;
using test::on_line;

TEST(RootMusic, ExactCovariancesGiveExactAngles) {
  for (const double spacing : {0.5, 0.3}) {
    for (const std::size_t elements : {4, 5, 8, 17}) {
      const DoaScene scene{.geometry = array::Geometry::line(elements, spacing * doa_wavelength_m),
                           .directions = {on_line(-41), on_line(8), on_line(33)}};
      const LineAngles found =
          root_music({.elements = elements, .spacing_wavelengths = spacing}, scene.covariance().view(), 3);
      ASSERT_EQ(found.missing, 0U);
      // Roots on the circle are double, so known to the root of 1e-15 and of their distance.
      EXPECT_NEAR(deg_from_rad(found.angles_rad[0]), -41, 1e-5);
      EXPECT_NEAR(deg_from_rad(found.angles_rad[1]), 8, 1e-5);
      EXPECT_NEAR(deg_from_rad(found.angles_rad[2]), 33, 1e-5);
    }
  }
}

// 1000 trials of 2 sources: the rms of 2000 errors is known to 1.6 %, three standard deviations are 4.8 %;
// the aim of 5 % is on top. bench_direction_study has 10,000 trials for it: 2 % at most.
TEST(RootMusic, ReachesTheBound) {
  for (const test::BoundPoint& point : test::bound_points) {
    const auto estimate = [](Grid<const cf64> r) { return root_music({.elements = 8}, r, 2).angles_rad; };
    const auto errors = test::over_bound(point, estimate);
    EXPECT_EQ(errors.incomplete, 0);
    EXPECT_NEAR(errors.rms, 1, 0.098) << point.apart_deg << " deg, " << point.snr_db << " dB";
  }
}

TEST(RootMusic, AveragesForwardAndBackwardItself) {
  const DoaScene scene{.directions = {on_line(-1), on_line(1)}, .snr_db = 15};
  Random random(5);
  GridBuffer<cf64> r = scene.sampled(200, random);
  const LineAngles plain = root_music({.elements = 8}, r.view(), 2, Averaging::none);
  const LineAngles averaged = root_music({.elements = 8}, r.view(), 2);
  EXPECT_GT(std::abs(plain.angles_rad[0] - averaged.angles_rad[0]), 1e-5);
  forward_backward(r.view());
  const LineAngles before = root_music({.elements = 8}, r.view(), 2, Averaging::none);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(before.angles_rad[i], averaged.angles_rad[i], 1e-10);
  // The lower triangle is all that is read.
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t k = i + 1; k < 8; ++k) r(i, k) = 7;
  }
  EXPECT_EQ(root_music({.elements = 8}, r.view(), 2).angles_rad, averaged.angles_rad);
}

TEST(RootMusic, PhasesWithoutADirectionAreMissing) {
  // Elements a fifth of a wavelength apart, and a phase between them that only half a wavelength can make.
  const DoaScene scene{.directions = {on_line(70)}};
  EXPECT_EQ(root_music({.elements = 8, .spacing_wavelengths = 0.2}, scene.covariance().view(), 1).missing,
            1U);
}

TEST(RootMusic, BadCovariancesAreDefined) {
  for (const test::BadCovariance& bad : test::bad_covariances()) {
    for (const Averaging averaging : {Averaging::none, Averaging::forward_backward}) {
      const LineAngles found = root_music({.elements = 6}, bad.r.view(), 2, averaging);
      EXPECT_EQ(found.angles_rad.size() + found.missing, 2U);
      for (const double t : found.angles_rad) EXPECT_TRUE(std::isfinite(t));
      if (bad.nothing) {
        EXPECT_EQ(found.missing, 2U);
      }
    }
  }
}

TEST(RootMusic, RefusesValuesOutOfRange) {
  GridBuffer<cf64> r(8, 8);
  EXPECT_THROW(root_music({.elements = 8}, r.view(), 8), ConfigError);
  EXPECT_THROW(root_music({.elements = 8}, r.view(), 0), ConfigError);
  EXPECT_THROW(root_music({.elements = 7}, r.view(), 1), ConfigError);
  EXPECT_THROW(root_music({.elements = 8, .spacing_wavelengths = 0.6}, r.view(), 1), ConfigError);
}

}  // namespace
}  // namespace boresight::doa
