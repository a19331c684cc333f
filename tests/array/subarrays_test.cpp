#include "boresight/array/subarrays.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/array/pattern_metrics.h"
#include "boresight/array/steering.h"
#include "boresight/beam/weights.h"
#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr double frequency_hz = 11.7e9;
constexpr double wavelength_m = speed_of_light_m_s / frequency_hz;

Vec3 along_x(double sine) {
  return {sine, 0, std::sqrt(1 - sine * sine)};
}

std::vector<cf64> steered(const Geometry& geometry, Vec3 u) {
  std::vector<cf64> a(geometry.elements());
  steering_vector(geometry, u, frequency_hz, a);
  return a;
}

std::vector<cf64> random_vector(Random& random, std::size_t count) {
  std::vector<cf64> v(count);
  for (cf64& value : v) value = {random.normal(), random.normal()};
  return v;
}

TEST(Subarrays, BlocksAndInterleavedGroups) {
  const Subarrays blocks = Subarrays::blocks(4, 6, 2, 3);
  EXPECT_EQ(blocks.groups(), 4U);
  EXPECT_EQ(blocks.size(3), 6U);
  EXPECT_EQ(blocks.group(0), 0U);
  EXPECT_EQ(blocks.group(2), 1U);
  EXPECT_EQ(blocks.group(4 * 3 + 1), 2U);
  EXPECT_EQ(blocks.group(23), 3U);
  const Subarrays interleaved = Subarrays::interleaved(7, 3);
  EXPECT_EQ(interleaved.group(5), 2U);
  EXPECT_EQ(interleaved.size(0), 3U);
}

TEST(Subarrays, HybridOutputIsThatOfTheEffectiveWeights) {
  Random random(1);
  const Subarrays subarrays = Subarrays::interleaved(10, 3);
  const auto analog = random_vector(random, 10);
  const auto digital = random_vector(random, 3);
  const auto x = random_vector(random, 10);
  std::vector<cf64> effective(10);
  std::vector<cf64> sums(3);
  subarrays.effective_weights(analog, digital, effective);
  subarrays.to_digital(analog, x, sums);
  cf64 hybrid;
  cf64 direct;
  for (std::size_t s = 0; s < 3; ++s) hybrid += std::conj(digital[s]) * sums[s];
  for (std::size_t e = 0; e < 10; ++e) direct += std::conj(effective[e]) * x[e];
  EXPECT_NEAR(std::abs(hybrid - direct), 0, 1e-13);

  // The covariance of one snapshot: (T^H x)(T^H x)^H.
  GridBuffer<cf64> r(10, 10);
  GridBuffer<cf64> small(3, 3);
  for (std::size_t m = 0; m < 10; ++m) {
    for (std::size_t n = 0; n < 10; ++n) r(m, n) = x[m] * std::conj(x[n]);
  }
  subarrays.covariance_to_digital(analog, r.view(), small.view());
  for (std::size_t s = 0; s < 3; ++s) {
    for (std::size_t t = 0; t < 3; ++t)
      EXPECT_NEAR(std::abs(small(s, t) - sums[s] * std::conj(sums[t])), 0, 1e-12);
  }

  // Weights that the groups can make are met; of others what is left is orthogonal to what they can make.
  std::vector<cf64> found(3);
  subarrays.nearest_digital(analog, effective, found);
  for (std::size_t s = 0; s < 3; ++s) EXPECT_NEAR(std::abs(found[s] - digital[s]), 0, 1e-13);
  const auto wanted = random_vector(random, 10);
  subarrays.nearest_digital(analog, wanted, found);
  subarrays.effective_weights(analog, found, effective);
  std::vector<cf64> left(10);
  for (std::size_t e = 0; e < 10; ++e) left[e] = wanted[e] - effective[e];
  subarrays.to_digital(analog, left, sums);
  for (const cf64 value : sums) EXPECT_NEAR(std::abs(value), 0, 1e-13);
  subarrays.nearest_digital(std::vector<cf64>(10), wanted, found);
  for (const cf64 value : found) EXPECT_EQ(value, cf64());
}

TEST(Subarrays, DigitalSteeringOffTheAnalogBeamRaisesGratingLobes) {
  // 64 elements at half a wavelength, 16 groups of 4: the groups stand 2 wavelengths apart, so the array
  // factor of the groups repeats every 1/2 in sin(theta), under the pattern of a group: a Dirichlet kernel
  // of 4.
  const Geometry line = Geometry::line(64, 0.5 * wavelength_m);
  const Subarrays subarrays = Subarrays::blocks(64, 1, 4, 1);
  const auto analog = steered(line, along_x(0));
  const double scan = 0.1;
  std::vector<cf64> digital(16);
  std::vector<cf64> weights(64);
  subarrays.to_digital(analog, steered(line, along_x(scan)), digital);
  for (cf64& d : digital) d /= std::abs(d);
  subarrays.effective_weights(analog, digital, weights);
  const Pattern pattern(line, frequency_hz, weights);
  const auto group = [](double sine) {
    return std::pow(std::sin(4 * 0.5 * pi * sine) / (4 * std::sin(0.5 * pi * sine)), 2);
  };
  const double full = 64 * 64;
  EXPECT_NEAR(pattern.power(along_x(scan)) / full, group(scan), 1e-12);
  for (const double lobe : {scan - 0.5, scan + 0.5, scan - 1}) {
    EXPECT_NEAR(pattern.power(along_x(lobe)) / full, group(lobe), 1e-12) << lobe;
  }
  // The strongest is the side lobe of the report: -11.4 dB, where 64 free elements have -13.3. The slope of
  // the group's pattern moves the top of the lobe a little.
  const HemisphereMetrics metrics = measure_hemisphere(pattern);
  EXPECT_NEAR(metrics.peak_sidelobe.x, scan - 0.5, 0.01);
  EXPECT_NEAR(metrics.peak_sidelobe_db, db_from_power(group(scan - 0.5) / group(scan)), 0.2);

  // Analog and digital weights on one direction: every grating lobe falls into a null of the groups.
  const auto both = steered(line, along_x(scan));
  subarrays.to_digital(both, steered(line, along_x(scan)), digital);
  subarrays.effective_weights(both, digital, weights);
  const Pattern aligned(line, frequency_hz, weights);
  EXPECT_NEAR(aligned.power(along_x(scan - 0.5)), 0, 1e-18 * full * full);
  EXPECT_NEAR(measure_hemisphere(aligned).peak_sidelobe_db, -13.26, 0.05);
}

TEST(Subarrays, DigitalNullsNeedOnlyTheSums) {
  // A null by the 8 digital weights of a hybrid array, in the pattern of the 32 elements.
  const Geometry line = Geometry::line(32, 0.5 * wavelength_m);
  const Subarrays subarrays = Subarrays::blocks(32, 1, 4, 1);
  const auto analog = steered(line, along_x(0.2));
  std::vector<cf64> look(8);
  GridBuffer<cf64> nulls(1, 8);
  subarrays.to_digital(analog, analog, look);
  subarrays.to_digital(analog, steered(line, along_x(0.33)), nulls.row(0));
  std::vector<cf64> digital(8);
  std::vector<cf64> weights(32);
  beam::null_steering(look, nulls.view(), digital);
  subarrays.effective_weights(analog, digital, weights);
  const Pattern pattern(line, frequency_hz, weights);
  EXPECT_NEAR(pattern.power(along_x(0.2)), 1, 1e-12);
  EXPECT_GT(null_depth_db(pattern, along_x(0.33), along_x(0.2)), 150);
}

TEST(Subarrays, RefusesGroupsThatAreNone) {
  EXPECT_THROW(Subarrays(std::vector<std::uint32_t>{}), ConfigError);
  EXPECT_THROW(Subarrays(std::vector<std::uint32_t>{0, 2, 2}), ConfigError);
  EXPECT_THROW(Subarrays(std::vector<std::uint32_t>{0, 0xFFFFFFFF}), ConfigError);
  EXPECT_THROW(Subarrays::blocks(8, 1, 3, 1), ConfigError);
  EXPECT_THROW(Subarrays::blocks(8, 1, 0, 1), ConfigError);
  EXPECT_THROW(Subarrays::blocks(std::size_t{1} << 63, 2, 1, 1), ConfigError);
  EXPECT_THROW(Subarrays::interleaved(4, 5), ConfigError);
  EXPECT_THROW(Subarrays::interleaved(4, 0), ConfigError);
}

}  // namespace
}  // namespace boresight::array
