#include "boresight/ofdm/demodulator.h"

#include <gtest/gtest.h>

#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/ofdm/modulator.h"

namespace boresight::ofdm {
namespace {

TEST(Demodulator, UndoesModulatorAndCarrierOffset) {
  for (const Numerology& n : {ku20(), wifi20()}) {
    Random random(2);
    std::vector<cf32> sent(n.fft_size);
    for (const auto k : n.used_carriers()) sent[k] = random.complex_normal();
    Modulator modulator(n);
    std::vector<cf32> samples(n.symbol_samples());
    modulator.process(sent, samples);
    const double frequency = 1.3 / static_cast<double>(n.fft_size);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      samples[i] *= cf32(std::polar(1.0, 2 * pi * (0.2 + frequency * static_cast<double>(i))));
    }
    Demodulator demodulator(n);
    std::vector<cf32> received(n.fft_size);
    const auto prefix = static_cast<double>(n.prefix_samples);
    demodulator.process(std::span(samples).last(n.fft_size), frequency, 0.2 + frequency * prefix, received);
    for (std::size_t k = 0; k < n.fft_size; ++k) EXPECT_NEAR(std::abs(received[k] - sent[k]), 0.0F, 1e-5);
  }
}

TEST(Demodulator, WhiteNoiseKeepsItsPower) {
  Random random(3);
  Demodulator demodulator(ku20());
  std::vector<cf32> noise(1024);
  std::vector<cf32> bins(1024);
  double power = 0;
  const int symbols = 200;
  for (int s = 0; s < symbols; ++s) {
    std::fill(noise.begin(), noise.end(), cf32(0));
    random.add_noise(noise, 0.5F);
    demodulator.process(noise, 0.0, 0.0, bins);
    for (const cf32 y : bins) power += std::norm(y);
  }
  // 204,800 exponential values: the standard error is 0.5 / sqrt(204,800); six of them.
  EXPECT_NEAR(power / (1024.0 * symbols), 0.5, 6 * 0.5 / std::sqrt(1024.0 * symbols));
}

TEST(RemoveCarrier, StaysExactOverAMillionSamples) {
  std::vector<cf32> ones(1'000'000, cf32(1));
  const double frequency = 0.123456789;
  remove_carrier(ones, frequency, 0.25, ones);
  for (const std::size_t i : {0UL, 31UL, 32UL, 999'999UL}) {
    const cf64 expected =
        std::polar(1.0, -2 * pi * std::fmod(0.25 + frequency * static_cast<double>(i), 1.0));
    EXPECT_NEAR(std::abs(cf64(ones[i]) - expected), 0.0, 1e-6) << i;
  }
}

}  // namespace
}  // namespace boresight::ofdm
