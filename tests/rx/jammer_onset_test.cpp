// A jammer that comes on in the middle of a frame, against the whole receiver.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "boresight/array/steering.h"
#include "boresight/rx/receiver.h"
#include "support/array_scene.h"
#include "support/jammed_link.h"

namespace boresight::rx {
namespace {

// Six elements, the satellite at 3 dB on each, a noise jammer 50 dB above it from the middle of the second of
// three frames on. Weights are renewed every 65536 samples (a fifth of a frame) if nothing happens.
constexpr frame::Mcs mcs = frame::Mcs::qam16_1_2;

std::vector<std::uint32_t> frames_read(double jump_db) {
  test::ArrayScene scene;
  scene.jammer_to_noise_db = -100;
  test::KuLinkOutput link;
  GridBuffer<cf32> x = test::on_array(
      scene, {.mcs = mcs, .frames = 3, .payload_bytes = frame::max_payload_bytes(mcs), .snr_db = 3}, link);
  std::vector<cf32> jammer(scene.geometry.elements());
  array::steering_vector(scene.geometry, scene.jammer, scene.carrier_hz, jammer);
  Random random(50);
  for (std::size_t t = 7 * 65536 + 2000; t < x.columns(); ++t) {
    const cf32 sample = random.complex_normal(1e5F);
    for (std::size_t e = 0; e < x.rows(); ++e) x(e, t) += jammer[e] * sample;
  }
  Receiver receiver(
      {.front_end = {
           .beamformer = {.geometry = scene.geometry, .carrier_hz = scene.carrier_hz, .jump_db = jump_db}}});
  receiver.set_direction(scene.satellite);
  std::vector<std::uint32_t> good;
  const auto handler = [&](const KuFrame& f) {
    if (f.ok && f.payload.size() == link.payloads[f.header.sequence].size() &&
        std::equal(f.payload.begin(), f.payload.end(), link.payloads[f.header.sequence].begin())) {
      good.push_back(f.header.sequence);
    }
  };
  receiver.push(Grid<const cf32>(x.view()), handler);
  receiver.flush(handler);
  return good;
}

TEST(JammerOnset, CostsNoFrame) {
  EXPECT_EQ(frames_read(6), (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST(JammerOnset, WithoutTheWatchOnTheOutputItCostsAFrame) {
  EXPECT_EQ(frames_read(0), (std::vector<std::uint32_t>{0, 2}));
}

// Behind the wideband beamformer: eight elements with 0.5 dB and 5 degrees of errors, the satellite 4 dB
// above what QPSK 1/2 needs without jammers, and jammers over the whole band, 50 dB above it, that come on in
// the middle of the second of three frames. A frame is 16 ms long: all that an onset may cost (the frames in
// flight and 10 ms) would be two of them.
std::vector<std::size_t> frames_lost(std::vector<double> jammers_deg, double jump_db) {
  const test::JammedLink link{.gain_error_db = 0.5,
                              .phase_error_deg = 5,
                              .jammers_deg = std::move(jammers_deg),
                              .onset_sample = 7 * frame::ku_frame_samples / 2,
                              .frames = 3,
                              .jump_db = jump_db};
  return run(link, -3.5, true).lost_frames;
}

TEST(JammerOnset, CostsNoFrameBehindTheWidebandBeamformer) {
  EXPECT_EQ(frames_lost({60}, 6), std::vector<std::size_t>{});
  EXPECT_EQ(frames_lost({60, -35, -60}, 6), std::vector<std::size_t>{});
  EXPECT_EQ(frames_lost({60, -35, -60}, 0), (std::vector<std::size_t>{1}));
}

}  // namespace
}  // namespace boresight::rx
