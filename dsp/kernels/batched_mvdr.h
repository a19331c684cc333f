// MVDR weights of several small matrices at once, one in each lane; boresight/beam/batched_mvdr.h, whose
// implementation is the only user, says what they are.
#pragma once

#include <cstddef>

namespace boresight::kernels {

/// Matrices that go together on the active target; at most batched_mvdr_most_lanes.
std::size_t batched_mvdr_lanes() noexcept;
inline constexpr std::size_t batched_mvdr_most_lanes = 8;

/// Numbers of all lanes stand side by side: a complex number is [2][lanes].
struct BatchedMvdrJob {
  std::size_t elements;
  double loading;          ///< of the mean of the diagonal
  double* covariance;      ///< lower triangle, row by row; becomes its factor
  const double* steering;  ///< [elements]
  double* weights;         ///< [elements]
  double* accepted;        ///< [lanes]: 1, or 0 where the weights mean nothing
};

void batched_mvdr(const BatchedMvdrJob& job) noexcept;

}  // namespace boresight::kernels
