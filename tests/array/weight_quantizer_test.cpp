#include "boresight/array/weight_quantizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "boresight/array/pattern.h"
#include "boresight/array/steering.h"
#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<cf64> random_phases(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<cf64> w(count);
  for (cf64& value : w) value = std::polar(1.0, 2 * pi * random.uniform());
  return w;
}

TEST(WeightQuantizer, LossAndRmsOfPhaseStepsAreTheTheory) {
  struct Case {
    unsigned bits;
    double loss_db, rms_deg;
  };
  // 200,000 uniform errors: the rms is known to 0.1 %, the loss to 0.3 %.
  const auto w = random_phases(200000, 1);
  std::vector<cf64> out(w.size());
  for (const Case& c :
       {Case{3, -0.224, 13.0}, Case{4, -0.056, 6.5}, Case{5, -0.014, 3.25}, Case{6, -0.0035, 1.62}}) {
    const auto report = WeightQuantizer({.phase_bits = c.bits}).process(w, out);
    const double step = 1.0 / (1U << c.bits);
    const double sinc = std::sin(pi * step) / (pi * step);
    EXPECT_NEAR(db_from_power(report.gain), 2 * db_from_power(sinc), 0.005 * -2 * db_from_power(sinc))
        << c.bits;
    EXPECT_NEAR(db_from_power(report.gain), c.loss_db, 0.002) << c.bits;
    EXPECT_NEAR(deg_from_rad(report.rms_phase_rad), 360 * step / std::sqrt(12), 0.003 * 360 * step) << c.bits;
    EXPECT_NEAR(deg_from_rad(report.rms_phase_rad), c.rms_deg, 0.01 * c.rms_deg) << c.bits;
    EXPECT_EQ(report.rms_amplitude, 0);
  }
}

TEST(WeightQuantizer, ErrorsRaiseTheSideLobesBySigmaSquaredOverN) {
  // Exact weights with a null: after rounding, the power there is sigma^2 / N of the peak, on average over
  // independent phases (a random phase per element that the signal undoes).
  const std::size_t n = 64;
  const int trials = 2000;
  const WeightQuantizer quantizer({.phase_bits = 4, .attenuator_step_db = 1, .attenuator_range_db = 40});
  Random random(2);
  double floor = 0;
  double sigma_squared = 0;
  std::vector<cf64> w(n);
  std::vector<cf64> out(n);
  for (int t = 0; t < trials; ++t) {
    for (cf64& value : w)
      value = std::polar(std::pow(10, -0.5 * random.uniform()), 2 * pi * random.uniform());
    const auto report = quantizer.process(w, out);
    sigma_squared +=
        report.rms_phase_rad * report.rms_phase_rad + report.rms_amplitude * report.rms_amplitude;
    cf64 field;
    double peak = 0;
    for (std::size_t e = 0; e < n; ++e) {
      // A wave that arrives with phase e / N of a turn lies in the null of equal amplitudes.
      const cf64 wave = std::polar(1 / std::abs(w[e]), std::arg(w[e]) + 2 * pi * static_cast<double>(e) / n);
      field += std::conj(out[e]) * wave;
      peak += 1;
    }
    floor += std::norm(field) / (peak * peak);
  }
  const double expected = sigma_squared / trials / n;
  EXPECT_NEAR(floor / trials / expected, 1, 0.1);  // exponential: 1 / sqrt(2000) = 2.2 %, and 1 - sinc
}

TEST(WeightQuantizer, AttenuatorStepsAndItsEnd) {
  const WeightQuantizer quantizer({.phase_bits = 0, .attenuator_step_db = 0.5, .attenuator_range_db = 10.2});
  const std::vector<cf64> w = {cf64(0, 4), 4 * amplitude_from_db(-3.2), 4 * amplitude_from_db(-9.9), 0.1,
                               0.0};
  std::vector<cf64> out(5);
  const auto report = quantizer.process(w, out);
  EXPECT_NEAR(std::abs(out[0] - cf64(0, 4)), 0, 1e-14);
  EXPECT_NEAR(std::abs(out[1]), 4 * amplitude_from_db(-3.0), 1e-14);
  EXPECT_NEAR(std::abs(out[2]), 4 * amplitude_from_db(-10.0), 1e-14);
  EXPECT_NEAR(std::abs(out[3]), 4 * amplitude_from_db(-10.0), 1e-14);  // 10.2 holds 20 whole steps
  EXPECT_EQ(out[4], cf64());
  EXPECT_EQ(report.limited, 1U);
  EXPECT_EQ(report.rms_phase_rad, 0);
}

TEST(WeightQuantizer, IdealOneChangesNothing) {
  const auto w = random_phases(100, 3);
  std::vector<cf64> out(100);
  const auto report = WeightQuantizer({.phase_bits = 0}).process(w, out);
  for (std::size_t e = 0; e < 100; ++e) EXPECT_NEAR(std::abs(out[e] - w[e]), 0, 1e-14);
  EXPECT_NEAR(report.gain, 1, 1e-12);
}

TEST(WeightQuantizer, HostileWeightsBecomeZero) {
  std::vector<cf64> w = {cf64(nan, 0), cf64(0, infinity), 1e300, 1e-300, 0.0};
  const WeightQuantizer quantizer({.attenuator_step_db = 1});
  const auto report = quantizer.process(w, w);
  EXPECT_EQ(report.refused, 2U);
  EXPECT_EQ(w[0], cf64());
  EXPECT_EQ(w[1], cf64());
  EXPECT_NEAR(w[2].real() / 1e300, 1, 1e-15);
  EXPECT_NEAR(w[3].real() / 1e300, amplitude_from_db(-31), 1e-12);
  EXPECT_TRUE(std::isfinite(report.gain));
  EXPECT_EQ(quantizer.process({}, {}).gain, 1);
  std::vector<cf64> zeros(3);
  EXPECT_EQ(quantizer.process(zeros, zeros).gain, 1);
  EXPECT_THROW(WeightQuantizer({.phase_bits = 17}), ConfigError);
  EXPECT_THROW(WeightQuantizer({.attenuator_step_db = -1}), ConfigError);
  EXPECT_THROW(WeightQuantizer({.attenuator_step_db = nan}), ConfigError);
  EXPECT_THROW(WeightQuantizer({.attenuator_step_db = 2, .attenuator_range_db = 1}), ConfigError);
}

}  // namespace
}  // namespace boresight::array
