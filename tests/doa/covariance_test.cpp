#include "boresight/doa/covariance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "boresight/core/convert.h"
#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "support/simd_targets.h"

namespace boresight::doa {
namespace {

GridBuffer<cf32> noise(std::size_t elements, std::size_t samples, std::uint64_t seed) {
  GridBuffer<cf32> x(elements, samples);
  Random random(seed);
  for (std::size_t e = 0; e < elements; ++e) random.add_noise(x.row(e), 1.0F);
  return x;
}

/// (1/K) X X^H in double, one product at a time.
GridBuffer<cf64> definition(Grid<const cf32> x) {
  GridBuffer<cf64> r(x.rows(), x.rows());
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t k = 0; k < x.rows(); ++k) {
      for (std::size_t t = 0; t < x.columns(); ++t) r(i, k) += cf64(x(i, t)) * std::conj(cf64(x(k, t)));
      r(i, k) /= static_cast<double>(x.columns());
    }
  }
  return r;
}

double largest_difference(Grid<const cf64> a, Grid<const cf64> b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t k = 0; k < a.columns(); ++k) largest = std::max(largest, std::abs(a(i, k) - b(i, k)));
  }
  return largest;
}

TEST(SampleCovariance, IsTheDefinitionForEveryShape) {
  for (const std::size_t elements : {1, 2, 3, 8, 15, 16}) {
    for (const std::size_t samples : {1, 7, 8, 127, 128, 129, 1000}) {
      const GridBuffer<cf32> x = noise(elements, samples + 1, elements * 1000 + samples);
      const Grid<const cf32> part = x.view().columns(1, samples);
      SampleCovariance covariance({.elements = elements});
      covariance.update(part);
      GridBuffer<cf64> r(elements, elements);
      covariance.matrix(r.view());
      EXPECT_EQ(covariance.snapshots(), static_cast<double>(samples));
      // Float rounding of sums of up to 16 products per lane: a few 1e-7 of the power, which is 1.
      EXPECT_LT(largest_difference(r.view(), definition(part).view()), 2e-6) << elements << " x " << samples;
      for (std::size_t i = 0; i < elements; ++i) {
        EXPECT_EQ(r(i, i).imag(), 0);
        for (std::size_t k = 0; k < elements; ++k) EXPECT_EQ(r(i, k), std::conj(r(k, i)));
      }
    }
  }
}

TEST(SampleCovariance, EveryTargetIsTheDefinition) {
  // 2 to 37 elements meet every block of rows; 100 more than a tile of columns.
  for_each_simd_target([] {
    for (const std::size_t elements : {1, 2, 4, 5, 6, 7, 13, 37, 100}) {
      for (const std::size_t samples : {5, 8, 64, 256, 300}) {
        const GridBuffer<cf32> x = noise(elements, samples + 1, elements * 1000 + samples);
        const Grid<const cf32> part = x.view().columns(1, samples);
        SampleCovariance covariance({.elements = elements});
        covariance.update(part);
        GridBuffer<cf64> r(elements, elements);
        covariance.matrix(r.view());
        EXPECT_LT(largest_difference(r.view(), definition(part).view()), 2e-6)
            << elements << " x " << samples;
      }
    }
  });
}

template <typename Sample>
void check_integers() {
  const GridBuffer<cf32> x = noise(9, 700, 6);
  GridBuffer<Sample> integers(9, 700);
  GridBuffer<cf32> converted(9, 700);
  for (std::size_t e = 0; e < 9; ++e) {
    std::vector<cf32> small(x.row(e).begin(), x.row(e).end());
    for (cf32& value : small) value *= 0.2F;
    from_cf32(small, integers.row(e));
    to_cf32(std::span<const Sample>(integers.row(e)), converted.row(e));
  }
  const Grid<const Sample> in = integers.view();
  SampleCovariance covariance({.elements = 9});
  covariance.update(in.columns(1, 500));
  covariance.update(in.columns(501, 199));
  GridBuffer<cf64> r(9, 9);
  covariance.matrix(r.view());
  EXPECT_EQ(covariance.snapshots(), 699);
  EXPECT_LT(largest_difference(r.view(), definition(converted.view().columns(1, 699)).view()), 1e-7);
}

TEST(SampleCovariance, TakesIntegersAtTheirFullScaleOnEveryTarget) {
  for_each_simd_target([] {
    check_integers<cs16>();
    check_integers<cs8>();
  });
}

TEST(SampleCovariance, AddsWithoutForgetting) {
  const GridBuffer<cf32> x = noise(4, 600, 7);
  SampleCovariance whole({.elements = 4, .forgetting = 0.25});
  SampleCovariance parts({.elements = 4, .forgetting = 0.25});
  for (int round = 0; round < 2; ++round) {
    whole.update(x.view());
    parts.update(x.view().columns(0, 256));
    parts.add(x.view().columns(256, 256));
    parts.add(x.view().columns(512, 88));
  }
  GridBuffer<cf64> a(4, 4);
  GridBuffer<cf64> b(4, 4);
  whole.matrix(a.view());
  parts.matrix(b.view());
  EXPECT_EQ(whole.snapshots(), parts.snapshots());
  EXPECT_LT(largest_difference(a.view(), b.view()), 1e-14);
}

TEST(SampleCovariance, BlocksOfAnySizeAddUp) {
  const GridBuffer<cf32> x = noise(5, 1000, 3);
  SampleCovariance covariance({.elements = 5});
  for (std::size_t first = 0, n = 1; first < 1000;
       first += n, n = std::min<std::size_t>(2 * n, 1000 - first)) {
    covariance.update(x.view().columns(first, n));
  }
  GridBuffer<cf64> r(5, 5);
  covariance.matrix(r.view());
  EXPECT_EQ(covariance.snapshots(), 1000);
  EXPECT_LT(largest_difference(r.view(), definition(x.view()).view()), 2e-6);
}

TEST(SampleCovariance, KeepsTheNoiseUnderA60dBJammer) {
  // In the covariance of two elements of which both hold the same 60 dB jammer, the power of the difference
  // R00 + R11 - 2 Re R01 is the noise alone: 2. A sum in float throughout would miss it by far more than
  // this.
  constexpr std::size_t samples = 1 << 18;
  GridBuffer<cf32> x(2, samples);
  Random random(4);
  double noise_power = 0;
  for (std::size_t t = 0; t < samples; ++t) {
    const double phase_rad = 2 * pi * random.uniform();
    const cf32 jammer(static_cast<float>(1000 * std::cos(phase_rad)),
                      static_cast<float>(1000 * std::sin(phase_rad)));
    x(0, t) = jammer + random.complex_normal();
    x(1, t) = jammer + random.complex_normal();
    noise_power += std::norm(cf64(x(0, t)) - cf64(x(1, t)));
  }
  noise_power /= static_cast<double>(samples);
  // 1.2e-7 / sqrt(2048 runs) of the jammer's 1e6 is 0.0027; four and a half times that is allowed.
  for_each_simd_target([&] {
    SampleCovariance covariance({.elements = 2});
    covariance.update(x.view());
    GridBuffer<cf64> r(2, 2);
    covariance.matrix(r.view());
    EXPECT_NEAR((r(0, 0) + r(1, 1) - 2.0 * r(0, 1)).real(), noise_power, 0.012);
  });
}

TEST(SampleCovariance, ForgetsPerCall) {
  // Each call's share halves with every later call: weights 25, 50, 100 of powers 1, 4, 16.
  SampleCovariance covariance({.elements = 1, .forgetting = 0.5});
  GridBuffer<cf32> x(1, 100);
  for (const float amplitude : {1.0F, 2.0F, 4.0F}) {
    for (cf32& value : x.row(0)) value = amplitude;
    covariance.update(x.view());
    covariance.update(x.view().columns(0, 0));  // nothing happened: nothing is forgotten
  }
  GridBuffer<cf64> r(1, 1);
  covariance.matrix(r.view());
  EXPECT_DOUBLE_EQ(covariance.snapshots(), 175);
  EXPECT_DOUBLE_EQ(r(0, 0).real(), (25.0 * 1 + 50.0 * 4 + 100.0 * 16) / 175);

  covariance.forget(0.1);
  covariance.matrix(r.view());
  EXPECT_DOUBLE_EQ(covariance.snapshots(), 17.5);
  EXPECT_DOUBLE_EQ(r(0, 0).real(), (25.0 * 1 + 50.0 * 4 + 100.0 * 16) / 175);
}

TEST(SampleCovariance, NoSnapshotsIsZeroAndResetEndsANaN) {
  SampleCovariance covariance({.elements = 3});
  GridBuffer<cf64> r(3, 3);
  r(1, 2) = 7;
  covariance.matrix(r.view());
  EXPECT_EQ(r(1, 2), cf64(0));

  GridBuffer<cf32> x = noise(3, 50, 5);
  x(2, 10) = cf32(0, std::numeric_limits<float>::quiet_NaN());
  covariance.update(x.view());
  covariance.matrix(r.view());
  EXPECT_TRUE(std::isnan(r(2, 2).real()));
  EXPECT_TRUE(std::isfinite(r(1, 1).real()));

  covariance.reset();
  x(2, 10) = 0;
  covariance.update(x.view());
  covariance.matrix(r.view());
  EXPECT_LT(largest_difference(r.view(), definition(x.view()).view()), 2e-6);
}

TEST(SampleCovariance, RefusesValuesOutOfRange) {
  EXPECT_THROW(SampleCovariance({.elements = 0}), ConfigError);
  EXPECT_THROW(SampleCovariance({.elements = 1025}), ConfigError);
  for (const double bad : {0.0, -0.5, 1.0001, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW(SampleCovariance({.elements = 4, .forgetting = bad}), ConfigError) << bad;
  }
}

}  // namespace
}  // namespace boresight::doa
