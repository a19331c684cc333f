#include "sim/oscillator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/units.h"
#include "fft/fft.h"

namespace boresight::sim {
namespace {

constexpr TimeBase time_base = {20e6, 0};

std::vector<cf32> run(Oscillator& oscillator, std::size_t chunks) {
  std::vector<cf32> out(chunks * chunk_samples);
  for (std::size_t c = 0; c < chunks; ++c) {
    oscillator.generate(static_cast<std::int64_t>(c * chunk_samples),
                        std::span(out).subspan(c * chunk_samples, chunk_samples));
  }
  return out;
}

TEST(Oscillator, AnOscillatorThatIsHighTurnsSignalsDown) {
  Oscillator oscillator({.lo_offset_hz = 1e6}, time_base, Random(1));
  EXPECT_TRUE(oscillator.turns());
  const std::vector<cf32> x = run(oscillator, 3);
  double worst = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double cycles = -1e6 * static_cast<double>(k) / 40e6;
    worst = std::max(worst, std::abs(cf64(x[k]) - std::polar(1.0, 2 * pi * (cycles - std::floor(cycles)))));
  }
  EXPECT_LT(worst, 1e-6);
}

TEST(Oscillator, NothingToDoWithoutOffsetAndNoise) {
  EXPECT_FALSE(Oscillator({}, time_base, Random(1)).turns());
}

constexpr double level_dbc_hz = -80;
constexpr double offset_hz = 10e3;
Receiver noisy() {
  return {.phase_noise = true, .phase_noise_dbc_hz = level_dbc_hz, .phase_noise_offset_hz = offset_hz};
}

// A Wiener process: the variance of the phase's change grows in proportion to the lag. 740,000 steps give
// lag-1 variances to 0.16 % and lag-100 ones (7,400 independent) to 1.6 %; five sigmas are allowed.
TEST(Oscillator, PhaseVarianceGrowsWithTheLag) {
  Oscillator oscillator(noisy(), time_base, Random(2));
  const std::vector<cf32> x = run(oscillator, 100);
  const double rate = wiener_rate_rad2_s(level_dbc_hz, offset_hz);
  // 4 pi^2 (10 kHz)^2 10^-8 = 39.478 rad^2/s.
  EXPECT_NEAR(rate, 39.478, 1e-3);
  for (const auto& [lag, tolerance] : {std::pair<std::size_t, double>{1, 0.01}, {10, 0.03}, {100, 0.09}}) {
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t k = 0; k + lag < x.size(); k += lag, ++count) {
      const double change = std::arg(cf64(x[k + lag]) * std::conj(cf64(x[k])));
      sum += change * change;
    }
    const double expected = rate * static_cast<double>(lag) / 40e6;
    EXPECT_NEAR(sum / static_cast<double>(count) / expected, 1.0, tolerance) << lag;
  }
}

// Far from the carrier the spectrum of exp(j phi) is L(f) = L(f0) (f0 / f)^2 dBc/Hz. Windowed periodograms of
// 8192 samples, 90 of them, and 32 bins around 200 kHz: 2,880 chi-square cells, 1.9 % one sigma; 10 %
// allowed.
TEST(Oscillator, SpectrumFallsFromTheStatedDensity) {
  Oscillator oscillator(noisy(), time_base, Random(3));
  const std::vector<cf32> x = run(oscillator, 100);
  constexpr std::size_t n = 8192;
  const fft::Fft transform(n, fft::Direction::forward);
  std::vector<cf32> block(n);
  double measured = 0;
  double expected = 0;
  double window_power = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double w = 0.5 - 0.5 * std::cos(2 * pi * static_cast<double>(i) / n);
    window_power += w * w;
  }
  for (std::size_t start = 0; start + n <= x.size(); start += n) {
    for (std::size_t i = 0; i < n; ++i) {
      const auto w = static_cast<float>(0.5 - 0.5 * std::cos(2 * pi * static_cast<double>(i) / n));
      block[i] = w * x[start + i];
    }
    transform.run(block, block);
    for (std::size_t k = 25; k < 57; ++k) {
      const double f = static_cast<double>(k) * 40e6 / n;
      measured += std::norm(cf64(block[k])) / (window_power * 40e6);
      expected += power_from_db(level_dbc_hz) * (offset_hz / f) * (offset_hz / f);
    }
  }
  EXPECT_NEAR(measured / expected, 1.0, 0.1);
}

}  // namespace
}  // namespace boresight::sim
