#include "sim/satellite_source.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sim/test_signals.h"

namespace boresight::sim {
namespace {

using testing::Tones;

// A signal whose samples say where they stand: sample n of the stream is n + 1.
Signal ramp(std::size_t frame_samples) {
  return {frame_samples, [frame_samples](std::uint64_t number, std::span<cf32> out) {
            for (std::size_t i = 0; i < out.size(); ++i) {
              out[i] = static_cast<float>(number * frame_samples + i + 1);
            }
          }};
}

TEST(FrameStream, FramesFollowEachOtherWithoutAGap) {
  for (const std::size_t frame : {1U, 7U, 100U, 1000U}) {
    FrameStream stream(ramp(frame), 1.0, Random(1), 64);
    for (std::int64_t first = -64; first < 5000; first += 37) {
      const cf32* window = stream.window(first, 64);
      for (std::int64_t i = 0; i < 64; ++i) {
        const std::int64_t n = first + i;
        ASSERT_EQ(window[i], cf32(n < 0 ? 0.0F : static_cast<float>(n + 1))) << frame << ' ' << n;
      }
    }
  }
}

TEST(FrameStream, MayStartFarIntoAFrame) {
  FrameStream stream(ramp(1000), 1.0, Random(1), 64);
  EXPECT_EQ(stream.window(750, 64)[0], cf32(751));
  EXPECT_EQ(stream.window(5020, 64)[0], cf32(5021));
}

// Silent slots take no frame with them: the frames that are sent are 0, 1, 2, ... Of 4,000 slots a share of
// 0.25 is on the air within 0.7 % (one sigma).
TEST(FrameStream, SilentSlotsAreDrawnAndSkipNoFrame) {
  const Signal numbered = {10, [](std::uint64_t number, std::span<cf32> out) {
                             for (cf32& x : out) x = static_cast<float>(number + 1);
                           }};
  FrameStream stream(numbered, 0.25, Random(5), 64);
  int sent = 0;
  for (std::int64_t slot = 0; slot < 4000; ++slot) {
    const cf32* window = stream.window(slot * 10, 10);
    if (window[0] == cf32{}) continue;
    ++sent;
    ASSERT_EQ(window[0], cf32(static_cast<float>(sent)));
    ASSERT_EQ(window[9], window[0]);
  }
  EXPECT_NEAR(sent / 4000.0, 0.25, 0.035);
}

// Against the closed form s(t - tau + tau0) exp(-j 2 pi fc (tau - tau0)), for a satellite at full speed, a
// fast receiver clock and tones over the waveform's whole band. Interpolation is good to -75 dB.
TEST(SatelliteSource, FollowsTheClosedFormOverTheWholeBand) {
  constexpr double fs = 20e6;
  constexpr double carrier = 943.75e6;
  const TimeBase time_base = {fs, 20e-6};
  const Tones tones = Tones::comb(41, 0.5 * fs);
  const std::vector<Motion> motions = {
      LeoPass{.altitude_m = 340e3,
              .culmination_azimuth_rad = 1,
              .culmination_elevation_rad = 1.2,
              .start_time_s = -100},
      Track{.elevation_rad = 1, .doppler_hz = -260e3, .doppler_rate_hz_s = 6e3}};
  for (const Motion& motion : motions) {
    SatelliteSource source({.snr_db = 20, .motion = motion}, tones.signal(fs), time_base, carrier, Random(1));
    const double start_delay = state_at(motion, 0).delay_s;
    std::vector<cf32> chunk(chunk_samples);
    double error = 0;
    double power = 0;
    for (std::int64_t c = 0; c < 6; ++c) {
      const std::int64_t first = c * static_cast<std::int64_t>(chunk_samples);
      source.generate(first, chunk);
      // The very first samples feel the beginning of the signal.
      for (std::size_t k = c == 0 ? 64 : 0; k < chunk.size(); k += 3) {
        const double t = static_cast<double>(first + static_cast<std::int64_t>(k)) / (2 * fs * (1 + 20e-6));
        const double delay = state_at(motion, t).delay_s - start_delay;
        const cf64 exact = 10.0 * tones.at(t - delay) * testing::phasor(-carrier * delay);
        error += std::norm(cf64(chunk[k]) - exact);
        power += std::norm(exact);
      }
    }
    EXPECT_LT(10 * std::log10(error / power), -73.0);
  }
}

TEST(SatelliteSource, IsSilentBelowTheHorizon) {
  const Track sunk = {.elevation_rad = -0.01};
  SatelliteSource source({.snr_db = 20, .motion = sunk}, Tones::comb(1, 1e6).signal(20e6), {20e6, 0}, 1e9,
                         Random(1));
  std::vector<cf32> chunk(chunk_samples, cf32(1));
  source.generate(0, chunk);
  for (const cf32 x : chunk) ASSERT_EQ(x, cf32{});
}

TEST(SatelliteSource, FrameOffsetStartsInsideTheFirstFrame) {
  SatelliteSource source({.snr_db = 0, .frame_offset = 0.25, .motion = Track{.elevation_rad = 1}},
                         ramp(100'000), {20e6, 0}, 1e9, Random(1));
  std::vector<cf32> chunk(chunk_samples);
  source.generate(0, chunk);
  EXPECT_NEAR(chunk[0].real(), 25'001, 0.1);
  EXPECT_NEAR(chunk[1000].real(), 26'001, 0.1);
}

}  // namespace
}  // namespace boresight::sim
