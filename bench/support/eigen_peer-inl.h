// Compiled once for each instruction set. Eigen's namespace is renamed each time: the linker must not take
// one build's functions for another's.
#include <complex>

#define Eigen BORESIGHT_EIGEN_NAMESPACE
#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/Eigenvalues>

#include "support/eigen_peer.h"

namespace boresight {
namespace {

using Index = Eigen::Index;
template <typename T>
using RowMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void beams_by_eigen(const cf32* w, const cf32* x, cf32* y, std::size_t elements, std::size_t beams,
                    std::size_t samples, bool time_major) {
  const auto e = static_cast<Index>(elements);
  const auto b = static_cast<Index>(beams);
  const auto t = static_cast<Index>(samples);
  const Eigen::Map<const RowMajor<cf32>> weights(w, b, e);
  Eigen::Map<RowMajor<cf32>> out(y, b, t);
  if (time_major) {
    const Eigen::Map<const Eigen::MatrixXcf> in(x, e, t);
    out.noalias() = weights * in;
  } else {
    const Eigen::Map<const RowMajor<cf32>> in(x, e, t);
    out.noalias() = weights * in;
  }
}

void covariance_by_eigen(const cf32* x, std::size_t x_stride, std::size_t elements, std::size_t samples,
                         bool time_major, cf32* r) {
  const auto e = static_cast<Index>(elements);
  const auto t = static_cast<Index>(samples);
  Eigen::Map<Eigen::MatrixXcf> out(r, e, e);
  out.setZero();
  if (time_major) {
    const Eigen::Map<const Eigen::MatrixXcf> in(x, e, t);
    out.selfadjointView<Eigen::Lower>().rankUpdate(in);
  } else {
    const Eigen::Map<const RowMajor<cf32>, 0, Eigen::OuterStride<>> in(
        x, e, t, Eigen::OuterStride<>(static_cast<Index>(x_stride)));
    out.selfadjointView<Eigen::Lower>().rankUpdate(in);
  }
}

template <typename T>
void mvdr8_by_eigen(const T* r, const T* a, T* w, std::size_t count) {
  using Matrix = Eigen::Matrix<T, 8, 8>;
  using Vector = Eigen::Matrix<T, 8, 1>;
  for (std::size_t i = 0; i < count; ++i) {
    const Eigen::Map<const Matrix> covariance(r + 64 * i);
    const Eigen::Map<const Vector> steering(a + 8 * i);
    Eigen::Map<Vector> weights(w + 8 * i);
    const Vector solved = covariance.llt().solve(steering);
    weights = solved / steering.dot(solved).real();
  }
}

template <int kElements>
void eigen_of_size(const cf64* r, Index n, std::size_t count, bool vectors, double* values, cf64* v) {
  using Matrix = Eigen::Matrix<cf64, kElements, kElements>;
  Eigen::SelfAdjointEigenSolver<Matrix> solver(n);
  for (std::size_t i = 0; i < count; ++i, r += n * n, v += n * n, values += n) {
    const Eigen::Map<const Matrix> covariance(r, n, n);
    solver.compute(covariance, vectors ? Eigen::ComputeEigenvectors : Eigen::EigenvaluesOnly);
    Eigen::Map<Eigen::VectorXd>(values, n) = solver.eigenvalues();
    if (vectors) Eigen::Map<Matrix>(v, n, n) = solver.eigenvectors();
  }
}

void eigen_by_eigen(const cf64* r, std::size_t elements, std::size_t count, bool vectors, double* values,
                    cf64* v) {
  const auto n = static_cast<Index>(elements);
  if (elements == 4) return eigen_of_size<4>(r, n, count, vectors, values, v);
  if (elements == 8) return eigen_of_size<8>(r, n, count, vectors, values, v);
  eigen_of_size<Eigen::Dynamic>(r, n, count, vectors, values, v);
}

}  // namespace

extern const EigenPeer BORESIGHT_EIGEN_PEER;
const EigenPeer BORESIGHT_EIGEN_PEER{BORESIGHT_EIGEN_BUILT_FOR, beams_by_eigen,       covariance_by_eigen,
                                     mvdr8_by_eigen<cf32>,      mvdr8_by_eigen<cf64>, eigen_by_eigen};

}  // namespace boresight
