// Sums of products for sample covariances; boresight/doa/covariance.h, whose implementation is the only user,
// says what they are for.
#pragma once

#include <cstddef>

namespace boresight::kernels {

/// Snapshots that one call may sum: each partial sum, of which there is one for each lane of a vector, then
/// holds 32 products at most. The narrower the vectors of the active target, the shorter.
std::size_t covariance_run() noexcept;
/// The longest run of any target.
inline constexpr std::size_t covariance_longest_run = 256;
/// Runs are filled up with zeros to a multiple of this many snapshots.
inline constexpr std::size_t covariance_granule = 8;

/// Samples that will be asked for next: rows of `bytes` bytes, `stride` bytes apart.
struct NextRun {
  const unsigned char* begin = nullptr;
  std::size_t rows = 0;
  std::size_t bytes = 0;
  std::size_t stride = 0;
};

/// sum(r, c) += sum over t of x_r(t) x_c(t)* for all r >= c, and some others.
/// @param rows   of `elements` rows, an even number, of re, im, ..., any alignment
/// @param floats of a row, a multiple of 2 covariance_granule, at most 2 covariance_run()
/// @param sum    re, im, ...; rows of `elements` complex numbers that are sum_stride doubles apart
/// @param next   fetched on the way
void add_products(const float* const* rows, std::size_t elements, std::size_t floats, double* sum,
                  std::size_t sum_stride, const NextRun& next) noexcept;

}  // namespace boresight::kernels
