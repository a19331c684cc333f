// The constant modulus algorithm: a beam on a signal of which only the constant envelope is known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::beam {

/// y = w^H x, then w += step x (modulus y / |y| - y)* / ||x||^2: the normalized constant modulus algorithm of
/// order (1, 2) (Treichler and Agee 1983; Jones, "A normalized constant modulus algorithm", Asilomar 1995),
/// which is NLMS with the nearest point of the circle for the desired signal. Stable for 0 < step < 2: the
/// sample itself afterwards misses the circle by |1 - step| of what it missed it by before.
///
/// For single-carrier PSK, and for the PSS; OFDM has no constant envelope. The phase of y is arbitrary, and
/// of several signals of constant modulus the one that the starting weights favor is captured, jammers
/// included: start it from a conventional beam, after a Gaussian-like jammer is nulled.
class ConstantModulusFilter {
 public:
  struct Config {
    std::size_t elements = 0;  ///< 1 to 1024
    double step = 0.05;        ///< in (0, 2)
    double modulus = 1;        ///< positive; E|s|^2 / E|s| for signals that are not quite constant
  };

  /// Throws ConfigError when a value is out of range. Weights start with 1 on element 0.
  explicit ConstantModulusFilter(const Config& config);

  /// Where to start from, also after reset(). All zero or not finite: 1 on element 0, because from zero there
  /// is no way out.
  void set_weights(std::span<const cf64> weights) noexcept;

  /// One snapshot x [elements]: returns w^H x with the weights before it, then adapts.
  /// NaN or Inf in x: returns 0, the weights stay, skipped() counts. y = 0 teaches nothing. Weights whose
  /// energy passes 1e30 start anew, restarts() counts.
  cf64 step(std::span<const cf64> x) noexcept;

  /// @param in   [elements x n]
  /// @param out  [n]: each sample by the weights before it
  void process(Grid<const cf32> in, std::span<cf32> out) noexcept;

  std::span<const cf64> weights() const { return weights_; }
  std::uint64_t skipped() const { return skipped_; }
  std::uint64_t restarts() const { return restarts_; }
  void reset() noexcept;

 private:
  double step_;
  double modulus_;
  std::vector<cf64> weights_;
  std::vector<cf64> start_;
  std::vector<cf64> snapshot_;
  std::uint64_t skipped_ = 0;
  std::uint64_t restarts_ = 0;
};

}  // namespace boresight::beam
