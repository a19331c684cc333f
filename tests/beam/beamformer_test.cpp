#include "boresight/beam/beamformer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "support/allocation_counter.h"

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

TEST(Beamformer, ANaNStaysInItsSample) {
  Random random(12);
  GridBuffer<cf32> x(16, 600);
  GridBuffer<cf32> weights(1, 16);
  GridBuffer<cf32> y(1, 600);
  fill(x.view(), random);
  fill(weights.view(), random);
  x(5, 301) = cf32(std::numeric_limits<float>::quiet_NaN(), 0);
  Beamformer beamformer({.elements = 16});
  beamformer.set_weights(weights.view());
  beamformer.process(x.view(), y.view());
  for (std::size_t t = 0; t < 600; ++t) EXPECT_EQ(std::isfinite(y(0, t).real()), t != 301) << t;
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
