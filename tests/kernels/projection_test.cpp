// The projection kernels against sums in double precision, on every target, odd lengths and unaligned starts.
#include "kernels/projection.h"

#include <gtest/gtest.h>

#include <vector>

#include "boresight/core/random.h"
#include "support/simd_targets.h"

namespace boresight::kernels {
namespace {

// Float sums of n products of normal values err by about 1e-7 sqrt(n); n stays below 1100.
constexpr double tolerance = 2e-4;

TEST(Projection, IsTheMatrixAndItsAdjoint) {
  for_each_simd_target([] {
    Random random(1);
    for (const std::size_t rows : {0UL, 1UL, 2UL, 7UL, 40UL}) {
      for (const std::size_t columns : {0UL, 1UL, 7UL, 15UL, 16UL, 31UL, 33UL, 64UL, 1023UL}) {
        for (const std::size_t start : {0UL, 1UL, 3UL}) {
          GridBuffer<float> re(rows, columns + 3);
          GridBuffer<float> im(rows, columns + 3);
          for (std::size_t i = 0; i < rows; ++i) {
            for (std::size_t k = 0; k < columns + 3; ++k) {
              re(i, k) = static_cast<float>(random.normal());
              im(i, k) = static_cast<float>(random.normal());
            }
          }
          const auto m_re = Grid<const float>(re.view()).columns(start, columns);
          const auto m_im = Grid<const float>(im.view()).columns(start, columns);
          std::vector<float> x_re(columns);
          std::vector<float> x_im(columns);
          for (float& x : x_re) x = static_cast<float>(random.normal());
          for (float& x : x_im) x = static_cast<float>(random.normal());
          std::vector<cf32> weights(rows);
          project(m_re, m_im, x_re, x_im, weights);
          for (std::size_t i = 0; i < rows; ++i) {
            cf64 expected = 0;
            for (std::size_t k = 0; k < columns; ++k) {
              expected += cf64(m_re(i, k), -m_im(i, k)) * cf64(x_re[k], x_im[k]);
            }
            EXPECT_NEAR(std::abs(cf64(weights[i]) - expected), 0, tolerance);
          }
          for (cf32& w : weights) w = random.complex_normal();
          std::vector<cf32> out(columns + 1, cf32(7));
          expand(m_re, m_im, weights, std::span(out).first(columns));
          for (std::size_t k = 0; k < columns; ++k) {
            cf64 expected = 0;
            for (std::size_t i = 0; i < rows; ++i)
              expected += cf64(weights[i]) * cf64(m_re(i, k), m_im(i, k));
            EXPECT_NEAR(std::abs(cf64(out[k]) - expected), 0, tolerance);
          }
          EXPECT_EQ(out[columns], cf32(7));
        }
      }
    }
  });
}

}  // namespace
}  // namespace boresight::kernels
