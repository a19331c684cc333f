#include "boresight/rx/receiver.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/allocation_counter.h"
#include "support/array_scene.h"

namespace boresight::rx {
namespace {

Receiver::Config config_for(const test::ArrayScene& scene, beam::AdaptiveBeamformer::Mode mode) {
  return {.front_end = {
              .beamformer = {.geometry = scene.geometry, .carrier_hz = scene.carrier_hz, .mode = mode}}};
}

// Six elements, the satellite at 0 dB on each, the jammer 30 dB above the noise: MVDR reads every frame, the
// conventional beam and a single element read none.
TEST(Receiver, OnlyMvdrReadsThroughTheJammer) {
  using Mode = beam::AdaptiveBeamformer::Mode;
  const test::ArrayScene scene;
  test::KuLinkOutput link;
  const auto x = test::on_array(
      scene, {.frames = 2, .payload_bytes = frame::max_payload_bytes(frame::Mcs::qpsk_1_2), .snr_db = 0},
      link);
  for (const Mode mode : {Mode::mvdr, Mode::conventional, Mode::single}) {
    Receiver receiver(config_for(scene, mode));
    receiver.set_direction(scene.satellite);
    std::vector<std::vector<std::uint8_t>> payloads;
    const auto handler = [&](const KuFrame& f) { payloads.emplace_back(f.payload.begin(), f.payload.end()); };
    receiver.push(Grid<const cf32>(x.view()), handler);
    receiver.flush(handler);
    if (mode == Mode::mvdr) {
      EXPECT_EQ(payloads, link.payloads);
      EXPECT_NEAR(receiver.front_end().adaptive()->stats().power_over_noise_db, 30.0, 1.0);
    } else {
      EXPECT_EQ(receiver.ku().stats().frames_ok, 0U);
    }
  }
}

// After the first frame nothing is allocated: operator new and malloc are counted.
TEST(Receiver, DoesNotAllocateAfterTheFirstFrame) {
  const test::ArrayScene scene;
  test::KuLinkOutput link;
  const auto x = test::on_array(
      scene, {.frames = 3, .payload_bytes = frame::max_payload_bytes(frame::Mcs::qpsk_1_2), .snr_db = 0},
      link);
  Receiver receiver(config_for(scene, beam::AdaptiveBeamformer::Mode::mvdr));
  receiver.set_direction(scene.satellite);
  std::size_t frames = 0;
  const Receiver::Handler handler = [&](const KuFrame&) { ++frames; };
  const Grid<const cf32> all = x.view();
  receiver.push(all.columns(0, 330'000), handler);
  ASSERT_EQ(frames, 1U);
  const AllocationCounter counter;
  for (std::size_t i = 330'000; i < all.columns(); i += 10'000) {
    receiver.push(all.columns(i, std::min<std::size_t>(10'000, all.columns() - i)), handler);
  }
  receiver.skip(5000, handler);
  receiver.skip(0, handler);
  receiver.flush(handler);
  EXPECT_EQ(counter.count(), 0U);
  EXPECT_EQ(frames, 3U);
}

TEST(Receiver, AGapOfUnknownSizeStartsTheSearchAnew) {
  const test::ArrayScene scene;
  test::KuLinkOutput link;
  const auto x = test::on_array(scene, {.frames = 2, .snr_db = 3}, link);
  Receiver receiver(config_for(scene, beam::AdaptiveBeamformer::Mode::mvdr));
  receiver.set_direction(scene.satellite);
  std::vector<std::uint32_t> good;
  const auto handler = [&](const KuFrame& f) {
    if (f.ok) good.push_back(f.header.sequence);
  };
  const Grid<const cf32> all = x.view();
  receiver.push(all.columns(0, 100'000), handler);
  receiver.skip(0, handler);
  EXPECT_FALSE(receiver.ku().locked());
  receiver.push(all.columns(110'000, all.columns() - 110'000), handler);
  receiver.flush(handler);
  EXPECT_EQ(good, (std::vector<std::uint32_t>{1}));
}

}  // namespace
}  // namespace boresight::rx
