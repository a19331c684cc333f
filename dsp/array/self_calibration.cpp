#include "boresight/array/self_calibration.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <complex>

#include "boresight/array/steering.h"
#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

using Eigen::Index;
using Eigen::MatrixXcd;
using Eigen::MatrixXd;
using Eigen::VectorXcd;
using Eigen::VectorXd;

constexpr double smallest_damping = 1e-12;
constexpr double largest_damping = 1e12;
constexpr double rank_threshold = 1e-8;  // of columns scaled to norm 1

void check(const SelfCalibrationConfig& c, std::span<const CalibrationWave> waves) {
  const std::string who = "self calibration: ";
  c.geometry.check();
  const std::size_t elements = c.geometry.elements();
  require(elements >= 2 && elements <= 64, who + std::to_string(elements) + " elements, must be 2 to 64");
  for (const Vec3 r : c.geometry.positions_m) {
    require(std::abs(r.z - c.geometry.positions_m[0].z) <= 1e-6,
            who + "elements must be in a plane z = const");
  }
  require(std::isfinite(c.frequency_hz) && c.frequency_hz > 0,
          who + "frequency_hz " + std::to_string(c.frequency_hz) + " must be positive and finite");
  require(c.coupling_distances_m.size() <= 16,
          who + std::to_string(c.coupling_distances_m.size()) + " coupling distances, must be at most 16");
  require(std::isfinite(c.distance_tolerance_m) && c.distance_tolerance_m >= 0,
          who + "distance_tolerance_m must not be negative");
  for (std::size_t q = 0; q < c.coupling_distances_m.size(); ++q) {
    const double d = c.coupling_distances_m[q];
    require(std::isfinite(d) && d > 0,
            who + "coupling distance " + std::to_string(d) + " m must be positive");
    for (std::size_t p = 0; p < q; ++p) {
      require(std::abs(d - c.coupling_distances_m[p]) > 2 * c.distance_tolerance_m,
              who + "coupling distance " + std::to_string(d) + " m is given twice");
    }
  }
  require(c.max_iterations >= 1 && c.max_iterations <= 10000, who + "max_iterations must be 1 to 10000");
  require(!waves.empty() && waves.size() <= 1024,
          who + std::to_string(waves.size()) + " waves, must be 1 to 1024");
  for (std::size_t m = 0; m < waves.size(); ++m) {
    const std::string wave = who + "wave " + std::to_string(m);
    require(waves[m].response.size() == elements, wave + " has " + std::to_string(waves[m].response.size()) +
                                                      " responses for " + std::to_string(elements) +
                                                      " elements");
    double power = 0;
    for (const cf64 v : waves[m].response) power += std::norm(v);
    require(std::isfinite(power) && power > 0, wave + " is zero or not finite");
    require(std::abs(norm(waves[m].direction) - 1) <= 1e-6, wave + ": its direction must be a unit vector");
  }
}

/// All pairs of distance class q.
std::vector<MatrixXd> coupling_classes(const SelfCalibrationConfig& config) {
  const auto n = static_cast<Index>(config.geometry.elements());
  std::vector<MatrixXd> classes;
  for (const double distance_m : config.coupling_distances_m) {
    MatrixXd b = MatrixXd::Zero(n, n);
    for (Index i = 0; i < n; ++i) {
      for (Index k = 0; k < n; ++k) {
        const double d = norm(config.geometry.positions_m[static_cast<std::size_t>(i)] -
                              config.geometry.positions_m[static_cast<std::size_t>(k)]);
        if (i != k && std::abs(d - distance_m) <= config.distance_tolerance_m) b(i, k) = 1;
      }
    }
    classes.push_back(b);
  }
  return classes;
}

/// True, and the axis, when all elements stand on one line.
bool on_a_line(const Geometry& geometry, Vec3& axis) {
  axis = geometry.positions_m[1] - geometry.positions_m[0];
  axis = (1 / norm(axis)) * axis;
  for (const Vec3 r : geometry.positions_m) {
    const Vec3 d = r - geometry.positions_m[0];
    if (norm(d - dot(d, axis) * axis) > 1e-6) return false;
  }
  return true;
}

class Fit {
 public:
  Fit(const SelfCalibrationConfig& config, std::span<const CalibrationWave> waves)
      : config_(config),
        waves_(waves),
        classes_(coupling_classes(config)),
        elements_(static_cast<Index>(config.geometry.elements())),
        line_(on_a_line(config.geometry, axis_)),
        gains_(VectorXcd::Ones(elements_)),
        coupling_(VectorXcd::Zero(static_cast<Index>(classes_.size()))),
        factors_(static_cast<Index>(waves.size())) {
    for (const CalibrationWave& wave : waves) {
      VectorXcd v(elements_);
      for (Index e = 0; e < elements_; ++e) v(e) = wave.response[static_cast<std::size_t>(e)];
      targets_.push_back(v / v.norm());
      directions_.push_back(wave.direction);
    }
    // Start: the gains that one wave of known direction would give alone, or ones.
    for (std::size_t m = 0; m < waves.size(); ++m) {
      if (!waves[m].known) continue;
      const VectorXcd a = steering(m);
      gains_ = targets_[m].cwiseQuotient(a);
      const double typical = gains_.norm() / std::sqrt(static_cast<double>(elements_));
      gains_ /= gains_(0) == 0.0 ? cf64(typical) : gains_(0) / std::abs(gains_(0)) * typical;
      break;
    }
    set_factors();
  }

  std::size_t unknowns() const {
    std::size_t free = 0;
    for (const CalibrationWave& wave : waves_) free += wave.known ? 0 : line_ ? 1 : 2;
    return 2 * (static_cast<std::size_t>(elements_) + classes_.size() + waves_.size()) + free;
  }
  std::size_t equations() const { return 2 * static_cast<std::size_t>(elements_) * waves_.size(); }

  std::size_t run() {
    double damping = 1e-3;
    double cost = residual().squaredNorm();
    std::size_t iteration = 0;
    for (; iteration < config_.max_iterations && cost > 1e-28; ++iteration) {
      const MatrixXd j = jacobian();
      const MatrixXd normal = j.transpose() * j;
      const VectorXd slope = j.transpose() * residual();
      bool better = false;
      double gained = 0;
      while (!better && damping < largest_damping) {
        MatrixXd damped = normal;
        damped.diagonal() += damping * (normal.diagonal().array() + 1e-12).matrix();
        const VectorXd step = damped.ldlt().solve(slope);
        const Fit before = *this;
        take(step);
        const double now = residual().squaredNorm();
        better = now < cost;
        if (better) {
          gained = cost - now;
          cost = now;
          damping = std::max(smallest_damping, 0.2 * damping);
        } else {
          restore(before);
          damping *= 5;
        }
      }
      if (!better || gained < 1e-14 * cost) break;
    }
    return iteration;
  }

  SelfCalibration result(std::size_t iterations) {
    SelfCalibration out;
    out.iterations = iterations;
    out.unknowns = unknowns();
    out.equations = equations();
    MatrixXd j = jacobian();
    for (Index c = 0; c < j.cols(); ++c) {
      const double size = j.col(c).norm();
      if (size > 0) j.col(c) /= size;
    }
    Eigen::ColPivHouseholderQR<MatrixXd> qr(j);
    qr.setThreshold(rank_threshold);
    out.rank = static_cast<std::size_t>(qr.rank());
    // A common factor of the gains against those of the waves is no one's.
    out.identifiable = out.rank + 2 >= out.unknowns;
    out.residual_db =
        std::max(-400.0, db_from_power(residual().squaredNorm() / static_cast<double>(waves_.size())));
    const cf64 first = gains_(0);
    for (const cf64 g : gains_) out.gains.push_back(g / first);
    for (const cf64 c : coupling_) out.coupling.push_back(c);
    out.directions = directions_;
    out.ok = std::abs(first) > 0 && gains_.allFinite() && coupling_.allFinite();
    for (const cf64 g : out.gains) out.ok = out.ok && std::isfinite(std::abs(g));
    if (!out.ok) out.reason = "self calibration: element 0 is dead, or the fit did not converge";
    return out;
  }

 private:
  void restore(const Fit& other) {
    gains_ = other.gains_;
    coupling_ = other.coupling_;
    factors_ = other.factors_;
    directions_ = other.directions_;
  }

  VectorXcd steering(std::size_t m) const {
    VectorXcd a(elements_);
    steering_vector(config_.geometry, directions_[m], config_.frequency_hz,
                    std::span<cf64>(a.data(), static_cast<std::size_t>(elements_)));
    return a;
  }

  MatrixXcd mixing() const {
    MatrixXcd c = MatrixXcd::Identity(elements_, elements_);
    for (std::size_t q = 0; q < classes_.size(); ++q) c += coupling_(static_cast<Index>(q)) * classes_[q];
    return c;
  }

  /// Each wave's factor, the best for the rest.
  void set_factors() {
    const MatrixXcd c = mixing();
    for (std::size_t m = 0; m < waves_.size(); ++m) {
      const VectorXcd p = c * gains_.cwiseProduct(steering(m));
      factors_(static_cast<Index>(m)) = p.squaredNorm() > 0 ? p.dot(targets_[m]) / p.squaredNorm() : cf64(0);
    }
  }

  VectorXd residual() const {
    const MatrixXcd c = mixing();
    VectorXd out(2 * elements_ * static_cast<Index>(waves_.size()));
    for (std::size_t m = 0; m < waves_.size(); ++m) {
      const auto row = static_cast<Index>(m);
      const VectorXcd left = targets_[m] - factors_(row) * (c * gains_.cwiseProduct(steering(m)));
      out.segment(2 * row * elements_, elements_) = left.real();
      out.segment((2 * row + 1) * elements_, elements_) = left.imag();
    }
    return out;
  }

  /// The tangent along which an unknown direction may move.
  Vec3 tangent(int which) const {
    if (line_) return axis_;
    return which == 0 ? Vec3{1, 0, 0} : Vec3{0, 1, 0};
  }

  /// Of the model (what is taken away from the targets): order gains, coupling, factors, directions.
  MatrixXd jacobian() const {
    const MatrixXcd c = mixing();
    MatrixXd out =
        MatrixXd::Zero(2 * elements_ * static_cast<Index>(waves_.size()), static_cast<Index>(unknowns()));
    const double wavenumber = 2 * pi * config_.frequency_hz / speed_of_light_m_s;
    Index free = 2 * (elements_ + coupling_.size() + factors_.size());
    for (std::size_t m = 0; m < waves_.size(); ++m) {
      const auto wave = static_cast<Index>(m);
      const Index row = 2 * wave * elements_;
      const VectorXcd a = steering(m);
      const VectorXcd ga = gains_.cwiseProduct(a);
      const auto put = [&](Index column, const VectorXcd& d) {
        out.block(row, column, elements_, 1) = d.real();
        out.block(row + elements_, column, elements_, 1) = d.imag();
      };
      const auto put_complex = [&](Index column, const VectorXcd& d) {
        put(column, d);
        put(column + 1, cf64(0, 1) * d);
      };
      for (Index e = 0; e < elements_; ++e) put_complex(2 * e, factors_(wave) * a(e) * c.col(e));
      for (std::size_t q = 0; q < classes_.size(); ++q) {
        put_complex(2 * (elements_ + static_cast<Index>(q)), factors_(wave) * (classes_[q] * ga));
      }
      put_complex(2 * (elements_ + coupling_.size() + wave), c * ga);
      if (waves_[m].known) continue;
      for (int which = 0; which < (line_ ? 1 : 2); ++which) {
        const Vec3 t = tangent(which);
        VectorXcd d(elements_);
        for (Index e = 0; e < elements_; ++e) {
          d(e) =
              cf64(0, wavenumber * dot(config_.geometry.positions_m[static_cast<std::size_t>(e)], t)) * ga(e);
        }
        put(free++, factors_(wave) * (c * d));
      }
    }
    return out;
  }

  void take(const VectorXd& step) {
    for (Index e = 0; e < elements_; ++e) gains_(e) += cf64(step(2 * e), step(2 * e + 1));
    Index at = 2 * elements_;
    for (Index q = 0; q < coupling_.size(); ++q, at += 2) coupling_(q) += cf64(step(at), step(at + 1));
    for (Index m = 0; m < factors_.size(); ++m, at += 2) factors_(m) += cf64(step(at), step(at + 1));
    for (std::size_t m = 0; m < waves_.size(); ++m) {
      if (waves_[m].known) continue;
      Vec3& u = directions_[m];
      if (line_) {
        // The component along the axis moves; what is across keeps its direction.
        const double along = std::clamp(dot(u, axis_) + step(at++), -1.0, 1.0);
        Vec3 across = u - dot(u, axis_) * axis_;
        const double length = norm(across);
        across = length > 1e-9 ? (1 / length) * across : Vec3{0, 0, 1};
        u = along * axis_ + std::sqrt(1 - along * along) * across;
      } else {
        Vec3 moved{u.x + step(at), u.y + step(at + 1), 0};
        at += 2;
        const double size = norm(moved);
        if (size > 1) moved = (1 / size) * moved;
        moved.z = std::sqrt(std::max(0.0, 1 - moved.x * moved.x - moved.y * moved.y));
        u = moved;
      }
    }
  }

  const SelfCalibrationConfig& config_;
  std::span<const CalibrationWave> waves_;
  std::vector<MatrixXd> classes_;
  Index elements_;
  Vec3 axis_;
  bool line_;
  std::vector<VectorXcd> targets_;
  VectorXcd gains_;
  VectorXcd coupling_;
  VectorXcd factors_;
  std::vector<Vec3> directions_;
};

}  // namespace

SelfCalibration self_calibrate(const SelfCalibrationConfig& config, std::span<const CalibrationWave> waves) {
  check(config, waves);
  Fit fit(config, waves);
  const std::size_t iterations = fit.run();
  return fit.result(iterations);
}

void coupling_matrix(const SelfCalibrationConfig& config, std::span<const cf64> coupling, Grid<cf64> out) {
  const std::size_t elements = config.geometry.elements();
  BORESIGHT_ASSERT(coupling.size() == config.coupling_distances_m.size() && out.rows() == elements &&
                   out.columns() == elements);
  const std::vector<MatrixXd> classes = coupling_classes(config);
  for (std::size_t i = 0; i < elements; ++i) {
    for (std::size_t k = 0; k < elements; ++k) {
      cf64 value = i == k ? 1 : 0;
      for (std::size_t q = 0; q < coupling.size(); ++q) {
        value += coupling[q] * classes[q](static_cast<Index>(i), static_cast<Index>(k));
      }
      out(i, k) = value;
    }
  }
}

}  // namespace boresight::array
