#include "boresight/ofdm/modulator.h"

#include <gtest/gtest.h>

#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"

namespace boresight::ofdm {
namespace {

std::vector<cf32> random_subcarriers(const Numerology& n) {
  Random random(1);
  std::vector<cf32> x(n.fft_size);
  for (const auto k : n.used_carriers()) x[k] = random.complex_normal();
  return x;
}

// The sum of the header, at every sample of prefix and body, with and without oversampling.
TEST(Modulator, IsTheSumOfItsSubcarriers) {
  const Numerology n = wifi20();
  const auto subcarriers = random_subcarriers(n);
  for (const unsigned q : {1U, 2U, 3U}) {
    Modulator modulator(n, q);
    std::vector<cf32> samples(modulator.symbol_samples());
    modulator.process(subcarriers, samples);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const double t = static_cast<double>(i) / q - static_cast<double>(n.prefix_samples);
      cf64 expected = 0;
      for (const auto k : n.used_carriers()) {
        expected += cf64(subcarriers[k]) * std::polar(1.0, 2 * pi * n.signed_index(k) * t / 64.0);
      }
      EXPECT_NEAR(std::abs(cf64(samples[i]) - expected / 8.0), 0.0, 2e-6);
    }
  }
}

TEST(Modulator, RefusesAnOversamplingOfZero) {
  EXPECT_THROW(Modulator(wifi20(), 0), ConfigError);
}

}  // namespace
}  // namespace boresight::ofdm
