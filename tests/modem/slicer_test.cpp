#include "boresight/modem/slicer.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "boresight/core/random.h"

namespace boresight::modem {
namespace {

const Constellation all[] = {{Modulation::bpsk, BitMap::nr},    {Modulation::bpsk, BitMap::wifi},
                             {Modulation::qpsk, BitMap::nr},    {Modulation::qpsk, BitMap::axis},
                             {Modulation::qam16, BitMap::wifi}, {Modulation::qam64, BitMap::nr},
                             {Modulation::qam256, BitMap::nr},  {Modulation::qam1024, BitMap::wifi}};

// The oracle tries every point.
cf32 slow_nearest(const Constellation& c, cf32 y) {
  cf32 best = c.point(0);
  for (unsigned value = 1; value < (1U << c.bits()); ++value) {
    if (std::norm(y - c.point(value)) < std::norm(y - best)) best = c.point(value);
  }
  return best;
}

TEST(Slicer, NearestIsNearest) {
  Random random(1);
  for (const Constellation& c : all) {
    std::vector<cf32> symbols(300);
    random.add_noise(symbols, 2.0F);
    double sum = 0;
    for (const cf32 y : symbols) {
      const cf32 expected = slow_nearest(c, y);
      EXPECT_NEAR(std::abs(nearest_point(c, y) - expected), 0, 1e-6) << c.bits() << " " << y;
      sum += static_cast<double>(std::norm(y - expected));
    }
    EXPECT_NEAR(squared_error(c, symbols), sum, 1e-5 * sum) << c.bits();
  }
}

// What is no number does not become a point that does not exist.
TEST(Slicer, NotFinite) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  for (const Constellation& c : all) {
    for (const cf32 y : {cf32(nan, 0.3F), cf32(0.3F, -inf), cf32(inf, nan)}) {
      const cf32 point = nearest_point(c, y);
      EXPECT_NEAR(std::abs(point - slow_nearest(c, point)), 0, 1e-6);
      EXPECT_FALSE(std::isfinite(squared_error(c, {&y, 1})));
    }
  }
}

}  // namespace
}  // namespace boresight::modem
