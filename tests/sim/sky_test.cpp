// Delays, Doppler and clocks of the simulated sky against closed forms.
#include "boresight/sim/sky.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "boresight/array/direction.h"
#include "fft/fft.h"
#include "sim/test_signals.h"
#include "support/allocation_counter.h"

namespace boresight::sim {
namespace {

using testing::phasor;
using testing::still_scene;
using testing::Tones;

GridBuffer<cf32> record(Sky& sky, std::size_t samples) {
  GridBuffer<cf32> out(sky.channels(), samples);
  sky.generate(out.view());
  return out;
}

// What the receiver's first mixer should give for a plane wave, from the formulas on top of sim/sky.h in
// double precision: the wave at the origin, read earlier where the element is nearer to the satellite.
cf64 reception(const Scenario& s, const Tones& tones, Vec3 r, double t) {
  const Motion& motion = s.satellites[0].motion;
  const Vec3 u = array::Attitude(s.attitude).array_from_enu(state_at(motion, t).direction);
  const double advance = dot(r, u) / speed_of_light_m_s;
  const double there = t + advance;
  const double delay = state_at(motion, there).delay_s - state_at(motion, 0).delay_s;
  const double amplitude = amplitude_from_db(s.satellites[0].snr_db + s.receiver.adc.noise_floor_dbfs);
  return amplitude * tones.at(there - delay) * phasor(s.carrier_hz * (advance - delay)) *
         phasor(-s.receiver.lo_offset_hz * t);
}

// Error power relative to the signal, over all channels, without the first samples (the signal's own start).
double error_db(const Scenario& s, const Tones& tones, std::size_t samples) {
  Sky sky(s, {tones.signal(s.sample_rate_hz)});
  const GridBuffer<cf32> x = record(sky, samples);
  double error = 0;
  double power = 0;
  for (std::size_t e = 0; e < sky.channels(); ++e) {
    for (std::size_t n = 64; n < samples; ++n) {
      const double t =
          static_cast<double>(n) / (s.sample_rate_hz * (1 + 1e-6 * s.receiver.sample_clock_offset_ppm));
      const cf64 exact = sky.element_gains()[e] * reception(s, tones, sky.positions_m()[e], t);
      error += std::norm(cf64(x(e, n)) - exact);
      power += std::norm(exact);
    }
  }
  return 10 * std::log10(error / power);
}

// Everything at once: LEO pass or track, a fast or slow clock, an oscillator that is off, element errors, a
// tilted array with elements up to 5 m out (0.33 samples), tones over 98 % of the band (the rest comes back
// at the other edge). The interpolator is good to -75 dB, 16 bits at 15 dB below full scale to -83 dB.
TEST(Sky, ReceivesWhatTheFormulaSays) {
  Scenario s = still_scene();
  s.positions_wavelengths.clear();
  s.positions_m = {{0, 0, 0}, {0.16, -0.3, 0}, {5, 0, 0.1}, {-2, 4, 0}};
  s.attitude = {.yaw_rad = 0.4, .pitch_rad = 0.3, .roll_rad = -0.2};
  s.receiver.element_gain_error_db_rms = 1;
  s.receiver.element_phase_error_rad_rms = 0.2;
  s.receiver.lo_offset_hz = 12'345.6;
  const Tones tones = Tones::comb(37, 0.49 * s.sample_rate_hz);
  for (const double ppm : {20.0, -35.0}) {
    s.receiver.sample_clock_offset_ppm = ppm;
    s.satellites[0].motion = LeoPass{.altitude_m = 480e3,
                                     .culmination_azimuth_rad = 2,
                                     .culmination_elevation_rad = 1.1,
                                     .start_time_s = -80};
    EXPECT_LT(error_db(s, tones, 12'000), -72.0) << "leo_pass";
    s.satellites[0].motion = Track{.azimuth_rad = 1,
                                   .elevation_rad = 0.9,
                                   .azimuth_rate_rad_s = 0.01,
                                   .elevation_rate_rad_s = -0.01,
                                   .doppler_hz = 230e3,
                                   .doppler_rate_hz_s = -4e3};
    EXPECT_LT(error_db(s, tones, 12'000), -72.0) << "track";
  }
}

TEST(Sky, PrecisionDoesNotFadeWithTime) {
  Scenario s = still_scene(1);
  s.satellites[0].motion = Track{
      .elevation_rad = 1, .doppler_hz = 230e3, .doppler_rate_hz_s = -4e3, .reference_carrier_hz = 11.325e9};
  s.receiver.sample_clock_offset_ppm = 20;
  const Tones tones = Tones::comb(3, 9e6);
  Sky sky(s, {tones.signal(s.sample_rate_hz)});
  record(sky, 2'000'000);
  const std::uint64_t start = sky.samples_generated();
  const GridBuffer<cf32> x = record(sky, 4000);
  double error = 0;
  double power = 0;
  for (std::size_t n = 0; n < 4000; ++n) {
    const double t = static_cast<double>(start + n) / (s.sample_rate_hz * (1 + 20e-6));
    const cf64 exact = reception(s, tones, {}, t);
    error += std::norm(cf64(x(0, n)) - exact);
    power += std::norm(exact);
  }
  EXPECT_LT(10 * std::log10(error / power), -72.0);
}

// The sign of the clock: a fast clock takes more samples per second, so a tone stands lower on its grid, and
// the samples of a second of signal are more.
TEST(Sky, AFastClockSeesLowerFrequencies) {
  Scenario s = still_scene(1);
  const Tones tone = Tones::comb(1, 5e6);
  for (const double ppm : {-100.0, 0.0, 100.0}) {
    s.receiver.sample_clock_offset_ppm = ppm;
    Sky sky(s, {tone.signal(s.sample_rate_hz)});
    const GridBuffer<cf32> x = record(sky, 20'000);
    double cycles = 0;
    for (std::size_t n = 1000; n + 1 < 20'000; ++n) {
      cycles += std::arg(cf64(x(0, n + 1)) * std::conj(cf64(x(0, n)))) / (2 * pi);
    }
    EXPECT_NEAR(cycles / 18'999 * s.sample_rate_hz, 5e6 / (1 + ppm * 1e-6), 1.0) << ppm;
    EXPECT_NEAR(sky.truth().time_s, 1e-3 / (1 + ppm * 1e-6), 1e-12);
  }
}

// Doppler and its rate from the phase of a tone at the carrier, fitted over 0.1 s, against the scenario's
// figures at the carrier of ku20 and against truth().
TEST(Sky, DopplerAndItsRateAreTheScenariosOnes) {
  Scenario s = still_scene(1);
  s.satellites[0].motion = Track{
      .elevation_rad = 1, .doppler_hz = 230e3, .doppler_rate_hz_s = -4e3, .reference_carrier_hz = 11.325e9};
  const Tones tone = Tones::comb(1, 0.0);
  Sky sky(s, {tone.signal(s.sample_rate_hz)});
  record(sky, 1000);
  EXPECT_NEAR(sky.truth().doppler_hz, 230e3 / 12, 0.1);
  const std::size_t samples = 2'000'000;
  const GridBuffer<cf32> x = record(sky, samples);
  // Mean frequency over each half.
  const auto frequency = [&](std::size_t from, std::size_t to) {
    double cycles = 0;
    for (std::size_t n = from; n < to; ++n) {
      cycles += std::arg(cf64(x(0, n + 1)) * std::conj(cf64(x(0, n)))) / (2 * pi);
    }
    return cycles / static_cast<double>(to - from) * s.sample_rate_hz;
  };
  const std::size_t half = samples / 2;
  const double first = frequency(0, half - 1);
  const double second = frequency(half, samples - 1);
  EXPECT_NEAR(first, (230e3 - 4e3 * (0.025 + 5e-5)) / 12, 0.05);
  EXPECT_NEAR((second - first) / 0.05, -4e3 / 12, 0.5);
  EXPECT_NEAR(sky.truth().doppler_hz, (230e3 - 4e3 * 0.10005) / 12, 1e-6);
}

// Wide-band noise from a low direction: the cross-spectrum of two elements has the phase 2 pi (fc + f) tau
// over the whole band, and coherence 1 but for thermal noise (60 dB down).
TEST(Sky, CrossSpectrumOfAJammerTurnsWithFrequency) {
  Scenario s = still_scene();
  s.positions_wavelengths.clear();
  s.positions_m = {{0, 0, 0}, {4, -2, 0}};
  s.satellites[0].snr_db = -100;
  s.jammers = {Jammer{.type = JammerType::noise, .azimuth_rad = 1.2, .elevation_rad = 0.1, .power_db = 60}};
  s.receiver.adc.noise_floor_dbfs = -75;
  Sky sky(s, {testing::silence()});
  constexpr std::size_t n = 512;
  const GridBuffer<cf32> x = record(sky, n * 100);
  const fft::Fft transform(n, fft::Direction::forward);
  std::vector<cf32> a(n);
  std::vector<cf32> b(n);
  std::vector<cf64> cross(n);
  std::vector<double> power_a(n);
  std::vector<double> power_b(n);
  for (std::size_t start = 0; start < n * 100; start += n) {
    for (std::size_t i = 0; i < n; ++i) {
      const auto window = static_cast<float>(0.5 - 0.5 * std::cos(2 * pi * static_cast<double>(i) / n));
      a[i] = window * x(0, start + i);
      b[i] = window * x(1, start + i);
    }
    transform.run(a, a);
    transform.run(b, b);
    for (std::size_t k = 0; k < n; ++k) {
      cross[k] += cf64(b[k]) * std::conj(cf64(a[k]));
      power_a[k] += std::norm(cf64(a[k]));
      power_b[k] += std::norm(cf64(b[k]));
    }
  }
  const double tau = dot(s.positions_m[1], array::enu_from_sky({1.2, 0.1})) / speed_of_light_m_s;
  for (int bin = -245; bin <= 245; ++bin) {
    const auto k = static_cast<std::size_t>(bin < 0 ? bin + static_cast<int>(n) : bin);
    const double f = bin * s.sample_rate_hz / n;
    const cf64 turned = cross[k] * std::conj(phasor((s.carrier_hz + f) * tau));
    // One bin of 100 averages: thermal noise leaves 1e-4 rad, the window's leakage less than that.
    ASSERT_NEAR(std::arg(turned), 0.0, 2e-3) << bin;
    ASSERT_GT(std::norm(cross[k]) / (power_a[k] * power_b[k]), 0.9999) << bin;
  }
}

TEST(Sky, OutputDoesNotDependOnHowTheCallsAreCut) {
  Scenario s = still_scene(3, 10);
  s.receiver = {.element_gain_error_db_rms = 1,
                .dead_elements = {1},
                .sample_clock_offset_ppm = 7,
                .phase_noise = true,
                .adc = {.bits = 10, .noise_floor_dbfs = -30}};
  s.jammers = {Jammer{.type = JammerType::pulsed_noise, .power_db = 10, .period_s = 1e-4, .duty = 0.4}};
  const Tones tones = Tones::comb(5, 8e6);
  constexpr std::size_t total = 100'000;
  Sky whole(s, {tones.signal(s.sample_rate_hz)});
  const GridBuffer<cf32> expected = record(whole, total);
  for (const std::size_t cut : {std::size_t{1}, std::size_t{7}, std::size_t{1000}, std::size_t{3712}}) {
    Sky sky(s, {tones.signal(s.sample_rate_hz)});
    GridBuffer<cf32> out(3, total);
    // Single samples are cut off the first tenth only: enough to cross several blocks.
    const std::size_t end = cut == 1 ? total / 10 : total;
    for (std::size_t done = 0; done < end;) {
      const std::size_t count = std::min(cut, end - done);
      sky.generate(out.view().columns(done, count));
      done += count;
    }
    EXPECT_EQ(sky.samples_generated(), end);
    for (std::size_t e = 0; e < 3; ++e) {
      ASSERT_TRUE(std::equal(out.row(e).begin(), out.row(e).begin() + static_cast<std::ptrdiff_t>(end),
                             expected.row(e).begin()))
          << cut;
    }
  }
  Sky untouched(s, {tones.signal(s.sample_rate_hz)});
  untouched.generate(GridBuffer<cf32>(3, 0).view());
  EXPECT_EQ(untouched.samples_generated(), 0U);
}

TEST(Sky, TheSeedDecidesEverything) {
  Scenario s = still_scene(2, 0);
  s.receiver.element_phase_error_rad_rms = 0.1;
  const auto take = [&](std::uint64_t seed) {
    s.seed = seed;
    Sky sky(s, {testing::silence()});
    const GridBuffer<cf32> x = record(sky, 500);
    return std::vector<cf32>(x.row(1).begin(), x.row(1).end());
  };
  EXPECT_EQ(take(1), take(1));
  EXPECT_NE(take(1), take(2));
}

// The same relative geometry at both waveforms: 12 times the rate, the carrier and the Doppler.
TEST(Sky, WaveformScalesTheWholeScene) {
  Scenario s = still_scene(4, 10);
  s.satellites[0].motion = Track{.elevation_rad = 0.7, .doppler_hz = 230e3};
  const Sky slow(s, {testing::silence()});
  set_waveform(s, "ku240");
  const Sky fast(s, {testing::silence()});
  EXPECT_EQ(fast.sample_rate_hz(), 240e6);
  EXPECT_NEAR(fast.carrier_hz(), 11.325e9, 1e-3);
  EXPECT_NEAR(fast.truth().doppler_hz, 230e3, 1e-6);
  EXPECT_NEAR(slow.truth().doppler_hz, 230e3 / 12, 1e-6);
  EXPECT_NEAR(fast.positions_m()[3].x * 12, slow.positions_m()[3].x, 1e-12);
}

// With every kind of source and impairment; what a Signal does is its own affair.
TEST(Sky, GeneratingDoesNotAllocate) {
  Scenario s = still_scene(3, 10);
  s.receiver = {
      .element_gain_error_db_rms = 1, .dead_elements = {1}, .lo_offset_hz = 1e3, .phase_noise = true};
  s.jammers = {Jammer{.type = JammerType::cw}, Jammer{.type = JammerType::noise},
               Jammer{.type = JammerType::pulsed_noise, .period_s = 1e-4, .duty = 0.4},
               Jammer{.type = JammerType::swept, .period_s = 1e-4, .from_hz = -1e6, .to_hz = 1e6}};
  Sky sky(s, {testing::silence()});
  GridBuffer<cf32> x(3, 5000);
  const AllocationCounter allocations;
  for (int i = 0; i < 8; ++i) sky.generate(x.view());
  EXPECT_EQ(allocations.count(), 0U);
}

}  // namespace
}  // namespace boresight::sim
