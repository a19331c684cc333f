// The array end in front of the modem: calibration, subbands and gaps, against frames of the simulated sky.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "boresight/core/units.h"
#include "boresight/rx/receiver.h"
#include "support/jammed_link.h"

namespace boresight::rx {
namespace {

/// Four elements against three jammers of the whole band, 60 dB above the noise each, the satellite at 2 dB
/// per element: 8 dB in a beam without jammers, of which nulls in one band leave -11 and nulls in 64
/// subbands 7; QPSK 1/2 needs 1.3. At ku20's rate and carrier, whose ratio is that of 240 MHz at 11.325 GHz.
class Sky {
 public:
  Sky() : sky_(scenario()) {}
  double carrier_hz() const { return sky_.carrier_hz(); }
  double rate_hz() const { return sky_.sample_rate_hz(); }
  array::Geometry geometry() const { return array::Geometry::from_positions(sky_.positions_m()); }

  GridBuffer<cf32> samples(std::size_t count) {
    GridBuffer<cf32> x(4, count);
    sky_.generate(x.view());
    return x;
  }

 private:
  static sim::Scenario scenario() {
    sim::Scenario scenario;
    scenario.carrier_hz = ofdm::nominal_ku_carrier_hz(ofdm::ku20());
    scenario.positions_wavelengths = array::Geometry::line(4, 0.5).positions_m;
    scenario.payload_file_bytes = 1'000'000;
    sim::Satellite satellite;
    satellite.snr_db = 2;
    sim::Track track;
    test::look(5, 0, track.azimuth_rad, track.elevation_rad);
    satellite.motion = track;
    scenario.satellites = {satellite};
    for (const double angle_deg : {60, -35, -60}) {
      sim::Jammer jammer;
      test::look(angle_deg, 0, jammer.azimuth_rad, jammer.elevation_rad);
      jammer.power_db = 60;
      scenario.jammers.push_back(jammer);
    }
    scenario.receiver = {.adc = {.bits = 16, .noise_floor_dbfs = -78}};
    return scenario;
  }

  sim::Sky sky_;
};

Receiver::Config config_for(const Sky& sky, bool subbands) {
  Receiver::Config config;
  config.ku.sample_rate_hz = sky.rate_hz();
  if (subbands) {
    config.front_end.subband = {
        .geometry = sky.geometry(), .carrier_hz = sky.carrier_hz(), .sample_rate_hz = sky.rate_hz()};
  } else {
    config.front_end.beamformer = {.geometry = sky.geometry(), .carrier_hz = sky.carrier_hz()};
  }
  return config;
}

/// Numbers of the good frames. Each must start where it was sent.
std::vector<int> frames_read(const Receiver::Config& config, Grid<const cf32> x, std::size_t gap = 0,
                             std::size_t gap_at = 0) {
  Receiver receiver(config);
  receiver.set_direction(test::line_direction(5));
  std::vector<int> good;
  const auto handler = [&](const KuFrame& frame) {
    const double number = static_cast<double>(frame.start_sample) / frame::ku_frame_samples;
    EXPECT_NEAR(static_cast<double>(frame.start_sample), std::round(number) * frame::ku_frame_samples, 1);
    if (frame.ok) good.push_back(static_cast<int>(std::lround(number)));
  };
  receiver.push(x.columns(0, gap_at), handler);
  if (gap > 0) receiver.skip(gap, handler);
  receiver.push(x.columns(gap_at + gap, x.columns() - gap_at - gap), handler);
  receiver.flush(handler);
  EXPECT_EQ(receiver.front_end().stats().samples, x.columns() - gap);
  return good;
}

// Four whole frames; the preamble of the first is gone before there is anything to learn nulls from, and the
// stream ends with the last sample of the fourth: none of that may be missing.
TEST(FrontEndLink, SubbandsReadWhatOneBandLosesUnderWidebandJammers) {
  Sky sky;
  const GridBuffer<cf32> x = sky.samples(4 * frame::ku_frame_samples);
  EXPECT_EQ(frames_read(config_for(sky, true), x.view()), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(frames_read(config_for(sky, false), x.view()), std::vector<int>{});
}

// A channel that is late by three samples, weaker and turned, and 20,000 samples that are lost in the third
// frame. Without the calibration nothing is read.
TEST(FrontEndLink, ACalibratedArrayReadsOnBehindAGap) {
  Sky sky;
  GridBuffer<cf32> x = sky.samples(4 * frame::ku_frame_samples);
  const auto row = x.row(2);
  std::shift_right(row.begin(), row.end(), 3);
  std::ranges::fill(row.first(3), cf32(0));
  for (cf32& s : row) s *= cf32(std::polar(0.7, 2.0));
  Receiver::Config config = config_for(sky, true);
  EXPECT_EQ(frames_read(config, x.view()), std::vector<int>{});
  config.front_end.calibration.emplace();
  config.front_end.calibration->sample_rate_hz = sky.rate_hz();
  auto& channels = config.front_end.calibration->calibration.channels;
  channels.resize(4);
  channels[2] = {.gain = 0.7, .phase_rad = 2.0, .delay_s = 3 / sky.rate_hz()};
  const std::vector<int> good = frames_read(config, x.view(), 20'000, 820'000);
  EXPECT_TRUE(std::ranges::find(good, 1) != good.end());
  EXPECT_TRUE(std::ranges::find(good, 3) != good.end());
}

TEST(FrontEndLink, RefusesTwoSampleRates) {
  Sky sky;
  Receiver::Config config = config_for(sky, true);
  config.ku.sample_rate_hz = 10e6;
  EXPECT_THROW(Receiver{config}, ConfigError);
  config = config_for(sky, false);
  config.front_end.calibration.emplace();
  config.front_end.calibration->calibration.channels.resize(4);
  config.front_end.calibration->sample_rate_hz = 10e6;
  EXPECT_THROW(Receiver{config}, ConfigError);
}

}  // namespace
}  // namespace boresight::rx
