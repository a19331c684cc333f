// Levels, gains and the converter of the simulated sky.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "boresight/sim/sky.h"
#include "fft/fft.h"
#include "sim/test_signals.h"

namespace boresight::sim {
namespace {

using testing::mean_power;
using testing::still_scene;
using testing::Tones;

GridBuffer<cf32> record(Sky& sky, std::size_t samples) {
  GridBuffer<cf32> out(sky.channels(), samples);
  sky.generate(out.view());
  return out;
}

// One sigma of the power of n complex noise samples is 1 / sqrt(n); five are allowed.
constexpr std::size_t many = 100'000;
constexpr double five_sigma = 5.0 / 316.0;

TEST(SkyLevels, ThermalNoiseStandsWhereTheAdcSays) {
  Scenario s = still_scene(3, 0);
  s.satellites[0].snr_db = -100;
  s.receiver.adc = {.bits = 16, .noise_floor_dbfs = -30, .gain_db = 6};
  Sky sky(s, {testing::silence()});
  const GridBuffer<cf32> x = record(sky, many);
  for (std::size_t e = 0; e < 3; ++e) {
    EXPECT_NEAR(mean_power(x.row(e)) / power_from_db(-24), 1.0, five_sigma) << e;
    // Channels are independent.
    cf64 cross = 0;
    for (std::size_t n = 0; n < many; ++n) cross += cf64(x(e, n)) * std::conj(cf64(x((e + 1) % 3, n)));
    EXPECT_LT(std::abs(cross) / many / power_from_db(-24), five_sigma);
  }
  EXPECT_EQ(sky.truth().snr_db, -100);
  EXPECT_EQ(sky.truth().jammer_to_noise_db, -std::numeric_limits<double>::infinity());
}

TEST(SkyLevels, SatelliteAndJammersAreRelativeToThermalNoise) {
  Scenario s = still_scene(2, 20);
  s.satellites[0].snr_db = 20;
  s.receiver.adc = {.bits = 16, .noise_floor_dbfs = -50};
  const Tones tones = Tones::comb(9, 9e6);
  const double noise = power_from_db(-50);
  {
    Sky sky(s, {tones.signal(s.sample_rate_hz)});
    record(sky, 1000);
    EXPECT_NEAR(mean_power(record(sky, many).row(1)) / noise, 101.0, 101 * five_sigma);
  }
  const std::vector<Jammer> jammers = {
      {.type = JammerType::noise, .azimuth_rad = 2, .elevation_rad = 0.1, .power_db = 27},
      {.type = JammerType::cw, .azimuth_rad = 2, .elevation_rad = 0.1, .power_db = 27, .offset_hz = 9.9e6},
      {.type = JammerType::swept, .power_db = 27, .period_s = 1e-4, .from_hz = -9e6, .to_hz = 9e6},
      {.type = JammerType::pulsed_noise, .power_db = 30, .period_s = 1e-4, .duty = 0.5}};
  for (const Jammer& jammer : jammers) {
    s.jammers = {jammer};
    Sky sky(s, {testing::silence()});
    EXPECT_EQ(sky.truth().jammer_to_noise_db, jammer.power_db);
    const double mean =
        power_from_db(27) * (jammer.type == JammerType::pulsed_noise ? 1000 / 501.187 / 2 : 1);
    EXPECT_NEAR(mean_power(record(sky, many).row(0)) / noise, 1 + mean, mean * 1.5 * five_sigma)
        << static_cast<int>(jammer.type);
  }
  s.jammers = {jammers[0], jammers[1]};
  Sky both(s, {testing::silence()});
  EXPECT_NEAR(both.truth().jammer_to_noise_db, 30.01, 0.001);
  EXPECT_NEAR(mean_power(record(both, many).row(0)) / noise, 1 + 2 * power_from_db(27), 1000 * five_sigma);
}

TEST(SkyLevels, PulsedJammerIsInTheTruthOnlyWhileItIsOn) {
  Scenario s = still_scene(1, 0);
  s.jammers = {{.type = JammerType::pulsed_noise, .power_db = 30, .period_s = 1e-4, .duty = 0.5}};
  Sky sky(s, {testing::silence()});
  record(sky, 1500);  // 75 us: in the silent half
  EXPECT_EQ(sky.truth().jammer_to_noise_db, -std::numeric_limits<double>::infinity());
  record(sky, 1000);
  EXPECT_EQ(sky.truth().jammer_to_noise_db, 30);
}

// The jammer's noise is flat over the band: 400 periodograms of 256 bins, so 5 % one sigma per bin; groups of
// 16 bins 1.25 %. At the last 2 % of the band the mask halves amplitudes that sampling folds onto each other.
TEST(SkyLevels, WideBandJammerFillsTheBand) {
  Scenario s = still_scene(1, 0);
  s.satellites[0].snr_db = -100;
  s.receiver.adc.noise_floor_dbfs = -60;
  s.jammers = {{.type = JammerType::noise, .power_db = 40}};
  Sky sky(s, {testing::silence()});
  constexpr std::size_t n = 256;
  const GridBuffer<cf32> x = record(sky, 400 * n);
  const fft::Fft transform(n, fft::Direction::forward);
  std::vector<cf32> bins(n);
  std::vector<double> density(n / 16);
  for (std::size_t start = 0; start < 400 * n; start += n) {
    transform.run(x.row(0).subspan(start, n), bins);
    for (std::size_t k = 0; k < n; ++k) density[k / 16] += std::norm(cf64(bins[k]));
  }
  const double expected = power_from_db(-20) * n * 16 * 400;
  for (std::size_t group = 0; group < density.size(); ++group) {
    const bool edge = group == 7 || group == 8;  // 16 bins of which 2.6 are in the transition
    EXPECT_NEAR(density[group] / expected, edge ? 0.95 : 1.0, 0.07) << group;
  }
}

TEST(SkyLevels, SamplesAreMultiplesOfAStepAndGainIsClamped) {
  Scenario s = still_scene(1, 0);
  s.receiver.adc = {.bits = 8, .noise_floor_dbfs = -20};
  Sky sky(s, {testing::silence()});
  const GridBuffer<cf32> quiet = record(sky, 10'000);
  for (const cf32 x : quiet.row(0)) {
    ASSERT_EQ(x.real() * 128, std::round(x.real() * 128));
    ASSERT_EQ(x.imag() * 128, std::round(x.imag() * 128));
  }
  sky.set_gain_db(1e9);
  EXPECT_EQ(sky.gain_db(), 120);
  sky.set_gain_db(std::nan(""));
  EXPECT_EQ(sky.gain_db(), 120);
  const GridBuffer<cf32> loud = record(sky, 20'000);
  for (const cf32 x : loud.row(0)) {
    ASSERT_LE(std::abs(x.real()), 1.0F);
    ASSERT_LE(std::abs(x.imag()), 1.0F);
  }
  sky.set_gain_db(-1e9);
  EXPECT_EQ(sky.gain_db(), -120);
}

// A rail of standard deviation sigma is beyond full scale with probability erfc(1 / (sigma sqrt 2)), less
// half a step. Noise at -6 dBFS: sigma 0.354, 0.47 % of 200,000 rails; one sigma is 3.3 %.
TEST(SkyLevels, ShareOfClippedRailsIsTheGaussianTail) {
  Scenario s = still_scene(1, 0);
  s.satellites[0].snr_db = -100;
  s.receiver.adc = {.bits = 14, .noise_floor_dbfs = -6};
  Sky sky(s, {testing::silence()});
  const std::size_t samples = 27 * 3712;  // whole internal blocks, which the counter counts
  record(sky, samples);
  const double sigma = std::sqrt(0.5 * power_from_db(-6));
  const double expected = std::erfc(1 / (sigma * std::sqrt(2.0)));
  EXPECT_NEAR(static_cast<double>(sky.rails_clipped()) / (2.0 * samples) / expected, 1.0, 0.17);
}

// Gain counts from the next internal block on, wherever in a block it is set.
TEST(SkyLevels, GainTakesEffectOnTheNextBlock) {
  Scenario s = still_scene(1, 0);
  s.receiver.adc = {.bits = 16, .noise_floor_dbfs = -40};
  Sky plain(s, {testing::silence()});
  Sky louder(s, {testing::silence()});
  const GridBuffer<cf32> a = record(plain, 20'000);
  GridBuffer<cf32> b(1, 20'000);
  louder.generate(b.view().columns(0, 100));
  louder.set_gain_db(20);
  louder.generate(b.view().columns(100, 19'900));
  EXPECT_EQ(louder.gain_db(), 20);
  const auto first_change = static_cast<std::size_t>(
      std::mismatch(a.row(0).begin(), a.row(0).end(), b.row(0).begin()).first - a.row(0).begin());
  EXPECT_EQ(first_change, 3712U);
  EXPECT_NEAR(mean_power(b.row(0).subspan(3712)) / mean_power(a.row(0).subspan(3712)), 100, 1);
}

TEST(SkyLevels, DeadElementsHearOnlyThemselves) {
  Scenario s = still_scene(3, 0);
  s.satellites[0].snr_db = 30;
  s.receiver.dead_elements = {1};
  s.receiver.adc = {.bits = 16, .noise_floor_dbfs = -50};
  Sky sky(s, {Tones::comb(5, 5e6).signal(s.sample_rate_hz)});
  record(sky, 1000);
  const GridBuffer<cf32> x = record(sky, many);
  EXPECT_NEAR(mean_power(x.row(1)) / power_from_db(-50), 1.0, five_sigma);
  EXPECT_NEAR(mean_power(x.row(2)) / power_from_db(-20), 1.0, five_sigma);
  EXPECT_EQ(sky.element_gains()[1], cf64{});
}

// Deviations over 256 elements are known to 4.4 % (one sigma), over both signs of seed.
TEST(SkyLevels, ElementErrorsHaveTheirDeviation) {
  Scenario s = still_scene(256, 0);
  s.receiver.element_gain_error_db_rms = 0.5;
  s.receiver.element_phase_error_rad_rms = rad_from_deg(5);
  const Sky sky(s, {testing::silence()});
  double gain = 0;
  double phase = 0;
  for (const cf64 g : sky.element_gains()) {
    gain += std::pow(20 * std::log10(std::abs(g)), 2);
    phase += std::pow(deg_from_rad(std::arg(g)), 2);
  }
  EXPECT_NEAR(std::sqrt(gain / 256), 0.5, 0.11);
  EXPECT_NEAR(std::sqrt(phase / 256), 5, 1.1);
}

TEST(SkyLevels, TruthKnowsTheSky) {
  Scenario s = still_scene(1, 7);
  s.satellites[0].snr_db = 7;
  s.satellites[0].motion = Track{.azimuth_rad = -0.5, .elevation_rad = 1e-4, .elevation_rate_rad_s = -0.1};
  validate(s, "test");
  Sky sky(s, {testing::silence()});
  EXPECT_NEAR(sky.truth().azimuth_rad, 2 * pi - 0.5, 1e-12);
  EXPECT_NEAR(sky.truth().elevation_rad, 1e-4, 1e-12);
  EXPECT_EQ(sky.truth().snr_db, 7);
  EXPECT_EQ(sky.truth().carrier_hz, 943.75e6);
  record(sky, 40'000);  // 2 ms: below the horizon
  EXPECT_EQ(sky.truth().snr_db, -std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace boresight::sim
