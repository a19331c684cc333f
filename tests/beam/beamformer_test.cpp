#include "boresight/beam/beamformer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "beam/beamformer_reference.h"
#include "boresight/core/convert.h"
#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/doa/covariance.h"
#include "kernels/beamform.h"
#include "support/allocation_counter.h"
#include "support/simd_targets.h"

namespace boresight::beam {
namespace {

void fill(Grid<cf32> x, Random& random) {
  for (std::size_t r = 0; r < x.rows(); ++r) {
    for (cf32& value : x.row(r)) value = random.complex_normal();
  }
}

/// The definition, in double.
cf64 expected_output(Grid<const cf32> weights, Grid<const cf32> x, std::size_t beam, std::size_t t) {
  cf64 sum = 0;
  for (std::size_t e = 0; e < x.rows(); ++e) sum += std::conj(cf64(weights(beam, e))) * cf64(x(e, t));
  return sum;
}

TEST(Beamformer, IsTheDefinitionForEveryShape) {
  Random random(11);
  for (const std::size_t elements : {1, 2, 7, 8, 9, 16, 37}) {
    for (const std::size_t beams : {1, 3}) {
      for (const std::size_t samples : {0, 1, 7, 255, 256, 257, 1023}) {
        GridBuffer<cf32> x(elements, samples + 3);
        GridBuffer<cf32> weights(beams, elements);
        GridBuffer<cf32> y(beams, samples + 5);
        fill(x.view(), random);
        fill(weights.view(), random);
        Beamformer beamformer({.elements = elements, .beams = beams});
        beamformer.set_weights(weights.view());
        const Grid<const cf32> in = x.view().columns(3, samples);  // a view that starts off the cache line
        beamformer.process(in, y.view().columns(1, samples));
        // Rounding of a float sum of 2 E products of magnitude about 1.
        const double tolerance = 4e-7 * static_cast<double>(elements) + 1e-6;
        for (std::size_t b = 0; b < beams; ++b) {
          EXPECT_EQ(y(b, 0), cf32(0));
          EXPECT_EQ(y(b, samples + 1), cf32(0));
          for (std::size_t t = 0; t < samples; ++t) {
            ASSERT_NEAR(std::abs(cf64(y(b, t + 1)) - expected_output(weights.view(), in, b, t)), 0, tolerance)
                << elements << " elements, beam " << b << ", sample " << t << " of " << samples;
          }
        }
      }
    }
  }
}

/// Shapes that meet every remainder of rows, beams, vectors and blocks.
template <typename Check>
void for_each_shape(const Check& check) {
  for (const std::size_t elements : {1, 2, 3, 4, 5, 8, 9, 16, 37, 64, 65, 131}) {
    for (const std::size_t beams : {1, 2, 3, 4, 5, 8, 11}) {
      for (const std::size_t samples : {1, 7, 16, 33, 64, 67, 128, 530, 1100}) {
        if (elements * beams * samples < 400'000) check(elements, beams, samples);
      }
    }
  }
  check(std::size_t{300}, std::size_t{5}, std::size_t{300});
  check(std::size_t{1024}, std::size_t{1}, std::size_t{70});
}

/// Samples that begin anywhere, into the middle of others.
void check_against_plain(std::size_t elements, std::size_t beams, std::size_t samples, Random& random) {
  ASSERT_LE(elements, 1024U);
  GridBuffer<cf32> x(elements, samples + 3);
  GridBuffer<cf32> weights(beams, elements);
  GridBuffer<cf32> y(beams, samples + 2);
  GridBuffer<cf32> expected(beams, samples);
  fill(x.view(), random);
  fill(weights.view(), random);
  Beamformer beamformer({.elements = elements, .beams = beams});
  beamformer.set_weights(weights.view());
  const Grid<const cf32> in = x.view().columns(3, samples);
  beamformer.process(in, y.view().columns(1, samples));
  reference::beamform(weights.view(), in, expected.view());
  // Both round sums of 2 E products of magnitude about 1; as above.
  const float tolerance = 8e-7F * static_cast<float>(elements) + 2e-6F;
  for (std::size_t b = 0; b < beams; ++b) {
    ASSERT_EQ(y(b, 0), cf32(0));
    ASSERT_EQ(y(b, samples + 1), cf32(0));
    for (std::size_t t = 0; t < samples; ++t) {
      ASSERT_NEAR(std::abs(y(b, t + 1) - expected(b, t)), 0, tolerance)
          << elements << " elements, beam " << b << " of " << beams << ", sample " << t << " of " << samples;
    }
  }
}

TEST(Beamformer, EveryTargetAgreesWithThePlainOne) {
  for_each_simd_target([] {
    Random random(14);
    for_each_shape([&](std::size_t elements, std::size_t beams, std::size_t samples) {
      check_against_plain(elements, beams, samples, random);
    });
  });
}

// More than an eighth of a megabyte of samples of up to 16 elements, and more than half a one of others, goes
// other ways: one, three and four beams, rows short and long, parts and rows that do not come out even.
TEST(Beamformer, EveryTargetAgreesWithThePlainOneOnWhatComesFromMemory) {
  for_each_simd_target([] {
    Random random(15);
    for (const std::size_t beams : {3, 4}) {
      for (std::size_t elements = 1; elements <= 16; ++elements) {
        check_against_plain(elements, beams, 16384 / elements + 29, random);
      }
    }
    for (const std::size_t beams : {1, 3, 4}) {
      check_against_plain(9, beams, 8192 + 77, random);
      check_against_plain(16, beams, 4096 + 129, random);
      check_against_plain(37, beams, 1801, random);
      check_against_plain(67, beams, 1000, random);
    }
  });
}

template <typename Sample>
Sample random_integers(Random& random) {
  const auto rail = [&] { return static_cast<decltype(Sample::re)>(random.next() >> 40U); };
  return {rail(), rail()};
}

template <typename Sample>
void check_integers(double full_scale, double limit) {
  Random random(15);
  for_each_shape([&](std::size_t elements, std::size_t beams, std::size_t samples) {
    GridBuffer<Sample> x(elements, samples + 3);
    GridBuffer<cf32> weights(beams, elements);
    GridBuffer<cf32> y(beams, samples + 2);
    for (std::size_t e = 0; e < elements; ++e) {
      for (Sample& value : x.row(e)) value = random_integers<Sample>(random);
    }
    fill(weights.view(), random);
    Beamformer beamformer({.elements = elements, .beams = beams});
    beamformer.set_weights(weights.view());
    const Grid<const Sample> in = x.view().columns(3, samples);
    beamformer.process(in, y.view().columns(1, samples));
    for (std::size_t b = 0; b < beams; ++b) {
      // The bound of the header, with |x| up to sqrt(2), and the rounding of the float result.
      double bound = 0;
      for (std::size_t first = 0; first < elements; first += 64) {
        const std::size_t end = std::min(elements, first + 64);
        double sum = 0;
        double largest = 0;
        for (std::size_t e = first; e < end; ++e) {
          const cf32 w = weights(b, e);
          sum += std::abs(w.real()) + std::abs(w.imag());
          largest = std::max<double>({largest, std::abs(w.real()), std::abs(w.imag())});
        }
        bound +=
            0.71 * static_cast<double>(end - first) * std::sqrt(2.0) * std::max(largest / 32767, sum / limit);
        bound += 3e-7 * sum;
      }
      ASSERT_EQ(y(b, 0), cf32(0));
      ASSERT_EQ(y(b, samples + 1), cf32(0));
      for (std::size_t t = 0; t < samples; ++t) {
        cf64 sum = 0;
        for (std::size_t e = 0; e < elements; ++e) {
          sum += std::conj(cf64(weights(b, e))) * cf64(in(e, t).re, in(e, t).im) / full_scale;
        }
        ASSERT_NEAR(std::abs(cf64(y(b, t + 1)) - sum), 0, bound)
            << elements << " elements, beam " << b << " of " << beams << ", sample " << t << " of "
            << samples;
      }
    }
  });
}

TEST(Beamformer, IntegerSamplesAreTheDefinitionOnEveryTarget) {
  for_each_simd_target([] {
    check_integers<cs16>(32768, 65400);
    check_integers<cs8>(128, 16.7e6);
  });
}

TEST(Beamformer, IntegerSamplesAreTheDefinitionWithoutVnni) {
  struct Restore {
    ~Restore() { kernels::beamform_allow_vnni(true); }
  } restore;
  kernels::beamform_allow_vnni(false);
  EXPECT_FALSE(kernels::beamform_uses_vnni());
  check_integers<cs16>(32768, 65400);
  check_integers<cs8>(128, 16.7e6);
}

TEST(Beamformer, IntegerSumsAreTheSameOnEveryTarget) {
  Random random(16);
  GridBuffer<cs16> x(70, 333);
  GridBuffer<cf32> weights(6, 70);
  for (std::size_t e = 0; e < 70; ++e) {
    for (cs16& value : x.row(e)) value = random_integers<cs16>(random);
  }
  fill(weights.view(), random);
  Beamformer beamformer({.elements = 70, .beams = 6});
  beamformer.set_weights(weights.view());
  GridBuffer<cf32> first(6, 333);
  beamformer.process(x.view(), first.view());
  for_each_simd_target([&] {
    GridBuffer<cf32> y(6, 333);
    beamformer.process(x.view(), y.view());
    // The second block is added in float, with or without a rounding of its product.
    for (std::size_t b = 0; b < 6; ++b) {
      for (std::size_t t = 0; t < 333; ++t) ASSERT_NEAR(std::abs(y(b, t) - first(b, t)), 0, 4e-6);
    }
  });
}

TEST(Beamformer, FullScaleIntegersOfEverySignDoNotOverflow) {
  for_each_simd_target([] {
    for (const std::size_t elements : {1, 16, 64, 256}) {
      for (const cf32 weight : {cf32(1, 1), cf32(-1, 1), cf32(1e-3F, 0), cf32(0, -40)}) {
        GridBuffer<cs16> x(elements, 40);
        GridBuffer<cf32> weights(1, elements);
        GridBuffer<cf32> y(1, 40);
        for (std::size_t e = 0; e < elements; ++e) {
          std::ranges::fill(x.row(e), cs16{-32768, -32768});
          weights(0, e) = weight;
        }
        Beamformer beamformer({.elements = elements});
        beamformer.set_weights(weights.view());
        beamformer.process(x.view(), y.view());
        const cf64 expected = static_cast<double>(elements) * std::conj(cf64(weight)) * cf64(-1, -1);
        for (const cf32 value : y.row(0)) {
          ASSERT_NEAR(std::abs(cf64(value) - expected) / std::abs(expected), 0, 1.1e-3) << elements;
        }
      }
    }
  });
}

TEST(Beamformer, RoundedWeightsStayBelowTheirNoise) {
  // 16 and 256 unit weights of random phases and full-scale noise: the error is a sum of independent
  // roundings.
  for (const std::size_t elements : {16, 256}) {
    Random random(17);
    GridBuffer<cs16> x(elements, 4000);
    GridBuffer<cf32> converted(elements, 4000);
    GridBuffer<cf32> weights(1, elements);
    for (std::size_t e = 0; e < elements; ++e) {
      random.add_noise(converted.row(e), 0.05F);
      from_cf32(converted.row(e), x.row(e));
      to_cf32(std::span<const cs16>(x.row(e)), converted.row(e));
      const double phase_rad = 2 * pi * random.uniform();
      weights(0, e) = {static_cast<float>(std::cos(phase_rad)), static_cast<float>(std::sin(phase_rad))};
    }
    Beamformer beamformer({.elements = elements});
    beamformer.set_weights(weights.view());
    GridBuffer<cf32> y(1, 4000);
    GridBuffer<cf32> expected(1, 4000);
    beamformer.process(x.view(), y.view());
    beamformer.process(converted.view(), expected.view());
    double error = 0;
    double gain = 0;
    for (std::size_t t = 0; t < 4000; ++t) {
      error += std::norm(y(0, t) - expected(0, t));
      gain += std::norm(converted(0, t)) * static_cast<double>(elements * elements);
    }
    EXPECT_LT(db_from_power(error / gain), -84.0) << elements;
  }
}

TEST(Beamformer, WeightsThatAreNoNumbersOrZeroGiveTheSameFromIntegers) {
  GridBuffer<cs16> x(3, 20);
  for (std::size_t e = 0; e < 3; ++e) std::ranges::fill(x.row(e), cs16{1000, -7});
  GridBuffer<cf32> weights(4, 3);
  weights(1, 1) = cf32(0, std::numeric_limits<float>::quiet_NaN());
  weights(2, 2) = cf32(std::numeric_limits<float>::infinity(), 1);
  weights(3, 0) = cf32(1, 0);
  GridBuffer<cf32> y(4, 20);
  Beamformer beamformer({.elements = 3, .beams = 4});
  beamformer.set_weights(weights.view());
  beamformer.process(x.view(), y.view());
  for (std::size_t t = 0; t < 20; ++t) {
    EXPECT_EQ(y(0, t), cf32(0));
    EXPECT_TRUE(std::isnan(y(1, t).real()));
    EXPECT_TRUE(std::isnan(y(2, t).real()));
    EXPECT_NEAR(y(3, t).real(), 1000.0 / 32768, 1e-6);
  }
}

template <typename Sample>
void check_with_covariance(Grid<const Sample> in) {
  Random random(18);
  GridBuffer<cf32> weights(2, in.rows());
  fill(weights.view(), random);
  Beamformer beamformer({.elements = in.rows(), .beams = 2});
  beamformer.set_weights(weights.view());
  doa::SampleCovariance apart({.elements = in.rows(), .forgetting = 0.5});
  doa::SampleCovariance together({.elements = in.rows(), .forgetting = 0.5});
  GridBuffer<cf32> expected(2, in.columns());
  GridBuffer<cf32> y(2, in.columns());
  for (int round = 0; round < 2; ++round) {
    apart.update(in);
    beamformer.process(in, expected.view());
    beamformer.process(in, y.view(), together);
    beamformer.process(in.columns(0, 0), y.view().columns(0, 0), together);  // forgets nothing
  }
  GridBuffer<cf64> r(in.rows(), in.rows());
  GridBuffer<cf64> expected_r(in.rows(), in.rows());
  apart.matrix(expected_r.view());
  together.matrix(r.view());
  EXPECT_EQ(apart.snapshots(), together.snapshots());
  for (std::size_t i = 0; i < in.rows(); ++i) {
    for (std::size_t k = 0; k < in.rows(); ++k) EXPECT_EQ(r(i, k), expected_r(i, k));
  }
  // The same samples and weights, in another grouping at most.
  for (std::size_t b = 0; b < 2; ++b) {
    for (std::size_t t = 0; t < in.columns(); ++t) ASSERT_NEAR(std::abs(y(b, t) - expected(b, t)), 0, 2e-5);
  }
}

TEST(Beamformer, SumsTheCovarianceOnTheWay) {
  Random random(19);
  GridBuffer<cf32> x(70, 2600);
  GridBuffer<cs16> x16(70, 2600);
  GridBuffer<cs8> x8(70, 2600);
  fill(x.view(), random);
  for (std::size_t e = 0; e < 70; ++e) {
    for (cs16& value : x16.row(e)) value = random_integers<cs16>(random);
    for (cs8& value : x8.row(e)) value = random_integers<cs8>(random);
  }
  check_with_covariance<cf32>(x.view());
  check_with_covariance<cs16>(x16.view());
  check_with_covariance<cs8>(x8.view());
}

TEST(Beamformer, ANaNStaysInItsSample) {
  Random random(12);
  for (const std::size_t beams : {1, 4}) {
    for (const std::size_t samples : {600, 9000}) {
      GridBuffer<cf32> x(16, samples);
      GridBuffer<cf32> weights(beams, 16);
      GridBuffer<cf32> y(beams, samples);
      fill(x.view(), random);
      fill(weights.view(), random);
      x(5, 301) = cf32(std::numeric_limits<float>::quiet_NaN(), 0);
      Beamformer beamformer({.elements = 16, .beams = beams});
      beamformer.set_weights(weights.view());
      beamformer.process(x.view(), y.view());
      for (std::size_t t = 0; t < samples; ++t) {
        EXPECT_EQ(std::isfinite(y(beams - 1, t).real()), t != 301) << t;
      }
    }
  }
}

TEST(Beamformer, StartsSilentAndAllocatesOnlyAtConstruction) {
  GridBuffer<cf32> x(16, 1000);
  GridBuffer<cf32> weights(2, 16);
  GridBuffer<cf32> y(2, 1000);
  Random random(13);
  fill(x.view(), random);
  Beamformer beamformer({.elements = 16, .beams = 2});
  const AllocationCounter counter;
  beamformer.process(x.view(), y.view());
  EXPECT_EQ(y(1, 999), cf32(0));
  beamformer.set_weights(weights.view());
  beamformer.process(x.view(), y.view());
  EXPECT_EQ(counter.count(), 0U);
}

TEST(Beamformer, RefusesCountsOutOfRange) {
  EXPECT_THROW(Beamformer({.elements = 0}), ConfigError);
  EXPECT_THROW(Beamformer({.elements = 1025}), ConfigError);
  EXPECT_THROW(Beamformer({.elements = 4, .beams = 0}), ConfigError);
  EXPECT_THROW(Beamformer({.elements = 4, .beams = 1025}), ConfigError);
}

}  // namespace
}  // namespace boresight::beam
