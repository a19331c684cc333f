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
  double loading;                    ///< of the mean of the diagonal
  const double* covariance;          ///< lower triangle, row by row
  double* factor;                    ///< the same shape; may be `covariance`
  const double* steering;            ///< [elements]
  double* weights;                   ///< [elements]
  double* accepted;                  ///< [lanes]: 1, or 0 where the weights mean nothing
  const double* loadings = nullptr;  ///< [lanes], absolute, beside `loading`; null: none
  double* capon = nullptr;           ///< [lanes]: 1 / (a^H Q^-1 a), if wanted
};

void batched_mvdr(const BatchedMvdrJob& job) noexcept;

/// power = a^H R a and length = a^H a, [lanes] each, of the lower triangle in `covariance`.
void batched_output_power(std::size_t elements, const double* covariance, const double* steering,
                          double* power, double* length) noexcept;

/// How the weights shrink as the loading grows, behind batched_mvdr(): size = w^H w and slope = w^H Q^-1 w,
/// [lanes] each. `half` [elements] is overwritten.
void batched_loading_slope(std::size_t elements, const double* factor, const double* weights, double* half,
                           double* size, double* slope) noexcept;

}  // namespace boresight::kernels
