// Eigenvalues and eigenvectors of several small Hermitian matrices at once, one in each lane;
// boresight/doa/batched_eigen.h, whose implementation is the only user, says what they are.
#pragma once

#include <cstddef>

namespace boresight::kernels {

/// Matrices that go together on the active target; at most batched_eigen_most_lanes.
std::size_t batched_eigen_lanes() noexcept;
inline constexpr std::size_t batched_eigen_most_lanes = 8;
inline constexpr std::size_t batched_eigen_most_elements = 64;

/// Numbers of all lanes stand side by side: a complex number is [2][lanes].
struct BatchedEigenJob {
  std::size_t elements;
  /// [row][column], magnitudes up to 1. The lower triangle is read and becomes diagonal, the real parts there
  /// the eigenvalues in any order; imaginary parts of the diagonal are not looked at.
  double* matrix;
  /// [vector][element], the unit matrix on the way in: row i becomes the eigenvector of eigenvalue i. Null:
  /// not wanted.
  double* vectors;
};

void batched_eigen(const BatchedEigenJob& job) noexcept;

}  // namespace boresight::kernels
