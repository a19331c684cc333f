// Against narrowband theory and the figures for ideal subbands.
#include "boresight/beam/subband_beamformer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "boresight/beam/squint.h"
#include "boresight/core/error.h"
#include "support/allocation_counter.h"
#include "wideband.h"

namespace boresight::beam {
namespace {

using namespace wideband;

/// Mean power per sample of what lies within +-share / 2 of the sample rate.
double power_in_band(std::span<const cf32> y, double share) {
  const std::size_t n = y.size();
  std::vector<cf32> spectrum(n);
  fft::Fft(n, fft::Direction::forward).run(y, spectrum);
  double power = 0;
  std::size_t bins = 0;
  for (std::size_t k = 0; k < n; ++k) {
    const double f = k < n / 2 ? static_cast<double>(k) : static_cast<double>(n - k);
    if (f > 0.5 * share * static_cast<double>(n)) continue;
    power += std::norm(spectrum[k]);
    ++bins;
  }
  return power / (static_cast<double>(n) * static_cast<double>(bins));
}

// Four elements, three jammers 60 dB above the noise, look direction 5 degrees: 19.23 dB are lost in one band
// of 240 MHz, 0.80 dB in 64 ideal subbands. Output power against jammers and noise is the loss, as the gain
// is 1.
TEST(SubbandBeamformer, GetsToTheTableOfTheDesignStudyFromSamples) {
  constexpr std::size_t count = 1 << 18;
  const std::vector<Wave> jammers = {{60, 60}, {-35, 60}, {-60, 60}};
  const auto loss_db = [&](std::size_t elements, std::size_t fft_size) {
    SubbandBeamformer::Config c = config(elements);
    c.fft_size = fft_size;
    c.subbands = fft_size;
    c.band_hz = 0.985 * rate_hz;
    SubbandBeamformer beam(c);
    beam.set_direction(off(5));
    const GridBuffer<cf32> x = sky(c.geometry, jammers, count, 1);
    std::vector<cf32> y(count);
    beam.process(x.view(), y);
    return -db_from_power(power_in_band(std::span(y).last(count / 4), 0.95) * static_cast<double>(elements));
  };
  // A bin is as wide as 1.7 ideal subbands, so 256 bins are 150 of them; training costs (E - 1) / K.
  // Here K: 18 intervals of 128 frames with forgetting 0.9, 1000 frames, half-overlapped.
  EXPECT_NEAR(loss_db(4, 256), -0.78, 0.3);
  EXPECT_NEAR(loss_db(8, 256), -0.35, 0.3);
}

TEST(SubbandBeamformer, KeepsTheWantedSignalAndItsTiming) {
  SubbandBeamformer::Config c = config(8);
  c.loading_over_noise_db = 3;
  SubbandBeamformer beam(c);
  beam.set_direction(2 * off(5));
  constexpr std::size_t count = 1 << 17;
  const GridBuffer<cf32> wanted = sky(c.geometry, {{5, 0}}, count, 3, false);
  GridBuffer<cf32> x = sky(c.geometry, {{60, 40}, {-35, 40}, {-60, 40}}, count, 4);
  // The wave at the origin of the array, where the steering vector is 1.
  const GridBuffer<cf32> at_origin =
      sky(array::Geometry::from_positions({{0, 0, 0}}), {{5, 0}}, count, 3, false);
  for (std::size_t e = 0; e < 8; ++e) {
    for (std::size_t t = 0; t < count; ++t) x(e, t) += wanted(e, t);
  }
  std::vector<cf32> y(count);
  beam.process(x.view(), y);
  cf64 cross = 0;
  double power = 0;
  double total = 0;
  for (std::size_t t = count / 2; t < count; ++t) {
    const cf32 s = at_origin(0, t - beam.latency_samples());
    cross += std::conj(cf64(s)) * cf64(y[t]);
    power += std::norm(s);
    total += std::norm(y[t]);
  }
  const cf64 gain = cross / power;
  // Gain 1 within what noise of power 1/5 leaves in 65536 samples, and what self-nulling takes.
  EXPECT_NEAR(std::abs(gain - 1.0), 0, 0.02);
  const double sinr_db = db_from_power(std::norm(gain) * power / (total - std::norm(gain) * power));
  // 9.03 dB from 8 elements less 0.4 for the nulls. The wanted signal in the training costs about
  // SINR (E - 1) / K, K = 700 effective frames: 0.4 dB.
  EXPECT_GT(sinr_db, 7.8);
  EXPECT_LT(sinr_db, 9.03);
}

TEST(SubbandBeamformer, ConventionalHasNoSquint) {
  // 32 wavelengths of aperture at 60 degrees: the phase-steered beam would lose 1.35 dB at the band's edges.
  SubbandBeamformer::Config c = config(64);
  c.mode = SubbandWeights::Mode::conventional;
  constexpr std::size_t count = 1 << 12;
  const GridBuffer<cf32> x = sky(c.geometry, {{60, 0}}, count, 5, false);
  SubbandBeamformer beam(c);
  beam.set_direction(off(60));
  std::vector<cf32> y(count);
  beam.process(x.view(), y);
  const GridBuffer<cf32> at_origin =
      sky(array::Geometry::from_positions({{0, 0, 0}}), {{60, 0}}, count, 5, false);
  double error = 0;
  double size = 0;
  for (std::size_t t = 1024; t < count; ++t) {
    error += std::norm(y[t] - at_origin(0, t - beam.latency_samples()));
    size += std::norm(y[t]);
  }
  // What is left is the fold at +-fs / 2, where one bin has two frequencies, and the bins' finite width.
  // A beam steered by phases alone is at -23.5.
  EXPECT_LT(db_from_power(error / size), -30);
  EXPECT_LT(squint(c.geometry, off(60), carrier_hz, rate_hz).edge_loss_db, -1.3);
}

TEST(SubbandBeamformer, DoesNotDependOnTheCutsAndDoesNotAllocate) {
  SubbandBeamformer::Config c = config(3);
  c.fft_size = 32;
  c.subbands = 8;
  c.update_interval_samples = 500;
  c.covariance_decimation = 3;
  c.fade_samples = 100;
  const GridBuffer<cf32> x = sky(c.geometry, {{40, 30}}, 4096, 6);
  std::vector<std::vector<cf32>> outputs;
  for (const std::size_t piece : {1, 13, 4096}) {
    SubbandBeamformer beam(c);
    std::vector<cf32> y(4096);
    const AllocationCounter counter;
    for (std::size_t t = 0; t < 4096; t += piece) {
      const std::size_t n = std::min<std::size_t>(piece, 4096 - t);
      beam.process(x.view().columns(t, n), std::span(y).subspan(t, n));
    }
    EXPECT_EQ(counter.count(), 0U);
    outputs.push_back(y);
    beam.reset();
    std::vector<cf32> again(4096);
    beam.process(x.view(), again);
    EXPECT_EQ(again, outputs[0]);
  }
  EXPECT_EQ(outputs[0], outputs[1]);
  EXPECT_EQ(outputs[0], outputs[2]);
}

TEST(SubbandBeamformer, FadesNewWeightsIn) {
  SubbandBeamformer::Config c = config(4);
  c.mode = SubbandWeights::Mode::conventional;
  c.fade_samples = 2048;
  c.fft_size = 64;
  c.subbands = 64;
  SubbandBeamformer beam(c);
  GridBuffer<cf32> x(4, 16384);
  for (std::size_t e = 0; e < 4; ++e) std::ranges::fill(x.row(e), cf32(1));
  std::vector<cf32> y(16384);
  beam.set_direction({0, 0, 1});
  beam.process(x.view(), y);
  EXPECT_NEAR(std::abs(y.back() - cf32(1)), 0, 1e-4);
  beam.set_direction(off(30));  // a null of the boresight: the constant must fall to zero, slowly
  cf32 last = y.back();
  beam.process(x.view(), y);
  EXPECT_LT(std::abs(y.back()), 1e-4);
  float steepest = 0;
  for (const cf32 value : y) {
    steepest = std::max(steepest, std::abs(value - last));
    last = value;
  }
  // 64 steps, each spread over 32 samples by the windows: 1 / 2048 on average.
  EXPECT_LT(steepest, 2.0F / 2048);
}

TEST(SubbandBeamformer, SurvivesBadSamplesDirectionsAndSilence) {
  SubbandBeamformer::Config c = config(3);
  c.fft_size = 32;
  c.subbands = 32;
  c.update_interval_samples = 512;
  SubbandBeamformer beam(c);
  GridBuffer<cf32> x(3, 4096);
  std::vector<cf32> y(4096);
  beam.process(x.view(), y);  // silence
  for (const cf32 v : y) ASSERT_EQ(v, cf32(0));
  Random random(7);
  for (std::size_t e = 0; e < 3; ++e) random.add_noise(x.row(e), 1);
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 1e38F}) {
    x(1, 700) = cf32(bad, 0);
    x(2, 3000) = cf32(0, bad);
    beam.process(x.view(), y);
    for (const cf32 v : y) ASSERT_TRUE(std::isfinite(v.real()) && std::isfinite(v.imag()));
  }
  EXPECT_EQ(beam.samples_zeroed(), 6U);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  beam.set_direction({0, 0, 0});
  beam.set_direction({nan, 0, 1});
  EXPECT_EQ(beam.weights().stats().bad_directions, 2U);
}

TEST(SubbandBeamformer, RefusesWhatCannotBe) {
  const auto refuse = [](auto change) {
    SubbandBeamformer::Config c = config(4);
    change(c);
    EXPECT_THROW(SubbandBeamformer{c}, ConfigError);
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  refuse([](auto& c) { c.geometry = {}; });
  refuse([](auto& c) { c.geometry.positions_m[1] = c.geometry.positions_m[0]; });
  refuse([](auto& c) { c.geometry = array::Geometry::line(65, 0.1); });
  refuse([&](auto& c) { c.carrier_hz = nan; });
  refuse([](auto& c) { c.sample_rate_hz = 0; });
  refuse([](auto& c) { c.sample_rate_hz = 3 * c.carrier_hz; });
  refuse([](auto& c) { c.fft_size = 9; });
  refuse([](auto& c) { c.fft_size = 16384; });
  refuse([](auto& c) { c.subbands = 0; });
  refuse([](auto& c) { c.subbands = 100; });
  refuse([&](auto& c) { c.band_hz = nan; });
  refuse([&](auto& c) { c.loading_over_noise_db = nan; });
  refuse([](auto& c) { c.uncertainty = 0; });
  refuse([](auto& c) { c.uncertainty = 1; });
  refuse([](auto& c) { c.mode = SubbandWeights::Mode::mvdr, c.uncertainty = 0.2; });
  refuse([&](auto& c) { c.uncertainty = nan; });
  refuse([](auto& c) { c.update_interval_samples = 0; });
  refuse([&](auto& c) { c.forgetting = nan; });
  refuse([](auto& c) { c.forgetting = 0; });
  refuse([](auto& c) { c.covariance_decimation = 0; });
}

}  // namespace
}  // namespace boresight::beam
