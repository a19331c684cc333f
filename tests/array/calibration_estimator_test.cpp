#include "boresight/array/calibration_estimator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "array/calibration_fisher.h"
#include "array/calibration_scene.h"
#include "boresight/array/steering.h"
#include "boresight/core/error.h"
#include "boresight/core/random.h"

namespace boresight::array {
namespace {

CalibrationEstimator::Config config(std::size_t channels) {
  return {.channels = channels, .sample_rate_hz = scene_rate_hz};
}

// Errors weighted with the Fisher matrix, e^T F e / (E - 1): 1 on average for an estimator on its bound,
// whatever is common to all channels left aside; each trial brings E - 1 independent squares.
struct OverBound {
  double phase_db = 0;
  double gain_db = 0;
  double delay_db = 0;
};

OverBound errors(std::size_t channels, double signal_power, std::size_t samples, int trials,
                 std::size_t fft_size) {
  double phase = 0;
  double gain = 0;
  double delay = 0;
  for (int trial = 0; trial < trials; ++trial) {
    const auto truth = faults(channels, 100 + static_cast<std::uint64_t>(trial));
    CalibrationEstimator::Config c = config(channels);
    c.fft_size = fft_size;
    CalibrationEstimator estimator(c);
    estimator.add(scene(truth, signal_power, samples, static_cast<std::uint64_t>(trial)).view());
    const auto result = estimator.solve(1e9, 0, 0);
    EXPECT_TRUE(result.ok) << result.reason;
    if (!result.ok) return {};
    EXPECT_TRUE(result.calibration.delay_known);
    EXPECT_EQ(result.calibration.reference, 0U);
    // The fit uses nine tenths of the band, which is nine tenths of the samples.
    const double used = 0.9 * static_cast<double>(samples);
    const double omega_rms = 2 * pi * 0.9 * scene_rate_hz / std::sqrt(12.0);
    std::vector<double> snr;
    for (const auto& channel : truth) snr.push_back(signal_power * channel.gain * channel.gain);
    const auto add = [&](double& total, const Eigen::MatrixXd& fisher, auto error) {
      Eigen::VectorXd errors(static_cast<Eigen::Index>(channels));
      for (std::size_t e = 0; e < channels; ++e) errors(static_cast<Eigen::Index>(e)) = error(e);
      total += used * errors.dot(fisher * errors) / static_cast<double>(channels - 1) / trials;
    };
    const auto& found = result.calibration.channels;
    const FisherOfRankOne fisher(snr);
    add(phase, fisher.phases(),
        [&](std::size_t e) { return wrapped(found[e].phase_rad - truth[e].phase_rad + truth[0].phase_rad); });
    add(gain, channels > 2 ? fisher.gains_in_unknown_noise() : fisher.phases(),
        [&](std::size_t e) { return std::log(found[e].gain / truth[e].gain * truth[0].gain); });
    add(delay, fisher.phases(),
        [&](std::size_t e) { return omega_rms * (found[e].delay_s - truth[e].delay_s + truth[0].delay_s); });
    // What the estimator says of itself is the bound, at the SNRs that it found.
    const auto bound = calibration_bound(snr, 0, used, 0.9 * scene_rate_hz);
    double mean = 0;
    for (const auto& b : bound) mean += b.phase_rad_rms * b.phase_rad_rms / static_cast<double>(channels - 1);
    EXPECT_NEAR(result.bound_deg_rms / deg_from_rad(std::sqrt(mean)), 1, 0.2);
  }
  return {db_from_power(phase), db_from_power(gain), db_from_power(delay)};
}

// 1 dB is asked for. 210 independent squares know their mean to 0.42 dB, and what is better than the bound by
// more than three times that is wrong. (2100 squares, 300 trials a case: all between -0.16 and 0.20 dB.) Long
// frames at 30 dB, where a delay of samples between channels would else be noise of its own (pi^2 / 2 times
// the square of delay over frame).
TEST(CalibrationEstimator, ReachesTheBoundForNoise) {
  struct Case {
    double signal_power;
    std::size_t samples;
    int trials;
    std::size_t fft_size;
  };
  for (const Case& c : {Case{1000, 16384, 30, 1024}, Case{10, 8192, 30, 256}, Case{1, 8192, 30, 256},
                        Case{0.1, 32768, 30, 256}}) {
    const OverBound over = errors(8, c.signal_power, c.samples, c.trials, c.fft_size);
    for (const double db : {over.phase_db, over.gain_db, over.delay_db}) {
      EXPECT_LT(db, 1) << c.signal_power;
      EXPECT_GT(db, -1.3) << c.signal_power;
    }
  }
}

TEST(CalibrationEstimator, TwoChannelsReachTheBoundToo) {
  const OverBound over = errors(2, 10, 8192, 100, 256);
  for (const double db : {over.phase_db, over.gain_db, over.delay_db}) {
    EXPECT_LT(db, 1.3);  // 100 squares: 0.6 dB rms
    EXPECT_GT(db, -1.8);
  }
}

TEST(CalibrationEstimator, ToneGivesPhasesAtItsFrequencyAndTellsThatDelaysAreUnknown) {
  constexpr std::size_t channels = 6;
  constexpr std::size_t samples = 8192;
  constexpr double tone_hz = 2.3456e6;
  constexpr double snr = 0.1;
  constexpr int trials = 30;
  double square = 0;
  for (int trial = 0; trial < trials; ++trial) {
    Random random(static_cast<std::uint64_t>(trial));
    const auto truth = faults(channels, 7);
    GridBuffer<cf32> x(channels, samples);
    for (std::size_t e = 0; e < channels; ++e) {
      for (std::size_t t = 0; t < samples; ++t) {
        const double turns = tone_hz / scene_rate_hz * static_cast<double>(t);
        x(e, t) = cf32(std::polar(std::sqrt(snr), 2 * pi * turns + truth[e].phase_rad));
      }
      random.add_noise(x.row(e), 1);
    }
    CalibrationEstimator estimator(config(channels));
    estimator.add(x.view());
    const auto result = estimator.solve(1e9, 0, 0);
    ASSERT_TRUE(result.ok) << result.reason;
    EXPECT_FALSE(result.calibration.delay_known);
    EXPECT_TRUE(result.narrow);
    EXPECT_NEAR(result.source_offset_hz, tone_hz, 0.1 * scene_rate_hz / 256);
    for (std::size_t e = 1; e < channels; ++e) {
      const ChannelCalibration& c = result.calibration.channels[e];
      EXPECT_EQ(c.delay_s, 0);
      square += std::pow(wrapped(c.phase_rad - truth[e].phase_rad + truth[0].phase_rad), 2);
    }
  }
  // A known tone: variance 1 / (2 K s) per channel, twice that against the reference.
  const double bound = (channels - 1) * trials / (samples * snr);
  EXPECT_LT(db_from_power(square / bound), 1);
  EXPECT_GT(db_from_power(square / bound), -1.5);
}

// Noise over the whole band at -16 dB: its coherence, 6e-4, is a twelfth of what noise makes of one in 128
// snapshots. What stands out are a bin or two by chance, which look like a tone.
TEST(CalibrationEstimator, AWeakWideSourceIsNoTone) {
  constexpr std::size_t channels = 8;
  for (std::uint64_t trial = 0; trial < 20; ++trial) {
    auto truth = faults(channels, 7);
    for (SceneChannel& c : truth) c.delay_s = 0;
    const auto x = scene(truth, 0.025, 1U << 15, trial);
    CalibrationEstimator estimator(config(channels));
    estimator.add(x.view());
    const auto result = estimator.solve(1e9, 0, 0);
    ASSERT_TRUE(result.ok) << result.reason;
    EXPECT_FALSE(result.calibration.delay_known);
    EXPECT_FALSE(result.narrow) << trial;
  }
}

TEST(CalibrationEstimator, SteppedTonesGiveDelays) {
  constexpr std::size_t channels = 4;
  const auto truth = faults(channels, 9);
  CalibrationEstimator estimator(config(channels));
  Random random(1);
  for (const double tone_hz : {-6.1e6, -2.7e6, 0.9e6, 3.3e6, 7.2e6}) {
    GridBuffer<cf32> x(channels, 4096);
    for (std::size_t e = 0; e < channels; ++e) {
      for (std::size_t t = 0; t < 4096; ++t) {
        const double at_s = static_cast<double>(t) / scene_rate_hz - truth[e].delay_s;
        x(e, t) = cf32(std::polar(1.0, 2 * pi * tone_hz * at_s + truth[e].phase_rad));
      }
      random.add_noise(x.row(e), 0.01F);
    }
    estimator.break_stream();
    estimator.add(x.view());
  }
  const auto result = estimator.solve(1e9, 0, 0);
  ASSERT_TRUE(result.ok) << result.reason;
  EXPECT_TRUE(result.calibration.delay_known);
  for (std::size_t e = 1; e < channels; ++e) {
    const ChannelCalibration& c = result.calibration.channels[e];
    // The phase's bound is 1 / sqrt(20480 x 100), 0.0007 rad; the delay's that over 2 pi 4.7 MHz.
    EXPECT_NEAR(wrapped(c.phase_rad - truth[e].phase_rad + truth[0].phase_rad), 0, 0.004);
    EXPECT_NEAR((c.delay_s - truth[e].delay_s + truth[0].delay_s) * scene_rate_hz, 0, 0.003);
  }
}

TEST(CalibrationEstimator, SatelliteInAKnownDirectionCalibratesTheArray) {
  // It moves from part to part, at -3 dB per element.
  constexpr std::size_t channels = 8;
  constexpr double carrier_hz = 943.75e6;
  const Geometry line = Geometry::line(channels, speed_of_light_m_s / carrier_hz / 2);
  CalibrationEstimator::Config c = config(channels);
  c.geometry = line;
  c.carrier_hz = carrier_hz;
  CalibrationEstimator estimator(c);
  auto truth = faults(channels, 11);
  for (int part = 0; part < 8; ++part) {
    const double angle_rad = rad_from_deg(20 + part);
    const Vec3 u{std::sin(angle_rad), 0, std::cos(angle_rad)};
    for (std::size_t e = 0; e < channels; ++e) {
      truth[e].lead_s = dot(line.positions_m[e], u) / speed_of_light_m_s;
    }
    estimator.break_stream();
    estimator.add(scene(truth, 0.5, 8192, static_cast<std::uint64_t>(part), carrier_hz).view(), 2 * u);
  }
  const auto result = estimator.solve(carrier_hz, 0, 0);
  ASSERT_TRUE(result.ok) << result.reason;
  for (std::size_t e = 1; e < channels; ++e) {
    const ChannelCalibration& found = result.calibration.channels[e];
    const double phase_rad = wrapped(found.phase_rad - truth[e].phase_rad + truth[0].phase_rad);
    EXPECT_LT(std::abs(deg_from_rad(phase_rad)), 2);  // the bound is about 0.5 degrees
    EXPECT_NEAR((found.delay_s - truth[e].delay_s + truth[0].delay_s) * scene_rate_hz, 0, 0.02);
  }
  estimator.reset();
  estimator.add(scene(truth, 0.5, 8192, 1).view(), {0, 0, 0});
  EXPECT_FALSE(estimator.solve(1e9, 0, 0).ok);
}

TEST(CalibrationEstimator, FindsShapesAndSaysWhatIsLeft) {
  constexpr std::size_t channels = 4;
  auto truth = faults(channels, 13);
  // A ripple of 10 degrees and 1 dB, one and a half periods over the band.
  truth[2].shape = [](double f) {
    const double x = 2 * pi * 1.5 * f / scene_rate_hz;
    return std::polar(amplitude_from_db(std::sin(x)), rad_from_deg(10) * std::cos(x));
  };
  const auto x = scene(truth, 1000, 65536, 5);
  CalibrationEstimator plain(config(channels));
  plain.add(x.view());
  const auto without = plain.solve(1e9, 0, 0);
  ASSERT_TRUE(without.ok);
  CalibrationEstimator::Config c = config(channels);
  c.shape_points = 24;
  CalibrationEstimator shaped(c);
  shaped.add(x.view());
  const auto with = shaped.solve(1e9, 0, 0);
  ASSERT_TRUE(with.ok);
  // One channel of three has 10 / sqrt(2) degrees and 1 / sqrt(2) dB rms, less what gain, phase and delay
  // follow.
  EXPECT_GT(without.calibration.residual_deg_rms, 2);
  EXPECT_GT(without.calibration.residual_db_rms, 0.2);
  EXPECT_LT(with.calibration.residual_deg_rms, 0.4);
  EXPECT_LT(with.calibration.residual_db_rms, 0.04);
  for (const double f : {-8e6, -3.3e6, 0.1e6, 5e6, 8e6}) {
    const double turns = f * (truth[2].delay_s - truth[0].delay_s);
    const cf64 expected =
        truth[2].shape(f) *
        std::polar(truth[2].gain / truth[0].gain, truth[2].phase_rad - truth[0].phase_rad - 2 * pi * turns);
    EXPECT_NEAR(std::abs(with.calibration.response(2, f) / expected - 1.0), 0, 0.015) << f;
  }
}

TEST(CalibrationEstimator, FindsDeadStuckAndDuplicateChannels) {
  auto truth = faults(8, 15);
  truth[0].gain = 0;  // only its own noise; and it is the reference
  truth[3].gain = 0.001;
  auto x = scene(truth, 10, 16384, 6);
  std::ranges::fill(x.row(4), cf32(0.25F, -0.5F));
  std::ranges::fill(x.row(5), cf32(0));
  std::ranges::copy(x.row(2), x.row(6).begin());
  CalibrationEstimator estimator(config(8));
  estimator.add(x.view());
  const auto result = estimator.solve(1e9, 0, 0);
  ASSERT_TRUE(result.ok) << result.reason;
  using enum ChannelState;
  const ChannelState expected[] = {dead, ok, ok, dead, stuck, dead, duplicate, ok};
  for (std::size_t e = 0; e < 8; ++e) EXPECT_EQ(result.calibration.channels[e].state, expected[e]) << e;
  const std::size_t r = result.calibration.reference;
  EXPECT_EQ(result.calibration.channels[r].state, ok);
  for (const std::size_t e : {1, 2, 7}) {
    const double phase_rad =
        result.calibration.channels[e].phase_rad - truth[e].phase_rad + truth[r].phase_rad;
    EXPECT_NEAR(wrapped(phase_rad), 0, 0.03);
  }
  EXPECT_EQ(result.calibration.response(3, 0), cf64(0));
}

// A bad amplifier: the signal is there, under 25 dB more noise than the others have.
TEST(CalibrationEstimator, FindsNoisyChannelsWhereOthersAreNot) {
  for (const double signal_power : {0.1, 10.0}) {
    auto truth = faults(6, 21);
    truth[2].noise_power = power_from_db(25);
    if (signal_power > 1) truth[2].noise_power *= 100;
    CalibrationEstimator estimator(config(6));
    estimator.add(scene(truth, signal_power, 1U << 16, 4).view());
    const auto result = estimator.solve(1e9, 0, 0);
    ASSERT_TRUE(result.ok) << result.reason;
    for (std::size_t e = 0; e < 6; ++e) {
      const ChannelCalibration& c = result.calibration.channels[e];
      EXPECT_EQ(c.state, e == 2 ? ChannelState::noisy : ChannelState::ok) << e << " at " << signal_power;
      // 0.1 has a bound of 0.9 degrees against the reference.
      if (e == 2) continue;
      EXPECT_NEAR(wrapped(c.phase_rad - truth[e].phase_rad + truth[0].phase_rad), 0, 0.06);
    }
    EXPECT_EQ(result.calibration.response(2, 0), cf64(0));
    EXPECT_EQ(result.residual_deg_rms[0], 0);
    EXPECT_EQ(result.residual_deg_rms[2], 0);
    double square = 0;
    for (const double r : result.residual_deg_rms) square += r * r / 4;
    EXPECT_NEAR(std::sqrt(square), result.calibration.residual_deg_rms, 1e-9);
  }
  // 19 dB of difference, or more signal than noise: not noisy.
  auto truth = faults(6, 21);
  truth[2].noise_power = 300;
  CalibrationEstimator estimator(config(6));
  estimator.add(scene(truth, 1000, 1U << 15, 4).view());
  EXPECT_EQ(estimator.solve(1e9, 0, 0).calibration.channels[2].state, ChannelState::ok);
}

// A receiver hears its own oscillator: a constant of its own in each channel, here 10 dB over the noise that
// calibrates. Without the notch it is the strongest tone, and the phases are its own.
TEST(CalibrationEstimator, LeavesOutTheReceiversOwnConstant) {
  const auto truth = faults(4, 17);
  auto x = scene(truth, 10, 1U << 15, 8);
  Random random(5);
  for (std::size_t e = 0; e < 4; ++e) {
    const auto constant = cf32(std::polar(10.0, 2 * pi * random.uniform()));
    for (cf32& v : x.row(e)) v += constant;
  }
  for (const double notch_hz : {0.0, 1e6}) {
    CalibrationEstimator::Config c = config(4);
    c.notch_hz = notch_hz;
    CalibrationEstimator estimator(c);
    estimator.add(x.view());
    const auto result = estimator.solve(1e9, 0, 0);
    if (notch_hz == 0) {
      double worst_rad = 0;
      for (std::size_t e = 0; e < 4 && result.ok; ++e) {
        const double phase_rad = result.calibration.channels[e].phase_rad - truth[e].phase_rad;
        worst_rad = std::max(worst_rad, std::abs(wrapped(phase_rad + truth[0].phase_rad)));
      }
      EXPECT_TRUE(!result.ok || worst_rad > 0.1);
      continue;
    }
    ASSERT_TRUE(result.ok) << result.reason;
    for (std::size_t e = 0; e < 4; ++e) {
      const ChannelCalibration& found = result.calibration.channels[e];
      // The bound is 0.13 degrees.
      EXPECT_NEAR(wrapped(found.phase_rad - truth[e].phase_rad + truth[0].phase_rad), 0, 0.01);
      EXPECT_NEAR((found.delay_s - truth[e].delay_s + truth[0].delay_s) * scene_rate_hz, 0, 0.01);
    }
  }
}

TEST(CalibrationEstimator, SaysWhyNot) {
  const auto reason = [](const CalibrationEstimator& estimator) {
    const auto result = estimator.solve(1e9, 0, 0);
    EXPECT_FALSE(result.ok);
    EXPECT_TRUE(result.calibration.channels.empty());
    return result.reason;
  };
  CalibrationEstimator estimator(config(4));
  EXPECT_EQ(reason(estimator), "calibration: 0 samples, 512 are needed");
  // Noise of their own only, many times: no calibration comes of it.
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    estimator.reset();
    estimator.add(scene(std::vector<SceneChannel>(4), 0, 4096, seed).view());
    EXPECT_EQ(reason(estimator), "calibration: the channels have no source in common") << seed;
  }
  GridBuffer<cf32> x(4, 4096);
  estimator.reset();
  estimator.add(x.view());
  EXPECT_EQ(reason(estimator), "calibration: 0 live channels, 2 are needed");
  for (std::size_t e = 0; e < 4; ++e) {
    std::ranges::fill(x.row(e), cf32(std::numeric_limits<float>::quiet_NaN(), 1));
  }
  estimator.reset();
  estimator.add(x.view());
  EXPECT_EQ(estimator.samples_zeroed(), 4U * 4096);
  EXPECT_FALSE(reason(estimator).empty());
  // A good source, but a stamp that cannot be.
  estimator.reset();
  estimator.add(scene(faults(4, 1), 10, 4096, 1).view());
  EXPECT_TRUE(estimator.solve(1e9, 0, 0).ok);
  EXPECT_FALSE(estimator.solve(std::numeric_limits<double>::quiet_NaN(), 0, 0).ok);
}

// Another transmitter in the band turns the phases by degrees, and the residual hardly shows it.
TEST(CalibrationEstimator, RefusesASecondSource) {
  constexpr double carrier_hz = 1e9;
  constexpr std::size_t channels = 8;
  constexpr std::size_t samples = 32768;
  CalibrationEstimator::Config c = config(channels);
  c.geometry = Geometry::line(channels, 0.5 * speed_of_light_m_s / carrier_hz);
  c.carrier_hz = carrier_hz;
  const auto towards = [](double deg) {
    return Vec3{std::sin(rad_from_deg(deg)), 0, std::cos(rad_from_deg(deg))};
  };
  for (const double second_db : {-100.0, -20.0, -10.0, -3.0, 0.0}) {
    Random random(1);
    GridBuffer<cf32> x(channels, samples);
    for (const auto& [deg, power_db] : {std::pair(20.0, 10.0), std::pair(-33.0, 10.0 + second_db)}) {
      std::vector<cf32> wave(samples);
      random.add_noise(wave, static_cast<float>(power_from_db(power_db)));
      std::vector<cf64> a(channels);
      steering_vector(c.geometry, towards(deg), carrier_hz, a);
      for (std::size_t e = 0; e < channels; ++e) {
        for (std::size_t t = 0; t < samples; ++t) x(e, t) += wave[t] * cf32(a[e]);
      }
    }
    for (std::size_t e = 0; e < channels; ++e) random.add_noise(x.row(e), 1);
    CalibrationEstimator estimator(c);
    estimator.add(x.view(), towards(20));
    const auto result = estimator.solve(carrier_hz, 0, 0);
    EXPECT_EQ(result.ok, second_db < -15) << second_db << " dB: " << result.reason;
    EXPECT_FALSE(estimator.solve(2 * carrier_hz, 0, 0).ok);  // not what was measured
    if (!result.ok) continue;
    for (const ChannelCalibration& channel : result.calibration.channels) {
      EXPECT_LT(std::abs(deg_from_rad(channel.phase_rad)), 0.6) << second_db;
    }
  }
}

// Half of the channels see both sources alike (a row of a panel, a source across it): theirs is a perfect
// fit, and the other half noise. It is not.
TEST(CalibrationEstimator, ASecondSourceMakesNoChannelsNoisy) {
  constexpr std::size_t samples = 32768;
  Random random(2);
  std::vector<cf32> first(samples);
  std::vector<cf32> second(samples);
  random.add_noise(first, 100);
  random.add_noise(second, 50);
  GridBuffer<cf32> x(8, samples);
  for (std::size_t e = 0; e < 8; ++e) {
    const auto gain = cf32(std::polar(0.7 + random.uniform(), 2 * pi * random.uniform()));
    const auto turn = cf32(std::polar(1.0, e < 4 ? 1.7 : 0.0));
    for (std::size_t t = 0; t < samples; ++t) x(e, t) = gain * (first[t] + turn * second[t]);
    random.add_noise(x.row(e), 1);
  }
  CalibrationEstimator estimator(config(8));
  estimator.add(x.view());
  const auto result = estimator.solve(1e9, 0, 0);
  EXPECT_FALSE(result.ok);
  EXPECT_NE(result.reason.find("more than one source"), std::string::npos) << result.reason;
}

TEST(CalibrationEstimator, RefusesWhatCannotBe) {
  const auto refuse = [](auto change) {
    CalibrationEstimator::Config c = config(4);
    change(c);
    EXPECT_THROW(CalibrationEstimator{c}, ConfigError);
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  refuse([](auto& c) { c.channels = 0; });
  refuse([](auto& c) { c.channels = 1; });
  refuse([](auto& c) { c.channels = 257; });
  refuse([&](auto& c) { c.sample_rate_hz = nan; });
  refuse([](auto& c) { c.fft_size = 31; });
  refuse([](auto& c) { c.channels = 256, c.fft_size = 512; });
  refuse([&](auto& c) { c.band_hz = nan; });
  refuse([](auto& c) { c.band_hz = 30e6; });
  refuse([](auto& c) { c.notch_hz = -1; });
  refuse([](auto& c) { c.notch_hz = 18e6; });
  refuse([&](auto& c) { c.notch_hz = nan; });
  refuse([](auto& c) { c.noisy_below_db = 2; });
  refuse([](auto& c) { c.shape_points = 1; });
  refuse([](auto& c) { c.shape_points = 33; });
  refuse([](auto& c) { c.reference = 4; });
  refuse([&](auto& c) { c.dead_below_db = nan; });
  refuse([](auto& c) { c.max_delay_samples = 17; });
  refuse([](auto& c) { c.geometry = Geometry::line(3, 0.1), c.carrier_hz = 1e9; });
  refuse([](auto& c) { c.geometry = Geometry::line(4, 0.1); });
  refuse([](auto& c) { c.geometry.positions_m.assign(4, {0, 0, 0}), c.carrier_hz = 1e9; });
}

}  // namespace
}  // namespace boresight::array
