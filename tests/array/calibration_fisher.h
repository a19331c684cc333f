// Fisher matrices of a rank-one signal in noise from their definition, K tr(R^-1 dR_i R^-1 dR_k) (Slepian and
// Bangs), for one sample. Plain: matrices are inverted and multiplied.
#pragma once

#include <Eigen/Dense>
#include <cmath>
#include <complex>
#include <vector>

namespace boresight::array {

struct FisherOfRankOne {
  using Matrix = Eigen::MatrixXcd;
  using Index = Eigen::Index;

  /// R = v v^H + I, v_e = the root of snr_e; phases do not matter.
  explicit FisherOfRankOne(const std::vector<double>& snr) : n(static_cast<Index>(snr.size())) {
    Eigen::VectorXcd v(n);
    for (Index e = 0; e < n; ++e) v(e) = std::sqrt(snr[static_cast<std::size_t>(e)]);
    signal = v * v.adjoint();
    inverse = (signal + Matrix::Identity(n, n)).inverse();
  }

  /// dR of the phase, the log gain, and the noise of channel e, and of the log of the source's power.
  Matrix of_phase(Index e) const {
    return std::complex<double>(0, 1) * (only(e) * signal - signal * only(e));
  }
  Matrix of_gain(Index e) const { return only(e) * signal + signal * only(e); }
  Matrix of_noise(Index e) const { return only(e); }

  /// [E x E]; singular, as phases common to all do nothing.
  Eigen::MatrixXd phases() const {
    Eigen::MatrixXd f(n, n);
    for (Index i = 0; i < n; ++i) {
      for (Index k = 0; k < n; ++k) f(i, k) = information(of_phase(i), of_phase(k));
    }
    return f;
  }

  /// [E x E] of the log gains, the source's power in the bin and every channel's noise being unknown.
  Eigen::MatrixXd gains_in_unknown_noise() const {
    std::vector<Matrix> d;
    for (Index e = 0; e < n; ++e) d.push_back(of_gain(e));
    for (Index e = 0; e < n; ++e) d.push_back(of_noise(e));
    d.push_back(signal);
    const Index all = 2 * n + 1;
    Eigen::MatrixXd f(all, all);
    for (Index i = 0; i < all; ++i) {
      for (Index k = 0; k < all; ++k) {
        f(i, k) = information(d[static_cast<std::size_t>(i)], d[static_cast<std::size_t>(k)]);
      }
    }
    // The power is one per bin, the others are the same in all bins: first the power, then the noise.
    const Eigen::MatrixXd of_bin = f.topLeftCorner(2 * n, 2 * n) - f.col(all - 1).head(2 * n) *
                                                                       f.row(all - 1).head(2 * n) /
                                                                       f(all - 1, all - 1);
    return of_bin.topLeftCorner(n, n) - of_bin.topRightCorner(n, n) *
                                            of_bin.bottomRightCorner(n, n).inverse() *
                                            of_bin.bottomLeftCorner(n, n);
  }

  Index n;
  Matrix signal;
  Matrix inverse;

 private:
  Matrix only(Index e) const {
    Matrix m = Matrix::Zero(n, n);
    m(e, e) = 1;
    return m;
  }
  double information(const Matrix& a, const Matrix& b) const {
    return (inverse * a * inverse * b).trace().real();
  }
};

}  // namespace boresight::array
