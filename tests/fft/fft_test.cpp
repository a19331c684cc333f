#include "fft/fft.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "fft/mixed_fft.h"
#include "support/allocation_counter.h"
#include "support/simd_targets.h"

namespace boresight::fft {
namespace {

// Bin k by the definition, in double precision.
cf64 slow_bin(std::span<const cf32> x, double sign, std::size_t k) {
  const std::size_t n = x.size();
  cf64 sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    sum +=
        cf64(x[i]) * std::polar(1.0, sign * 2 * pi * static_cast<double>(k * i % n) / static_cast<double>(n));
  }
  return sum;
}

class FftSizes : public testing::TestWithParam<std::size_t> {};

// Single precision errors grow like sqrt(log n) times 6e-8 of the rms; 1e-6 leaves room for all sizes here.
TEST_P(FftSizes, AgreesWithTheDefinitionHoweverTheArraysLieAndDoesNotAllocate) {
  const std::size_t n = GetParam();
  Random random(n);
  aligned_vector<cf32> x(n + 1);
  for (cf32& s : x) s = random.complex_normal();
  for (const auto direction : {Direction::forward, Direction::inverse}) {
    const Fft fft(n, direction);
    for (const std::size_t offset : {0U, 1U}) {
      const std::span<const cf32> in(x.data() + offset, n);
      aligned_vector<cf32> out(n + 1);
      aligned_vector<cf32> same(x);
      const AllocationCounter counter;
      fft.run(in, {out.data() + offset, n});
      EXPECT_EQ(counter.count(), 0U) << n;
      fft.run({same.data() + offset, n}, {same.data() + offset, n});
      if (n <= 2048) {
        EXPECT_EQ(counter.count(), 0U) << n << " in place";
      }
      double error = 0;
      double power = 0;
      // All bins of the short ones; of the long ones 200, a prime apart.
      for (std::size_t i = 0; i < std::min<std::size_t>(n, 200); ++i) {
        const std::size_t k = n <= 200 ? i : i * 8191 % n;
        const cf64 expected = slow_bin(in, direction == Direction::forward ? -1.0 : 1.0, k);
        power += std::norm(expected);
        error += std::norm(cf64(out[k + offset]) - expected);
        error += std::norm(cf64(same[k + offset]) - expected);
      }
      EXPECT_LT(error, 1e-12 * power) << n << " offset " << offset;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Fft, FftSizes,
                         testing::Values(1, 2, 7, 64, 100, 128, 256, 512, 1024, 1056, 2048, 4096, 8192, 16384,
                                         32768));

// Both ways of taking the carrier off, with a frequency that changes and with one that stays.
TEST(MixedFft, TakesCarrierAndScaleAlong) {
  for (const std::size_t n : {64U, 100U, 256U, 1024U, 1056U}) {
    Random random(n);
    std::vector<cf32> x(n);
    for (cf32& s : x) s = random.complex_normal();
    for_each_simd_target([&] {
      MixedFft transform(n, 0.25);
      std::vector<cf32> out(n);
      for (const auto& [frequency, phase] :
           {std::pair(0.0, 0.0), std::pair(0.0, 1234.3), std::pair(-0.37, 5.1), std::pair(-0.37, -7.7),
            std::pair(0.0, 0.1)}) {
        std::vector<cf32> turned(n);
        for (std::size_t i = 0; i < n; ++i) {
          turned[i] =
              cf32(cf64(x[i]) * std::polar(0.25, -2 * pi * (frequency * static_cast<double>(i) + phase)));
        }
        transform.run(x, frequency, phase, out);
        double error = 0;
        double power = 0;
        for (std::size_t i = 0; i < 50; ++i) {
          const cf64 want = slow_bin(turned, -1, i * 37 % n);
          error += std::norm(cf64(out[i * 37 % n]) - want);
          power += std::norm(want);
        }
        EXPECT_LT(error, 1e-12 * power) << n << " " << frequency;
      }
    });
  }
}

TEST(Fft, RefusesASizeOfZero) {
  EXPECT_THROW(Fft(0, Direction::forward), ConfigError);
}

}  // namespace
}  // namespace boresight::fft
