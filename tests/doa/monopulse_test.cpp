#include "boresight/doa/monopulse.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "boresight/core/error.h"
#include "boresight/doa/cramer_rao.h"
#include "support/allocation_counter.h"
#include "support/doa_scene.h"

namespace boresight::doa {
namespace {

using test::doa_carrier_hz;
using test::doa_wavelength_m;
using test::DoaScene;

constexpr double half = doa_wavelength_m / 2;

Vec3 at(double x, double y) {
  return {x, y, std::sqrt(1 - x * x - y * y)};
}

DoaScene square(Vec3 u, double snr_db) {
  return {.geometry = array::Geometry::rectangle(8, 8, half, half), .directions = {u}, .snr_db = snr_db};
}

TEST(Monopulse, MeasuresTheErrorOnBothAxes) {
  const Vec3 look = at(0.2, -0.3);
  for (const MonopulseKind kind : {MonopulseKind::phase, MonopulseKind::amplitude}) {
    Monopulse monopulse({.geometry = square(look, 0).geometry, .frequency_hz = doa_carrier_hz, .kind = kind});
    ASSERT_TRUE(monopulse.two_axes());
    // A beam of 8 elements is 0.25 wide.
    for (const double dx : {-0.025, 0.0, 0.01}) {
      for (const double dy : {-0.015, 0.0, 0.025}) {
        const auto r = square(at(0.2 + dx, -0.3 + dy), 5).covariance();
        const MonopulseError error = monopulse.measure(r.view(), 100, look);
        EXPECT_NEAR(error.ux, dx, 0.05 * std::abs(dx) + 1e-12);
        EXPECT_NEAR(error.uy, dy, 0.05 * std::abs(dy) + 1e-12);
        EXPECT_NEAR(error.snr / power_from_db(5), 1, dx == 0 && dy == 0 ? 1e-6 : 0.005);
      }
    }
    // The right sign within half a beam.
    for (const double dx : {-0.12, -0.06, 0.06, 0.12}) {
      const auto r = square(at(0.2 + dx, -0.3), 5).covariance();
      EXPECT_GT(monopulse.measure(r.view(), 100, look).ux * dx, 0);
    }
  }
}

// What a beam beside the source loses is no noise: on 8 x 8 elements a 20 dB source one degree off
// was 15.7 dB once, on 16 in a row 10.9 dB.
TEST(Monopulse, SnrIsThatOfAnElementWhereverTheBeamLooks) {
  struct Case {
    array::Geometry geometry;
    double off_deg;
  };
  for (const Case& c :
       {Case{array::Geometry::line(16, half), 1}, Case{array::Geometry::rectangle(4, 4, half, half), 3},
        Case{array::Geometry::rectangle(8, 8, half, half), 1}}) {
    for (const MonopulseKind kind : {MonopulseKind::phase, MonopulseKind::amplitude}) {
      Monopulse monopulse({.geometry = c.geometry, .frequency_hz = doa_carrier_hz, .kind = kind});
      for (const double snr_db : {-10.0, 0.0, 20.0, 30.0}) {
        const DoaScene scene{.geometry = c.geometry,
                             .directions = {at(std::sin(rad_from_deg(c.off_deg)), 0)},
                             .snr_db = snr_db};
        const MonopulseError error = monopulse.measure(scene.covariance().view(), 200, {0, 0, 1});
        // The direction is linear to 5 % and better: what is left of the loss is 0.3 % of it.
        EXPECT_NEAR(db_from_power(error.snr), snr_db, snr_db > 25 ? 0.5 : 0.1) << c.geometry.elements();
        if (snr_db > 10) {
          // And so the variance is what it is at boresight, to the loss of the halves.
          const DoaScene ahead{.geometry = c.geometry, .directions = {{0, 0, 1}}, .snr_db = snr_db};
          const MonopulseError there = monopulse.measure(ahead.covariance().view(), 200, {0, 0, 1});
          EXPECT_NEAR(error.variance_x / there.variance_x, 1, 0.15);
        }
      }
    }
  }
}

// Where the halves' centers do not lie along the axes, an error on one axis shows on both pairs of beams.
TEST(Monopulse, AxesDoNotLeakOnSkewedLattices) {
  std::vector<Vec3> skewed;
  for (int i = 0; i < 4; ++i) {
    for (int k = 0; k < 4; ++k) skewed.push_back({(i + 0.4 * k) * half, k * half, 0});
  }
  for (const auto& geometry :
       {array::Geometry::from_positions(skewed), array::Geometry::triangular(3, 2, 2 * half, half)}) {
    const Vec3 look = at(0.1, -0.2);
    for (const MonopulseKind kind : {MonopulseKind::phase, MonopulseKind::amplitude}) {
      Monopulse monopulse({.geometry = geometry, .frequency_hz = doa_carrier_hz, .kind = kind});
      for (const auto& [dx, dy] : {std::pair(0.02, 0.0), std::pair(0.0, 0.02)}) {
        const DoaScene scene{.geometry = geometry, .directions = {at(0.1 + dx, -0.2 + dy)}, .snr_db = 5};
        const MonopulseError error = monopulse.measure(scene.covariance().view(), 100, look);
        EXPECT_NEAR(error.ux, dx, 0.001);
        EXPECT_NEAR(error.uy, dy, 0.001);
      }
    }
  }
}

TEST(Monopulse, VarianceIsAsStatedAndNearTheBound) {
  const Vec3 look = at(0.1, 0.05);
  for (const double snr_db : {-15.0, 0.0, 20.0}) {
    const DoaScene scene{
        .geometry = array::Geometry::rectangle(6, 6, half, half), .directions = {look}, .snr_db = snr_db};
    const auto powers = scene.powers();
    const auto bound = stochastic_bound({.geometry = scene.geometry,
                                         .frequency_hz = doa_carrier_hz,
                                         .directions = scene.directions,
                                         .powers = powers.view(),
                                         .snapshots = 100});
    const auto a = scene.steering();
    double squares[2] = {}, stated[2] = {};
    constexpr int trials = 400;
    for (int trial = 0; trial < trials; ++trial) {
      Random random(3, static_cast<std::uint64_t>(trial));
      const auto r = scene.sampled(a, 100, random);
      int i = 0;
      for (const MonopulseKind kind : {MonopulseKind::phase, MonopulseKind::amplitude}) {
        Monopulse monopulse({.geometry = scene.geometry, .frequency_hz = doa_carrier_hz, .kind = kind});
        const MonopulseError error = monopulse.measure(r.view(), 100, look);
        squares[i] += (error.ux * error.ux + error.uy * error.uy) / (2 * trials);
        stated[i++] += (error.variance_x + error.variance_y) / (2 * trials);
      }
    }
    // Direction cosines of a direction this close to boresight are angles to 1 %. 800 squares: 5 %.
    const double least = (bound(0, 0) + bound(1, 1)) / 2;
    for (int i = 0; i < 2; ++i) EXPECT_NEAR(squares[i] / stated[i], 1, 0.2) << snr_db;
    // Phase in closed form: 6 elements in a row make it 1.14.
    EXPECT_NEAR(std::sqrt(squares[0] / least), 1.14, 0.09) << snr_db;
    // Squinted beams cost a little, more where their loss makes noise against noise count.
    EXPECT_GT(std::sqrt(squares[1] / least), 0.95) << snr_db;
    EXPECT_LT(std::sqrt(squares[1] / least), snr_db < 0 ? 1.25 : 1.13) << snr_db;
  }
}

TEST(Monopulse, BadCovariancesGiveNoMeasurement) {
  Monopulse monopulse({.geometry = array::Geometry::line(8, half), .frequency_hz = doa_carrier_hz});
  EXPECT_FALSE(monopulse.two_axes());
  GridBuffer<cf64> r(8, 8);
  const auto nothing = [&] {
    const MonopulseError error = monopulse.measure(r.view(), 100, {0, 0, 1});
    EXPECT_EQ(error.ux, 0);
    EXPECT_EQ(error.uy, 0);
    EXPECT_FALSE(std::isfinite(error.variance_x));
  };
  nothing();
  r(2, 2) = std::numeric_limits<double>::quiet_NaN();
  nothing();
  r(2, 2) = std::numeric_limits<double>::infinity();
  nothing();
  r(2, 2) = 1;  // one live element knows no direction
  const MonopulseError one = monopulse.measure(r.view(), 100, {0, 0, 1});
  EXPECT_TRUE(std::isfinite(one.ux));
}

// A low satellite: 550 km high, passing 20 degrees from the zenith; a panel of 16 elements flat on the roof;
// ten updates a second of 200 snapshots at 0 dB per element.
Vec3 satellite(double t_s) {
  const double along = 7.6 * (t_s - 60) / 550, across = std::tan(rad_from_deg(20));
  const double length = std::sqrt(along * along + across * across + 1);
  return {along / length, across / length, 1 / length};
}

TEST(MonopulseTracker, FollowsALowSatelliteThroughAnOutage) {
  for (const MonopulseKind kind : {MonopulseKind::phase, MonopulseKind::amplitude}) {
    const auto geometry = array::Geometry::rectangle(4, 4, half, half);
    MonopulseTracker tracker(
        {.monopulse = {.geometry = geometry, .frequency_hz = doa_carrier_hz, .kind = kind},
         .hold_updates = 30});
    const Vec3 start = satellite(0);
    tracker.reset(at(start.x + 0.03, start.y - 0.02), 0.04);
    Random random(8);
    double squares = 0, worst = 0;
    int counted = 0;
    for (int update = 1; update <= 1200; ++update) {
      const double t_s = 0.1 * update;
      // Two seconds behind a chimney.
      const bool visible = update < 700 || update >= 720;
      const DoaScene scene{
          .geometry = geometry, .directions = {satellite(t_s)}, .snr_db = visible ? 0.0 : -60.0};
      const bool used = tracker.update(scene.sampled(200, random).view(), 200);
      EXPECT_TRUE(visible ? used : tracker.locked());
      EXPECT_TRUE(tracker.locked());
      const double error = norm(tracker.direction() - satellite(t_s));
      if (update > 100) {
        squares += error * error;
        worst = std::max(worst, error);
        ++counted;
      }
    }
    // One measurement is exact to 0.0041 on each axis (the bound, and 12 %); the filter averages over some
    // ten of them. A beam is 0.5 wide. Both axes together are sqrt(2) of the deviation of one.
    const double rms = std::sqrt(squares / counted);
    EXPECT_LT(rms, 0.002);
    EXPECT_LT(worst, 0.015);
    EXPECT_NEAR(rms / (std::sqrt(2.0) * tracker.deviation()), 1, 0.35);
    // Where it will be in a second: the rate is known.
    EXPECT_LT(norm(tracker.predicted(10) - satellite(121)), 0.01);
    const auto r = DoaScene{.geometry = geometry, .directions = {satellite(120.1)}}.covariance();
    const AllocationCounter counter;
    tracker.update(r.view(), 200);
    EXPECT_EQ(counter.count(), 0U);
  }
}

TEST(MonopulseTracker, LosesLockWithoutASignalAndSurvivesNaN) {
  MonopulseTracker tracker(
      {.monopulse = {.geometry = array::Geometry::line(8, half), .frequency_hz = doa_carrier_hz},
       .hold_updates = 5});
  EXPECT_FALSE(tracker.locked());
  tracker.reset({0, 0, 1}, 0.05);
  EXPECT_TRUE(tracker.locked());
  GridBuffer<cf64> r(8, 8);
  r(3, 3) = std::numeric_limits<double>::quiet_NaN();
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(tracker.update(r.view(), 100));
  EXPECT_TRUE(tracker.locked());
  EXPECT_FALSE(tracker.update(r.view(), 100));
  EXPECT_FALSE(tracker.locked());
  EXPECT_NEAR(norm(tracker.direction()), 1, 1e-12);
  EXPECT_THROW(tracker.reset({0, 0, 2}, 0.1), ConfigError);
  EXPECT_THROW(tracker.reset({0, 0, 1}, 0), ConfigError);
}

// Which axes an array has is not a matter of how well its positions are measured.
TEST(Monopulse, ALineIsALine) {
  array::Geometry line = array::Geometry::line(8, half);
  for (std::size_t e = 0; e < 8; ++e) line.positions_m[e].y = (e % 3 == 0 ? 1e-4 : -1e-4) * half;
  EXPECT_FALSE(Monopulse({.geometry = line, .frequency_hz = doa_carrier_hz}).two_axes());
  for (Vec3& r : line.positions_m) r = {r.x * std::sqrt(0.5), r.x * std::sqrt(0.5), 0};
  EXPECT_THROW(Monopulse({.geometry = line, .frequency_hz = doa_carrier_hz}), ConfigError);
}

TEST(Monopulse, RefusesValuesOutOfRange) {
  EXPECT_THROW(Monopulse({.geometry = array::Geometry::line(3, half), .frequency_hz = 1e9}), ConfigError);
  EXPECT_THROW(Monopulse({.geometry = array::Geometry::line(8, half), .frequency_hz = 0}), ConfigError);
  EXPECT_THROW(Monopulse({.geometry = array::Geometry::rectangle(1, 8, half, half), .frequency_hz = 1e9}),
               ConfigError);
  EXPECT_THROW(
      MonopulseTracker(
          {.monopulse = {.geometry = array::Geometry::line(8, half), .frequency_hz = 1e9}, .rate_walk = 0}),
      ConfigError);
}

}  // namespace
}  // namespace boresight::doa
