#include "boresight/array/element_faults.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <vector>

#include "boresight/array/pattern_metrics.h"
#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

TEST(ElementFaults, DeadElementsCostWhatIsStated) {
  // k of N at random: directivity N - k (half-wave line), and over many draws an average side lobe of k / (N
  // (N - k)), seen in a null of the whole array.
  const std::size_t n = 50;
  const std::size_t k = 5;
  const double frequency_hz = 1e9;
  const Geometry line = Geometry::line(n, 0.5 * speed_of_light_m_s / frequency_hz);
  Random random(1);
  const int trials = 1500;
  double level = 0;
  for (int t = 0; t < trials; ++t) {
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::vector<ElementFault> faults;
    for (std::size_t i = 0; i < k; ++i) {
      std::swap(order[i], order[i + random.below(static_cast<std::uint32_t>(n - i))]);
      faults.push_back({.element = order[i]});
    }
    check_faults(faults, n);
    std::vector<cf64> weights(n, 1.0);
    apply_faults(faults, weights);
    const Pattern pattern(line, frequency_hz, weights);
    const Vec3 null{2.0 * 7 / n, 0, std::sqrt(1 - 0.28 * 0.28)};
    level += pattern.power(null) / pattern.power(Vec3{0, 0, 1});
    if (t < 10) {
      EXPECT_NEAR(directivity(pattern, {0, 0, 1}), static_cast<double>(n - k), 1e-10);
    }
  }
  // Drawn without replacement the mean is exactly k (N - k) / (N - 1) over (N - k)^2; exponential: 2.6 %.
  const double exact = static_cast<double>(k) / static_cast<double>((n - 1) * (n - k));
  EXPECT_NEAR(level / trials / exact, 1, 0.08);
  EXPECT_NEAR(exact / (static_cast<double>(k) / static_cast<double>(n * (n - k))), 1, 0.03);
}

TEST(ElementFaults, StuckElementsKeepTheirValue) {
  std::vector<cf64> weights(4, 1.0);
  apply_faults(std::vector<ElementFault>{{1, cf64(0, 2)}, {3, 0}, {9, 1}}, weights);
  EXPECT_EQ(weights, (std::vector<cf64>{1.0, cf64(0, 2), 1.0, 0.0}));
}

TEST(ElementFaults, RefusesWhatIsNotThere) {
  const auto check = [](std::vector<ElementFault> faults) { check_faults(faults, 4); };
  EXPECT_NO_THROW(check({}));
  EXPECT_NO_THROW(check({{3, 0}, {0, 1}}));
  EXPECT_THROW(check({{4, 0}}), ConfigError);
  EXPECT_THROW(check({{1, 0}, {1, 1}}), ConfigError);
  EXPECT_THROW(check({{1, std::numeric_limits<double>::quiet_NaN()}}), ConfigError);
}

}  // namespace
}  // namespace boresight::array
