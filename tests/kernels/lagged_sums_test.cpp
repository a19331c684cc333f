// Lagged sums on every target, against double precision.
#include "kernels/lagged_sums.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/random.h"
#include "support/simd_targets.h"

namespace boresight::kernels {
namespace {

TEST(LaggedSumsKernel, AddUp) {
  Random random(1);
  std::vector<cf32> x(3000);
  for (cf32& s : x) s = random.complex_normal() + cf32(0.3F, -0.2F);
  for_each_simd_target([&] {
    for (const std::size_t block : {4U, 8U, 12U, 64U, 100U}) {
      for (const std::size_t blocks : {0U, 1U, 7U}) {
        for (const std::size_t start : {0U, 1U, 3U}) {
          const std::size_t n = block * blocks;
          std::vector<LaggedSums> out(blocks + 1, LaggedSums{{}, {}, -7});
          lagged_sums(std::span<const cf32>(x).subspan(1000 + start, n),
                      std::span<const cf32>(x).subspan(2 * start, n), block, std::span(out).first(blocks));
          for (std::size_t b = 0; b < blocks; ++b) {
            cf64 product = 0;
            cf64 sum = 0;
            double energy = 0;
            for (std::size_t i = b * block; i < (b + 1) * block; ++i) {
              product += cf64(x[1000 + start + i]) * std::conj(cf64(x[2 * start + i]));
              sum += cf64(x[1000 + start + i]);
              energy += std::norm(cf64(x[1000 + start + i]));
            }
            // Rounding of at most 100 additions of 6e-8 each to sums of at most `energy`.
            ASSERT_LT(std::abs(cf64(out[b].product) - product), 1e-6 * energy);
            ASSERT_LT(std::abs(cf64(out[b].sum) - sum), 1e-6 * energy);
            ASSERT_NEAR(static_cast<double>(out[b].energy), energy, 1e-6 * energy);
          }
          EXPECT_EQ(out.back().energy, -7);
        }
      }
    }
  });
}

}  // namespace
}  // namespace boresight::kernels
