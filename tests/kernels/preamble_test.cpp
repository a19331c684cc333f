#include "kernels/preamble.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "support/simd_targets.h"

namespace boresight::kernels {
namespace {

constexpr std::size_t lengths[] = {0, 1, 7, 32, 128, 1023};

std::vector<cf32> noise(std::size_t n, std::uint64_t seed) {
  std::vector<cf32> x(n);
  Random(seed).add_noise(x, 1.0F);
  return x;
}

// A few roundings of values around one.
TEST(PreambleKernels, MultiplySplitAndDotAreWhatTheySay) {
  for_each_simd_target([] {
    for (const std::size_t n : lengths) {
      for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{3}}) {
        const auto a = noise(n + 4, 1);
        const auto b = noise(n + 4, 2);
        std::vector<cf32> out(n + 4);
        std::vector<float> re(n + 4), im(n + 4), b_re(n + 4), b_im(n + 4);
        const auto part = [&](const auto& v) { return std::span(v).subspan(at, n); };
        multiply(part(a), part(b), std::span(out).subspan(at, n));
        split(part(a), std::span(re).subspan(at, n), std::span(im).subspan(at, n));
        split(part(b), std::span(b_re).subspan(at, n), std::span(b_im).subspan(at, n));
        cf64 dot = 0;
        for (std::size_t i = at; i < at + n; ++i) {
          EXPECT_NEAR(std::abs(cf64(out[i]) - cf64(a[i]) * cf64(b[i])), 0, 1e-5) << n << " " << i;
          EXPECT_EQ(cf32(re[i], im[i]), a[i]);
          dot += cf64(a[i]) * std::conj(cf64(b[i]));
        }
        const cf64 got = cf64(dot_conjugate(part(re), part(im), part(b_re), part(b_im)));
        EXPECT_NEAR(std::abs(got - dot), 0, 1e-6 * static_cast<double>(n + 1) + 1e-4) << n;
        EXPECT_EQ(out[at + n], cf32(0)) << "beyond the end";
      }
    }
  });
}

TEST(PreambleKernels, LevelsAreTheLargerOfASampleAndHalfASampleOn) {
  for_each_simd_target([] {
    for (const std::size_t n : lengths) {
      const auto y = noise(n + 1, 3);
      std::vector<std::uint8_t> levels(n);
      half_sample_levels(y, 100.0F, levels);
      for (std::size_t i = 0; i < n; ++i) {
        const double exact =
            100 * std::max(std::abs(cf64(y[i])), std::abs(cf64(y[i]) + cf64(y[i + 1])) / std::sqrt(2.0));
        EXPECT_NEAR(levels[i], std::min(255.0, std::floor(exact)), 1) << n << " " << i;
        if (exact - std::floor(exact) > 1e-3 && exact - std::floor(exact) < 1 - 1e-3) {
          EXPECT_EQ(levels[i], std::min(255.0, std::floor(exact)));
        }
      }
    }
  });
}

// Against the sum that the tree stands for, each carrier in double precision. Joining at the middle of two
// and four carriers 50 kHz apart costs up to 0.7 % of a frame's amplitude, but turns of noise differ by up to
// 3 % of its standard deviation.
TEST(PreambleKernels, TreeOfCarriersIsNearTheSum) {
  constexpr std::size_t carriers = 12;
  const double rate = 240e6;
  std::vector<float> phasors;
  const auto frequency = [](double d) { return (d - 5.5) * 50e3; };
  for (const std::size_t joined : {std::size_t{4}, std::size_t{2}, std::size_t{1}}) {
    const double samples = joined == 4 ? 128 : joined == 2 ? 256 : 512;
    for (std::size_t d = 0; d < carriers; d += joined) {
      const double angle =
          2 * pi * frequency(static_cast<double>(d) + 0.5 * static_cast<double>(joined - 1)) * samples / rate;
      phasors.push_back(static_cast<float>(std::cos(angle)));
      phasors.push_back(static_cast<float>(std::sin(angle)));
    }
  }
  for_each_simd_target([&] {
    for (const std::size_t n : {std::size_t{1}, std::size_t{7}, std::size_t{133}}) {
      const auto c = noise(n + 896, 4);
      std::vector<float> re(n + 896), im(n + 896);
      split(c, re, im);
      GridBuffer<std::uint8_t> levels(carriers, n);
      pss_carriers(re, im, phasors, 20.0F, false, levels.view());
      double square = 0;
      for (std::size_t d = 0; d < carriers; ++d) {
        for (std::size_t i = 0; i < n; ++i) {
          cf64 sum = 0;
          for (std::size_t m = 0; m < 8; ++m) {
            const double turns = frequency(static_cast<double>(d)) * 128 * static_cast<double>(m) / rate;
            sum += (m == 0 ? -1.0 : 1.0) * cf64(c[i + 128 * m]) * std::polar(1.0, -2 * pi * turns);
          }
          const double apart = levels(d, i) + 0.5 - std::min(20 * std::abs(sum), 255.0);
          EXPECT_LE(std::abs(apart), 20 * std::sqrt(8.0) * 0.5);
          square += apart * apart / static_cast<double>(carriers * n);
        }
      }
      // In units of the sum's standard deviation, 20 sqrt(8): the tree's error and the rounding to levels.
      EXPECT_LE(std::sqrt(square) / (20 * std::sqrt(8.0)), 0.1);
      const GridBuffer<std::uint8_t> before = levels;
      std::vector<float> nothing(n + 896);
      pss_carriers(nothing, nothing, phasors, 20.0F, true, levels.view());
      for (std::size_t d = 0; d < carriers; ++d) {
        for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(levels(d, i), before(d, i)) << "keep_larger";
      }
    }
  });
}

}  // namespace
}  // namespace boresight::kernels
