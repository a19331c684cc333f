// Equalizer and pilot kernels against their equations in double precision, on every target of the machine.
#include "kernels/equalize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "support/simd_targets.h"

namespace boresight::kernels {
namespace {

TEST(EqualizerKernel, DividesByChannelAndRampOnEveryLength) {
  Random random(1);
  for (const std::size_t count : {0U, 1U, 7U, 15U, 16U, 17U, 32U, 100U, 512U, 513U, 528U, 4096U}) {
    const double phase = random.uniform() * 6 - 3;
    const double slope = (random.uniform() * 2 - 1) * 3 / static_cast<double>(count + 1);
    const float gain = 0.7F;
    const int first = -static_cast<int>(count / 3);
    std::vector<cf32> received(count + 1);
    std::vector<cf64> channel(count);
    std::vector<float> inverse_re((count + 15) / 16 * 16);
    std::vector<float> inverse_im(inverse_re.size());
    std::vector<std::uint8_t> wanted((count + 15) / 16 * 2 + 8);
    std::vector<cf64> want;
    for (std::size_t i = 0; i < count; ++i) {
      received[i + 1] = random.complex_normal();
      const cf64 h = cf64(random.complex_normal()) + 1.5;
      inverse_re[i] = static_cast<float>((1.0 / h).real());
      inverse_im[i] = static_cast<float>((1.0 / h).imag());
      if (random.below(5) == 0 && count > 1) continue;
      wanted[i / 8] = static_cast<std::uint8_t>(wanted[i / 8] | (1U << (i % 8)));
      const cf64 inverse(static_cast<double>(inverse_re[i]), static_cast<double>(inverse_im[i]));
      want.push_back(cf64(received[i + 1]) * inverse / static_cast<double>(gain) *
                     std::polar(1.0, -(phase + slope * (first + static_cast<int>(i)))));
    }
    std::vector<std::uint8_t> order((count + 15) / 16 * 16);
    equalizer_order(wanted, order);
    for_each_simd_target([&] {
      const cf32 guard(7, 8);
      std::vector<cf32> out(want.size() + 2, guard);
      const std::size_t kept = equalize_band({received.data() + 1, inverse_re.data(), inverse_im.data(),
                                              wanted.data(), order.data(), count, first},
                                             phase, slope, gain, std::span(out).subspan(1, want.size()));
      ASSERT_EQ(kept, want.size());
      EXPECT_EQ(out.front(), guard);
      EXPECT_EQ(out.back(), guard);
      for (std::size_t i = 0; i < want.size(); ++i) {
        // The ramp's 2e-6 and five roundings.
        ASSERT_LT(std::abs(cf64(out[i + 1]) - want[i]), 2.5e-6 * std::abs(want[i]) + 1e-12)
            << i << " of " << count;
      }
    });
  }
}

class PilotKernel : public testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    Random random(GetParam());
    const std::size_t padded = (GetParam() + 15) / 16 * 16;
    for (auto* v : {&y_re, &y_im, &h_re, &h_im, &v_re, &v_im, &k, &weight}) v->resize(padded);
    for (std::size_t i = 0; i < GetParam(); ++i) {
      for (auto* v : {&y_re, &y_im, &h_re, &h_im, &v_re, &v_im}) (*v)[i] = random.complex_normal().real();
      k[i] = static_cast<float>(20 * i) - 10.0F * static_cast<float>(GetParam());
      weight[i] = static_cast<float>(random.uniform());
    }
    set = {y_re.data(), y_im.data(), h_re.data(), h_im.data(), v_re.data(), v_im.data(), k.data(), padded};
  }
  cf64 y(std::size_t i) const { return cf64(cf32(y_re[i], y_im[i])); }
  cf64 model(std::size_t i) const {
    return cf64(cf32(h_re[i], h_im[i])) * cf64(cf32(v_re[i], v_im[i])) *
           std::polar(1.0, phase + slope * static_cast<double>(k[i]));
  }

  std::vector<float> y_re, y_im, h_re, h_im, v_re, v_im, k, weight;
  PilotSet set{};
  double phase = 2.1;
  double slope = 0.004;
};

TEST_P(PilotKernel, SumsAreTheSums) {
  cf64 residual = 0;
  cf64 moment = 0;
  double power = 0;
  double sizes = 0;  // what rounding is measured against
  double moments = 0;
  double error = 0;
  double relative = 0;
  for (std::size_t i = 0; i < GetParam(); ++i) {
    const cf64 r = y(i) * std::conj(model(i));
    residual += r;
    moment += static_cast<double>(k[i]) * r;
    power += std::norm(y(i));
    sizes += std::abs(r);
    moments += std::abs(static_cast<double>(k[i]) * r);
    const double e = std::norm(y(i) - 0.8 * model(i));
    error += e;
    relative += e * static_cast<double>(weight[i]);
  }
  for_each_simd_target([&] {
    const PilotSums sums = correlate_pilots(set, phase, slope);
    EXPECT_LT(std::abs(cf64(sums.residual) - residual), 3e-6 * sizes);
    EXPECT_LT(std::abs(cf64(sums.moment) - moment), 3e-6 * moments);
    EXPECT_NEAR(static_cast<double>(sums.power), power, 3e-6 * power);
    const PilotErrors errors = pilot_errors(set, weight.data(), phase, slope, 0.8F);
    EXPECT_NEAR(static_cast<double>(errors.power), error, 1e-5 * error);
    EXPECT_NEAR(static_cast<double>(errors.relative), relative, 1e-5 * relative);
  });
}

INSTANTIATE_TEST_SUITE_P(Counts, PilotKernel, testing::Values(1, 4, 15, 16, 51, 64, 100));

}  // namespace
}  // namespace boresight::kernels
