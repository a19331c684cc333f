#include "doa/subspace_fit.h"

#include <Eigen/Dense>
#include <cmath>

namespace boresight::doa {
namespace {

using Eigen::Index;
using Eigen::MatrixXcd;

constexpr std::size_t most_iterations = 60;
constexpr double least_step_rad = 1e-10;
// A step goes no further than this: the valley of a source is about as wide as a beam.
constexpr double longest_step_in_beams = 0.25;

/// An orthonormal basis of the columns of A.
MatrixXcd basis_of(const MatrixXcd& a) {
  if (a.cols() == 0) return MatrixXcd(a.rows(), 0);
  Eigen::ColPivHouseholderQR<MatrixXcd> qr(a);
  qr.setThreshold(1e-9);
  return qr.householderQ() * MatrixXcd::Identity(a.rows(), qr.rank());
}

/// What would sink below the horizon stays on it and goes along it.
Vec3 above_the_horizon(Vec3 u) {
  constexpr double rim = 1e-4;
  if (u.z >= rim) return u;
  const double across = std::hypot(u.x, u.y);
  const double scale = across > 0 ? std::sqrt(1 - rim * rim) / across : 0.0;
  return {scale * u.x, scale * u.y, rim};
}

}  // namespace

double SubspaceFit::cost(const std::vector<Vec3>& directions) const {
  const MatrixXcd q = basis_of(model_->steering(directions));
  const MatrixXcd inside = q.adjoint() * factor_;
  const double rest = power_ - inside.squaredNorm();
  if (stochastic_noise_ == 0) return rest;
  const auto others = static_cast<double>(model_->elements() - q.cols());
  // Sums of logarithms: the product of many small or large powers leaves the range of double.
  const Eigen::LDLT<MatrixXcd> factored(inside * inside.adjoint());
  const double log_determinant = factored.vectorD().real().cwiseMax(0).array().log().sum();
  return stochastic_noise_ * (log_determinant + others * std::log(std::max(0.0, rest) / others));
}

Eigen::VectorXd SubspaceFit::cost_with(const std::vector<Vec3>& directions,
                                       const MatrixXcd& candidates) const {
  const MatrixXcd q = basis_of(model_->steering(directions));
  const MatrixXcd rest = factor_ - q * (q.adjoint() * factor_);
  const double cost = rest.squaredNorm();
  // What a candidate adds to the basis is its part off it.
  const Eigen::VectorXd explained = (candidates.adjoint() * rest).rowwise().squaredNorm();
  const Eigen::VectorXd length = candidates.colwise().squaredNorm().transpose() -
                                 (q.adjoint() * candidates).colwise().squaredNorm().transpose();
  const double least = 1e-6 * static_cast<double>(candidates.rows());
  Eigen::VectorXd out(candidates.cols());
  for (Index i = 0; i < out.size(); ++i) out(i) = length(i) > least ? cost - explained(i) / length(i) : cost;
  return out;
}

SubspaceFit::Result SubspaceFit::descend(std::vector<Vec3>& directions, std::uint64_t held) const {
  const Index axes = model_->axes();
  const auto sources = static_cast<Index>(directions.size());
  const Index size = axes * sources;
  double aperture = 0;
  const std::vector<Vec3>& positions_m = model_->geometry().positions_m;
  for (const Vec3& r : positions_m) aperture = std::max(aperture, norm(r - positions_m[0]));
  const double longest_step = longest_step_in_beams * 2 * pi / (model_->wavenumber_rad_m() * aperture);

  Result out;
  out.cost = cost(directions);
  double damping = 0;
  for (; out.iterations < most_iterations; ++out.iterations) {
    const MatrixXcd a = model_->steering(directions);
    const MatrixXcd d = model_->derivatives(directions, a);
    const Eigen::ColPivHouseholderQR<MatrixXcd> qr(a);
    if (qr.rank() < sources) return out;  // two directions have met
    const MatrixXcd q = qr.householderQ() * MatrixXcd::Identity(a.rows(), sources);
    const MatrixXcd fitted = qr.solve(factor_);       // A^+ F
    const MatrixXcd off = d - q * (q.adjoint() * d);  // P D
    const MatrixXcd rest = factor_ - q * (q.adjoint() * factor_);
    MatrixXcd slope = fitted * (rest.adjoint() * d);  // A^+ M P D, M = F F^H
    MatrixXcd waveforms = fitted * fitted.adjoint();
    if (stochastic_noise_ > 0) {
      // With s = tr(P R) / (E - k) and B = (A^H R A)^-1: (I - s B A^H A) in front of the slope, and for the
      // curvature A^+ R A^+H - 2 s (A^H A)^-1 + s^2 B, which is P A^H R^-1 A P.
      const double s = rest.squaredNorm() / static_cast<double>(a.rows() - sources);
      const MatrixXcd gram = a.adjoint() * a;
      const MatrixXcd along = a.adjoint() * factor_;
      const MatrixXcd inverse = (along * along.adjoint()).inverse();
      slope = (slope - s * inverse * gram * slope) * (stochastic_noise_ / s);
      waveforms += s * s * inverse - 2 * s * gram.inverse();
    }
    const MatrixXcd cross_terms = off.adjoint() * off;
    Eigen::VectorXd gradient(size);
    out.curvature.resize(size, size);
    for (Index i = 0; i < size; ++i) {
      gradient(i) = -2 * slope(i / axes, i).real();
      for (Index k = 0; k < size; ++k) {
        out.curvature(i, k) = 2 * (cross_terms(k, i) * waveforms(i / axes, k / axes)).real();
      }
    }
    Eigen::MatrixXd h = out.curvature;
    for (Index row = 0; row < size; ++row) {
      if ((held >> (row / axes) & 1) == 0) continue;
      h.row(row).setZero();
      h.col(row).setZero();
      h(row, row) = 1;
      gradient(row) = 0;
    }
    h.diagonal() *= 1 + damping;
    h.diagonal().array() += 1e-12 * h.diagonal().maxCoeff();
    Eigen::VectorXd step = -h.ldlt().solve(gradient);
    if (!step.allFinite()) return out;
    const double longest = step.cwiseAbs().maxCoeff();
    if (longest < least_step_rad) {
      out.converged = true;
      return out;
    }
    if (longest > longest_step) step *= longest_step / longest;
    bool better = false;
    for (int half = 0; half < 12; ++half, step /= 2) {
      std::vector<Vec3> next = directions;
      for (Index i = 0; i < sources; ++i) {
        const double second = axes == 2 ? step(axes * i + 1) : 0;
        Vec3& u = next[static_cast<std::size_t>(i)];
        u = above_the_horizon(model_->moved(u, step(axes * i), second));
      }
      const double there = cost(next);
      if (there < out.cost) {
        // The cost no longer falls by more than rounding.
        out.converged = out.cost - there <= 1e-13 * power_;
        out.cost = there;
        directions = next;
        better = true;
        break;
      }
    }
    if (out.converged) return out;
    if (better) {
      damping = damping > 1e-3 ? damping / 4 : 0;
    } else {
      // Downhill by less than rounding, or at the horizon.
      if (damping > 100) {
        out.converged = longest < 1e-5;
        return out;
      }
      if (longest < 1e-6) {
        out.converged = true;
        return out;
      }
      damping = damping > 0 ? 8 * damping : 1e-2;
    }
  }
  return out;
}

}  // namespace boresight::doa
