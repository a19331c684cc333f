// Carrier removal against its equation in double precision, on every target of the machine.
#include "kernels/carrier.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "support/simd_targets.h"

namespace boresight::kernels {
namespace {

TEST(CarrierKernel, IsItsEquationOnEveryLengthAndStart) {
  Random random(1);
  std::vector<cf32> x(5000);
  for (cf32& s : x) s = random.complex_normal();
  const double frequency = -0.3141592;
  const double phase = 12345.678;
  for_each_simd_target([&] {
    for (const std::size_t length : {0U, 1U, 7U, 15U, 16U, 17U, 32U, 128U, 511U, 512U, 513U, 1023U, 4900U}) {
      for (const std::size_t start : {0U, 1U, 3U}) {
        const auto in = std::span<const cf32>(x).subspan(start, length);
        const cf32 guard(7, 8);
        std::vector<cf32> out(length + 2, guard);
        remove_carrier(in, frequency, phase, 0.5F, std::span(out).subspan(1, length));
        EXPECT_EQ(out.front(), guard);
        EXPECT_EQ(out.back(), guard);
        double worst = 0;
        for (std::size_t n = 0; n < length; ++n) {
          const double turns = frequency * static_cast<double>(n) + phase;
          const cf64 want = 0.5 * cf64(in[n]) * std::polar(1.0, -2 * pi * (turns - std::floor(turns)));
          worst = std::max(worst, std::abs(cf64(out[n + 1]) - want) / std::abs(want));
        }
        // Two roundings of the tables, one of their product and two of the last one, 6e-8 or so each.
        EXPECT_LT(worst, 3e-7) << length;
        std::vector<cf32> same(in.begin(), in.end());
        remove_carrier(same, frequency, phase, 0.5F, same);
        EXPECT_TRUE(std::equal(same.begin(), same.end(), out.begin() + 1));
      }
    }
  });
}

}  // namespace
}  // namespace boresight::kernels
