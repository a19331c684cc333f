#include "doa/peak_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace boresight::doa {
namespace {

constexpr std::size_t most_peaks = 32;
constexpr double same_direction_rad = 1e-4;
constexpr double rim = 0.02;

struct Candidate {
  float value = 0;
  std::size_t index = 0;
};

/// No lower than any neighbor; of equal ones the first counts.
bool is_peak(const SearchGrid& grid, std::span<const float> s, std::size_t row, std::size_t column) {
  const float value = s[row * grid.columns + column];
  const std::size_t r0 = row > 0 ? row - 1 : 0, r1 = std::min(row + 1, grid.rows - 1);
  const std::size_t c0 = column > 0 ? column - 1 : 0, c1 = std::min(column + 1, grid.columns - 1);
  for (std::size_t r = r0; r <= r1; ++r) {
    for (std::size_t c = c0; c <= c1; ++c) {
      const float other = s[r * grid.columns + c];
      const bool before = r < row || (r == row && c < column);
      if (other > value || (before && other == value)) return false;
    }
  }
  return true;
}

/// Newton's step with the magnitudes of the curvatures, which goes down where the function is not convex as
/// well: near the rim of the sky a grid point may lie beyond the inflection.
std::array<double, 2> downhill(double h11, double h12, double h22, double g1, double g2) {
  const double middle = 0.5 * (h11 + h22), half = 0.5 * (h11 - h22);
  const double radius = std::hypot(half, h12);
  const double turn = 0.5 * std::atan2(h12, half);  // of the eigenvector of the larger curvature
  const double c = std::cos(turn), s = std::sin(turn);
  const double least = 1e-12 * (std::abs(middle) + radius);
  const double first = std::max(std::abs(middle + radius), least);
  const double second = std::max(std::abs(middle - radius), least);
  if (!(least > 0)) return {0, 0};
  const double along = -(c * g1 + s * g2) / first;
  const double across = -(c * g2 - s * g1) / second;
  return {c * along - s * across, s * along + c * across};
}

}  // namespace

PeakSearch::PeakSearch(const SteeringModel& model)
    : model_(&model),
      a_(model.elements()),
      qa_(model.elements()),
      d1_(model.elements()),
      d2_(model.elements()),
      qd_(model.elements()) {}

/// q and its derivatives along the tangent axes: with a' = j p a for phases p,
/// q_i = 2 Re(a_i^H Q a), q_ij = 2 Re(a_i^H Q a_j + a_ij^H Q a), a_ij = (-p_i p_j - j delta_ij r.u) a.
PeakSearch::Derivatives PeakSearch::at(const Eigen::MatrixXcd& form, Vec3 u) noexcept {
  if (!model_->isotropic()) return by_differences(form, u);
  const TangentAxes axes = model_->tangent_axes(u);
  const bool plane = model_->axes() == 2;
  model_->steer(u, a_);
  qa_.noalias() = form.lazyProduct(a_);
  Derivatives out{.q = a_.dot(qa_).real()};
  double bend[3] = {};
  for (Eigen::Index e = 0; e < a_.size(); ++e) {
    const double p1 = model_->phase(e, axes.first);
    const double p2 = plane ? model_->phase(e, axes.second) : 0;
    const double p = model_->phase(e, u);
    d1_(e) = cf64(0, p1) * a_(e);
    d2_(e) = cf64(0, p2) * a_(e);
    const cf64 t = std::conj(a_(e)) * qa_(e);
    bend[0] += (cf64(-p1 * p1, p) * t).real();
    bend[1] += -p1 * p2 * t.real();
    bend[2] += (cf64(-p2 * p2, p) * t).real();
  }
  out.gradient[0] = 2 * d1_.dot(qa_).real();
  out.gradient[1] = 2 * d2_.dot(qa_).real();
  qd_.noalias() = form.lazyProduct(d1_);
  out.hessian[0] = 2 * (d1_.dot(qd_).real() + bend[0]);
  out.hessian[1] = 2 * (d2_.dot(qd_).real() + bend[1]);
  if (plane) {
    qd_.noalias() = form.lazyProduct(d2_);
    out.hessian[2] = 2 * (d2_.dot(qd_).real() + bend[2]);
  }
  return out;
}

/// The same with a_i, a_ij of differences of a: those of q would be lost in its rounding where it is near 0.
PeakSearch::Derivatives PeakSearch::by_differences(const Eigen::MatrixXcd& form, Vec3 u) noexcept {
  const double h = model_->step_rad();
  model_->steer(u, a_);
  qa_.noalias() = form.lazyProduct(a_);
  Derivatives out{.q = a_.dot(qa_).real()};
  const auto along = [&](double first, double second, Eigen::VectorXcd& d, double& gradient, double& bend) {
    model_->steer(model_->moved(u, first * h, second * h), d);
    model_->steer(model_->moved(u, -first * h, -second * h), qd_);
    bend = ((d + qd_ - 2 * a_).dot(qa_)).real() / (h * h);
    d = (d - qd_) / (2 * h);
    gradient = 2 * d.dot(qa_).real();
    qd_.noalias() = form.lazyProduct(d);
    return d.dot(qd_).real();
  };
  double bend = 0;
  out.hessian[0] = 2 * (along(1, 0, d1_, out.gradient[0], bend) + bend);
  if (model_->axes() == 1) return out;
  out.hessian[2] = 2 * (along(0, 1, d2_, out.gradient[1], bend) + bend);
  // Along the diagonal the curvature is h_11 + 2 h_12 + h_22.
  double slope = 0;
  const double diagonal = 2 * (along(1, 1, d2_, slope, bend) + bend);
  out.hessian[1] = (diagonal - out.hessian[0] - out.hessian[2]) / 2;
  return out;
}

Vec3 PeakSearch::exact(const Eigen::MatrixXcd& form, Vec3 u, bool maximum, double& q) noexcept {
  const double sign = maximum ? -1 : 1;
  // On the rim of the sky the spectrum is level across it, up and down alike: start inside.
  if (u.z < rim) {
    const double scale = std::sqrt((1 - rim * rim) / (u.x * u.x + u.y * u.y));
    u = {scale * u.x, scale * u.y, rim};
  }
  Derivatives now = at(form, u);
  for (int iteration = 0; iteration < 20; ++iteration) {
    const double g1 = sign * now.gradient[0], g2 = sign * now.gradient[1];
    // A line knows nothing of the second axis.
    const double h22 = model_->axes() == 2 ? sign * now.hessian[2] : 1;
    const auto [s1_newton, s2_newton] = downhill(sign * now.hessian[0], sign * now.hessian[1], h22, g1, g2);
    double s1 = s1_newton;
    double s2 = s2_newton;
    const double length = std::hypot(s1, s2);
    if (!(length > 1e-12)) break;
    // Within the neighborhood of the grid point: no peak is wider.
    const double bound = std::min(1.0, 0.2 / length);
    s1 *= bound;
    s2 *= bound;
    bool better = false;
    for (int half = 0; half < 8 && !better; ++half, s1 /= 2, s2 /= 2) {
      const Vec3 next = model_->moved(u, s1, s2);
      const Derivatives there = at(form, next);
      if (sign * there.q < sign * now.q) {
        u = next;
        now = there;
        better = true;
      }
    }
    if (!better) break;
  }
  q = now.q;
  return u;
}

std::size_t PeakSearch::run(const SearchGrid& grid, std::span<const float> spectrum,
                            const Eigen::MatrixXcd& form, bool reciprocal, double scale,
                            std::span<SpectrumPeak> out) noexcept {
  std::array<Candidate, 2 * most_peaks> candidates;
  std::size_t count = 0;
  for (std::size_t row = 0; row < grid.rows; ++row) {
    for (std::size_t column = 0; column < grid.columns; ++column) {
      const float value = spectrum[row * grid.columns + column];
      if (count == candidates.size() && !(value > candidates.back().value)) continue;
      if (!(value > 0) || !is_peak(grid, spectrum, row, column)) continue;
      if (count < candidates.size()) ++count;
      std::size_t i = count - 1;
      for (; i > 0 && candidates[i - 1].value < value; --i) candidates[i] = candidates[i - 1];
      candidates[i] = {value, row * grid.columns + column};
    }
  }
  const std::size_t most = std::min(out.size(), most_peaks);
  std::size_t found = 0;
  for (std::size_t i = 0; i < count && found < most; ++i) {
    double q = 0;
    const Vec3 u = exact(form, grid.directions[candidates[i].index], !reciprocal, q);
    const bool known = std::any_of(
        out.begin(), out.begin() + static_cast<std::ptrdiff_t>(found),
        [&](const SpectrumPeak& p) { return angle_between(p.direction, u) < same_direction_rad; });
    if (known) continue;
    // Noise-free signals make q zero, give or take rounding.
    const double least = 1e-14 * static_cast<double>(form.rows());
    out[found++] = {u, reciprocal ? scale / std::max(q, least) : scale * std::max(q, 0.0)};
  }
  std::sort(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(found),
            [](const SpectrumPeak& a, const SpectrumPeak& b) { return a.value > b.value; });
  return found;
}

}  // namespace boresight::doa
