// The kernels of the PSS search against their definitions in double precision, on every target.
#include "kernels/pss.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/random.h"
#include "boresight/sync/ku_sequences.h"
#include "support/simd_targets.h"

namespace boresight::kernels {
namespace {

constexpr std::size_t counts[] = {0, 16, 48, 64, 80, 128, 496, 512, 528, 1600};
constexpr std::size_t starts[] = {0, 1, 3, 6};  // samples

aligned_vector<cf32> noise(std::size_t count, std::uint64_t seed) {
  aligned_vector<cf32> x(count);
  Random(seed).add_noise(x, 1.0F);
  return x;
}

TEST(PssKernel, TurnsByQuartersAndAddsEnergies) {
  const auto x = noise(1700, 1);
  std::vector<float> first;
  for_each_simd_target([&] {
    std::vector<float> all;
    for (const std::size_t count : counts) {
      for (const std::size_t start : starts) {
        const auto in = std::span<const cf32>(x).subspan(start, count);
        std::vector<cf32> out(start + count + 1, cf32(9, 9));
        std::vector<float> energy(count / 16 + 1, 9.0F);
        quarter_turns(in, std::span(out).subspan(start, count), energy);
        constexpr cf32 turns[] = {{1, 0}, {0, -1}, {-1, 0}, {0, 1}};
        for (std::size_t n = 0; n < count; ++n) ASSERT_EQ(out[start + n], in[n] * turns[n % 4]) << n;
        EXPECT_EQ(out.back(), cf32(9, 9));
        for (std::size_t b = 0; b < count / 16; ++b) {
          double sum = 0;
          for (std::size_t n = 0; n < 16; ++n) sum += static_cast<double>(std::norm(in[16 * b + n]));
          EXPECT_NEAR(energy[b], sum, 1e-6 * sum);  // a few roundings of 6e-8
        }
        EXPECT_EQ(energy.back(), 9.0F);
        all.insert(all.end(), energy.begin(), energy.end());
      }
    }
    first = first.empty() ? all : first;
    for (std::size_t i = 0; i < all.size(); ++i)
      ASSERT_NEAR(all[i], first[i], 4e-7F * first[i]);  // FMA or not
  });
}

TEST(PssKernel, SignsAreTheSegmentWithoutItsQuarterTurns) {
  const auto signs = pss_signs_of_segment();
  constexpr cf32 turns[] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
  for (std::size_t i = 0; i < pss_taps; ++i) {
    const cf32 want = sync::pss_segment()[0] * turns[i % 4] * static_cast<float>(signs[i]);
    EXPECT_LT(std::abs(sync::pss_segment()[i] - want), 1e-6F) << i;
  }
}

TEST(PssKernel, CorrelatesToTheSameBits) {
  const auto signs = pss_signs_of_segment();
  const auto x = noise(1600 + pss_reach + 16, 3);
  std::vector<cf32> first;
  for_each_simd_target([&] {
    std::vector<cf32> all;
    aligned_vector<cf32> scratch(pss_scratch);
    for (const std::size_t count : counts) {
      for (const std::size_t start : starts) {
        std::vector<cf32> out(start + count + 1, cf32(9, 9));
        correlate_segment(std::span<const cf32>(x).subspan(start, count + pss_reach), scratch,
                          std::span(out).subspan(start, count));
        for (std::size_t n = 0; n < count; ++n) {
          cf64 sum = 0;
          for (std::size_t i = 0; i < pss_taps; ++i)
            sum += static_cast<double>(signs[i]) * cf64(x[start + n + i]);
          // 128 additions to numbers of size 10: 6e-8 of the partial sums each.
          ASSERT_LT(std::abs(cf64(out[start + n]) - sum), 3e-5) << n;
        }
        EXPECT_EQ(out.back(), cf32(9, 9));
        all.insert(all.end(), out.begin(), out.end());
      }
    }
    first = first.empty() ? all : first;
    ASSERT_EQ(all, first);
  });
}

TEST(PssKernel, MultipliesSegmentsAndFormsTheStatistic) {
  constexpr std::size_t count = 1024;
  const auto c = noise(count + 8 * pss_taps, 4);
  aligned_vector<float> scale(count / 16);
  for (std::size_t b = 0; b < scale.size(); ++b) scale[b] = b % 7 == 0 ? 0.0F : 0.01F * static_cast<float>(b);
  for_each_simd_target([&] {
    aligned_vector<float> re(count + 6 * pss_taps);
    aligned_vector<float> im(re.size());
    aligned_vector<float> statistic(count);
    segment_products(std::span<const cf32>(c).first(re.size() + pss_taps), re, im);
    const float largest = pss_statistic(re, im, scale, statistic);
    double most = 0;
    for (std::size_t n = 0; n < count; ++n) {
      cf64 d = 0;
      for (std::size_t m = 1; m < 8; ++m)
        d += (m == 1 ? -1.0 : 1.0) * cf64(c[n + 128 * m]) * std::conj(cf64(c[n + 128 * (m - 1)]));
      const double want = std::norm(d * static_cast<double>(scale[n / 16]));
      ASSERT_NEAR(statistic[n], want, 1e-5 * want + 1e-6 * std::pow(scale[n / 16], 2)) << n;
      most = std::max(most, want);
    }
    EXPECT_NEAR(largest, most, 1e-5 * most);
  });
}

TEST(PssKernel, WhatIsNoNumberBecomesZero) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  for_each_simd_target([&] {
    for (const float bad : {nan, inf, -inf}) {
      aligned_vector<float> re(64 + 6 * pss_taps, 1.0F);
      aligned_vector<float> im(re.size());
      re[20] = bad;
      const aligned_vector<float> scale{1.0F, 0.0F, 1.0F, 1.0F};
      aligned_vector<float> statistic(64);
      EXPECT_EQ(pss_statistic(re, im, scale, statistic), 25.0F);
      EXPECT_EQ(statistic[20], 0.0F);
      EXPECT_EQ(statistic[15], 25.0F);
    }
  });
}

}  // namespace
}  // namespace boresight::kernels
