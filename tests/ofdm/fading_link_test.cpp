// The coded link through NTN-TDL channels: the estimators against the known channel on the same frames. The
// long version is bench_fading_study (docs/error-rates.md).
#include "support/fading_link.h"

#include <gtest/gtest.h>

namespace boresight {
namespace {

using test::FadingLink;

struct Pairs {
  std::size_t genie_lost = 0;
  std::size_t estimated_lost = 0;
  double channel_error = 0;
};

// Frames lost with the channel known at snr_db, and with it estimated at snr_db + allowed_db.
Pairs compare(const FadingLink::Config& config, FadingLink::Estimator estimator, double snr_db,
              double allowed_db, std::uint64_t frames) {
  FadingLink link(config);
  Pairs pairs;
  for (std::uint64_t frame = 0; frame < frames; ++frame) {
    link.transmit(frame);
    pairs.genie_lost += link.receive(FadingLink::Estimator::genie, snr_db).decoded ? 0 : 1;
    const auto estimated = link.receive(estimator, snr_db + allowed_db);
    pairs.estimated_lost += estimated.decoded ? 0 : 1;
    pairs.channel_error += estimated.channel_error / static_cast<double>(frames);
  }
  return pairs;
}

// NTN-TDL-A and D at an rms delay spread of 100 ns, the profile learned from 30 other frames: half a decibel
// more is enough for the estimated channel to lose no more frames than the known one, of 80 where about 15
// are lost. (A frame is lost when its channel fades, which both see; the frames that differ are those on the
// very edge.)
TEST(FadingLink, LmmseIsWithinHalfADecibelOfTheGenie) {
  for (const auto& [profile, snr_db] : {std::pair{sim::NtnTdl::a, 5.5}, std::pair{sim::NtnTdl::d, 4.0}}) {
    const FadingLink::Config config{
        .taps = sim::ntn_tdl(profile, 100e-9), .doppler_hz = 50, .training_frames = 30};
    const auto pairs = compare(config, FadingLink::Estimator::lmmse_block, snr_db, 0.5, 50);
    EXPECT_GE(pairs.genie_lost, 3U);
    EXPECT_LE(pairs.genie_lost, 25U);
    EXPECT_LE(pairs.estimated_lost, pairs.genie_lost);
    EXPECT_LT(pairs.channel_error, 0.03 * power_from_db(-snr_db));
  }
}

// What the test above would say of an estimator that does cut paths off.
TEST(FadingLink, ShortDftWindowsLoseLongChannels) {
  const FadingLink::Config config{
      .taps = sim::ntn_tdl(sim::NtnTdl::a, 100e-9), .doppler_hz = 50, .training_frames = 30};
  const auto pairs = compare(config, FadingLink::Estimator::dft_32, 5.5, 0.5, 30);
  EXPECT_GT(pairs.estimated_lost, pairs.genie_lost + 5);
}

// One path, white noise: the bit error rate before the decoder is the closed form, erfc(sqrt(SNR / 2)) / 2,
// and that of the estimate's within 0.15 dB. 15 frames are 232,560 bits; at 7 dB 2,930 errors, 1.8 % of
// spread, 0.015 dB.
TEST(FadingLink, UncodedErrorsAreTheClosedForm) {
  FadingLink link({.taps = {{.power = 1, .k_factor = 1e12}}});
  const auto expected = [](double snr_db) { return 0.5 * std::erfc(std::sqrt(power_from_db(snr_db) / 2)); };
  double genie = 0;
  double estimated = 0;
  constexpr int frames = 15;
  for (int frame = 0; frame < frames; ++frame) {
    link.transmit(static_cast<std::uint64_t>(frame));
    genie += static_cast<double>(link.receive(FadingLink::Estimator::genie, 7).bit_errors);
    estimated += static_cast<double>(link.receive(FadingLink::Estimator::lmmse_block, 7).bit_errors);
  }
  constexpr double bits = frames * FadingLink::coded_bits;
  EXPECT_GT(genie / bits, expected(7.06));
  EXPECT_LT(genie / bits, expected(6.94));
  EXPECT_LT(estimated / bits, expected(6.85));
  EXPECT_GE(estimated, genie);
}

}  // namespace
}  // namespace boresight
