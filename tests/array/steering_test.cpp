#include "boresight/array/steering.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr double frequency_hz = 11.7e9;
constexpr double wavelength_m = speed_of_light_m_s / frequency_hz;

TEST(SteeringVector, HalfWaveLineByHand) {
  // Half-wave spacing, source 30 deg off boresight towards +x: sin = 1/2, so a quarter turn per element,
  // symmetric about the center: -3/4 pi, -1/4 pi, +1/4 pi, +3/4 pi ... in steps of pi/2.
  const Geometry line = Geometry::line(4, wavelength_m / 2);
  std::vector<cf64> a(4);
  steering_vector(line, {0.5, 0, std::sqrt(0.75)}, frequency_hz, a);
  const double r = std::sqrt(0.5);
  const std::vector<cf64> expected = {{-r, -r}, {r, -r}, {r, r}, {-r, r}};
  for (std::size_t e = 0; e < 4; ++e) EXPECT_NEAR(std::abs(a[e] - expected[e]), 0, 1e-14) << e;
}

TEST(SteeringVector, ElementNearerToTheSourceLeads) {
  // A wave e^{+j 2 pi f t} that arrives tau earlier is ahead by 2 pi f tau.
  const Geometry pair = Geometry::from_positions({{0, 0, 0}, {0, 0.01, 0}});
  std::vector<cf64> a(2);
  steering_vector(pair, {0, 1, 0}, 3e9, a);
  EXPECT_NEAR(std::arg(a[1] * std::conj(a[0])), 2 * pi * 3e9 * 0.01 / speed_of_light_m_s, 1e-14);
}

TEST(SteeringVector, BoresightOfAPlanarArrayIsInPhase) {
  const Geometry panel = Geometry::rectangle(4, 4, 0.013, 0.013);
  std::vector<cf64> a(16);
  steering_vector(panel, {0, 0, 1}, frequency_hz, a);
  for (const cf64 value : a) EXPECT_EQ(value, cf64(1));
}

TEST(SteeringVector, FloatIsTheRoundedDouble) {
  // A 10 m array turns hundreds of times: phases must be formed in double before they are rounded.
  const Geometry wide = Geometry::line(64, 10.0 / 63);
  const Vec3 u{0.6, 0, 0.8};
  std::vector<cf64> a(64);
  std::vector<cf32> single(64);
  steering_vector(wide, u, frequency_hz, a);
  steering_vector(wide, u, frequency_hz, single);
  for (std::size_t e = 0; e < 64; ++e) {
    EXPECT_NEAR(std::abs(a[e]), 1, 1e-15);
    EXPECT_EQ(single[e], cf32(static_cast<float>(a[e].real()), static_cast<float>(a[e].imag())));
  }
}

}  // namespace
}  // namespace boresight::array
