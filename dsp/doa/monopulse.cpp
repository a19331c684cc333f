#include "boresight/doa/monopulse.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "doa/manifold.h"

namespace boresight::doa {
namespace {

using Eigen::Index;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double squint_in_beams = 0.35;  // of wavelength / aperture: beams cross 2 dB below their peaks

Vec3 from_cosines(double x, double y) {
  const double across = x * x + y * y;
  if (across <= 1) return {x, y, std::sqrt(1 - across)};
  const double scale = 1 / std::sqrt(across);
  return {scale * x, scale * y, 0};
}

}  // namespace

struct Monopulse::Workspace {
  explicit Workspace(const Config& config)
      : kind(config.kind),
        manifold(config.geometry, config.frequency_hz),
        sum(manifold.elements()),
        first(manifold.elements()),
        second(manifold.elements()),
        product(manifold.elements()) {
    const std::vector<Vec3>& r = manifold.geometry().positions_m;
    for (const Vec3& position : r) center = center + (1 / static_cast<double>(r.size())) * position;
    axes[0] = axis_of([](Vec3 v) { return v.x; });
    axes[1] = axis_of([](Vec3 v) { return v.y; });
  }

  struct Axis {
    double extent_m = 0;      // largest coordinate less smallest, and an element's share
    double separation_m = 0;  // of the centers of the halves
    std::size_t half = 0;     // elements in the smaller half
  };
  template <typename Coordinate>
  Axis axis_of(const Coordinate& coordinate) const {
    Axis axis;
    double least = infinity, most = -infinity, low = 0, high = 0;
    std::size_t low_count = 0, high_count = 0;
    for (const Vec3& r : manifold.geometry().positions_m) {
      const double x = coordinate(r) - coordinate(center);
      least = std::min(least, x);
      most = std::max(most, x);
      if (x < -1e-9) {
        low += x;
        ++low_count;
      } else if (x > 1e-9) {
        high += x;
        ++high_count;
      }
    }
    if (low_count == 0 || high_count == 0) return axis;
    axis.extent_m = most - least;
    axis.separation_m = high / static_cast<double>(high_count) - low / static_cast<double>(low_count);
    axis.half = std::min(low_count, high_count);
    return axis;
  }

  double form(Grid<const cf64> r, const Eigen::VectorXcd& left, const Eigen::VectorXcd& right,
              double& imaginary);
  void by_phase(Grid<const cf64> r, double snapshots, std::size_t axis, double snr, double& error,
                double& variance) noexcept;
  void by_amplitude(Grid<const cf64> r, double snapshots, Vec3 look, std::size_t axis, double snr,
                    double noise, double& error, double& variance) noexcept;

  MonopulseKind kind;
  Manifold manifold;
  Vec3 center;
  Axis axes[2];
  Eigen::VectorXcd sum, first, second, product;
};

/// left^H R right.
double Monopulse::Workspace::form(Grid<const cf64> r, const Eigen::VectorXcd& left,
                                  const Eigen::VectorXcd& right, double& imaginary) {
  double re = 0, im = 0;
  for (Index i = 0; i < left.size(); ++i) {
    const auto row = r.row(static_cast<std::size_t>(i));
    double row_re = 0, row_im = 0;
    for (Index k = 0; k < right.size(); ++k) {
      const cf64 q = row[static_cast<std::size_t>(k)];
      row_re += q.real() * right(k).real() - q.imag() * right(k).imag();
      row_im += q.real() * right(k).imag() + q.imag() * right(k).real();
    }
    re += left(i).real() * row_re + left(i).imag() * row_im;
    im += left(i).real() * row_im - left(i).imag() * row_re;
  }
  imaginary = im;
  return re;
}

/// With SNR s of one half, the phase of K averaged products has the variance (1/s + 1/(2 s^2)) / K.
void Monopulse::Workspace::by_phase(Grid<const cf64> r, double snapshots, std::size_t axis, double snr,
                                    double& error, double& variance) noexcept {
  first.setZero();
  second.setZero();
  for (Index e = 0; e < sum.size(); ++e) {
    const Vec3 position = manifold.geometry().positions_m[static_cast<std::size_t>(e)] - center;
    const double along = axis == 0 ? position.x : position.y;
    if (along < -1e-9) first(e) = sum(e);
    if (along > 1e-9) second(e) = sum(e);
  }
  double im = 0;
  const double re = form(r, second, first, im);
  // For a source at u the upper half leads by k separation (u - look).
  const double scale = manifold.wavenumber_rad_m() * axes[axis].separation_m;
  error = std::atan2(im, re) / scale;
  const double half_snr = static_cast<double>(axes[axis].half) * snr;
  variance =
      half_snr > 0 ? (1 / half_snr + 1 / (2 * half_snr * half_snr)) / snapshots / (scale * scale) : infinity;
}

void Monopulse::Workspace::by_amplitude(Grid<const cf64> r, double snapshots, Vec3 look, std::size_t axis,
                                        double snr, double noise, double& error, double& variance) noexcept {
  const double n = static_cast<double>(sum.size());
  const double wavelengths = axes[axis].extent_m * manifold.wavenumber_rad_m() / (2 * pi);
  // Squinted in direction cosines, past the horizon too: phases need no direction to exist.
  const double squint = squint_in_beams / std::max(wavelengths * n / (n - 1), 0.5);
  const Vec3 shift = axis == 0 ? Vec3{squint, 0, 0} : Vec3{0, squint, 0};
  manifold.steer(look - shift, first);
  manifold.steer(look + shift, second);
  double ignored = 0;
  const double p1 = form(r, first, first, ignored) - n * noise;
  const double p2 = form(r, second, second, ignored) - n * noise;
  // Of a source at `look`: g = a^H a_2, its derivative along the axis, and the slope of the difference.
  cf64 g = 0, slope_of_g = 0;
  double gain_1 = 0;
  manifold.steer(look, product);
  for (Index e = 0; e < sum.size(); ++e) {
    const Vec3 position = manifold.geometry().positions_m[static_cast<std::size_t>(e)] - center;
    const double along = manifold.wavenumber_rad_m() * (axis == 0 ? position.x : position.y);
    const cf64 t = std::conj(second(e)) * product(e);
    g += t;
    slope_of_g += cf64(0, along) * t;
  }
  gain_1 = std::norm(g);
  const double slope = 2 * (std::conj(g) * slope_of_g).real() / gain_1;  // of ln P2; ln P1 falls as fast
  const double total = p1 + p2;
  if (!(total > 0) || !(slope > 0)) return;
  // (P2 - P1) / (P2 + P1) = tanh of half the difference of the logarithms.
  const double ratio = std::clamp((p2 - p1) / total, -0.99, 0.99);
  error = std::atanh(ratio) / slope;
  // Each power varies by (S + N)^2 / K; what is common, the signal, divides out.
  const double beam_snr = gain_1 / n * snr;
  const double overlap = [&] {
    cf64 inner = 0;
    for (Index e = 0; e < sum.size(); ++e) inner += std::conj(first(e)) * second(e);
    return std::abs(inner) / n;
  }();
  variance = beam_snr > 0 ? ((1 - overlap) / beam_snr + (1 - overlap * overlap) / (2 * beam_snr * beam_snr)) /
                                (snapshots * slope * slope)
                          : infinity;
}

Monopulse::Monopulse(const Config& config) {
  config.geometry.check();
  const std::size_t elements = config.geometry.elements();
  require(elements >= 4, "monopulse: " + std::to_string(elements) + " elements, must be at least 4");
  work_ = std::make_unique<Workspace>(config);
  require(work_->axes[0].half > 0, "monopulse: the elements are not spread along x");
}
Monopulse::~Monopulse() = default;
Monopulse::Monopulse(Monopulse&&) noexcept = default;
Monopulse& Monopulse::operator=(Monopulse&&) noexcept = default;

bool Monopulse::two_axes() const {
  return work_->axes[1].half > 0;
}

MonopulseError Monopulse::measure(Grid<const cf64> covariance, double snapshots, Vec3 look) noexcept {
  Workspace& work = *work_;
  const auto n = static_cast<double>(work.sum.size());
  BORESIGHT_ASSERT(covariance.rows() == static_cast<std::size_t>(work.sum.size()) &&
                   covariance.columns() == covariance.rows());
  MonopulseError out{.variance_x = infinity, .variance_y = infinity};
  work.manifold.steer(look, work.sum);
  double ignored = 0;
  double trace = 0;
  for (std::size_t e = 0; e < covariance.rows(); ++e) trace += covariance(e, e).real();
  // The beam has the power S + N/E for a source at `look`, an element S + N.
  const double beam = work.form(covariance, work.sum, work.sum, ignored) / (n * n);
  const double signal = (n * beam - trace / n) / (n - 1);
  const double noise = trace / n - signal;
  if (!std::isfinite(beam) || !(trace > 0) || !(snapshots > 0) || !std::isfinite(snapshots)) return out;
  // Clean data leave no noise, or a rounding below none: a variance of zero would stop a filter.
  out.snr = std::max(0.0, signal) / std::max(noise, 1e-9 * trace / n);
  for (std::size_t axis = 0; axis < 2; ++axis) {
    if (work.axes[axis].half == 0) continue;
    double error = 0;
    double variance = infinity;
    if (work.kind == MonopulseKind::phase) {
      work.by_phase(covariance, snapshots, axis, out.snr, error, variance);
    } else {
      work.by_amplitude(covariance, snapshots, look, axis, out.snr, std::max(0.0, noise), error, variance);
    }
    if (!std::isfinite(error)) {
      error = 0;
      variance = infinity;
    }
    (axis == 0 ? out.ux : out.uy) = error;
    (axis == 0 ? out.variance_x : out.variance_y) = variance;
  }
  return out;
}

MonopulseTracker::MonopulseTracker(const Config& config)
    : monopulse_(config.monopulse),
      least_snr_(power_from_db(config.least_snr_db)),
      hold_updates_(config.hold_updates),
      x_({.rate_walk_variance = config.rate_walk * config.rate_walk}),
      y_({.rate_walk_variance = config.rate_walk * config.rate_walk}) {
  require(config.rate_walk > 0 && config.rate_walk <= 1,
          "tracker: rate_walk " + std::to_string(config.rate_walk) + " must be above 0 and at most 1");
  require(config.least_snr_db >= -60 && config.least_snr_db <= 60,
          "tracker: least_snr_db " + std::to_string(config.least_snr_db) + " must be -60 to 60");
}

void MonopulseTracker::reset(Vec3 direction, double deviation, double rate_x, double rate_y,
                             double rate_deviation) {
  require(std::abs(norm(direction) - 1) < 1e-6 && direction.z >= 0,
          "tracker: the start is not a unit vector with z >= 0");
  require(deviation > 0 && std::isfinite(deviation) && rate_deviation > 0 && std::isfinite(rate_deviation) &&
              std::isfinite(rate_x) && std::isfinite(rate_y),
          "tracker: a deviation or rate is not finite and positive");
  x_.reset(direction.x, deviation * deviation, rate_x, rate_deviation * rate_deviation);
  y_.reset(direction.y, deviation * deviation, rate_y, rate_deviation * rate_deviation);
  missed_ = 0;
  locked_ = true;
  last_ = {};
}

bool MonopulseTracker::update(Grid<const cf64> covariance, double snapshots) noexcept {
  x_.predict();
  y_.predict();
  last_ = monopulse_.measure(covariance, snapshots, direction());
  const bool used = last_.snr >= least_snr_ && std::isfinite(last_.variance_x);
  if (used) {
    x_.correct(last_.ux, last_.variance_x);
    if (monopulse_.two_axes()) y_.correct(last_.uy, last_.variance_y);
    missed_ = 0;
    locked_ = true;
  } else if (++missed_ > hold_updates_) {
    locked_ = false;
  }
  return used;
}

Vec3 MonopulseTracker::direction() const {
  return predicted(0);
}

Vec3 MonopulseTracker::predicted(double updates) const {
  const double y = monopulse_.two_axes() ? y_.value() + updates * y_.rate() : 0;
  return from_cosines(x_.value() + updates * x_.rate(), y);
}

double MonopulseTracker::deviation() const {
  const double y = monopulse_.two_axes() ? y_.value_variance() : 0;
  return std::sqrt(std::max(x_.value_variance(), y));
}

}  // namespace boresight::doa
