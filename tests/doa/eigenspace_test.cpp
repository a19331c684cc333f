#include "boresight/doa/eigenspace.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "boresight/core/error.h"
#include "support/allocation_counter.h"
#include "support/doa_scene.h"
#include "support/simd_targets.h"

namespace boresight::doa {
namespace {

using test::doa_wavelength_m;
using test::DoaScene;
using test::on_line;

/// The largest of |R v - lambda v| and of |V^H V - I|.
void expect_eigenvectors(const GridBuffer<cf64>& r, const Eigenspace& space, double residual_limit) {
  const std::size_t n = r.rows();
  for (std::size_t i = 0; i < space.values().size(); ++i) {
    const auto v = space.vector(i);
    double residual = 0;
    for (std::size_t m = 0; m < n; ++m) {
      cf64 sum = -space.values()[i] * v[m];
      for (std::size_t c = 0; c < n; ++c) sum += r(m, c) * v[c];
      residual += std::norm(sum);
    }
    EXPECT_LE(std::sqrt(residual), residual_limit) << i;
    for (std::size_t k = 0; k <= i; ++k) {
      cf64 product = 0;
      for (std::size_t m = 0; m < n; ++m) product += std::conj(space.vector(k)[m]) * v[m];
      EXPECT_NEAR(std::abs(product), i == k ? 1.0 : 0.0, 1e-9);
    }
    if (i > 0) {
      EXPECT_LE(space.values()[i], space.values()[i - 1]);
    }
  }
}

TEST(Eigenspace, FindsTheLargestOnEveryTarget) {
  for (const std::size_t elements : {2, 8, 24, 37, 64}) {
    for (const std::size_t vectors : {1, 2, 5}) {
      if (vectors > elements) continue;
      DoaScene scene{.geometry = array::Geometry::line(elements, doa_wavelength_m / 2)};
      for (std::size_t i = 0; i < vectors; ++i) {
        scene.directions.push_back(on_line(25.0 * static_cast<double>(i) - 50));
      }
      Random random(elements);
      const auto r = scene.sampled(200, random);
      for_each_simd_target([&] {
        Eigenspace space({.elements = elements, .vectors = vectors});
        ASSERT_TRUE(space.compute(r.view()));
        // 1e-8 of the gap, which is no more than the largest value.
        expect_eigenvectors(r, space, 1e-8 * space.values()[0]);
      });
    }
  }
}

TEST(Eigenspace, WeakSourceUnderA60dBOneAndGapsThatVanish) {
  DoaScene scene{.geometry = array::Geometry::line(48, doa_wavelength_m / 2), .directions = {on_line(20)}};
  scene.snr_db = 60;
  GridBuffer<cf64> r = scene.covariance();
  DoaScene weak = scene;
  weak.snr_db = 0;
  weak.directions = {on_line(-31)};
  const GridBuffer<cf64> add = weak.covariance(0);
  for (std::size_t i = 0; i < 48; ++i) {
    for (std::size_t k = 0; k < 48; ++k) r(i, k) += add(i, k);
  }
  Eigenspace two({.elements = 48, .vectors = 2});
  ASSERT_TRUE(two.compute(r.view()));
  expect_eigenvectors(r, two, 48e6 * 1e-13);  // rounding of the strong one
  EXPECT_NEAR(two.values()[1], 49, 0.5);
  EXPECT_NEAR(two.rest_mean(), 1, 1e-6);
  // Noise alone, no gap anywhere: decomposed in full.
  Random random(3);
  const DoaScene noise{.geometry = scene.geometry};
  const auto white = noise.sampled(200, random);
  Eigenspace three({.elements = 48, .vectors = 3});
  ASSERT_TRUE(three.compute(white.view()));
  expect_eigenvectors(white, three, 1e-12);
}

TEST(Eigenspace, ZeroSingularAndNaN) {
  for (const std::size_t elements : {4, 32}) {
    Eigenspace space({.elements = elements, .vectors = 2});
    GridBuffer<cf64> r(elements, elements);
    ASSERT_TRUE(space.compute(r.view()));
    EXPECT_EQ(space.values()[0], 0);
    EXPECT_EQ(space.rest_mean(), 0);
    r(1, 1) = 3;  // rank one
    ASSERT_TRUE(space.compute(r.view()));
    EXPECT_NEAR(space.values()[0], 3, 1e-9);
    EXPECT_NEAR(std::abs(space.vector(0)[1]), 1, 1e-9);
    expect_eigenvectors(r, space, 1e-9);
    r(3, 0) = std::numeric_limits<double>::quiet_NaN();
    EXPECT_FALSE(space.compute(r.view()));
    r(3, 0) = std::numeric_limits<double>::infinity();
    EXPECT_FALSE(space.compute(r.view()));
    EXPECT_NEAR(space.values()[0], 3, 1e-9);  // what was
  }
}

TEST(Eigenspace, DoesNotAllocate) {
  for (const std::size_t elements : {8, 64}) {
    DoaScene scene{.geometry = array::Geometry::line(elements, doa_wavelength_m / 2),
                   .directions = {on_line(3), on_line(-20)}};
    Random random(1);
    const auto r = scene.sampled(200, random);
    const auto noise = DoaScene{.geometry = scene.geometry}.sampled(200, random);
    Eigenspace space({.elements = elements, .vectors = 2});
    const AllocationCounter counter;
    space.compute(r.view());
    space.compute(noise.view());
    EXPECT_EQ(counter.count(), 0U);
  }
}

TEST(Eigenspace, RefusesValuesOutOfRange) {
  EXPECT_THROW(Eigenspace({.elements = 0, .vectors = 1}), ConfigError);
  EXPECT_THROW(Eigenspace({.elements = 1025, .vectors = 1}), ConfigError);
  EXPECT_THROW(Eigenspace({.elements = 4, .vectors = 0}), ConfigError);
  EXPECT_THROW(Eigenspace({.elements = 4, .vectors = 5}), ConfigError);
}

}  // namespace
}  // namespace boresight::doa
