// Products of complex samples on every target, against double precision.
#include "kernels/products.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/random.h"
#include "support/simd_targets.h"

namespace boresight::kernels {
namespace {

TEST(ProductsKernel, AddUp) {
  Random random(1);
  std::vector<cf32> a(1100);
  std::vector<cf32> b(1100);
  for (cf32& x : a) x = random.complex_normal();
  for (cf32& x : b) x = random.complex_normal();
  for_each_simd_target([&] {
    for (const std::size_t n : {0U, 1U, 2U, 7U, 15U, 16U, 33U, 128U, 1023U}) {
      for (const std::size_t start : {0U, 1U, 3U}) {
        const auto x = std::span<const cf32>(a).subspan(start, n);
        const auto y = std::span<const cf32>(b).subspan(2 * start, n);
        std::vector<cf32> sum(start + n + 1, cf32(2, 3));
        add_conjugate_products(x, y, std::span(sum).subspan(start, n));
        for (std::size_t i = 0; i < n; ++i) {
          const cf64 s = cf64(2, 3) + cf64(x[i]) * std::conj(cf64(y[i]));
          // A few roundings of 6e-8.
          ASSERT_LT(std::abs(cf64(sum[start + i]) - s), 1e-6 * (1 + std::abs(s)));
        }
        EXPECT_EQ(sum.back(), cf32(2, 3));
      }
    }
  });
}

}  // namespace
}  // namespace boresight::kernels
