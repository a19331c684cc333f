// Jammers end to end. The numbers over SNR are bench_subband_study's; this is one point of it, with margin.
#include <gtest/gtest.h>

#include "support/jammed_link.h"

namespace boresight::beam {
namespace {

// Eight elements, three jammers over the whole band, each 50 dB above the satellite. Without jammers 1 % of
// the frames is lost at -7.55 dB per element, with them at -7.4 dB; asked for is less than 2 dB. The
// narrowband beamformer needs -4.7 dB.
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

}  // namespace
}  // namespace boresight::beam
