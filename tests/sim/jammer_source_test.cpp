#include "sim/jammer_source.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/units.h"

namespace boresight::sim {
namespace {

constexpr TimeBase time_base = {20e6, 50e-6};

std::vector<cf32> run(const Jammer& jammer, std::size_t chunks) {
  JammerSource source(jammer, time_base, Random(9));
  std::vector<cf32> out(chunks * chunk_samples);
  for (std::size_t c = 0; c < chunks; ++c) {
    source.generate(static_cast<std::int64_t>(c * chunk_samples),
                    std::span(out).subspan(c * chunk_samples, chunk_samples));
  }
  return out;
}

TEST(JammerSource, ToneStandsAtItsTrueFrequency) {
  const std::vector<cf32> x = run({.type = JammerType::cw, .power_db = 6, .offset_hz = -3.3e6}, 4);
  double worst = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double cycles = -3.3e6 * static_cast<double>(k) / (40e6 * (1 + 50e-6));
    const cf64 exact = std::polar(std::pow(10, 0.3), 2 * pi * (cycles - std::floor(cycles)));
    worst = std::max(worst, std::abs(cf64(x[k]) - exact));
  }
  EXPECT_LT(worst, 1e-6 * 2);
}

// Instantaneous frequency from the phase between neighbours, away from the jumps.
TEST(JammerSource, SweepRunsFromOneEndToTheOtherAndBack) {
  constexpr double period = 1e-4;
  const Jammer jammer = {
      .type = JammerType::swept, .power_db = 0, .period_s = period, .from_hz = -8e6, .to_hz = 6e6};
  const std::vector<cf32> x = run(jammer, 4);
  const double rate = time_base.fine_rate_hz();
  for (std::size_t k = 0; k + 1 < x.size(); ++k) {
    ASSERT_NEAR(std::abs(cf64(x[k])), 1.0, 1e-6);
    const double into = std::fmod((static_cast<double>(k) + 0.5) / rate, period);
    if (into < 1.0 / rate || into > period - 1.0 / rate) continue;
    const double f = std::arg(cf64(x[k + 1]) * std::conj(cf64(x[k]))) / (2 * pi) * rate;
    // Samples are floats: 1e-7 rad is 0.6 Hz; a chirp's phase step is the frequency in its middle, exactly.
    ASSERT_NEAR(f, -8e6 + 14e6 * into / period, 5.0) << k;
  }
}

TEST(JammerSource, NoiseIsWhiteWithThePowerThatTheMaskLeaves) {
  const std::vector<cf32> x = run({.type = JammerType::noise, .power_db = 20}, 40);
  double power = 0;
  cf64 neighbours = 0;
  for (std::size_t k = 0; k + 1 < x.size(); ++k) {
    power += std::norm(cf64(x[k]));
    neighbours += cf64(x[k + 1]) * std::conj(cf64(x[k]));
  }
  // 297,000 samples: one sigma is 0.18 %.
  EXPECT_NEAR(power / static_cast<double>(x.size()) * noise_mask_share / 100.0, 1.0, 0.01);
  EXPECT_LT(std::abs(neighbours) / power, 0.01);
  // Mean square of a raised cosine edge is 3/8: 2 x 0.49 + 2 x 0.02 x 3/8 of a band twice as wide.
  EXPECT_NEAR(noise_mask_share, 0.4975, 1e-12);
}

TEST(JammerSource, PulsesAreOnForTheirShareOfEachPeriod) {
  const Jammer jammer = {.type = JammerType::pulsed_noise, .power_db = 0, .period_s = 20e-6, .duty = 0.3};
  const std::vector<cf32> x = run(jammer, 4);
  std::size_t on = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double periods = time_base.time_s(static_cast<std::int64_t>(k)) / 20e-6;
    ASSERT_EQ(x[k] != cf32{}, periods - std::floor(periods) < 0.3) << k;
    on += x[k] != cf32{} ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(on) / static_cast<double>(x.size()), 0.3, 0.01);
}

}  // namespace
}  // namespace boresight::sim
