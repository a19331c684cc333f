#include "boresight/sync/template_fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "support/ku_downlink.h"

namespace boresight::sync {
namespace {

// The threshold solves its own equation, and is the one in the header: e^-u times the expected number of
// maxima.
TEST(TemplateFit, ThresholdIsThatOfTheGaussianField) {
  const TemplateFit fit(preamble_template(240e6, 0));
  // B of a flat band of 239 MHz and T of a flat 8.8 us.
  const double b = 2 * pi * 239.06e6 / std::sqrt(12.0);
  const double t = 2 * pi * 8.8e-6 / std::sqrt(12.0);
  EXPECT_NEAR(fit.threshold(), TemplateFit::threshold_for(1e-3, b, t, 1 / 750.0, 600e3), 0.02);
  EXPECT_NEAR(fit.threshold(), 24.51, 0.02);
  EXPECT_NEAR(fit.energy(), 2106,
              3);  // 2112 samples less the empty gutter of the SSS and the cut at +-120 MHz
  const double u = fit.threshold();
  const double count =
      1 + std::sqrt(u / pi) * (b / 750 + t * 600e3) + b * t / 750 * 600e3 * (2 * u - 1) / (2 * pi);
  EXPECT_NEAR(std::exp(-u) * count, 1e-3, 2e-5);
}

// Starts and carriers of a preamble at 0 dB in 20 MHz, a fraction of a sample off: errors are those of the
// Cramer-Rao bound. 200 trials know a variance to 10 %; interpolation between templates adds a little.
TEST(TemplateFit, ErrorsAreThoseOfTheBound) {
  const double rate = 20e6;
  const double center = -33e6;
  TemplateFit fit(preamble_template(rate, center));
  test::KuDownlink downlink(
      {.sample_rate_hz = rate, .center_hz = center, .variants = 1, .edge_pilots = false});
  Random random(1);
  double start_square = 0;
  double carrier_square = 0;
  constexpr int trials = 200;
  const double snr_db = 3;
  const auto amplitude = static_cast<float>(amplitude_from_db(snr_db) * std::sqrt(240e6 / rate));
  double start_sigma = 0;
  double carrier_sigma = 0;
  for (int trial = 0; trial < trials; ++trial) {
    const double start = 100 + random.uniform();
    const double carrier = (random.uniform() - 0.5) * 20e3;
    downlink.restart(
        {.sample_rate_hz = rate, .center_hz = center, .doppler_hz = carrier, .start_s = start / rate});
    std::vector<cf32> x(700);
    downlink.add(x, amplitude);
    random.add_noise(x, 1);
    const auto estimate = fit.process(x, std::round(start), 0, 15e3, 1 + 2.0);
    ASSERT_TRUE(estimate);
    start_square += std::pow(estimate->start - start, 2);
    carrier_square += std::pow(estimate->carrier_hz - carrier, 2);
    start_sigma = fit.start_sigma(power_from_db(snr_db));
    carrier_sigma = estimate->carrier_sigma_hz * std::sqrt(estimate->snr / power_from_db(snr_db));
  }
  EXPECT_NEAR(std::sqrt(start_square / trials) / start_sigma, 1, 0.25);
  EXPECT_NEAR(std::sqrt(carrier_square / trials) / carrier_sigma, 1, 0.25);
}

TEST(TemplateFit, MeasuresTheSnr) {
  TemplateFit fit(preamble_template(240e6, 0));
  test::KuDownlink downlink({.doppler_hz = 30e3, .start_s = 3000.3 / 240e6, .variants = 1});
  for (const double snr_db : {-10.0, 0.0, 15.0}) {
    std::vector<cf32> x(8000);
    downlink.restart({.doppler_hz = 30e3, .start_s = 3000.3 / 240e6});
    downlink.add(x, static_cast<float>(amplitude_from_db(snr_db)));
    Random(2).add_noise(x, 1);
    // Noise alone lies before the frame's start, in its guard; the power is that of the preamble's samples.
    const auto estimate = fit.process(x, 3000, 20e3, 30e3);
    ASSERT_TRUE(estimate);
    EXPECT_NEAR(estimate->start, 3000.3, 0.1);
    EXPECT_NEAR(db_from_power(estimate->snr), snr_db, 0.8) << snr_db;
  }
}

TEST(TemplateFit, LooksAtNothingThatIsNotThere) {
  TemplateFit fit(preamble_template(20e6, 10e6));
  std::vector<cf32> x(2000);
  EXPECT_FALSE(fit.process(x, 500, 0, 20e3)) << "silence";
  Random(1).add_noise(x, 1);
  EXPECT_FALSE(fit.process(x, 3, 0, 20e3)) << "too early";
  EXPECT_FALSE(fit.process(x, 1990, 0, 20e3)) << "too late";
  EXPECT_FALSE(fit.process(x, std::nan(""), 0, 20e3));
  EXPECT_FALSE(fit.process(x, 500, std::nan(""), 20e3));
}

TEST(TemplateFit, RefusesWhatCannotBe) {
  auto config = preamble_template(20e6, 0);
  config.false_alarm = 0;
  EXPECT_THROW(TemplateFit{config}, ConfigError);
  config = preamble_template(20e6, 0);
  config.spectrum.pop_back();
  EXPECT_THROW(TemplateFit{config}, ConfigError);
  EXPECT_THROW(TemplateFit{preamble_template(20e6, 200e6)}, ConfigError) << "beyond the channel";
  for (const double rate : {-1.0, 0.0, 1e12, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_THROW(preamble_template(rate, 0), ConfigError) << rate;
    EXPECT_THROW(TemplateFit::spectrum_bins(rate, 1e-5), ConfigError) << rate;
    EXPECT_THROW(TemplateFit::spectrum_bins(20e6, rate), ConfigError) << rate;
  }
}

}  // namespace
}  // namespace boresight::sync
