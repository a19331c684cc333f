// The closed loop: a burst's SNR as the receiver measured it chooses the next burst's modulation and coding.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <optional>
#include <vector>

#include "boresight/frame/link_adaptation.h"
#include "boresight/rx/ofdm_receiver.h"
#include "boresight/sim/tdl.h"
#include "rx/ofdm_scene.h"

namespace boresight::rx {
namespace {

using namespace boresight::testing::burst;
using frame::Mcs;

struct Outcome {
  std::size_t lost = 0;
  std::size_t changes = 0;
  double bits = 0;  // delivered per data subcarrier
  std::vector<Mcs> sent;
};

// `bursts` bursts of 300 bytes to two antennas, each through a Rayleigh channel of its own that fades by
// `doppler` cycles per burst; the report of a burst chooses the next one's MCS. `fixed`: no loop.
Outcome run(double snr_db, double doppler, std::size_t bursts, std::optional<Mcs> fixed = {}) {
  const auto n = lab5();
  tx::OfdmTransmitter transmitter({.numerology = n});
  OfdmReceiver receiver({.numerology = n, .antennas = 2});
  frame::LinkAdaptation adaptation(
      {.highest = Mcs::qam256_3_4, .hysteresis_db = 0.5, .frames_to_raise = 6, .averaging_frames = 3});
  std::vector<sim::TappedDelayLine> fading;
  for (std::uint64_t a = 0; a < 2; ++a) {
    fading.emplace_back(sim::TappedDelayLine::Config{
        .taps = {{.power = 1}}, .sample_rate_hz = 1e3, .doppler_hz = doppler, .seed = 3, .realization = a});
  }
  Outcome out;
  for (std::size_t i = 0; i < bursts; ++i) {
    const Mcs mcs = fixed.value_or(adaptation.mcs());
    const auto payload = random_bytes(300, i);
    const auto burst = send(transmitter, mcs, static_cast<std::uint32_t>(i), payload);
    GridBuffer<cf32> x(2, burst.size() + 1200);
    for (std::size_t a = 0; a < 2; ++a) {
      cf64 gain;
      fading[a].gains(static_cast<double>(i), std::span(&gain, 1));
      add(x.row(a), 600, burst, cf32(gain), 1e-3);
    }
    add_noise(x, noise_power(transmitter.burst(), snr_db), i + 1);
    const auto received = receive(receiver, x);
    const bool ok = received.size() == 1 && received[0].ok && received[0].payload == payload;
    out.lost += !ok;
    out.bits += ok ? frame::mcs_info(mcs).bits_per_symbol * frame::mcs_info(mcs).code_rate : 0.0;
    out.changes += !out.sent.empty() && out.sent.back() != mcs;
    out.sent.push_back(mcs);
    if (received.size() == 1) {
      adaptation.update({mcs, received[0].effective_snr_db, received[0].ok});
    } else {
      adaptation.missed();
    }
  }
  return out;
}

// A channel that stands still: the loop climbs to what the SNR carries with margin and hysteresis, stays
// there, and loses next to nothing. The two antennas add 3 dB.
TEST(OfdmLinkAdaptation, ComesToRestOnAStandingChannel) {
  for (const double snr_db : {2.0, 9.0, 16.0}) {
    const Outcome out = run(snr_db, 0, 250);
    const Mcs last = out.sent.back();
    std::size_t late_changes = 0;
    for (std::size_t i = 200; i < out.sent.size(); ++i) late_changes += out.sent[i] != out.sent[i - 1];
    EXPECT_EQ(late_changes, 0U) << snr_db;
    EXPECT_LE(out.lost, 2U) << snr_db;
    EXPECT_GT(last, Mcs::qpsk_1_3) << snr_db;
  }
}

// Fading by a five-hundredth of a cycle from burst to burst: of 700 bursts the loop loses about a hundredth,
// which is its target; it delivers more than any fixed choice that loses no more; and it changes seldom.
TEST(OfdmLinkAdaptation, KeepsItsTargetOverAFadingChannel) {
  const Outcome loop = run(12, 0.002, 700);
  EXPECT_LE(loop.lost, 14U);  // 2 %
  EXPECT_LE(loop.changes, 100U);
  double best_fixed = 0;
  for (const Mcs mcs : {Mcs::qpsk_3_4, Mcs::qam16_1_2, Mcs::qam16_3_4}) {
    const Outcome fixed = run(12, 0.002, 700, mcs);
    if (fixed.lost <= std::max<std::size_t>(loop.lost, 7)) best_fixed = std::max(best_fixed, fixed.bits);
  }
  EXPECT_GT(best_fixed, 0);
  EXPECT_GT(loop.bits, 1.3 * best_fixed);
}

}  // namespace
}  // namespace boresight::rx
