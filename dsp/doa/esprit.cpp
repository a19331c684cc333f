#include "boresight/doa/esprit.h"

#include <Eigen/Dense>
#include <complex>

#include "doa/line_array.h"

namespace boresight::doa {
namespace {

using Eigen::Index;
using Eigen::MatrixXcd;
using Eigen::MatrixXd;

/// The unitary matrix whose columns are conjugated when read backwards: Q^H a(u) is real for a centered line.
MatrixXcd left_real(Index n) {
  MatrixXcd q = MatrixXcd::Zero(n, n);
  const Index half = n / 2;
  const double root = std::sqrt(0.5);
  for (Index i = 0; i < half; ++i) {
    q(i, i) = root;
    q(n - 1 - i, i) = root;
    q(i, n - half + i) = cf64(0, root);
    q(n - 1 - i, n - half + i) = cf64(0, -root);
  }
  if (n % 2 == 1) q(half, half) = 1;
  return q;
}

/// Of the upper n - 1 of n elements: K_1 = 2 Re and K_2 = 2 Im of Q^H J Q.
struct Shift {
  explicit Shift(Index n) {
    MatrixXcd j = MatrixXcd::Zero(n - 1, n);
    j.rightCols(n - 1).setIdentity();
    const MatrixXcd k = left_real(n - 1).adjoint() * j * left_real(n);
    real = 2 * k.real();
    imaginary = 2 * k.imag();
  }
  MatrixXd real, imaginary;
};

MatrixXd kronecker(const MatrixXd& a, const MatrixXd& b) {
  MatrixXd out(a.rows() * b.rows(), a.cols() * b.cols());
  for (Index r = 0; r < a.rows(); ++r) {
    for (Index c = 0; c < a.cols(); ++c)
      out.block(r * b.rows(), c * b.cols(), b.rows(), b.cols()) = a(r, c) * b;
  }
  return out;
}
MatrixXcd kronecker(const MatrixXcd& a, const MatrixXcd& b) {
  MatrixXcd out(a.rows() * b.rows(), a.cols() * b.cols());
  for (Index r = 0; r < a.rows(); ++r) {
    for (Index c = 0; c < a.cols(); ++c)
      out.block(r * b.rows(), c * b.cols(), b.rows(), b.cols()) = a(r, c) * b;
  }
  return out;
}

/// The largest eigenvectors of Re(Q^H R Q), which is the forward-backward average of R; none when R will not
/// do.
MatrixXd real_signal_space(Grid<const cf64> covariance, const MatrixXcd& q, std::size_t sources) {
  const Index n = q.rows();
  MatrixXcd r(n, n);
  for (Index i = 0; i < n; ++i) {
    for (Index k = 0; k <= i; ++k) {
      const cf64 value = covariance(static_cast<std::size_t>(i), static_cast<std::size_t>(k));
      r(i, k) = value;
      r(k, i) = std::conj(value);
    }
    r(i, i) = r(i, i).real();
  }
  if (!r.allFinite()) return {};
  const MatrixXd real = (q.adjoint() * r * q).real();
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(real);
  if (solver.info() != Eigen::Success || !(solver.eigenvalues()(n - 1) > 0)) return {};
  return solver.eigenvectors().rightCols(static_cast<Index>(sources));
}

/// The X that solves A X = B where both have errors (Golub and Van Loan 2013, section 6.3).
MatrixXd total_least_squares(const MatrixXd& a, const MatrixXd& b) {
  const Index k = a.cols();
  MatrixXd both(a.rows(), 2 * k);
  both << a, b;
  const Eigen::JacobiSVD<MatrixXd> svd(both, Eigen::ComputeFullV);
  const MatrixXd v12 = svd.matrixV().topRightCorner(k, k);
  const MatrixXd v22 = svd.matrixV().bottomRightCorner(k, k);
  return -v22.transpose().fullPivLu().solve(v12.transpose()).transpose();
}

}  // namespace

LineAngles unitary_esprit(const LineArray& line, Grid<const cf64> covariance, std::size_t sources) {
  check(line, covariance, sources, line.elements - 1);
  const auto n = static_cast<Index>(line.elements);
  LineAngles out;
  const MatrixXd space = real_signal_space(covariance, left_real(n), sources);
  out.missing = sources;
  if (space.size() == 0) return out;
  const Shift shift(n);
  const MatrixXd turn = total_least_squares(shift.real * space, shift.imaginary * space);
  if (!turn.allFinite()) return out;
  const Eigen::EigenSolver<MatrixXd> solver(turn, false);
  if (solver.info() != Eigen::Success) return out;
  out.missing = 0;
  for (const cf64 t : solver.eigenvalues()) {
    if (t.imag() != 0) {
      ++out.missing;
    } else {
      add_phase(line, 2 * std::atan(t.real()), out);
    }
  }
  std::sort(out.angles_rad.begin(), out.angles_rad.end());
  return out;
}

PlaneDirections unitary_esprit(const RectangleArray& rectangle, Grid<const cf64> covariance,
                               std::size_t sources) {
  const std::size_t columns = rectangle.columns;
  const std::size_t rows = rectangle.rows;
  require(columns >= 2 && rows >= 2 && columns <= 256 && rows <= 256 && columns * rows <= 256,
          "esprit: " + std::to_string(columns) + " x " + std::to_string(rows) +
              " elements, must be 2 x 2 to 256 together");
  check(LineArray{.elements = 2, .spacing_wavelengths = rectangle.dx_wavelengths});
  check(LineArray{.elements = 2, .spacing_wavelengths = rectangle.dy_wavelengths});
  const std::size_t most = std::min((columns - 1) * rows, columns * (rows - 1));
  require(sources >= 1 && sources <= most,
          "esprit: " + std::to_string(sources) + " sources, must be 1 to " + std::to_string(most));
  require(covariance.rows() == columns * rows && covariance.columns() == columns * rows,
          "esprit: a covariance of " + std::to_string(covariance.rows()) + " x " +
              std::to_string(covariance.columns()) + " with " + std::to_string(columns * rows) + " elements");

  const auto nx = static_cast<Index>(columns);
  const auto ny = static_cast<Index>(rows);
  PlaneDirections out;
  out.missing = sources;
  const MatrixXcd q = kronecker(left_real(ny), left_real(nx));
  const MatrixXd space = real_signal_space(covariance, q, sources);
  if (space.size() == 0) return out;
  const Shift x(nx);
  const Shift y(ny);
  const MatrixXd one_x = MatrixXd::Identity(nx, nx);
  const MatrixXd one_y = MatrixXd::Identity(ny, ny);
  const MatrixXd turn_x =
      total_least_squares(kronecker(one_y, x.real) * space, kronecker(one_y, x.imaginary) * space);
  const MatrixXd turn_y =
      total_least_squares(kronecker(y.real, one_x) * space, kronecker(y.imaginary, one_x) * space);
  if (!turn_x.allFinite() || !turn_y.allFinite()) return out;
  MatrixXcd turn(turn_x.rows(), turn_x.cols());
  turn.real() = turn_x;
  turn.imag() = turn_y;
  const Eigen::ComplexEigenSolver<MatrixXcd> solver(turn, false);
  if (solver.info() != Eigen::Success) return out;
  out.missing = 0;
  for (const cf64 t : solver.eigenvalues()) {
    const double ux = std::atan(t.real()) / (pi * rectangle.dx_wavelengths);
    const double uy = std::atan(t.imag()) / (pi * rectangle.dy_wavelengths);
    const double across = ux * ux + uy * uy;
    if (!std::isfinite(across) || across > 1.02) {
      ++out.missing;
      continue;
    }
    const double scale = across > 1 ? 1 / std::sqrt(across) : 1;
    out.directions.push_back({scale * ux, scale * uy, std::sqrt(std::max(0.0, 1 - across))});
  }
  return out;
}

}  // namespace boresight::doa
