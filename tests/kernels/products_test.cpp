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

TEST(ProductsKernel, CorrelateIsTheDefinition) {
  Random random(2);
  std::vector<float> re(400), im(400);
  std::vector<cf32> taps(33);
  for (float& x : re) x = static_cast<float>(random.normal());
  for (float& x : im) x = static_cast<float>(random.normal());
  for (cf32& x : taps) x = random.complex_normal();
  for_each_simd_target([&] {
    for (const std::size_t places : {0U, 1U, 3U, 16U, 31U, 64U, 65U, 129U, 333U}) {
      for (const std::size_t count : {0U, 1U, 2U, 32U, 33U}) {
        std::vector<float> y_re(places + 2, 7.0F), y_im(places + 2, 7.0F);
        correlate(std::span<const float>(re).subspan(1, places + 32),
                  std::span<const float>(im).subspan(1, places + 32),
                  std::span<const cf32>(taps).first(count), std::span(y_re).subspan(1, places),
                  std::span(y_im).subspan(1, places));
        for (std::size_t i = 0; i < places; ++i) {
          cf64 sum = 0;
          for (std::size_t t = 0; t < count; ++t) {
            sum += cf64(re[1 + i + t], im[1 + i + t]) * std::conj(cf64(taps[t]));
          }
          // 66 roundings of 6e-8 of terms of size 1 to 10.
          ASSERT_LT(std::abs(cf64(y_re[1 + i], y_im[1 + i]) - sum), 3e-5)
              << places << " " << count << " " << i;
        }
        EXPECT_EQ(y_re.front() + y_re.back() + y_im.front() + y_im.back(), 28.0F);
      }
    }
  });
}

}  // namespace
}  // namespace boresight::kernels
