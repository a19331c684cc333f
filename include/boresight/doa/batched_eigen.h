// Eigenvalues and eigenvectors of the covariances of many subbands at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::doa {

/// R = sum of lambda_i v_i v_i^H for each of many Hermitian matrices, by Jacobi's method in double (Golub and
/// Van Loan 2013, section 8.5). Small matrices leave a processor waiting for one number after the other; here
/// each lane of a vector works on a matrix of its own. Errors are of the order of 1e-15 of the largest
/// eigenvalue; eigenvectors of equal eigenvalues are any that are orthonormal.
///
/// For 2 to some 16 elements; one large matrix is Eigenspace's.
class BatchedEigen {
 public:
  struct Config {
    std::size_t elements = 0;  ///< E, 1 to 64
    std::size_t matrices = 0;  ///< 1 to 65536
    bool vectors = true;       ///< false: only eigenvalues, in less than half the time
  };

  /// Throws ConfigError when a value is out of range.
  explicit BatchedEigen(const Config& config);

  /// @param covariances  [matrices x E*E], each row by row; the lower triangle is read, and of its diagonal
  ///                     the real part
  /// @param values       [matrices x E], descending
  /// @param vectors      [matrices x E*E], of each matrix the vector of length 1 of eigenvalue i in the
  ///                     numbers i E to i E + E - 1; [0 x 0] where Config::vectors is false
  /// @param accepted     [matrices]: 1, or 0 for a matrix with NaN or infinity, whose values are zero and
  ///                     whose vectors are the unit vectors
  /// Returns how many were accepted. No allocation.
  std::size_t solve(Grid<const cf64> covariances, Grid<double> values, Grid<cf64> vectors,
                    std::span<std::uint8_t> accepted) noexcept;

  std::size_t elements() const { return config_.elements; }
  std::size_t matrices() const { return config_.matrices; }

 private:
  Config config_;
  aligned_vector<double> matrix_;  // of as many matrices as there are lanes, [number][re, im][lane]
  aligned_vector<double> vectors_;
};

}  // namespace boresight::doa
