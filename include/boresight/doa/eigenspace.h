// The largest eigenvalues of a covariance and their eigenvectors: the subspace that the signals span.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::doa {

/// R v = lambda v in double. Few vectors of a large R (24 elements or more, at most an eighth of them) are
/// found by block power iteration with Rayleigh-Ritz projection (Golub and Van Loan 2013, section 8.2), until
/// every vector is exact to 1e-8 of the gap behind the last one. Where that gap is too small for it to be
/// quick, and for all other sizes, R is decomposed in full.
class Eigenspace {
 public:
  struct Config {
    std::size_t elements = 0;  ///< E, 1 to 1024
    std::size_t vectors = 0;   ///< the largest ones, 1 to E
  };

  /// Throws ConfigError when a value is out of range.
  explicit Eigenspace(const Config& config);
  ~Eigenspace();
  Eigenspace(Eigenspace&&) noexcept;
  Eigenspace& operator=(Eigenspace&&) noexcept;

  /// False, and nothing changes, when R holds a NaN or infinity. R = 0 and singular R are decomposed like any
  /// other. No allocation.
  /// @param covariance  [E x E], Hermitian; the lower triangle is read, and of its diagonal the real part
  bool compute(Grid<const cf64> covariance) noexcept;

  /// Descending, [vectors].
  std::span<const double> values() const;
  /// Of unit length, [E], belonging to values()[i].
  std::span<const cf64> vector(std::size_t i) const;
  /// The mean of the other eigenvalues, which is the power of the noise when `vectors` is the number of
  /// signals; 0 without others, and never below 0.
  double rest_mean() const;

  std::size_t elements() const;

 private:
  struct Workspace;
  std::unique_ptr<Workspace> work_;
};

}  // namespace boresight::doa
