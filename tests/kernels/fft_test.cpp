// The transform's kernel against the definition in double precision, on every target of the machine.
#include "kernels/fft.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "support/simd_targets.h"

namespace boresight::kernels {
namespace {

// The definition, by recursion (Danielson and Lanczos) so that all bins of all sizes can be compared; itself
// compared with the plain sum in tests/fft.
std::vector<cf64> oracle(const std::vector<cf64>& x, double sign) {
  const std::size_t n = x.size();
  if (n == 1) return x;
  std::vector<cf64> even(n / 2);
  std::vector<cf64> odd(n / 2);
  for (std::size_t i = 0; i < n / 2; ++i) {
    even[i] = x[2 * i];
    odd[i] = x[2 * i + 1];
  }
  even = oracle(even, sign);
  odd = oracle(odd, sign);
  std::vector<cf64> out(n);
  for (std::size_t k = 0; k < n / 2; ++k) {
    const cf64 turned =
        odd[k] * std::polar(1.0, sign * 2 * pi * static_cast<double>(k) / static_cast<double>(n));
    out[k] = even[k] + turned;
    out[k + n / 2] = even[k] - turned;
  }
  return out;
}

std::vector<cf32> random_samples(std::size_t n) {
  Random random(n);
  std::vector<cf32> x(n);
  for (cf32& s : x) s = random.complex_normal();
  return x;
}

// Rounding grows as the square root of log2 n: about 1e-7 rms here. Ten times that would be a wrong factor.
void expect_close(std::span<const cf32> got, std::span<const cf64> want) {
  double error = 0;
  double power = 0;
  for (std::size_t k = 0; k < want.size(); ++k) {
    error += std::norm(cf64(got[k]) - want[k]);
    power += std::norm(want[k]);
  }
  EXPECT_LT(std::sqrt(error / power), 3e-7) << want.size();
}

TEST(FftKernel, IsTheDefinitionApartInPlaceAndUnaligned) {
  for (std::size_t n = 256; n <= 16384; n *= 2) {
    ASSERT_TRUE(FftPlan::supports(n));
    const FftPlan plan(n);
    const auto x = random_samples(n);
    const std::vector<cf64> exact(x.begin(), x.end());
    for (const bool inverse : {false, true}) {
      const auto want = oracle(exact, inverse ? 1 : -1);
      const auto transform = inverse ? fft_inverse : fft_forward;
      for_each_simd_target([&] {
        for (const std::size_t start : {0U, 1U, 3U}) {
          const cf32 guard(7, 8);
          aligned_vector<cf32> in(n + 4, guard);
          std::copy(x.begin(), x.end(), in.begin() + static_cast<std::ptrdiff_t>(start));
          aligned_vector<cf32> out(n + 4, guard);
          transform(plan, in.data() + start, out.data() + start);
          expect_close(std::span(out).subspan(start, n), want);
          EXPECT_TRUE(std::equal(x.begin(), x.end(), in.begin() + static_cast<std::ptrdiff_t>(start)));
          EXPECT_EQ(out[start + n], guard);
          EXPECT_TRUE(start == 0 || out[start - 1] == guard);
          transform(plan, in.data() + start, in.data() + start);
          EXPECT_TRUE(std::equal(out.begin(), out.end(), in.begin())) << "in place, " << n;
        }
      });
    }
  }
}

TEST(FftKernel, TakesACarrierOff) {
  for (const std::size_t n : {256U, 1024U, 8192U}) {
    const FftPlan plan(n);
    const auto x = random_samples(n);
    const double frequency = 0.3712;
    std::vector<float> factors(plan.first_factors_size());
    plan.fill_first_factors(frequency, factors);
    std::array<float, 32> parts;
    const cf32 turn(std::polar(0.7, 1.3));
    std::vector<cf64> turned(n);
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t part = i / (n / 16);
      // The turns need not belong to the same carrier.
      const cf32 value(std::polar(1.0, -2 * pi * 0.21 * static_cast<double>(part)));
      parts[part] = value.real();
      parts[16 + part] = value.imag();
      turned[i] = cf64(x[i]) * cf64(turn) * cf64(value) *
                  std::polar(1.0, -2 * pi * frequency * static_cast<double>(i % (n / 16)));
    }
    const auto want = oracle(turned, -1);
    for_each_simd_target([&] {
      std::vector<cf32> out(n);
      fft_forward_mixed(plan, factors, parts, turn, x.data(), out.data());
      expect_close(out, want);
    });
  }
}

TEST(FftKernel, NanSpreadsAndGoesAway) {
  const FftPlan plan(1024);
  auto x = random_samples(1024);
  for_each_simd_target([&] {
    std::vector<cf32> out(1024);
    auto bad = x;
    bad[333] = {std::nanf(""), 0};
    fft_forward(plan, bad.data(), out.data());
    for (const cf32 y : out) EXPECT_TRUE(std::isnan(y.real()) || std::isnan(y.imag()));
    fft_forward(plan, x.data(), out.data());
    for (const cf32 y : out) EXPECT_TRUE(std::isfinite(y.real()) && std::isfinite(y.imag()));
  });
}

}  // namespace
}  // namespace boresight::kernels
