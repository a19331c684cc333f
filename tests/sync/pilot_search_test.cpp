#include "boresight/sync/pilot_search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "support/ku_downlink.h"

namespace boresight::sync {
namespace {

struct Scene {
  double rate_hz = 2.5e6;
  double center_hz = 115.2e6;
  double snr_db = -13;
  double doppler_hz = 150e3;
  bool edge_pilots = true;
  std::uint64_t seed = 1;
};

// One window of the search: noise of unit power per sample of the slice, the frame 0.9 ms into it.
struct Window {
  explicit Window(const Scene& s, PilotSearch& search)
      : downlink({.sample_rate_hz = s.rate_hz,
                  .center_hz = s.center_hz,
                  .doppler_hz = s.doppler_hz,
                  .start_s = 0.9e-3,
                  .seed = s.seed,
                  .edge_pilots = s.edge_pilots}),
        x(search.window_samples()) {
    downlink.add(x, static_cast<float>(amplitude_from_db(s.snr_db) * std::sqrt(240e6 / s.rate_hz)));
    Random(s.seed).add_noise(x, 1);
    search.take(x);
  }
  test::KuDownlink downlink;
  std::vector<cf32> x;
};

// -13 dB of a bare antenna, either edge, several rates: the frame, its start and its carrier. The bound at
// -13 dB is 0.05 samples of 2.5 MHz and 27 Hz; five of it, and 25 Hz for the carrier that the pilots have at
// another frequency than the slice's middle.
TEST(PilotSearch, FindsTheFrameAtEitherEdge) {
  for (const Scene& s : {Scene{}, Scene{.center_hz = -115.425e6, .doppler_hz = -287e3},
                         Scene{.rate_hz = 5e6, .center_hz = -114.6e6, .doppler_hz = 1e3},
                         Scene{.rate_hz = 3.2e6, .center_hz = 114.9e6, .doppler_hz = 299e3}}) {
    PilotSearch search({.sample_rate_hz = s.rate_hz,
                        .center_hz = s.center_hz,
                        .edge = s.center_hz > 0 ? ChannelEdge::upper : ChannelEdge::lower});
    EXPECT_NEAR(search.fit().energy(), 2400, 90) << "energy of a frame at 0 dB";
    Window window(s, search);
    const auto found = search.search();
    ASSERT_EQ(found.size(), 1U) << s.rate_hz << " " << s.center_hz;
    EXPECT_NEAR(found[0].start, window.downlink.frame_start(0), 0.25 * s.rate_hz / 2.5e6);
    EXPECT_NEAR(found[0].carrier_hz, s.doppler_hz, 160);
    EXPECT_NEAR(db_from_power(found[0].snr), -13, 1.5);
    // And the look at a place that is known finds the same.
    const auto look = search.look(found[0].start + 0.2, s.doppler_hz + 100, 300);
    ASSERT_TRUE(look);
    EXPECT_NEAR(look->statistic, found[0].statistic, 0.1 * found[0].statistic);
    EXPECT_LT(search.fit().threshold_near(1e-3, 0.6, 300), 12);
  }
}

// The control: the same frames with random data in place of the pilots.
TEST(PilotSearch, DataIsNotPilots) {
  PilotSearch search({.center_hz = 115.2e6});
  Window window({.snr_db = 0, .edge_pilots = false}, search);
  EXPECT_TRUE(search.search().empty());
}

// False alarms at 1e-2 (10 expected of 1000) would take too long here: 60 windows, 0.6 expected, 4 have
// probability 3e-3. The study has more of them.
TEST(PilotSearch, NoiseIsNotPilots) {
  PilotSearch search({.max_carrier_offset_hz = 100e3, .false_alarm = 1e-2});
  Random random(3);
  std::size_t alarms = 0;
  std::vector<cf32> x(search.window_samples());
  for (int trial = 0; trial < 60; ++trial) {
    std::fill(x.begin(), x.end(), cf32(0));
    random.add_noise(x, 1);
    search.take(x);
    alarms += search.search().size();
  }
  EXPECT_LE(alarms, 3U);
}

TEST(PilotSearch, SilenceHasNone) {
  PilotSearch search({.max_carrier_offset_hz = 10e3});
  const std::vector<cf32> x(search.window_samples());
  search.take(x);
  EXPECT_TRUE(search.search().empty());
  EXPECT_FALSE(search.look(100, 0, 300));
}

TEST(PilotSearch, RefusesWhatCannotBe) {
  EXPECT_THROW(PilotSearch({.sample_rate_hz = 1e6}), ConfigError);
  EXPECT_THROW(PilotSearch({.center_hz = 113e6}), ConfigError) << "the pilots are not in it";
  EXPECT_THROW(PilotSearch({.false_alarm = 1}), ConfigError);
}

// Middles of the eight subcarriers.
TEST(KuEdgePilotSpectrum, LiesWhereThePilotsAre) {
  EXPECT_DOUBLE_EQ(edge_pilot_center_hz(ChannelEdge::upper), 115'195'312.5);
  EXPECT_DOUBLE_EQ(edge_pilot_center_hz(ChannelEdge::lower), -115'429'687.5);
  // Three quarters of an MHz around the middle hold 1.5 / 1.875 of the energy, half a subcarrier more or
  // less.
  std::vector<cf32> inside(2000), all(8000);
  edge_pilot_spectrum(ChannelEdge::upper, 4e6, -0.75e6, 750, inside);
  edge_pilot_spectrum(ChannelEdge::upper, 4e6, -3e6, 750, all);
  double in = 0, total = 0;
  for (const cf32 s : inside) in += static_cast<double>(std::norm(s));
  for (const cf32 s : all) total += static_cast<double>(std::norm(s));
  EXPECT_NEAR(in / total, 0.8, 0.06);
}

}  // namespace
}  // namespace boresight::sync
