#include "boresight/doa/direction_finder.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "doa/chi_squared.h"
#include "doa/direction_search.h"
#include "doa/signal_factor.h"
#include "doa/steering_model.h"

namespace boresight::doa {
namespace {

using Eigen::Index;
using Eigen::MatrixXcd;

constexpr double singular = 1e-12;  // smallest eigenvalue over the mean one

}  // namespace

DirectionFinder::DirectionFinder(const Config& config) {
  const SteeringModel model(config.geometry, config.manifold, config.wave, config.frequency_hz);
  const auto elements = static_cast<std::size_t>(model.elements());
  require(elements >= 3 && elements <= 64,
          "direction finder: " + std::to_string(elements) + " elements, must be 3 to 64");
  require(config.sources < elements, "direction finder: " + std::to_string(config.sources) +
                                         " sources with " + std::to_string(elements) +
                                         " elements, must be 0 to one less than elements");
  const Extent extent = extent_of(model.geometry());
  require(extent.dimensions != 1 || !extent.leans,
          "direction finder: a line that leans " + std::to_string(deg_from_rad(std::asin(extent.line.z))) +
              " degrees out of the x-y plane, must be 0: its cones about the line do not tell directions");
  require(extent.dimensions != 2 || std::abs(extent.normal.z) > 1e-3,
          "direction finder: elements in a plane that holds the z axis see the same on both its sides; the "
          "plane must cross the z axis");
  const auto check = [](const char* name, double value, double least, double most) {
    require(value >= least && value <= most, std::string("direction finder: ") + name + " " +
                                                 std::to_string(value) + " must be " + std::to_string(least) +
                                                 " to " + std::to_string(most));
  };
  check("tolerance_rad", config.tolerance_rad, 1e-6, pi / 4);
  check("false_accept_rate", config.false_accept_rate, 1e-12, 0.1);
  check("false_reject_rate", config.false_reject_rate, 1e-12, 0.1);
  check("calibration_error", config.calibration_error, 0, 1);
  search_ = std::make_unique<const Search>(config);
}
DirectionFinder::~DirectionFinder() = default;
DirectionFinder::DirectionFinder(DirectionFinder&&) noexcept = default;
DirectionFinder& DirectionFinder::operator=(DirectionFinder&&) noexcept = default;

std::size_t DirectionFinder::channels() const {
  return static_cast<std::size_t>(search_->model.elements());
}

DirectionResult DirectionFinder::find(Grid<const cf64> covariance, double snapshots) const {
  const Search& search = *search_;
  const Config& config = search.config;
  const std::size_t elements = channels();
  BORESIGHT_ASSERT(covariance.rows() == elements && covariance.columns() == elements);
  DirectionResult out;
  const auto n = static_cast<double>(elements);
  Eigenspace space({.elements = elements, .vectors = elements});
  if (!(snapshots >= 2 * n) || !std::isfinite(snapshots) || !space.compute(covariance)) return out;
  double total = 0;
  for (const double value : space.values()) total += value;
  // One strong source on good channels leaves eigenvalues far below the mean: 80 dB is all right.
  if (!(space.values().back() > singular * total / n)) return out;

  out.signal_dimension = search.dimension(space, snapshots);
  if (out.signal_dimension == 0) {
    out.verdict = Verdict::no_source;
    out.noise_power = total / n;
    return out;
  }
  out.verdict = Verdict::unresolved;
  const bool counting = config.sources == 0;
  const std::size_t dimension =
      counting ? out.signal_dimension : std::min(out.signal_dimension, config.sources);
  const SignalFactor signal = signal_factor(covariance, dimension);
  out.noise_power = signal.noise_power;
  const SubspaceFit fit(search.model, signal.factor);
  const double unit = 2 * snapshots / signal.noise_power;
  const auto axes = static_cast<double>(search.model.axes());
  // What wrong steering vectors add to V: their part off the fitted ones.
  const double calibration = unit * config.calibration_error * config.calibration_error;

  std::vector<Vec3> directions;
  double cost = 0;
  std::size_t sources = counting ? dimension : config.sources;
  double freedom = 0;
  for (;; ++sources) {
    const auto k = static_cast<double>(sources);
    freedom = 2 * static_cast<double>(dimension) * (n - k) - axes * k;
    if (sources >= elements || freedom <= 0) {
      out.doubt = Doubt::signal;
      out.guess = directions;
      return out;
    }
    directions = search.best_fit(fit, covariance, sources, cost);
    out.misfit = unit * std::max(0.0, cost);
    out.misfit_limit = chi_squared_threshold(freedom, config.false_reject_rate) +
                       2 * calibration * signal.factor.squaredNorm() * (n - k) / n;
    if (out.misfit <= out.misfit_limit || !counting) break;
  }
  const MatrixXcd factor = full_factor(covariance);
  if (!(out.misfit <= out.misfit_limit) ||
      !search.nothing_beside(directions, factor, signal.factor.squaredNorm(), snapshots)) {
    out.doubt = Doubt::model;
    out.guess = directions;
    return out;
  }
  // Where the misfit is more than noise explains, so are the differences.
  const double spread = std::max(1.0, out.misfit / freedom);
  const double threshold = chi_squared_threshold(axes, config.false_accept_rate) * spread / unit;
  bool unique = search.unique(fit, directions, cost, threshold);
  out.misfit = unit * std::max(0.0, cost);
  if (unique && counting) {
    unique = search.single(fit, directions, cost, threshold, factor, out.noise_power, snapshots);
  }
  if (!unique) {
    out.doubt = Doubt::unique;
    out.guess = directions;
    return out;
  }

  // Powers by least squares: A^+ (R - s I) A^+H. Variances: the inverse of the curvature of K V / s.
  const SubspaceFit::Result last = fit.descend(directions);
  const MatrixXcd a = search.model.steering(directions);
  const auto qr = a.colPivHouseholderQr();
  const MatrixXcd waveforms = qr.solve(factor);
  const MatrixXcd gains = qr.solve(MatrixXcd::Identity(a.rows(), a.rows()));
  const Index m = search.model.axes();
  Eigen::MatrixXd variance(last.curvature.rows(), last.curvature.cols());
  variance = last.curvature.ldlt().solve(Eigen::MatrixXd::Identity(variance.rows(), variance.cols())) *
             (2 * spread / unit);
  for (std::size_t i = 0; i < sources; ++i) {
    const auto row = static_cast<Index>(i);
    const Eigen::MatrixXd block = variance.block(m * row, m * row, m, m);
    const double worst = block.selfadjointView<Eigen::Lower>().eigenvalues().maxCoeff();
    if (!(worst >= 0) || !std::isfinite(worst)) {
      out.sources.clear();
      out.doubt = Doubt::unique;
      out.guess = directions;
      return out;
    }
    const double power = (waveforms.row(row).squaredNorm() - out.noise_power * gains.row(row).squaredNorm()) /
                         search.model.gain(directions[i]);
    out.sources.push_back({directions[i], std::sqrt(worst), std::max(0.0, power)});
  }
  out.verdict = Verdict::resolved;
  return out;
}

}  // namespace boresight::doa
