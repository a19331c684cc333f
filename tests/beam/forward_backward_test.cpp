#include "boresight/doa/smoothing.h"

#include <gtest/gtest.h>

#include "boresight/array/direction.h"
#include "boresight/array/steering.h"
#include "boresight/beam/weights.h"
#include "boresight/core/error.h"
#include "boresight/doa/covariance.h"
#include "scenario.h"

namespace boresight::beam {
namespace {

TEST(ForwardBackward, KeepsPlaneWavesAndDoublesSnapshots) {
  const array::Geometry geometry =
      array::Geometry::rectangle(4, 3, test_wavelength_m / 2, test_wavelength_m / 2);
  const std::size_t n = geometry.elements();
  const std::vector<std::size_t> mirror = doa::mirror_elements(geometry);
  EXPECT_EQ(mirror[0], n - 1);
  const auto towards = [&](double azimuth_deg, double elevation_deg) {
    std::vector<cf64> a(n);
    array::steering_vector(geometry,
                           array::enu_from_sky({rad_from_deg(azimuth_deg), rad_from_deg(elevation_deg)}),
                           test_frequency_hz, a);
    return a;
  };
  const std::vector<PlaneWave> jammers = {{towards(20, 30), 1e4}, {towards(200, 15), 1e3}};
  const GridBuffer<cf64> theory = theory_covariance(jammers, n);
  GridBuffer<cf64> averaged = theory_covariance(jammers, n);
  ASSERT_TRUE(doa::forward_backward(averaged.view(), mirror));
  EXPECT_LT((dense(averaged.view()) - dense(theory.view())).norm(), 1e-10);

  // K snapshots averaged are worth about 2 K: between the Reed-Mallett-Brennan means of 1.6 K and 2.2 K.
  const std::vector<cf64> a = towards(100, 80);
  const double best = optimum_sinr(theory.view(), a);
  constexpr std::size_t count = 36;
  Random random(3);
  doa::SampleCovariance covariance({.elements = n});
  std::vector<cf64> w(n);
  double sum = 0;
  constexpr int trials = 400;
  for (int trial = 0; trial < trials; ++trial) {
    covariance.reset();
    covariance.update(snapshots(jammers, n, count, random).view());
    covariance.matrix(averaged.view());
    ASSERT_TRUE(doa::forward_backward(averaged.view(), mirror));
    mvdr(averaged.view(), a, 0.0, w);
    sum += sinr(theory.view(), w, a) / best;
  }
  const auto rmb = [&](double k) { return (k + 2 - static_cast<double>(n)) / (k + 1); };
  EXPECT_GT(sum / trials, rmb(1.6 * count));
  EXPECT_LT(sum / trials, rmb(2.2 * count));
}

TEST(ForwardBackward, RefusesLopsidedArraysAndDeadElements) {
  EXPECT_THROW(doa::mirror_elements(array::Geometry::circle(5, 1)), ConfigError);
  EXPECT_NO_THROW(doa::mirror_elements(array::Geometry::circle(6, 1)));
  EXPECT_THROW(doa::mirror_elements({}), ConfigError);
  const std::vector<std::size_t> mirror = doa::mirror_elements(array::Geometry::line(4, 0.1));
  GridBuffer<cf64> r = theory_covariance({{line_steering(4, 20), 100}}, 4);
  r(1, 1) = 0;
  const Eigen::MatrixXcd before = dense(r.view());
  EXPECT_FALSE(doa::forward_backward(r.view(), mirror));
  EXPECT_EQ(dense(r.view()), before);
}

}  // namespace
}  // namespace boresight::beam
