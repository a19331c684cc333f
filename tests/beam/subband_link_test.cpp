// Jammers end to end. The numbers over SNR are bench_subband_study's; this is one point of it, with margin.
#include <gtest/gtest.h>

#include "support/jammed_link.h"

namespace boresight::beam {
namespace {

// Eight elements, three jammers over the whole band, each 50 dB above the satellite. 1 % of the frames is
// lost between -7.75 and -7.5 dB per element without jammers, and between -7.5 and -7.25 dB with them; asked
// for is less than 2 dB. The narrowband beamformer needs more than -5 dB.
TEST(SubbandBeamformer, ReadsEveryFrameUnderThreeWidebandJammers) {
  constexpr double snr_db = -7;
  test::JammedLink link;
  link.frames = 6;
  const test::JammedLinkResult clear = run(link, snr_db, false);
  const test::JammedLinkResult jammed = run(link, snr_db, true);
  EXPECT_EQ(clear.lost, 0U);
  EXPECT_EQ(jammed.lost, 0U);
  // 0.13 dB here. What the receiver measures is steady: every frame within 0.1 dB.
  EXPECT_LT(clear.beam_snr_db - jammed.beam_snr_db, 0.4);
  link.processor = "narrowband";
  link.frames = 2;
  EXPECT_EQ(run(link, snr_db, true).lost, 2U);
}

// A satellite 30 dB over the noise of one element, on elements with 0.5 dB and 5 degrees of errors: MVDR
// takes what the errors turn away from the steering vector for a jammer, and 1 dB is left of 39.
TEST(SubbandBeamformer, ReadsEveryFrameOfAStrongSatellite) {
  test::JammedLink link;
  link.gain_error_db = 0.5;
  link.phase_error_deg = 5;
  link.frames = 3;
  const test::JammedLinkResult robust = run(link, 30, false);
  EXPECT_EQ(robust.lost, 0U);
  link.processor = "conventional-subband";
  // The receiver ends at 26 dB here; the weights may take 0.3 of the 39.
  EXPECT_GT(robust.beam_snr_db, run(link, 30, false).beam_snr_db - 0.3);
  link.processor = "mvdr-subband";
  EXPECT_EQ(run(link, 30, false).lost, 3U);
}

}  // namespace
}  // namespace boresight::beam
