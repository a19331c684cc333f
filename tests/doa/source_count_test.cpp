#include "boresight/doa/source_count.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "boresight/doa/eigenspace.h"
#include "support/doa_scene.h"

namespace boresight::doa {
namespace {

using test::DoaScene;
using test::on_line;

std::vector<double> eigenvalues(const GridBuffer<cf64>& r) {
  Eigenspace space({.elements = r.rows(), .vectors = r.rows()});
  space.compute(r.view());
  return {space.values().begin(), space.values().end()};
}

// The criteria as printed, for each k apart.
std::size_t definition(const std::vector<double>& values, double snapshots, CountCriterion criterion) {
  const std::size_t n = values.size();
  double best = std::numeric_limits<double>::infinity();
  std::size_t count = 0;
  for (std::size_t k = 0; k < n; ++k) {
    const auto rest = static_cast<double>(n - k);
    double product = 1, sum = 0;
    for (std::size_t i = k; i < n; ++i) {
      product *= std::pow(values[i], 1 / rest);
      sum += values[i] / rest;
    }
    const auto free = static_cast<double>(k * (2 * n - k));
    const double cost = -std::log(std::pow(product / sum, rest * snapshots)) +
                        (criterion == CountCriterion::aic ? free : free * std::log(snapshots) / 2);
    if (cost < best) {
      best = cost;
      count = k;
    }
  }
  return count;
}

TEST(SourceCount, IsTheDefinition) {
  Random random(5);
  int differing = 0;
  for (int trial = 0; trial < 200; ++trial) {
    DoaScene scene{.directions = {on_line(-20), on_line(5), on_line(14)}, .snr_db = -12.0 + 0.1 * trial};
    const auto values = eigenvalues(scene.sampled(60, random));
    const std::size_t aic = source_count(values, 60, CountCriterion::aic);
    const std::size_t mdl = source_count(values, 60);
    EXPECT_EQ(aic, definition(values, 60, CountCriterion::aic));
    EXPECT_EQ(mdl, definition(values, 60, CountCriterion::mdl));
    EXPECT_LE(mdl, aic);  // 60 snapshots: the larger penalty
    differing += aic != mdl ? 1 : 0;
  }
  EXPECT_GT(differing, 10);
}

TEST(SourceCount, MdlIsRightWithStrongSourcesAndWithNone) {
  // 100 trials each; published error rates are below 1e-3 here (Wax and Kailath 1985, figure 2).
  Random random(6);
  for (const std::size_t sources : {0, 1, 2, 5}) {
    DoaScene scene;
    for (std::size_t i = 0; i < sources; ++i) {
      scene.directions.push_back(on_line(25.0 * static_cast<double>(i) - 50));
    }
    int wrong = 0;
    for (int trial = 0; trial < 100; ++trial) {
      wrong += source_count(eigenvalues(scene.sampled(200, random)), 200) == sources ? 0 : 1;
    }
    EXPECT_LE(wrong, 1) << sources;
  }
}

TEST(SourceCount, BadInputIsDefined) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(source_count({}, 100), 0U);
  EXPECT_EQ(source_count(std::vector<double>{0, 0, 0}, 100), 0U);
  EXPECT_EQ(source_count(std::vector<double>{5, nan, 1}, 100), 0U);
  EXPECT_EQ(source_count(std::vector<double>{5, 1, 1}, nan), 0U);
  EXPECT_EQ(source_count(std::vector<double>{5, 1, 1}, 0), 0U);
  EXPECT_EQ(source_count(std::vector<double>{3, 3, 3, 3}, 100), 0U);
  // Any order; two dead elements are no reason to find more sources.
  EXPECT_EQ(source_count(std::vector<double>{1, 40, 1.05, 0.96, 0, 1e-30}, 100), 1U);
  EXPECT_EQ(source_count(std::vector<double>{7}, 100), 0U);
}

}  // namespace
}  // namespace boresight::doa
