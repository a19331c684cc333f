#include "boresight/doa/monopulse.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "doa/steering_model.h"

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

/// `look` with other direction cosines, on its side of the array.
Vec3 beside(Vec3 look, double dx, double dy) {
  Vec3 u = from_cosines(look.x + dx, look.y + dy);
  if (look.z < 0) u.z = -u.z;
  return u;
}

}  // namespace

struct Monopulse::Workspace {
  explicit Workspace(const Config& config)
      : kind(config.kind),
        model(config.geometry, config.frequency_hz),
        extent(extent_of(config.geometry)),
        sum(model.elements()),
        first(model.elements()),
        second(model.elements()),
        product(model.elements()) {
    const std::vector<Vec3>& r = model.geometry().positions_m;
    for (const Vec3& position : r) center = center + (1 / static_cast<double>(r.size())) * position;
    axes[0] = axis_of([](Vec3 v) { return v.x; });
    axes[1] = axis_of([](Vec3 v) { return v.y; });
  }

  struct Axis {
    double extent_m = 0;   // largest coordinate less smallest, and an element's share
    Vec3 separation_m;     // of the centers of the halves: along the axis, and beside it on skewed lattices
    std::size_t half = 0;  // elements in the smaller half
  };
  // What one pair of beams says: value = slope_x ux + slope_y uy for a source at look + (ux, uy).
  struct Reading {
    double value = 0;
    double variance = infinity;
    double slope[2] = {};
  };
  template <typename Coordinate>
  Axis axis_of(const Coordinate& coordinate) const {
    Axis axis;
    double least = infinity, most = -infinity;
    Vec3 low, high;
    std::size_t low_count = 0, high_count = 0;
    for (const Vec3& r : model.geometry().positions_m) {
      const Vec3 from_center = r - center;
      const double x = coordinate(from_center);
      least = std::min(least, x);
      most = std::max(most, x);
      if (x < -1e-9) {
        low = low + from_center;
        ++low_count;
      } else if (x > 1e-9) {
        high = high + from_center;
        ++high_count;
      }
    }
    if (low_count == 0 || high_count == 0 || most - least <= extent.flatness_m) return axis;
    axis.extent_m = most - least;
    axis.separation_m =
        (1 / static_cast<double>(high_count)) * high - (1 / static_cast<double>(low_count)) * low;
    axis.half = std::min(low_count, high_count);
    return axis;
  }

  double form(Grid<const cf64> r, const Eigen::VectorXcd& left, const Eigen::VectorXcd& right,
              double& imaginary);
  Reading by_phase(Grid<const cf64> r, double snapshots, std::size_t axis, double snr) noexcept;
  Reading by_amplitude(Grid<const cf64> r, double snapshots, Vec3 look, std::size_t axis, double snr,
                       double noise) noexcept;
  void solve(const Reading (&readings)[2], MonopulseError& out) const noexcept;

  MonopulseKind kind;
  SteeringModel model;
  Extent extent;
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
Monopulse::Workspace::Reading Monopulse::Workspace::by_phase(Grid<const cf64> r, double snapshots,
                                                             std::size_t axis, double snr) noexcept {
  first.setZero();
  second.setZero();
  for (Index e = 0; e < sum.size(); ++e) {
    const Vec3 position = model.geometry().positions_m[static_cast<std::size_t>(e)] - center;
    const double along = axis == 0 ? position.x : position.y;
    if (along < -1e-9) first(e) = sum(e);
    if (along > 1e-9) second(e) = sum(e);
  }
  double im = 0;
  const double re = form(r, second, first, im);
  // For a source at u the upper half leads by k separation . (u - look).
  const Vec3 scale = model.wavenumber_rad_m() * axes[axis].separation_m;
  Reading out{.value = std::atan2(im, re), .slope = {scale.x, scale.y}};
  const double half_snr = static_cast<double>(axes[axis].half) * snr;
  if (half_snr > 0) out.variance = (1 / half_snr + 1 / (2 * half_snr * half_snr)) / snapshots;
  return out;
}

Monopulse::Workspace::Reading Monopulse::Workspace::by_amplitude(Grid<const cf64> r, double snapshots,
                                                                 Vec3 look, std::size_t axis, double snr,
                                                                 double noise) noexcept {
  const double n = static_cast<double>(sum.size());
  const double wavelengths = axes[axis].extent_m * model.wavenumber_rad_m() / (2 * pi);
  // Squinted in direction cosines, past the horizon too: phases need no direction to exist.
  const double squint = squint_in_beams / std::max(wavelengths * n / (n - 1), 0.5);
  const Vec3 shift = axis == 0 ? Vec3{squint, 0, 0} : Vec3{0, squint, 0};
  model.steer(look - shift, first);
  model.steer(look + shift, second);
  double ignored = 0;
  const double p1 = form(r, first, first, ignored) - n * noise;
  const double p2 = form(r, second, second, ignored) - n * noise;
  // Of a source at `look`: g = a_2^H a and its derivatives.
  cf64 g = 0, slope_x_of_g = 0, slope_y_of_g = 0;
  model.steer(look, product);
  for (Index e = 0; e < sum.size(); ++e) {
    const Vec3 position = model.geometry().positions_m[static_cast<std::size_t>(e)] - center;
    const cf64 t = std::conj(second(e)) * product(e);
    g += t;
    slope_x_of_g += cf64(0, model.wavenumber_rad_m() * position.x) * t;
    slope_y_of_g += cf64(0, model.wavenumber_rad_m() * position.y) * t;
  }
  const double gain = std::norm(g);
  // Of ln P2; ln P1 falls as fast. (P2 - P1) / (P2 + P1) = tanh of half the difference of the logarithms.
  Reading out{.slope = {2 * (std::conj(g) * slope_x_of_g).real() / gain,
                        2 * (std::conj(g) * slope_y_of_g).real() / gain}};
  const double total = p1 + p2;
  if (!(total > 0) || !(out.slope[axis] > 0)) return {};
  out.value = std::atanh(std::clamp((p2 - p1) / total, -0.99, 0.99));
  // Each power varies by (S + N)^2 / K; what is common, the signal, divides out.
  const double beam_snr = gain / n * snr;
  cf64 inner = 0;
  for (Index e = 0; e < sum.size(); ++e) inner += std::conj(first(e)) * second(e);
  const double overlap = std::abs(inner) / n;
  if (beam_snr > 0) {
    out.variance =
        ((1 - overlap) / beam_snr + (1 - overlap * overlap) / (2 * beam_snr * beam_snr)) / snapshots;
  }
  return out;
}

/// Both axes together: on a skewed lattice a pair of beams sees an error along the other axis too.
void Monopulse::Workspace::solve(const Reading (&readings)[2], MonopulseError& out) const noexcept {
  const auto& [x, y] = readings;
  const bool two = axes[1].half > 0;
  const double determinant = two ? x.slope[0] * y.slope[1] - x.slope[1] * y.slope[0] : x.slope[0];
  const double parts[2][2] = {{two ? y.slope[1] : 1.0, two ? -x.slope[1] : 0.0}, {-y.slope[0], x.slope[0]}};
  for (std::size_t axis = 0; axis < (two ? 2U : 1U); ++axis) {
    const double from_x = parts[axis][0] / determinant;
    const double from_y = parts[axis][1] / determinant;
    const double error = from_x * x.value + (two ? from_y * y.value : 0.0);
    const double variance =
        from_x * from_x * x.variance + (two && from_y != 0 ? from_y * from_y * y.variance : 0.0);
    if (!std::isfinite(error) || !std::isfinite(variance)) continue;
    (axis == 0 ? out.ux : out.uy) = error;
    (axis == 0 ? out.variance_x : out.variance_y) = variance;
  }
}

Monopulse::Monopulse(const Config& config) {
  config.geometry.check();
  const std::size_t elements = config.geometry.elements();
  require(elements >= 4, "monopulse: " + std::to_string(elements) + " elements, must be at least 4");
  work_ = std::make_unique<Workspace>(config);
  require(work_->axes[0].half > 0, "monopulse: the elements are not spread along x");
  require(work_->extent.dimensions > 1 || work_->axes[1].half == 0,
          "monopulse: the elements stand on a line that is turned " +
              std::to_string(deg_from_rad(std::atan2(work_->extent.line.y, work_->extent.line.x))) +
              " degrees from x, must be 0: it cannot tell x from y");
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
  double trace = 0;
  for (std::size_t e = 0; e < covariance.rows(); ++e) trace += covariance(e, e).real();
  if (!std::isfinite(trace) || !(trace > 0) || !(snapshots > 0) || !std::isfinite(snapshots)) return out;
  const double element = trace / n;  // S + N
  // The beam has the power S + N / E for a source where it looks, an element S + N.
  const auto signal_towards = [&](Vec3 direction) {
    work.model.steer(direction, work.sum);
    double ignored = 0;
    return (work.form(covariance, work.sum, work.sum, ignored) / n - element) / (n - 1);
  };
  double signal = signal_towards(look);
  if (!std::isfinite(signal)) return out;
  // The second time around with the signal that a beam towards the source has: what the beam towards `look`
  // loses of a strong source would pass for noise.
  for (const bool again : {false, true}) {
    const double noise = element - signal;
    // Clean data leave no noise, or a rounding below none: a variance of zero would stop a filter.
    out.snr = std::max(0.0, signal) / std::max(noise, 1e-9 * element);
    work.model.steer(look, work.sum);
    Workspace::Reading readings[2];
    for (std::size_t axis = 0; axis < 2; ++axis) {
      if (work.axes[axis].half == 0) continue;
      readings[axis] =
          work.kind == MonopulseKind::phase
              ? work.by_phase(covariance, snapshots, axis, out.snr)
              : work.by_amplitude(covariance, snapshots, look, axis, out.snr, std::max(0.0, noise));
    }
    work.solve(readings, out);
    if (!again) signal = std::max(signal, signal_towards(beside(look, out.ux, out.uy)));
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
