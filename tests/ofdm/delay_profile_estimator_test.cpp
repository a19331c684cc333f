#include "boresight/ofdm/delay_profile_estimator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/ofdm/lmmse_estimator.h"
#include "boresight/sim/tdl.h"
#include "support/allocation_counter.h"

namespace boresight::ofdm {
namespace {

std::vector<cf32> observe(const std::vector<sim::TdlTap>& taps, double noise, std::uint64_t number) {
  const Numerology n = ku240();
  const sim::TappedDelayLine line(
      {.taps = taps, .sample_rate_hz = 240e6, .sinusoids = 16, .seed = 2, .realization = number});
  std::vector<cf64> response(1024);
  line.response(0, -512 * n.subcarrier_spacing_hz(), n.subcarrier_spacing_hz(), response);
  Random random(3, number);
  std::vector<cf32> observed;
  for (const auto k : n.used_carriers()) {
    observed.push_back(cf32(response[static_cast<std::size_t>(n.signed_index(k) + 512)]) +
                       random.complex_normal(static_cast<float>(noise)));
  }
  return observed;
}

// NTN-TDL-A to D, rms delay spread 24 samples, 100 symbols at 6 dB: 98 % of the power that is learned lies
// within two and a half samples of the paths, and the estimator with this prior takes in at most 3 % of the
// noise (0.13 dB) at 10 dB. The tail of C, 23 dB down, is found as well.
TEST(DelayProfileEstimator, LearnsTheProfilesOfNtnTdl) {
  const Numerology n = ku240();
  std::vector<PilotPosition> pilots;
  for (const auto k : n.used_carriers()) pilots.push_back({0, k});
  for (const auto profile : {sim::NtnTdl::a, sim::NtnTdl::b, sim::NtnTdl::c, sim::NtnTdl::d}) {
    const auto taps = sim::ntn_tdl(profile, 100e-9);
    DelayProfileEstimator estimator({.numerology = n});
    for (std::uint64_t i = 0; i < 100; ++i) estimator.add(observe(taps, power_from_db(-6), i));
    EXPECT_EQ(estimator.symbols(), 100U);
    double all = 0;
    double near = 0;
    for (const DelayTap& learned : estimator.profile()) {
      all += learned.power;
      for (const auto& tap : taps) {
        if (std::abs(tap.delay_s * 240e6 - learned.delay_samples) > 2.5) continue;
        near += learned.power;
        break;
      }
    }
    EXPECT_GT(near / all, 0.98);
    std::vector<DelayTap> truth;
    for (const auto& tap : taps) truth.push_back({tap.delay_s * 240e6, tap.power});
    const LmmseEstimator lmmse({.numerology = n, .pilots = pilots, .profile = estimator.profile()});
    EXPECT_LT(lmmse.mean_square_error(0.1, truth) / 0.1, 0.03) << static_cast<int>(profile);
  }
}

// The peak of a path that stands on a sample is its power: 400 symbols of a Rician path of K = 100 with a
// spread of 14 % each, 0.7 % together; five of those.
TEST(DelayProfileEstimator, APathShowsItsPower) {
  DelayProfileEstimator estimator({.numerology = ku240()});
  for (std::uint64_t i = 0; i < 400; ++i) {
    estimator.add(observe({{.delay_s = 30 / 240e6, .power = 0.7, .k_factor = 100}}, 0.1, i));
  }
  double peak = 0;
  double place = 0;
  for (const DelayTap& tap : estimator.profile()) {
    if (tap.power > peak) place = tap.delay_samples;
    peak = std::max(peak, tap.power);
  }
  EXPECT_EQ(place, 30);
  EXPECT_NEAR(peak / 0.7, 1, 0.035);
}

// 100 x 2048 chances at 1e-3: 205 expected; neighbours half a sample apart see much the same noise, so
// alarms come in clusters of about three: 25 each way is one standard error, four are allowed.
TEST(DelayProfileEstimator, NoiseHasTheFalseAlarmsAskedFor) {
  DelayProfileEstimator estimator({.numerology = ku240(), .false_alarm = 1e-3});
  std::size_t alarms = 0;
  for (std::uint64_t trial = 0; trial < 100; ++trial) {
    estimator.reset();
    for (std::uint64_t i = 0; i < 10; ++i) estimator.add(observe({{.power = 0}}, 2.0, 10 * trial + i));
    alarms += estimator.profile().size();
  }
  EXPECT_NEAR(static_cast<double>(alarms), 205, 100);
}

TEST(DelayProfileEstimator, NothingComesOfNothing) {
  DelayProfileEstimator estimator({.numerology = wifi20()});
  EXPECT_TRUE(estimator.profile().empty());
  std::vector<cf32> observed(52, cf32(0));
  estimator.add(observed);
  EXPECT_TRUE(estimator.profile().empty());
  estimator.reset();
  observed[3] = {std::numeric_limits<float>::quiet_NaN(), 0};
  const AllocationCounter counter;
  estimator.add(observed);
  EXPECT_EQ(estimator.symbols(), 0U);
  observed[3] = 1;
  estimator.add(observed);
  EXPECT_EQ(estimator.symbols(), 1U);
  EXPECT_EQ(counter.count(), 0U);
  EXPECT_THROW(DelayProfileEstimator({.numerology = wifi20(), .false_alarm = 0}), ConfigError);
  EXPECT_THROW(DelayProfileEstimator({.numerology = {}}), ConfigError);
}

}  // namespace
}  // namespace boresight::ofdm
