#include "boresight/doa/root_music.h"

#include <Eigen/Eigenvalues>
#include <complex>

#include "boresight/doa/eigenspace.h"
#include "doa/line_array.h"

namespace boresight::doa {
namespace {

using Eigen::Index;

/// Roots of sum c_i z^i, as eigenvalues of the companion matrix. Empty when there is no polynomial.
Eigen::VectorXcd roots_of(const Eigen::VectorXcd& c) {
  const Index degree = c.size() - 1;
  const double largest = c.cwiseAbs().maxCoeff();
  if (!(std::abs(c(degree)) > 1e-13 * largest)) return {};
  Eigen::MatrixXcd companion = Eigen::MatrixXcd::Zero(degree, degree);
  companion.diagonal(-1).setOnes();
  companion.col(degree - 1) = -c.head(degree) / c(degree);
  const Eigen::ComplexEigenSolver<Eigen::MatrixXcd> solver(companion, false);
  if (solver.info() != Eigen::Success) return {};
  return solver.eigenvalues();
}

}  // namespace

LineAngles root_music(const LineArray& line, Grid<const cf64> covariance, std::size_t sources,
                      Averaging averaging) {
  check(line, covariance, sources, line.elements - 1);
  const auto n = static_cast<Index>(line.elements);
  LineAngles out;
  Eigenspace space({.elements = line.elements, .vectors = sources});
  GridBuffer<cf64> r(line.elements, line.elements);
  const std::size_t last = line.elements - 1;
  for (std::size_t i = 0; i <= last; ++i) {
    for (std::size_t k = 0; k <= i; ++k) {
      r(i, k) = averaging == Averaging::none ? covariance(i, k)
                                             : 0.5 * (covariance(i, k) + covariance(last - k, last - i));
    }
  }
  if (!space.compute(r.view()) || !(space.values()[0] > 0)) {
    out.missing = sources;
    return out;
  }
  // E_n E_n^H = I - E_s E_s^H; a* Q a sums the diagonals of Q, that of lag l with z^l.
  Eigen::MatrixXcd form = Eigen::MatrixXcd::Identity(n, n);
  for (std::size_t i = 0; i < sources; ++i) {
    const Eigen::Map<const Eigen::VectorXcd> v(space.vector(i).data(), n);
    form -= v * v.adjoint();
  }
  Eigen::VectorXcd c(2 * n - 1);
  for (Index lag = 0; lag < n; ++lag) {
    c(n - 1 + lag) = form.diagonal(lag).sum();
    c(n - 1 - lag) = std::conj(c(n - 1 + lag));
  }
  Eigen::VectorXcd roots = roots_of(c);
  std::vector<cf64> left(roots.data(), roots.data() + roots.size());
  // Roots come in pairs, z and 1/z*. On the circle, where the sources are, both halves of a pair are the same
  // but for rounding, so that "inside" does not tell them apart: the partner is taken out by hand.
  const auto distance = [](cf64 z) { return std::abs(z) > 0 ? std::abs(std::log(std::abs(z))) : 1e30; };
  for (std::size_t i = 0; i < sources; ++i) {
    if (left.size() < 2) {
      ++out.missing;
      continue;
    }
    const auto closest =
        std::min_element(left.begin(), left.end(), [&](cf64 a, cf64 b) { return distance(a) < distance(b); });
    const cf64 z = *closest;
    left.erase(closest);
    const cf64 mirror = 1.0 / std::conj(z);
    const auto partner = std::min_element(left.begin(), left.end(), [&](cf64 a, cf64 b) {
      return std::abs(a - mirror) < std::abs(b - mirror);
    });
    const cf64 both = z / std::abs(z) + *partner / std::abs(*partner);
    left.erase(partner);
    add_phase(line, std::arg(both), out);
  }
  std::sort(out.angles_rad.begin(), out.angles_rad.end());
  return out;
}

}  // namespace boresight::doa
