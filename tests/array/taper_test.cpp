#include "boresight/array/taper.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "boresight/array/pattern_metrics.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double frequency_hz = 11.7e9;
constexpr double wavelength_m = speed_of_light_m_s / frequency_hz;

std::vector<cf64> complex_of(const std::vector<double>& taper) {
  return {taper.begin(), taper.end()};
}

/// `side` elements at half a wavelength along the cut.
CutMetrics cut(const Geometry& geometry, const std::vector<double>& taper, double side,
               Vec3 along = {1, 0, 0}) {
  const Pattern pattern(geometry, frequency_hz, complex_of(taper));
  // A dozen side lobes to either side, or all there are; 60 samples each.
  const double widths = std::min(12.0, 0.25 * pi * side);
  std::vector<double> angles_rad;
  for (double k = -60 * widths; k <= 60 * widths; ++k) angles_rad.push_back(k / 60 * 2 / side);
  return measure_cut(angles_rad, pattern.great_circle_cut_db({0, 0, 1}, along, angles_rad));
}

CutMetrics line_cut(const std::vector<double>& taper) {
  return cut(Geometry::line(taper.size(), 0.5 * wavelength_m), taper, static_cast<double>(taper.size()));
}

double loss_db(const std::vector<double>& taper) {
  return db_from_power(taper_efficiency(taper));
}

double broadening(const std::vector<double>& taper) {
  return line_cut(taper).half_power_beamwidth_rad /
         line_cut(line_taper(UniformTaper{}, taper.size())).half_power_beamwidth_rad;
}

TEST(Taper, ChebyshevLossesAndWidthsAreThePublishedOnes) {
  struct Case {
    std::size_t count;
    double sidelobe_db, loss_db, broadening;
  };
  for (const Case& c : {Case{16, 20, -0.173, 1.066}, Case{16, 25, -0.367, 1.164}, Case{16, 30, -0.647, 1.255},
                        Case{16, 35, -0.921, 1.337}, Case{16, 40, -1.168, 1.413}, Case{64, 30, -0.580, 1.211},
                        Case{64, 40, -1.047, 1.374}}) {
    const auto taper = line_taper(ChebyshevTaper{c.sidelobe_db}, c.count);
    EXPECT_NEAR(loss_db(taper), c.loss_db, 0.02) << c.count << " " << c.sidelobe_db;
    EXPECT_NEAR(broadening(taper), c.broadening, 0.01 * c.broadening) << c.count << " " << c.sidelobe_db;
    EXPECT_NEAR(line_cut(taper).peak_sidelobe_db, -c.sidelobe_db, 0.02) << c.count << " " << c.sidelobe_db;
  }
}

TEST(Taper, ChebyshevPatternIsTheChebyshevPolynomial) {
  for (const std::size_t count : {2U, 3U, 8U, 9U, 101U, 1024U}) {
    const double sidelobe_db = 80;
    const auto taper = line_taper(ChebyshevTaper{sidelobe_db}, count);
    const double order = static_cast<double>(count - 1);
    const double x0 = std::cosh(std::acosh(amplitude_from_db(sidelobe_db)) / order);
    double sum = 0;
    for (const double t : taper) sum += t;
    for (double psi = 0.05; psi < 3.1; psi += 0.173) {
      double field = 0;
      for (std::size_t e = 0; e < count; ++e) {
        field += taper[e] * std::cos(psi * (static_cast<double>(e) - 0.5 * order));
      }
      const double x = x0 * std::cos(0.5 * psi);
      const double t = x > 1 ? std::cosh(order * std::acosh(x)) : std::cos(order * std::acos(x));
      EXPECT_NEAR(field / sum, t / amplitude_from_db(sidelobe_db), 1e-11) << count << " " << psi;
    }
    for (std::size_t e = 0; e < count; ++e) EXPECT_NEAR(taper[e], taper[count - 1 - e], 1e-9);
  }
}

TEST(Taper, TaylorLossesWidthsAndSideLobes) {
  struct Case {
    double sidelobe_db;
    unsigned nbar;
    double loss_db, broadening;
  };
  for (const Case& c : {Case{25, 4, -0.432, 1.19}, Case{30, 4, -0.689, 1.27}, Case{35, 5, -0.926, 1.34},
                        Case{40, 6, -1.150, 1.41}}) {
    for (const std::size_t count : {16U, 32U, 64U, 256U}) {
      const auto taper = line_taper(TaylorTaper{c.sidelobe_db, c.nbar}, count);
      EXPECT_NEAR(loss_db(taper), c.loss_db, 0.02) << count << " " << c.sidelobe_db;
      EXPECT_NEAR(broadening(taper), c.broadening, 0.01 * c.broadening) << count << " " << c.sidelobe_db;
      EXPECT_NEAR(line_cut(taper).peak_sidelobe_db, -c.sidelobe_db, 0.7) << count << " " << c.sidelobe_db;
    }
    // The stated exception: 8 elements are too few samples of the aperture.
    if (c.nbar > 4) continue;
    const double of_eight = line_cut(line_taper(TaylorTaper{c.sidelobe_db, c.nbar}, 8)).peak_sidelobe_db;
    EXPECT_NEAR(of_eight, -c.sidelobe_db, 2.0);
  }
}

TEST(Taper, TaylorNullsAreWhereTheyWerePut) {
  // A long line is the continuous aperture: zeros at sigma sqrt(A^2 + (n - 1/2)^2), then at the integers.
  const std::size_t count = 1024;
  const auto taper = line_taper(TaylorTaper{30, 5}, count);
  const double a = std::acosh(amplitude_from_db(30)) / pi;
  const double sigma = 5 / std::hypot(a, 4.5);
  const auto field = [&](double u) {
    double sum = 0;
    for (std::size_t e = 0; e < count; ++e) {
      sum += taper[e] * std::cos(2 * pi * u * ((static_cast<double>(e) + 0.5) / count - 0.5));
    }
    return sum;
  };
  for (const unsigned n : {1U, 2U, 3U, 4U}) {
    EXPECT_NEAR(field(sigma * std::hypot(a, n - 0.5)) / field(0), 0, 1e-6) << n;
  }
  for (const unsigned n : {5U, 6U, 9U}) EXPECT_NEAR(field(n) / field(0), 0, 1e-6) << n;
}

TEST(Taper, HammingAndKaiserAreTheWindowsOfThatName) {
  const auto hamming = line_taper(HammingTaper{}, 9);
  EXPECT_NEAR(hamming[0], 0.08, 1e-15);
  EXPECT_NEAR(hamming[2], 0.54, 1e-15);
  EXPECT_NEAR(hamming[4], 1, 1e-15);
  EXPECT_NEAR(line_taper(HammingTaper{0.5}, 9)[0], 0, 1e-15);
  // A long Hamming window: side lobes at -42.7 dB, efficiency 1 / 1.363 (Harris, Proc. IEEE 66, 1978).
  const auto longer = line_taper(HammingTaper{}, 400);
  EXPECT_NEAR(loss_db(longer), -db_from_power(1.363), 0.02);
  EXPECT_NEAR(line_cut(longer).peak_sidelobe_db, -42.7, 0.1);

  EXPECT_NEAR(line_taper(KaiserTaper{3}, 11)[0], 1 / 4.880792585865024, 1e-12);  // I0(3)
  // Harris: alpha = beta / pi = 2.5, noise bandwidth 1.65, side lobes -57 dB.
  const auto kaiser = line_taper(KaiserTaper{2.5 * pi}, 400);
  EXPECT_NEAR(loss_db(kaiser), -db_from_power(1.65), 0.02);
  EXPECT_NEAR(line_cut(kaiser).peak_sidelobe_db, -57, 1);
  for (const auto& taper : {Taper(KaiserTaper{0}), Taper(HammingTaper{1}), Taper(UniformTaper{})}) {
    for (const double t : line_taper(taper, 5)) EXPECT_EQ(t, 1);
    EXPECT_EQ(line_taper(taper, 1), std::vector<double>{1});
  }
  EXPECT_NEAR(line_cut(line_taper(UniformTaper{}, 64)).peak_sidelobe_db, -13.26, 0.02);
}

TEST(Taper, RectangleIsSeparable) {
  const Taper x = ChebyshevTaper{25};
  const Taper y = TaylorTaper{30, 4};
  const auto taper = rectangle_taper(x, 16, y, 12);
  const auto along_x = line_taper(x, 16);
  const auto along_y = line_taper(y, 12);
  EXPECT_NEAR(taper[16 * 5 + 3], along_y[5] * along_x[3], 1e-15);
  const Geometry panel = Geometry::rectangle(16, 12, 0.5 * wavelength_m, 0.5 * wavelength_m);
  EXPECT_NEAR(cut(panel, taper, 16).peak_sidelobe_db, -25, 0.02);
  EXPECT_NEAR(cut(panel, taper, 12, {0, 1, 0}).peak_sidelobe_db, line_cut(along_y).peak_sidelobe_db, 0.01);
  EXPECT_NEAR(taper_efficiency(taper), taper_efficiency(along_x) * taper_efficiency(along_y), 1e-14);
}

TEST(Taper, RadialTaylorLowersTheSideLobesOfACircle) {
  // A filled disk of 919 elements; uniform it would have -17.6 dB (J1(x)/x).
  std::vector<Vec3> disk;
  for (const Vec3 r : Geometry::rectangle(32, 32, 0.5 * wavelength_m, 0.5 * wavelength_m).positions_m) {
    if (norm(r) < 8 * wavelength_m) disk.push_back(r);
  }
  const Geometry geometry = Geometry::from_positions(disk);
  EXPECT_NEAR(cut(geometry, radial_taper(UniformTaper{}, geometry), 32).peak_sidelobe_db, -17.6, 0.3);
  for (const Vec3 along : {Vec3{1, 0, 0}, Vec3{1, 0.5, 0}}) {
    EXPECT_NEAR(cut(geometry, radial_taper(TaylorTaper{25, 4}, geometry), 32, along).peak_sidelobe_db, -25,
                1);
    EXPECT_NEAR(cut(geometry, radial_taper(TaylorTaper{30, 5}, geometry), 32, along).peak_sidelobe_db, -30,
                1);
  }
}

TEST(Taper, RadialTaylorIsTaylorsApertureDistribution) {
  // Hankel transform of the samples along a radius: zeros where they were put, against the integral by
  // Simpson.
  std::vector<Vec3> radius;
  const std::size_t samples = 1001;
  for (std::size_t k = 0; k < samples; ++k) radius.push_back({static_cast<double>(k) / 1000, 0, 0});
  const auto g = radial_taper(TaylorTaper{30, 4}, Geometry::from_positions(radius), 1.0);
  const auto field = [&](double u) {
    double sum = 0;
    for (std::size_t k = 0; k < samples; ++k) {
      const double simpson = k == 0 || k + 1 == samples ? 1 : k % 2 == 1 ? 4 : 2;
      const double rho = static_cast<double>(k) / 1000;
      sum += simpson * g[k] * rho * std::cyl_bessel_j(0, pi * u * rho);
    }
    return sum;
  };
  const double mu[] = {1.2196699, 2.2331306, 3.2383155, 4.2410629, 5.2427643};  // zeros of J1(pi mu)
  const double a = std::acosh(amplitude_from_db(30)) / pi;
  const double sigma = mu[3] / std::hypot(a, 3.5);
  for (const double n : {1.0, 2.0, 3.0})
    EXPECT_NEAR(field(sigma * std::hypot(a, n - 0.5)) / field(0), 0, 1e-7);
  EXPECT_NEAR(field(mu[3]) / field(0), 0, 1e-7);
  EXPECT_NEAR(field(mu[4]) / field(0), 0, 1e-7);
}

TEST(Taper, UserValuesAreKept) {
  EXPECT_EQ(line_taper(UserTaper{{2, -3, 0}}, 3), (std::vector<double>{2, -3, 0}));
  const Geometry geometry = Geometry::from_positions({{0, 0, 0}, {0, 0.5, 0}, {-1, 0, 0}});
  EXPECT_EQ(radial_taper(UserTaper{{4, 2, 1, 0, 0}}, geometry, 2), (std::vector<double>{4, 2, 1}));
  std::vector<cf64> weights = {cf64(0, 1), 2.0};
  apply_taper(std::vector<double>{0.5, 2}, weights);
  EXPECT_EQ(weights, (std::vector<cf64>{cf64(0, 0.5), 4.0}));
  EXPECT_EQ(taper_efficiency({}), 0);
  EXPECT_EQ(taper_efficiency(std::vector<double>{0, 0}), 0);
}

TEST(Taper, RefusesImpossibleOnes) {
  EXPECT_THROW(line_taper(UniformTaper{}, 0), ConfigError);
  EXPECT_THROW(line_taper(UniformTaper{}, max_elements + 1), ConfigError);
  for (const double bad : {0.0, -30.0, 201.0, nan}) {
    EXPECT_THROW(line_taper(ChebyshevTaper{bad}, 8), ConfigError) << bad;
  }
  for (const double bad : {14.0, 101.0, nan})
    EXPECT_THROW(line_taper(TaylorTaper{bad, 4}, 16), ConfigError) << bad;
  EXPECT_THROW(line_taper(TaylorTaper{40, 3}, 16), ConfigError);  // A^2 + 1/4 = 3.09
  EXPECT_NO_THROW(line_taper(TaylorTaper{40, 4}, 16));
  EXPECT_THROW(line_taper(TaylorTaper{25, 0}, 16), ConfigError);
  EXPECT_THROW(line_taper(TaylorTaper{30, 5}, 9), ConfigError);
  EXPECT_THROW(line_taper(HammingTaper{0.49}, 8), ConfigError);
  EXPECT_THROW(line_taper(HammingTaper{0.5}, 2), ConfigError);
  EXPECT_THROW(line_taper(KaiserTaper{51}, 8), ConfigError);
  EXPECT_THROW(line_taper(KaiserTaper{nan}, 8), ConfigError);
  EXPECT_THROW(line_taper(UserTaper{{1, 2}}, 3), ConfigError);
  EXPECT_THROW(line_taper(UserTaper{{0, 0}}, 2), ConfigError);
  EXPECT_THROW(line_taper(UserTaper{{1, nan}}, 2), ConfigError);
  const Geometry line = Geometry::line(4, 1);
  EXPECT_THROW(radial_taper(ChebyshevTaper{30}, line), ConfigError);
  EXPECT_THROW(radial_taper(TaylorTaper{30, 4}, line, 1.4), ConfigError);
  EXPECT_THROW(radial_taper(TaylorTaper{30, 4}, line, nan), ConfigError);
  EXPECT_THROW(radial_taper(TaylorTaper{30, 101}, line), ConfigError);
  EXPECT_THROW(radial_taper(UserTaper{{1}}, line), ConfigError);
  try {
    line_taper(ChebyshevTaper{201}, 8);
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("201"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("1.000000 to 200"), std::string::npos);
  }
}

}  // namespace
}  // namespace boresight::array
