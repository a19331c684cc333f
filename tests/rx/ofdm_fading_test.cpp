// Channels that change during a burst, and signals that go away for a while.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "boresight/rx/ofdm_receiver.h"
#include "boresight/sim/tdl.h"
#include "rx/ofdm_scene.h"

namespace boresight::rx {
namespace {

using namespace boresight::testing::burst;
using Kind = ofdm::PilotPattern::Kind;
using frame::Mcs;

// Bursts of 35 to 43 symbols of 256 + 32 samples of 16-QAM 1/2 to two antennas in 15 dB each, over three
// Rayleigh paths within 12 samples; `doppler` in cycles per symbol. Bursts read of 40.
std::size_t fading(const ofdm::PilotPattern& pilots, double doppler, std::size_t follow_symbols) {
  const auto n = plain_numerology(256, pilots, 32);
  tx::OfdmTransmitter transmitter({.numerology = n, .oversampling = 2});
  OfdmReceiver receiver({.numerology = n, .antennas = 2, .follow_symbols = follow_symbols});
  std::size_t good = 0;
  for (std::uint64_t trial = 0; trial < 40; ++trial) {
    const auto payload = random_bytes(1500, trial);
    auto burst = send(transmitter, Mcs::qam16_1_2, 1, payload);
    burst.resize(burst.size() + 200);
    GridBuffer<cf32> x(2, burst.size() / 2 + 1500);
    for (std::size_t a = 0; a < 2; ++a) {
      auto faded = burst;
      sim::TappedDelayLine line({.taps = {{0, 0.6}, {5e-6, 0.3}, {12e-6, 0.1}},
                                 .sample_rate_hz = 2e6,
                                 .doppler_hz = doppler / 288e-6,
                                 .seed = trial + 1,
                                 .realization = a});
      line.process(faded, faded);
      std::vector<cf32> halved;
      for (std::size_t i = 0; i < faded.size(); i += 2) halved.push_back(faded[i]);
      add(x.row(a), 700, halved, 1, 1e-3);
    }
    add_noise(x, noise_power(transmitter.burst(), 15), trial + 1);
    for (const auto& r : receive(receiver, x)) good += r.ok && r.payload == payload;
  }
  return good;
}

// A hundredth of a cycle per symbol turns the paths by a third of a cycle during a burst. The preamble's
// channel is of no use then; followed on scattered or block pilots every burst is read.
TEST(OfdmFading, FollowsTheChannelOnScatteredAndBlockPilots) {
  const ofdm::PilotPattern patterns[] = {
      {.kind = Kind::scattered, .spacing = 12, .first = 0, .symbol_step = 3},
      {.kind = Kind::block, .spacing = 4}};
  for (const auto& pattern : patterns) {
    EXPECT_GE(fading(pattern, 0.001, 0), 39U);
    EXPECT_LE(fading(pattern, 0.01, 0), 10U);
    EXPECT_GE(fading(pattern, 0.01, 4), 39U);
    EXPECT_GE(fading(pattern, 0.001, 4), 39U);
  }
}

// Where nothing changes, following adds noise that costs less than 0.15 dB: as many bursts are read in so
// much more SNR. The same payloads and noise; of 3000 bursts 135 are lost at 1.05 dB, and following 141
// at 1.17 dB and 93 at 1.2 dB.
TEST(OfdmFading, FollowingCostsLittleWhereNothingFades) {
  tx::OfdmTransmitter transmitter({.numerology = lab5()});
  const auto lost = [&](double snr_db, std::size_t follow_symbols) {
    OfdmReceiver receiver({.numerology = lab5(), .follow_symbols = follow_symbols});
    std::size_t count = 0;
    for (std::uint64_t trial = 0; trial < 1000; ++trial) {
      const auto payload = random_bytes(500, trial);
      const auto burst = send(transmitter, Mcs::qpsk_1_2, 0, payload);
      GridBuffer<cf32> x(1, burst.size() + 1300);
      add(x.row(0), 600, burst, 1, 1e-3);
      add_noise(x, noise_power(transmitter.burst(), snr_db), trial + 1);
      const auto received = receive(receiver, x);
      count += received.size() != 1 || !received[0].ok;
    }
    return count;
  };
  EXPECT_LE(lost(1.2, 4), lost(1.05, 0));
}

// The signal is gone for four symbols of a long burst of low rate, on all antennas: the symbols are bridged,
// the tracking goes on where it has to be, and the code makes up for what is missing.
TEST(OfdmFading, BridgesAGap) {
  const auto n = plain_numerology(256, comb(6), 32);
  tx::OfdmTransmitter transmitter({.numerology = n});
  OfdmReceiver receiver({.numerology = n});
  const auto payload = random_bytes(1500, 1);
  const auto burst = send(transmitter, Mcs::qpsk_1_2, 0, payload);
  GridBuffer<cf32> x(1, burst.size() + 2000);
  add(x.row(0), 800, burst, 1, 2e-3);
  const std::size_t gap = 800 + receiver.burst().preamble_samples() + 20 * n.symbol_samples();
  for (std::size_t i = 0; i < 4 * n.symbol_samples(); ++i) x(0, gap + i) = 0;
  add_noise(x, noise_power(transmitter.burst(), 8), 2);
  std::size_t bridged = 0;
  bool ok = false;
  const OfdmReceiver::Handler handler = [&](const OfdmReception& r) {
    bridged = r.bridged_symbols;
    ok = r.ok && std::ranges::equal(r.payload, payload);
  };
  receiver.push(x.view(), handler);
  receiver.flush(handler);
  EXPECT_TRUE(ok);
  EXPECT_EQ(bridged, 4U);
}

// The same without pilots, or with some in every eighth symbol only, at high SNR: noise demapped as if it
// were data would be sure and wrong.
TEST(OfdmFading, BridgesAGapWithoutPilots) {
  for (const auto& pattern : {ofdm::PilotPattern{}, ofdm::PilotPattern{.kind = Kind::block, .spacing = 8}}) {
    const auto n = plain_numerology(256, pattern);
    tx::OfdmTransmitter transmitter({.numerology = n});
    OfdmReceiver receiver({.numerology = n});
    for (const double snr_db : {10.0, 20.0}) {
      const auto payload = random_bytes(1500, 1);
      const auto burst = send(transmitter, Mcs::qpsk_1_3, 0, payload);
      GridBuffer<cf32> x(1, burst.size() + 2000);
      add(x.row(0), 800, burst, 1, 2e-3);
      const std::size_t gap = 800 + receiver.burst().preamble_samples() +
                              (receiver.burst().header_symbols() + 20) * n.symbol_samples();
      for (std::size_t i = 0; i < 10 * n.symbol_samples(); ++i) x(0, gap + i) = 0;
      add_noise(x, noise_power(transmitter.burst(), snr_db), 3);
      std::size_t bridged = 0;
      bool ok = false;
      const OfdmReceiver::Handler handler = [&](const OfdmReception& r) {
        bridged = r.bridged_symbols;
        ok = r.ok && std::ranges::equal(r.payload, payload);
      };
      receiver.push(x.view(), handler);
      receiver.flush(handler);
      EXPECT_TRUE(ok) << snr_db;
      EXPECT_GE(bridged, 9U) << snr_db;
      EXPECT_LE(bridged, 11U) << snr_db;
    }
  }
}

}  // namespace
}  // namespace boresight::rx
