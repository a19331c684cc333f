#include "sim/interpolator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"

namespace boresight::sim {
namespace {

TEST(Interpolator, BesselFunctionAgreesWithTheStandardLibrary) {
  for (const double x : {0.0, 0.5, 3.0, 8.3, 20.0}) {
    EXPECT_NEAR(bessel_i0(x) / std::cyl_bessel_i(0.0, x), 1.0, 1e-12) << x;
  }
}

// A tone between its samples, over the band the class is made for (and a negative frequency behaves like its
// positive twin). Promised: -75 dB.
TEST(Interpolator, TonesInTheBandKeepTheirValue) {
  const Interpolator interpolator;
  Random random(1);
  double worst = 0;
  for (double f = -0.26; f <= 0.2601; f += 0.01) {
    double error = 0;
    constexpr int tries = 500;
    for (int i = 0; i < tries; ++i) {
      std::vector<cf32> x(Interpolator::taps);
      for (std::size_t n = 0; n < x.size(); ++n) {
        const cf64 v = std::polar(1.0, 2.0 * pi * f * (static_cast<double>(n) - Interpolator::before));
        x[n] = cf32(static_cast<float>(v.real()), static_cast<float>(v.imag()));
      }
      const double fraction = random.uniform();
      const cf64 exact = std::polar(1.0, 2.0 * pi * f * fraction);
      error += std::norm(cf64(interpolator.at(x.data() + Interpolator::before, fraction)) - exact);
    }
    worst = std::max(worst, error / tries);
  }
  EXPECT_LT(10.0 * std::log10(worst), -75.0);
  RecordProperty("worst_db", std::to_string(10.0 * std::log10(worst)));
}

}  // namespace
}  // namespace boresight::sim
