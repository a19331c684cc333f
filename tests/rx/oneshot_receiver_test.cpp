#include "boresight/rx/oneshot_receiver.h"

#include <gtest/gtest.h>

#include <vector>

#include "boresight/rx/receiver.h"
#include "support/array_scene.h"
#include "support/ku_link.h"

namespace boresight::rx {
namespace {

struct Streamed {
  KuFrame frame;
  std::vector<std::uint8_t> payload;
};

void expect_agreement(const std::vector<OneShotFrame>& oracle, const std::vector<Streamed>& streamed) {
  ASSERT_EQ(oracle.size(), streamed.size());
  for (std::size_t f = 0; f < oracle.size(); ++f) {
    EXPECT_EQ(oracle[f].header, streamed[f].frame.header);
    EXPECT_EQ(oracle[f].ok, streamed[f].frame.ok);
    EXPECT_EQ(oracle[f].payload, streamed[f].payload);
    // A delay of half a sample may be given to either of two; the carrier is known to a few Hz of 20 MHz.
    EXPECT_NEAR(static_cast<double>(oracle[f].start_sample),
                static_cast<double>(streamed[f].frame.start_sample), 1.0);
    EXPECT_NEAR(oracle[f].carrier_offset_hz, streamed[f].frame.carrier_offset_hz, 20.0);
    EXPECT_NEAR(oracle[f].clock_offset_ppm, streamed[f].frame.clock_offset_ppm, 0.5);
    EXPECT_NEAR(oracle[f].snr_db, streamed[f].frame.snr_db, 0.3);
    EXPECT_NEAR(oracle[f].mer_db, streamed[f].frame.mer_db, 0.3);
  }
}

TEST(OneShotReceiver, AgreesWithTheStreamingReceiverHoweverTheStreamIsCut) {
  const auto link = test::run({.mcs = frame::Mcs::qam16_1_2,
                               .frames = 2,
                               .payload_bytes = 70'000,
                               .snr_db = 11,
                               .lead_samples = 4321.3,
                               .carrier_offset = -1.3 / 1024,
                               .carrier_rate = 375 / 20e6 / 20e6,
                               .clock_ppm = -30,
                               .phase_walk_variance = 2 * pi / 20e6});
  const std::vector<cf64> samples(link.samples.begin(), link.samples.end());
  const auto oracle = receive_oneshot(samples, 20e6);
  ASSERT_EQ(oracle.size(), 2U);
  EXPECT_TRUE(oracle[0].ok && oracle[1].ok);
  for (const std::size_t piece : {1U, 7U, 1000U, 100'000U}) {
    KuReceiver receiver({});
    std::vector<Streamed> streamed;
    const auto handler = [&](const KuFrame& f) {
      streamed.push_back({f, {f.payload.begin(), f.payload.end()}});
    };
    for (std::size_t i = 0; i < link.samples.size(); i += piece) {
      receiver.push(std::span(link.samples).subspan(i, std::min(piece, link.samples.size() - i)), handler);
    }
    expect_agreement(oracle, streamed);
  }
}

// The array too: one set of weights from the whole recording against weights renewed on the way.
TEST(OneShotReceiver, AgreesWithTheWholeChainBehindAnArray) {
  const test::ArrayScene scene;
  test::KuLinkOutput link;
  const auto x = test::on_array(scene, {.frames = 1, .payload_bytes = 30'000, .snr_db = 0}, link);
  const auto oracle =
      receive_oneshot(oneshot_beam(x.view(), scene.geometry, scene.carrier_hz, scene.satellite), 20e6);
  ASSERT_EQ(oracle.size(), 1U);
  EXPECT_EQ(oracle[0].payload, link.payloads[0]);
  for (const std::size_t piece : {7U, 1000U, 100'000U}) {
    Receiver receiver(
        {.front_end = {.beamformer = {.geometry = scene.geometry, .carrier_hz = scene.carrier_hz}}});
    receiver.set_direction(scene.satellite);
    std::vector<Streamed> streamed;
    const auto handler = [&](const KuFrame& f) {
      streamed.push_back({f, {f.payload.begin(), f.payload.end()}});
    };
    const Grid<const cf32> all = x.view();
    for (std::size_t i = 0; i < all.columns(); i += piece) {
      receiver.push(all.columns(i, std::min(piece, all.columns() - i)), handler);
    }
    receiver.flush(handler);
    expect_agreement(oracle, streamed);
  }
}

TEST(OneShotReceiver, FindsNothingInNoiseOrInTooFewSamples) {
  std::vector<cf32> noise(30'000);
  Random(1).add_noise(noise, 1.0F);
  EXPECT_TRUE(receive_oneshot(std::vector<cf64>(noise.begin(), noise.end()), 20e6).empty());
  EXPECT_TRUE(receive_oneshot(std::vector<cf64>(100), 20e6).empty());
  EXPECT_TRUE(receive_oneshot({}, 20e6).empty());
}

}  // namespace
}  // namespace boresight::rx
