#include "boresight/beam/power_inversion.h"

#include <gtest/gtest.h>

#include <limits>

#include "boresight/array/direction.h"
#include "boresight/beam/weights.h"
#include "boresight/core/error.h"
#include "boresight/doa/covariance.h"
#include "boresight/doa/smoothing.h"
#include "scenario.h"
#include "support/allocation_counter.h"

namespace boresight::beam {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(PowerInversion, NullDepthOfOneJammer) {
  // R = I + INR v v^H gives w^H v = v_0 / (1 + INR (E - 1)), by the Sherman-Morrison formula.
  for (const std::size_t n : {2, 4, 7, 16}) {
    for (const double inr_db : {0.0, 20.0, 60.0}) {
      const std::vector<cf64> v = line_steering(n, 33);
      std::vector<cf64> w(n);
      power_inversion(theory_covariance({{v, power_from_db(inr_db)}}, n).view(), 0, 0.0, w);
      EXPECT_NEAR(db_from_power(std::norm(response(w, v))),
                  -2 * db_from_power(1 + power_from_db(inr_db) * static_cast<double>(n - 1)), 1e-3);
      EXPECT_NEAR(std::abs(w[0] - 1.0), 0, 1e-12);
    }
  }
}

TEST(PowerInversion, FindsAWeakSatelliteUnderThreeJammers) {
  // Seven elements on a circle and in its middle, three jammers of 50 dB, a satellite at -20 dB per element,
  // nothing known: on the mean over directions of the satellite the jammers end below the noise.
  std::vector<Vec3> r = array::Geometry::circle(6, test_wavelength_m / 2).positions_m;
  r.insert(r.begin(), Vec3{});
  const array::Geometry geometry = array::Geometry::from_positions(r);
  const auto towards = [&](double azimuth_deg, double elevation_deg) {
    std::vector<cf64> a(7);
    array::steering_vector(geometry,
                           array::enu_from_sky({rad_from_deg(azimuth_deg), rad_from_deg(elevation_deg)}),
                           test_frequency_hz, a);
    return a;
  };
  const std::vector<PlaneWave> jammers = {
      {towards(10, 5), 1e5}, {towards(130, 12), 1e5}, {towards(250, 8), 1e5}};
  const GridBuffer<cf64> interference = theory_covariance(jammers, 7);
  std::vector<PlaneWave> seen = jammers;
  seen.push_back({towards(60, 70), 0.01});
  Random random(1979);
  doa::SampleCovariance covariance({.elements = 7});
  covariance.update(snapshots(seen, 7, 700, random).view());
  GridBuffer<cf64> measured(7, 7);
  covariance.matrix(measured.view());
  std::vector<cf64> w(7);
  power_inversion(measured.view(), 0, 0.0, w);
  double noise = 0;
  for (const cf64 value : w) noise += std::norm(value);
  EXPECT_LT(output_power(interference.view(), w) - noise, 0.1 * noise);
  double gain = 0;  // over the sky above 40 degrees, against one element
  int count = 0;
  for (double azimuth = 0; azimuth < 360; azimuth += 15) {
    for (double elevation = 40; elevation < 90; elevation += 10, ++count) {
      gain += sinr(interference.view(), w, towards(azimuth, elevation));
    }
  }
  EXPECT_GT(db_from_power(gain / count), -3);
}

TEST(PowerInversion, BadInputHasADefinedResult) {
  std::vector<cf64> w(4);
  GridBuffer<cf64> r = theory_covariance({{line_steering(4, 20), 100}}, 4);
  EXPECT_THROW(power_inversion(r.view(), 4, 0.0, w), ConfigError);
  EXPECT_THROW(power_inversion(r.view(), 0, -1.0, w), ConfigError);
  EXPECT_THROW(power_inversion(r.view(), 0, nan, w), ConfigError);
  r(1, 1) = 0;
  EXPECT_THROW(power_inversion(r.view(), 1, 0.0, w), ConfigError);

  CovarianceFactor factor({.elements = 4});
  ASSERT_TRUE(factor.factor(r.view()));
  ASSERT_TRUE(power_inversion(factor, 1, w));  // element 2 stands in
  EXPECT_EQ(w[1], cf64(0));
  EXPECT_NEAR(std::abs(w[2] - 1.0), 0, 1e-12);
  EXPECT_FALSE(power_inversion(factor, 4, w));
  ASSERT_TRUE(factor.factor(GridBuffer<cf64>(4, 4).view()));
  ASSERT_TRUE(power_inversion(factor, 1, w));
  EXPECT_EQ(w, (std::vector<cf64>{0, 1, 0, 0}));
  r(0, 0) = nan;
  EXPECT_THROW(power_inversion(r.view(), 0, 0.0, w), ConfigError);
}

}  // namespace
}  // namespace boresight::beam
