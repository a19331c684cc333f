#include "doa/direction_search.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

#include "boresight/doa/source_count.h"
#include "doa/chi_squared.h"

namespace boresight::doa {
namespace {

using Eigen::Index;
using Eigen::MatrixXcd;

constexpr std::size_t around = 8;  // points of a circle around a direction
constexpr int most_restarts = 4;

/// The largest angle between directions of two sets of equal size that belong together: the nearest pair is
/// matched first, then the next.
double set_distance(std::vector<Vec3> a, std::vector<Vec3> b) {
  double largest = 0;
  while (!a.empty()) {
    std::size_t best_a = 0, best_b = 0;
    double nearest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < a.size(); ++i) {
      for (std::size_t k = 0; k < b.size(); ++k) {
        const double angle = angle_between(a[i], b[k]);
        if (angle < nearest) {
          nearest = angle;
          best_a = i;
          best_b = k;
        }
      }
    }
    largest = std::max(largest, nearest);
    a.erase(a.begin() + static_cast<std::ptrdiff_t>(best_a));
    b.erase(b.begin() + static_cast<std::ptrdiff_t>(best_b));
  }
  return largest;
}

/// A step below the horizon comes up again: what has elements in a plane cannot tell the two.
Vec3 in_the_sky(Vec3 u) {
  return {u.x, u.y, std::abs(u.z)};
}

}  // namespace

DirectionFinder::Search::Search(const Config& c)
    : config(c), model(c.geometry, c.manifold, c.wave, c.frequency_hz), extent(extent_of(model.geometry())) {
  line = uniform_line();
  // A quarter of a beam apart in direction cosines.
  double widest_m = 0;
  for (const Vec3& a : model.geometry().positions_m) {
    for (const Vec3& b : model.geometry().positions_m) widest_m = std::max(widest_m, norm(a - b));
  }
  const double wavelengths = widest_m * model.wavenumber_rad_m() / (2 * pi);
  const auto steps = static_cast<int>(std::ceil(4 * std::clamp(wavelengths, 1.0, 16.0)));
  const int across = model.axes() == 2 ? steps : 0;
  for (int i = -steps; i <= steps; ++i) {
    for (int k = -across; k <= across; ++k) {
      const Vec3 along = ((i * 0.999) / steps) * model.lean();
      const Vec3 flat = along + Vec3{0, across > 0 ? (k * 0.999) / across : 0, 0};
      const double rest = 1 - dot(flat, flat);
      if (rest > 0) sky.push_back({flat.x, flat.y, std::sqrt(rest)});
    }
  }
  if (extent.dimensions == 3) {
    // What stands up sees the horizon as sharply as the zenith: rings as far apart as their points.
    sky.clear();
    for (int ring = 0; 2 * ring < pi * steps; ++ring) {
      const double off = static_cast<double>(ring) / steps;
      const int points = std::max(1, static_cast<int>(std::ceil(2 * pi * std::sin(off) * steps)));
      for (int i = 0; i < points; ++i) {
        const double azimuth = 2 * pi * i / points;
        sky.push_back({std::sin(off) * std::cos(azimuth), std::sin(off) * std::sin(azimuth), std::cos(off)});
      }
    }
  }
  // Direction cosines leave gaps at the horizon, where an array with half a wavelength between elements sees
  // both ends.
  const int rim = across > 0 ? static_cast<int>(std::ceil(2 * pi * steps)) : 0;
  for (int i = 0; i < rim; ++i) {
    const double azimuth = 2 * pi * i / rim;
    sky.push_back({0.9998 * std::cos(azimuth), 0.9998 * std::sin(azimuth), 0.02});
  }
  sky_steering = model.steering(sky);
}

std::optional<LineArray> DirectionFinder::Search::uniform_line() const {
  const std::vector<Vec3>& r = model.geometry().positions_m;
  if (model.axes() != 1 || !model.isotropic()) return {};
  const double step = dot(r[1] - r[0], model.lean());
  const double spacing = step * model.wavenumber_rad_m() / (2 * pi);
  for (std::size_t e = 0; e < r.size(); ++e) {
    if (std::abs(dot(r[e] - r[0], model.lean()) - static_cast<double>(e) * step) > 1e-6) return {};
  }
  if (!(spacing > 0 && spacing <= 0.5 + 1e-9)) return {};
  return LineArray{.elements = r.size(), .spacing_wavelengths = spacing};
}

/// What MDL counts, less the last ones while the eigenvalues from there on could all be noise: likelihood
/// ratio of sphericity with Bartlett's factor for complex data (Muirhead 1982, section 8.3).
std::size_t DirectionFinder::Search::dimension(const Eigenspace& space, double snapshots) const {
  const auto values = space.values();
  std::size_t count = source_count(values, snapshots);
  for (; count > 0; --count) {
    const auto p = static_cast<double>(values.size() - count + 1);
    double sum = 0, log_sum = 0;
    for (std::size_t i = count - 1; i < values.size(); ++i) {
      sum += values[i];
      log_sum += std::log(values[i]);
    }
    const double effective = snapshots - static_cast<double>(count - 1) - (2 * p * p + 1) / (6 * p);
    const double ratio = 2 * effective * (p * std::log(sum / p) - log_sum);
    if (ratio > chi_squared_threshold(p * p - 1, config.false_accept_rate)) break;
  }
  return count;
}

/// The best of two minima: from root-MUSIC, where there is a line for it, and from directions found one after
/// the other (Ziskind and Wax 1988).
std::vector<Vec3> DirectionFinder::Search::best_fit(const SubspaceFit& fit, Grid<const cf64> covariance,
                                                    std::size_t sources, double& cost) const {
  std::vector<std::vector<Vec3>> starts(1);
  for (std::size_t i = 0; i < sources; ++i) {
    const Eigen::VectorXd costs = fit.cost_with(starts[0], sky_steering);
    Index best = 0;
    costs.minCoeff(&best);
    Vec3 u = sky[static_cast<std::size_t>(best)];
    // No two the same, from which no step leads away.
    for (const Vec3& other : starts[0]) {
      if (angle_between(u, other) < 1e-6) {
        u = model.moved(u, dot(u, model.lean()) > 0 ? -0.01 : 0.01, 0);
      }
    }
    starts[0].push_back(u);
    fit.descend(starts[0]);
  }
  if (line) {
    const LineAngles roots = root_music(*line, covariance, sources);
    if (roots.missing == 0) {
      std::vector<Vec3> start;
      for (const double angle : roots.angles_rad) {
        const double inside = std::clamp(angle, -1.56, 1.56);
        start.push_back(std::sin(inside) * model.lean() + Vec3{0, 0, std::cos(inside)});
      }
      starts.push_back(start);
    }
  }
  std::vector<Vec3> best;
  cost = std::numeric_limits<double>::infinity();
  for (std::vector<Vec3>& start : starts) {
    const double reached = fit.descend(start).cost;
    if (reached < cost) {
      cost = reached;
      best = start;
    }
  }
  return best;
}

/// Steps of the tolerance away from direction i, in pairs of opposite ones: a ring, and the way along which
/// the data say least, which on a long array the ring could miss.
std::vector<std::array<double, 2>> DirectionFinder::Search::at_tolerance(const SubspaceFit& fit,
                                                                         const std::vector<Vec3>& directions,
                                                                         std::size_t i) const {
  const double tolerance = config.tolerance_rad;
  if (model.axes() == 1) return {{tolerance, 0}, {-tolerance, 0}};
  std::vector<std::array<double, 2>> steps;
  const auto add = [&](double first, double second) {
    steps.push_back({tolerance * first, tolerance * second});
    steps.push_back({-tolerance * first, -tolerance * second});
  };
  for (std::size_t p = 0; p < around / 2; ++p) {
    const double turn = 2 * pi * static_cast<double>(p) / around;
    add(std::cos(turn), std::sin(turn));
  }
  std::vector<Vec3> here = directions;
  const Eigen::MatrixXd curvature = fit.descend(here).curvature;
  const Eigen::MatrixXd variance =
      curvature.ldlt().solve(Eigen::MatrixXd::Identity(curvature.rows(), curvature.cols()));
  const auto row = static_cast<Index>(2 * i);
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix2d> ellipse(variance.block<2, 2>(row, row));
  const Eigen::Vector2d longest = ellipse.eigenvectors().col(1);
  if (longest.allFinite()) add(longest(0), longest(1));
  return steps;
}

/// Whether there is no more power than noise where a second source near one of the directions would bring it,
/// or the direction be off: along the change of the steering vector with direction, off the fitted ones. The
/// ratio to the mean of the rest is F of 2 K over 2 K m degrees where there is noise alone, and 1 + lambda of
/// that with lambda = 2 p |d|^2 (apart / 2)^2 / noise for two sources of power p.
bool DirectionFinder::Search::nothing_beside(const std::vector<Vec3>& directions, const MatrixXcd& factor,
                                             double signal_power, double snapshots) const {
  const MatrixXcd a = model.steering(directions);
  const MatrixXcd d = model.derivatives(directions, a);
  const Index n = a.rows(), m = n - a.cols() - 1;
  if (m < 1) return true;
  const Eigen::ColPivHouseholderQR<MatrixXcd> qr(a);
  const MatrixXcd q = qr.householderQ() * MatrixXcd::Identity(n, a.cols());
  const MatrixXcd off = d - q * (q.adjoint() * d);
  const MatrixXcd rest = factor - q * (q.adjoint() * factor);
  const double power = rest.squaredNorm();
  const Index turns = model.axes() == 2 ? static_cast<Index>(around / 2) : 1;
  const double rate = config.false_reject_rate / static_cast<double>(turns * a.cols());
  const double most = ratio_threshold(2 * snapshots, 2 * snapshots * static_cast<double>(m), rate);
  // What wrong steering vectors leave in one direction is exponential.
  const double calibration = -std::log(rate) * config.calibration_error * config.calibration_error *
                             signal_power / static_cast<double>(n);
  for (Index i = 0; i < a.cols(); ++i) {
    for (Index turn = 0; turn < turns; ++turn) {
      const double angle = pi * static_cast<double>(turn) / static_cast<double>(turns);
      Eigen::VectorXcd along = std::cos(angle) * off.col(model.axes() * i);
      if (turns > 1) along += std::sin(angle) * off.col(model.axes() * i + 1);
      const double length = along.squaredNorm();
      if (!(length > 0)) continue;
      const double beside = (along.adjoint() * rest).squaredNorm() / length;
      const double noise = (power - beside) / static_cast<double>(m);
      if (beside > most * noise + calibration) return false;
    }
  }
  return true;
}

/// False when a set of directions that is off by more than the tolerance has a cost below the best one and
/// `threshold`. A better set that turns up becomes the set.
bool DirectionFinder::Search::unique(const SubspaceFit& fit, std::vector<Vec3>& directions, double& cost,
                                     double threshold) const {
  const double tolerance = config.tolerance_rad;
  for (int restart = 0; restart < most_restarts; ++restart) {
    bool moved_on = false;
    const auto contradicts = [&](std::vector<Vec3> other, std::uint64_t held) {
      const double reached = fit.descend(other, held).cost;
      if (reached >= cost + threshold) return false;
      if (reached < cost - 1e-9 * threshold && held == 0) {
        directions = other;
        cost = reached;
        moved_on = true;
        return false;
      }
      return set_distance(other, directions) > 0.95 * tolerance;
    };
    for (std::size_t i = 0; i < directions.size() && !moved_on; ++i) {
      // Behind the plane of the elements everything looks the same; the candidates of the sky may all lie in
      // the wide valley of a direction near that plane.
      if (extent.dimensions == 2) {
        const Vec3 behind = directions[i] - (2 * dot(directions[i], extent.normal)) * extent.normal;
        std::vector<Vec3> other = directions;
        other[i] = behind;
        if (behind.z > 0 && contradicts(other, 0)) return false;
        if (moved_on) break;
      }
      // Anywhere in the sky: the best candidates that are not near any of the set, each from another valley.
      // A line of half wavelengths has no second one as deep; arrays of few elements far apart have many, and
      // which is the deepest the grid does not tell.
      const int valleys = line ? 2 : extent.dimensions < 3 ? 16 : 64;
      std::vector<Vec3> others = directions;
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
      Eigen::VectorXd costs = fit.cost_with(others, sky_steering);
      for (int attempt = 0; attempt < valleys && !moved_on; ++attempt) {
        Index best = -1;
        for (Index g = 0; g < costs.size(); ++g) {
          if (best >= 0 && costs(g) >= costs(best)) continue;
          const Vec3 u = sky[static_cast<std::size_t>(g)];
          const bool near = std::ranges::any_of(
              directions, [&](const Vec3& known) { return angle_between(u, known) < tolerance; });
          if (!near) best = g;
        }
        if (best < 0) break;
        const Vec3 candidate = sky[static_cast<std::size_t>(best)];
        std::vector<Vec3> other = directions;
        other[i] = candidate;
        if (contradicts(other, 0)) return false;
        // The next one from another valley.
        for (Index g = 0; g < costs.size(); ++g) {
          if (angle_between(sky[static_cast<std::size_t>(g)], candidate) < 2 * tolerance) {
            costs(g) = std::numeric_limits<double>::infinity();
          }
        }
      }
    }
    if (moved_on) continue;
    for (std::size_t i = 0; i < directions.size(); ++i) {
      for (const auto& [first, second] : at_tolerance(fit, directions, i)) {
        std::vector<Vec3> other = directions;
        other[i] = in_the_sky(model.moved(directions[i], first, second));
        if (contradicts(other, std::uint64_t{1} << i)) return false;
      }
    }
    return true;
  }
  return false;
}

/// Whether no direction is the middle of two sources, each beyond the tolerance, which look like one.
bool DirectionFinder::Search::single(const SubspaceFit& fit, const std::vector<Vec3>& directions, double cost,
                                     double threshold, const MatrixXcd& factor, double noise_power,
                                     double snapshots) const {
  const MatrixXcd a = model.steering(directions);
  for (std::size_t i = 0; i < directions.size(); ++i) {
    const auto steps = at_tolerance(fit, directions, i);
    for (std::size_t p = 0; p + 1 < steps.size(); p += 2) {
      const Vec3 one = model.moved(directions[i], steps[p][0], steps[p][1]);
      const Vec3 other = model.moved(directions[i], steps[p + 1][0], steps[p + 1][1]);
      if (!(one.z > 0 && other.z > 0)) continue;
      if (!pair_is_refuted(factor, a, i, one, other, noise_power, snapshots)) return false;
      if (!config.coherent) continue;
      std::vector<Vec3> with_pair = directions;
      with_pair[i] = one;
      with_pair.push_back(other);
      if (with_pair.size() >= static_cast<std::size_t>(a.rows())) return false;
      const std::uint64_t held = (std::uint64_t{1} << i) | (std::uint64_t{1} << directions.size());
      if (fit.descend(with_pair, held).cost < cost + threshold) return false;
    }
  }
  return true;
}

/// The likelihoods of R with source i as found, and with its waveform split over two independent ones that
/// both are as correlated with the others. By Markov's inequality a true pair loses by a factor of 1/rate in
/// at most `rate` of all cases.
bool DirectionFinder::Search::pair_is_refuted(const MatrixXcd& factor, const MatrixXcd& a, std::size_t i,
                                              Vec3 one, Vec3 other, double noise_power,
                                              double snapshots) const {
  const Index n = a.rows();
  const auto column = static_cast<Index>(i);
  const auto cost_of = [&](const MatrixXcd& c) {
    const Eigen::LLT<MatrixXcd> factored(c);
    if (factored.info() != Eigen::Success) return std::numeric_limits<double>::infinity();
    const double log_det = 2 * factored.matrixLLT().diagonal().real().array().log().sum();
    return snapshots * (log_det + factored.matrixL().solve(factor).squaredNorm());
  };
  // P = A^+ (R - s I) A^+H, made positive.
  const auto qr = a.colPivHouseholderQr();
  const MatrixXcd waveforms = qr.solve(factor);
  const MatrixXcd gains = qr.solve(MatrixXcd::Identity(n, n));
  const Eigen::SelfAdjointEigenSolver<MatrixXcd> powers(waveforms * waveforms.adjoint() -
                                                        noise_power * gains * gains.adjoint());
  const MatrixXcd root = powers.eigenvectors() * powers.eigenvalues().cwiseMax(0).cwiseSqrt().asDiagonal();
  const MatrixXcd white = noise_power * MatrixXcd::Identity(n, n);
  const MatrixXcd found = a * root;
  const double as_found = cost_of(found * found.adjoint() + white);
  const double power = root.row(column).squaredNorm();
  Eigen::VectorXcd first(n), second(n);
  model.steer(one, first);
  model.steer(other, second);
  double best = std::numeric_limits<double>::infinity();
  for (const double share : {0.35, 0.5, 0.65}) {
    for (const double gain : {0.9, 1.0, 1.1, 1.25}) {
      MatrixXcd split = a;
      split.col(column) = std::sqrt(gain) * (share * first + (1 - share) * second);
      const MatrixXcd common = split * root;
      const Eigen::VectorXcd apart = std::sqrt(gain * power * share * (1 - share)) * (first - second);
      best = std::min(best, cost_of(common * common.adjoint() + apart * apart.adjoint() + white));
    }
  }
  return best - as_found >= -std::log(config.false_accept_rate);
}

}  // namespace boresight::doa
