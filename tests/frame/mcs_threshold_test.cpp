// The thresholds of the table, two of them measured again as bench_mcs_thresholds does: full frames in white
// noise, channel and noise known.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/frame/framer.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/modem/soft_demapper.h"

namespace boresight::frame {
namespace {

constexpr int frames = 40;

int lost_frames(Mcs mcs, double snr_db, std::uint64_t seed) {
  Framer framer;
  Deframer deframer({});
  Random random(seed);
  const modem::Constellation constellation(modulation_of(mcs), modem::BitMap::nr);
  const auto noise = static_cast<float>(power_from_db(-snr_db));
  std::vector<std::uint8_t> payload(max_payload_bytes(mcs));
  std::vector<std::uint8_t> received(payload.size());
  std::vector<cf32> clean(ku_payload_carriers);
  const std::vector<float> variance(clean.size(), noise);
  std::vector<modem::Llr> llr(clean.size() * constellation.bits());
  const Header header{mcs, static_cast<std::uint32_t>(payload.size()), 9};
  random.fill(payload);
  framer.payload(header, payload, clean);
  int lost = 0;
  for (int n = 0; n < frames; ++n) {
    std::vector<cf32> noisy = clean;
    random.add_noise(noisy, noise);
    modem::soft_demap(constellation, noisy, variance, llr);
    lost += !(deframer.payload(header, llr, received).ok && received == payload);
  }
  return lost;
}

// The curves fall from nine in ten to one in a hundred within 0.2 dB, and by ten in the next 0.1 dB: 0.1 dB
// above the threshold 0.04 frames of 40 are expected to be lost (more than 2: one run in 10^5), 0.25 dB below
// 36 and more. A threshold that is wrong by 0.15 dB to either side fails.
TEST(McsThreshold, TwoOfTheTableMeasuredAgain) {
  for (const Mcs mcs : {Mcs::qam16_1_2, Mcs::qam256_5_6}) {
    const double threshold = mcs_info(mcs).threshold_snr_db;
    EXPECT_LE(lost_frames(mcs, threshold + 0.1, 1), 2) << mcs_info(mcs).name;
    EXPECT_GE(lost_frames(mcs, threshold - 0.25, 2), 24) << mcs_info(mcs).name;
  }
}

TEST(McsThreshold, RateAndThresholdRiseTogether) {
  for (std::size_t m = 1; m < mcs_count; ++m) {
    const McsInfo& below = mcs_info(static_cast<Mcs>(m - 1));
    const McsInfo& info = mcs_info(static_cast<Mcs>(m));
    EXPECT_GT(info.threshold_snr_db, below.threshold_snr_db) << info.name;
    EXPECT_GT(info.bits_per_symbol * info.code_rate, below.bits_per_symbol * below.code_rate) << info.name;
    // No code reaches capacity, and these stay within 2.5 dB of that of the constellation's Gaussian
    // relative: 1.53 dB of shaping that square constellations lack, one of the code and its decoder.
    const double shannon_db = db_from_power(std::exp2(info.bits_per_symbol * info.code_rate) - 1);
    EXPECT_GT(info.threshold_snr_db, shannon_db) << info.name;
    EXPECT_LT(info.threshold_snr_db, shannon_db + 3.0) << info.name;
  }
}

}  // namespace
}  // namespace boresight::frame
