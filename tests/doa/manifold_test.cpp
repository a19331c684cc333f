// Direction finding with what the elements hear: patterns, coupling and polarization of an array::Manifold.
#include "boresight/array/manifold.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "boresight/array/coupling.h"
#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/doa/cramer_rao.h"
#include "boresight/doa/direction_finder.h"
#include "boresight/doa/maximum_likelihood.h"
#include "boresight/doa/root_music.h"
#include "boresight/doa/spatial_spectrum.h"
#include "manifold_scene.h"
#include "support/allocation_counter.h"
#include "support/doa_scene.h"

namespace boresight::doa {
namespace {

using array::Geometry;
using array::Jones;
using array::Manifold;
using test::doa_carrier_hz;
using test::doa_wavelength_m;
using test::line_deg;
using test::on_line;

constexpr double half = half_wave_m;

DirectionFinder finder_of(const ManifoldScene& scene, std::size_t sources) {
  return DirectionFinder({.frequency_hz = doa_carrier_hz,
                          .sources = sources,
                          .manifold = scene.manifold.config(),
                          .wave = scene.wave});
}

/// tr(P R) of the likelihood, from steering vectors of the array itself.
double ml_cost(const ManifoldScene& scene, const std::vector<Vec3>& directions, const GridBuffer<cf64>& r) {
  ManifoldScene at = scene;
  at.directions = directions;
  const Eigen::MatrixXcd a = at.steering();
  Eigen::MatrixXcd m(a.rows(), a.rows());
  for (Eigen::Index i = 0; i < m.rows(); ++i) {
    for (Eigen::Index k = 0; k < m.cols(); ++k) {
      m(i, k) = r(static_cast<std::size_t>(i), static_cast<std::size_t>(k));
    }
  }
  const Eigen::MatrixXcd fitted = a * (a.adjoint() * a).inverse() * a.adjoint();
  return (m - fitted * m).trace().real();
}

TEST(ManifoldDirections, SpectraAreTheDefinitionWithScaledSteeringVectors) {
  for (const ManifoldScene& scene : scenes()) {
    std::vector<double> azimuths, elevations;
    for (int i = 0; i < 23; ++i) azimuths.push_back(0.27 * i);
    for (int i = 0; i < 9; ++i) elevations.push_back(0.05 + 0.17 * i);
    const SearchGrid grid = SearchGrid::azimuth_elevation(azimuths, elevations);
    SpatialSpectrum spectrum({.frequency_hz = doa_carrier_hz,
                              .grid = grid,
                              .sources = 2,
                              .manifold = scene.manifold.config(),
                              .wave = scene.wave});
    Random random(1);
    const auto r = scene.sampled(200, random);
    const std::size_t e = scene.manifold.channels();
    ASSERT_EQ(spectrum.channels(), e);
    Eigen::MatrixXcd m(e, e);
    for (std::size_t i = 0; i < e; ++i) {
      for (std::size_t k = 0; k < e; ++k) m(i, k) = r(i, k);
    }
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXcd> eigen(m);
    const Eigen::MatrixXcd signals = eigen.eigenvectors().rightCols(2);
    const Eigen::MatrixXcd inverse = m.inverse();
    const double n = static_cast<double>(e);
    std::vector<float> bartlett(grid.size()), capon(grid.size()), music(grid.size());
    ASSERT_TRUE(spectrum.bartlett(r.view(), bartlett));
    ASSERT_TRUE(spectrum.capon(r.view(), 0, capon));
    ASSERT_TRUE(spectrum.music(r.view(), music));
    for (std::size_t g = 0; g < grid.size(); ++g) {
      ManifoldScene at = scene;
      at.directions = {grid.directions[g]};
      Eigen::VectorXcd a = at.steering().col(0);
      a *= std::sqrt(n) / a.norm();
      // As without a manifold: 1e-6 of E times the norm of the form.
      EXPECT_NEAR(bartlett[g], a.dot(m * a).real() / n / n, 1e-6 * eigen.eigenvalues().maxCoeff() / n);
      const double q = a.dot(inverse * a).real();
      EXPECT_NEAR(1 / capon[g], q, 1e-6 * n / eigen.eigenvalues().minCoeff() + 1e-6 * q);
      EXPECT_NEAR(n / music[g], n - (signals.adjoint() * a).squaredNorm(), 1e-6 * n);
    }
  }
}

TEST(ManifoldDirections, PeaksOfTheExactCovarianceAreTheSources) {
  for (const ManifoldScene& scene : scenes()) {
    const bool line = angles_per_direction(scene.manifold.geometry()) == 1;
    std::vector<double> azimuths, elevations;
    for (int i = 0; i < 120; ++i) azimuths.push_back(2 * pi / 120 * i);
    for (int i = 0; i < 30; ++i) elevations.push_back(pi / 60 * i);
    SpatialSpectrum spectrum({.frequency_hz = doa_carrier_hz,
                              .grid = line ? SearchGrid::line(-1.5, 1.5, 201)
                                           : SearchGrid::azimuth_elevation(azimuths, elevations),
                              .sources = 2,
                              .manifold = scene.manifold.config(),
                              .wave = scene.wave});
    std::vector<float> s(spectrum.size());
    ASSERT_TRUE(spectrum.music(scene.covariance(0.1).view(), s));
    SpectrumPeak peaks[2];
    const AllocationCounter counter;
    ASSERT_EQ(spectrum.peaks(s, peaks), 2U);
    EXPECT_EQ(counter.count(), 0U);
    for (const Vec3 u : scene.directions) {
      // A form that ends at rounding, 1e-15 E, is known to its root.
      EXPECT_LT(std::min(norm(peaks[0].direction - u), norm(peaks[1].direction - u)), 1e-6);
    }
  }
}

// Half around a cylinder with sources 10 dB over the noise: without the patterns the finder fits ghosts.
TEST(ManifoldDirections, FinderOnACylinderOfPatternedElements) {
  const ManifoldScene scene = cylinder();
  const DirectionFinder finder = finder_of(scene, 0);
  EXPECT_EQ(finder.channels(), 32U);
  const auto powers = scene.powers();
  const auto bound = stochastic_bound({.frequency_hz = doa_carrier_hz,
                                       .directions = scene.directions,
                                       .powers = powers.view(),
                                       .snapshots = 400,
                                       .manifold = scene.manifold.config()});
  double least = 0;
  for (std::size_t i = 0; i < 4; ++i) least += bound(i, i);
  double squares = 0, power = 0, deviation = 0;
  constexpr int trials = 60;
  for (int trial = 0; trial < trials; ++trial) {
    Random random(3, static_cast<std::uint64_t>(trial));
    const auto r = scene.sampled(400, random);
    DirectionResult result = finder.find(r.view(), 400);
    ASSERT_EQ(result.verdict, Verdict::resolved) << trial;
    ASSERT_EQ(result.sources.size(), 2U);
    std::ranges::sort(result.sources, {}, [](const FoundSource& s) { return s.direction.x; });
    for (std::size_t i = 0; i < 2; ++i) {
      squares += std::pow(norm(result.sources[i].direction - scene.directions[i]), 2);
      power += result.sources[i].power / power_from_db(scene.snr_db);
      deviation += std::pow(result.sources[i].deviation_rad, 2);
    }
    if (trial > 0) continue;
    const DirectionFinder blind(
        {.geometry = scene.manifold.geometry(), .frequency_hz = doa_carrier_hz, .sources = 0});
    EXPECT_EQ(blind.find(r.view(), 400).verdict, Verdict::unresolved);
  }
  // 240 squares know their root to 4.6 % (one deviation), and the fit is 1 to 2 % above the bound.
  EXPECT_NEAR(std::sqrt(squares / trials / least), 1.01, 0.12);
  EXPECT_NEAR(power / (2 * trials), 1, 0.02);
  // That of the worse axis.
  const double worse = std::max({bound(0, 0), bound(1, 1), bound(2, 2), bound(3, 3)});
  EXPECT_NEAR(std::sqrt(deviation / (2 * trials) / worse), 1, 0.1);
}

// Dipoles half a wavelength apart: what takes them for alone is off by 0.44 degrees, 8 times the bound, and
// root-MUSIC of C^-1 R C^-H by 1.07 times the bound.
TEST(ManifoldDirections, FinderOnCoupledDipoles) {
  const ManifoldScene scene = dipoles();
  const DirectionFinder finder = finder_of(scene, 0);
  const auto powers = scene.powers();
  const auto bound = stochastic_bound({.frequency_hz = doa_carrier_hz,
                                       .directions = scene.directions,
                                       .powers = powers.view(),
                                       .snapshots = 200,
                                       .manifold = scene.manifold.config()});
  const double least = bound(0, 0) + bound(1, 1);
  double squares = 0, blind_squares = 0, decoupled_squares = 0;
  const auto& coupling = scene.manifold.config().coupling;
  const Eigen::MatrixXcd inverse =
      Eigen::Map<const Eigen::Matrix<cf64, 8, 8, Eigen::RowMajor>>(coupling.data()).inverse();
  constexpr int trials = 200;
  for (int trial = 0; trial < trials; ++trial) {
    Random random(4, static_cast<std::uint64_t>(trial));
    const auto r = scene.sampled(200, random);
    const DirectionResult result = finder.find(r.view(), 200);
    ASSERT_EQ(result.verdict, Verdict::resolved) << trial;
    ASSERT_EQ(result.sources.size(), 2U);
    const auto error = [&](double angle_deg) {
      return std::pow(rad_from_deg(std::min(std::abs(angle_deg + 40), std::abs(angle_deg - 25))), 2);
    };
    for (const FoundSource& source : result.sources) squares += error(line_deg(source.direction));
    for (const double t : root_music({.elements = 8}, r.view(), 2).angles_rad) {
      blind_squares += error(deg_from_rad(t));
    }
    Eigen::MatrixXcd alone(8, 8);
    for (std::size_t i = 0; i < 8; ++i) {
      for (std::size_t k = 0; k < 8; ++k) alone(i, k) = r(i, k);
    }
    const auto decoupled = ManifoldScene::grid_of(inverse * alone * inverse.adjoint());
    for (const double t : root_music({.elements = 8}, decoupled.view(), 2).angles_rad) {
      decoupled_squares += error(deg_from_rad(t));
    }
    const DirectionFinder blind(
        {.geometry = scene.manifold.geometry(), .frequency_hz = doa_carrier_hz, .sources = 2});
    if (trial == 0) {
      EXPECT_EQ(blind.find(r.view(), 200).verdict, Verdict::unresolved);
    }
  }
  // 400 squares know their root to 3.5 % (one deviation).
  EXPECT_NEAR(std::sqrt(squares / trials / least), 1.01, 0.1);
  EXPECT_NEAR(std::sqrt(blind_squares / trials / least), 8.1, 0.4);
  EXPECT_NEAR(std::sqrt(decoupled_squares / trials / least), 1.07, 0.1);
}

// Found on every array, at the minimum of the likelihood as the array's own steering vectors have it.
TEST(ManifoldDirections, FitsEndAtTheMinimum) {
  for (const ManifoldScene& scene : scenes()) {
    Random random(5);
    const auto r = scene.sampled(50, random);
    const DirectionFit fit =
        deterministic_ml(scene.manifold, doa_carrier_hz, r.view(), scene.directions, scene.wave);
    ASSERT_TRUE(fit.converged);
    const double here = ml_cost(scene, fit.directions, r);
    EXPECT_NEAR(fit.cost / here, 1, 1e-9);
    EXPECT_LT(here, ml_cost(scene, scene.directions, r));
    const bool line = angles_per_direction(scene.manifold.geometry()) == 1;
    for (std::size_t i = 0; i < 2; ++i) {
      for (const Vec3 step : {Vec3{1, 0, 0}, Vec3{-1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, -1, 0}}) {
        if (line && step.y != 0) continue;
        for (const double length : {1e-5, 1e-3}) {
          std::vector<Vec3> beside = fit.directions;
          beside[i] = beside[i] + length * step;
          beside[i] = (1 / norm(beside[i])) * beside[i];
          EXPECT_GT(ml_cost(scene, beside, r), here);
        }
      }
    }
    // The three likelihoods agree far better than they are exact.
    const auto subspace =
        weighted_subspace_fit(scene.manifold, doa_carrier_hz, r.view(), 2, scene.directions, scene.wave);
    const auto stochastic =
        stochastic_ml(scene.manifold, doa_carrier_hz, r.view(), scene.directions, scene.wave);
    EXPECT_TRUE(subspace.converged && stochastic.converged);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_LT(norm(subspace.directions[i] - fit.directions[i]), 2e-3);
      EXPECT_LT(norm(stochastic.directions[i] - subspace.directions[i]), 2e-3);
    }
  }
}

// Slepian and Bangs: I_ij = K tr(R^-1 R_i R^-1 R_j) over angles, powers, cross power and noise, by
// differences of the covariance itself.
TEST(ManifoldDirections, BoundIsTheInverseOfTheInformation) {
  for (ManifoldScene scene : scenes()) {
    const auto angles = static_cast<Eigen::Index>(angles_per_direction(scene.manifold.geometry()));
    const Eigen::Index size = 2 * angles + 5;
    const auto moved = [&](Vec3 u, double first, double second) {
      Vec3 e1 = Vec3{1, 0, 0} - u.x * u;
      e1 = (1 / norm(e1)) * e1;
      const Vec3 v = u + first * e1 + second * cross(u, e1);
      return (1 / norm(v)) * v;
    };
    const auto covariance = [&](const Eigen::VectorXd& p) {
      ManifoldScene at = scene;
      for (Eigen::Index i = 0; i < 2; ++i) {
        Vec3& u = at.directions[static_cast<std::size_t>(i)];
        u = moved(u, p(angles * i), angles == 2 ? p(angles * i + 1) : 0);
      }
      const Eigen::Index o = 2 * angles;
      Eigen::Matrix2cd powers;
      powers << p(o), cf64(p(o + 1), p(o + 2)), cf64(p(o + 1), -p(o + 2)), p(o + 3);
      const Eigen::MatrixXcd a = at.steering();
      return Eigen::MatrixXcd(a * powers * a.adjoint() +
                              p(o + 4) * Eigen::MatrixXcd::Identity(a.rows(), a.rows()));
    };
    Eigen::VectorXd at = Eigen::VectorXd::Zero(size);
    at.tail(5) << 3, 0.8, -0.6, 2, 0.7;
    const Eigen::MatrixXcd inverse = covariance(at).inverse();
    std::vector<Eigen::MatrixXcd> slopes;
    for (Eigen::Index i = 0; i < size; ++i) {
      const Eigen::VectorXd step = 1e-5 * Eigen::VectorXd::Unit(size, i);
      slopes.emplace_back(inverse * (covariance(at + step) - covariance(at - step)) / 2e-5);
    }
    Eigen::MatrixXd information(size, size);
    for (Eigen::Index i = 0; i < size; ++i) {
      for (Eigen::Index k = 0; k < size; ++k) {
        information(i, k) =
            150 * (slopes[static_cast<std::size_t>(i)] * slopes[static_cast<std::size_t>(k)]).trace().real();
      }
    }
    const Eigen::MatrixXd expected = information.inverse();
    GridBuffer<cf64> powers(2, 2);
    powers(0, 0) = 3;
    powers(1, 1) = 2;
    powers(0, 1) = {0.8, -0.6};
    powers(1, 0) = {0.8, 0.6};
    const auto bound = stochastic_bound({.frequency_hz = doa_carrier_hz,
                                         .directions = scene.directions,
                                         .powers = powers.view(),
                                         .noise_power = 0.7,
                                         .snapshots = 150,
                                         .manifold = scene.manifold.config(),
                                         .wave = scene.wave});
    ASSERT_EQ(bound.rows(), static_cast<std::size_t>(2 * angles));
    for (Eigen::Index i = 0; i < 2 * angles; ++i) {
      for (Eigen::Index k = 0; k < 2 * angles; ++k) {
        // Differences of step 1e-5 are exact to 1e-9, their inverse to a little less.
        EXPECT_NEAR(bound(static_cast<std::size_t>(i), static_cast<std::size_t>(k)), expected(i, k),
                    1e-6 * std::sqrt(expected(i, i) * expected(k, k)));
      }
    }
  }
}

TEST(ManifoldDirections, PolarizedArrayFindsWhatItIsToldToLookFor) {
  ManifoldScene scene = patches();
  Random random(6);
  const auto r = scene.sampled(200, random);
  const DirectionResult result = finder_of(scene, 2).find(r.view(), 200);
  ASSERT_EQ(result.verdict, Verdict::resolved);
  for (const Vec3 u : scene.directions) {
    EXPECT_LT(std::min(norm(result.sources[0].direction - u), norm(result.sources[1].direction - u)), 0.02);
  }
  // Waves of another polarization do not explain these.
  scene.wave = Jones::rhcp();
  EXPECT_EQ(finder_of(scene, 2).find(r.view(), 200).verdict, Verdict::unresolved);
}

// Without patterns and coupling nothing changes but the rounding.
TEST(ManifoldDirections, IsotropicManifoldIsItsGeometry) {
  for (const Geometry& geometry : {Geometry::line(8, half), Geometry::circle(9, half)}) {
    const ManifoldScene scene{.manifold = Manifold(geometry), .directions = {on_line(-20), on_line(15)}};
    Random random(7);
    const auto r = scene.sampled(200, random);
    const DirectionResult one = finder_of(scene, 2).find(r.view(), 200);
    const DirectionResult other =
        DirectionFinder({.geometry = geometry, .frequency_hz = doa_carrier_hz, .sources = 2})
            .find(r.view(), 200);
    ASSERT_EQ(one.verdict, Verdict::resolved);
    ASSERT_EQ(other.verdict, Verdict::resolved);
    for (const FoundSource& source : one.sources) {
      const bool first = norm(source.direction - other.sources[0].direction) < 0.1;
      const FoundSource& same = other.sources[first ? 0 : 1];
      EXPECT_LT(norm(source.direction - same.direction), 1e-6);
      EXPECT_NEAR(source.deviation_rad / same.deviation_rad, 1, 1e-6);
      EXPECT_NEAR(source.power / same.power, 1, 1e-6);
    }
    const auto powers = scene.powers();
    const BoundScene plain{.geometry = geometry,
                           .frequency_hz = doa_carrier_hz,
                           .directions = scene.directions,
                           .powers = powers.view(),
                           .snapshots = 200};
    BoundScene with = plain;
    with.geometry = {};
    with.manifold = scene.manifold.config();
    EXPECT_NEAR(deterministic_bound(with)(0, 0) / deterministic_bound(plain)(0, 0), 1, 1e-7);
  }
}

// A wave that no port hears: steering vectors of nothing but rounding.
TEST(ManifoldDirections, WhatNoPortHearsIsNoDirection) {
  const Geometry square = Geometry::rectangle(3, 3, half, half);
  const Manifold deaf({.geometry = square, .ports = {Jones::rhcp()}});
  SpatialSpectrum spectrum({.frequency_hz = doa_carrier_hz,
                            .grid = SearchGrid::line(-1, 1, 21),
                            .manifold = deaf.config(),
                            .wave = Jones::lhcp()});
  ManifoldScene scene{.manifold = deaf, .directions = {on_line(10)}};
  Random random(8);
  const auto r = scene.sampled(100, random);
  std::vector<float> s(spectrum.size());
  SpectrumPeak peaks[3];
  ASSERT_TRUE(spectrum.bartlett(r.view(), s));
  for (const float x : s) EXPECT_EQ(x, 0);
  for (const bool capon : {false, true}) {
    ASSERT_TRUE(capon ? spectrum.capon(r.view(), 0, s) : spectrum.music(r.view(), s));
    for (const float x : s) EXPECT_EQ(x, 0);
    EXPECT_EQ(spectrum.peaks(s, peaks), 0U);
  }
  scene.wave = Jones::lhcp();
  EXPECT_NE(finder_of(scene, 1).find(r.view(), 100).verdict, Verdict::resolved);
  const auto powers = scene.powers();
  EXPECT_EQ(stochastic_bound({.frequency_hz = doa_carrier_hz,
                              .directions = scene.directions,
                              .powers = powers.view(),
                              .snapshots = 100,
                              .manifold = deaf.config(),
                              .wave = Jones::lhcp()})(0, 0),
            std::numeric_limits<double>::infinity());
}

TEST(ManifoldDirections, RefusesAGeometryBesideIt) {
  const Manifold manifold = dipoles().manifold;
  DirectionFinder::Config finder{.frequency_hz = doa_carrier_hz, .manifold = manifold.config()};
  EXPECT_NO_THROW(DirectionFinder{finder});
  finder.geometry = manifold.geometry();
  EXPECT_THROW(DirectionFinder{finder}, ConfigError);
  finder.geometry = {};
  finder.wave = {0, 0};
  EXPECT_THROW(DirectionFinder{finder}, ConfigError);
  SpatialSpectrum::Config spectrum{
      .frequency_hz = doa_carrier_hz, .grid = SearchGrid::line(-1, 1, 5), .manifold = manifold.config()};
  EXPECT_NO_THROW(SpatialSpectrum{spectrum});
  spectrum.geometry = manifold.geometry();
  EXPECT_THROW(SpatialSpectrum{spectrum}, ConfigError);
  spectrum.geometry = {};
  spectrum.manifold->coupling.resize(5);
  EXPECT_THROW(SpatialSpectrum{spectrum}, ConfigError);
}

// Where the origin is does not count: differences that are taken between steering vectors of elements a
// hundred kilometers away would be rounding.
TEST(ManifoldDirections, OfElementsFarFromTheOrigin) {
  const array::Geometry here = array::Geometry::rectangle(4, 4, doa_wavelength_m / 2, doa_wavelength_m / 2);
  array::Geometry there = here;
  for (Vec3& r : there.positions_m) r = r + Vec3{100e3, -200e3, 50e3};
  const Vec3 direction = on_line(20);
  GridBuffer<cf64> powers(1, 1);
  powers(0, 0) = 1;
  const auto bound = [&](const array::Geometry& geometry) {
    return stochastic_bound({.frequency_hz = doa_carrier_hz,
                             .directions = std::span(&direction, 1),
                             .powers = powers.view(),
                             .snapshots = 200,
                             .manifold = Manifold::Config{.geometry = geometry}});
  };
  const GridBuffer<double> near = bound(here);
  const GridBuffer<double> far = bound(there);
  // Cosines of a direction that is rounded to 1e-16, of 1e5 radians.
  for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(far(i, i) / near(i, i), 1, 1e-4);
}

}  // namespace
}  // namespace boresight::doa
