// Least mean squares: the cheapest way to follow a known signal, 16 E real multiplications per sample.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::beam {

/// y = w^H x, e = d - y, then w += step x e* (LMS; Widrow, Mantey, Griffiths and Goode 1967) or
/// w += step x e* / ||x||^2 (NLMS; Nagumo and Noda 1967). It tends to the Wiener weights, with the slowest
/// eigenvalue of R last: under a jammer 40 dB above the noise LMS takes 10^4 times longer for what is at the
/// noise than for the jammer. RlsFilter does not mind.
///
/// Stability. LMS in independent Gaussian snapshots converges in the mean square exactly when every
/// step g_i < 2 and A = sum over the eigenvalues g_i of R of step g_i / (2 - step g_i) < 1, and ends with an
/// excess error of A / (1 - A) times the least (the misadjustment). step < 1 / tr R is enough:
/// stable_step(tr R). NLMS converges for 0 < step < 2, whatever the powers; in white noise its misadjustment
/// is step / (2 - step) E / (E - 1).
class LmsFilter {
 public:
  enum class Rule { lms, nlms };
  struct Config {
    std::size_t elements = 0;  ///< 1 to 1024
    Rule rule = Rule::nlms;
    double step = 0.1;  ///< positive; NLMS below 2
  };

  /// The largest step that is safe for LMS: 1 / (sum of the powers of all elements). Infinite for no power.
  static double stable_step(double total_power) { return 1 / total_power; }

  /// Throws ConfigError when a value is out of range. Weights start at zero.
  explicit LmsFilter(const Config& config);

  /// Also what diverged weights fall back to, and reset() starts from. Throws nothing; not finite ones are
  /// taken for zero.
  void set_weights(std::span<const cf64> weights) noexcept;

  /// One snapshot x [elements]: returns w^H x with the weights before it, then adapts.
  /// NaN or Inf in x or `desired`: returns 0, the weights stay, skipped() counts.
  cf64 step(std::span<const cf64> x, cf64 desired) noexcept;

  /// @param in       [elements x n]
  /// @param desired  [n]
  /// @param out      [n]: each sample by the weights before it
  void process(Grid<const cf32> in, std::span<const cf32> desired, std::span<cf32> out) noexcept;

  std::span<const cf64> weights() const { return weights_; }
  std::uint64_t skipped() const { return skipped_; }
  /// Times that the weights grew beyond 1e15 (an LMS step too large for the power that came) and started
  /// over.
  std::uint64_t restarts() const { return restarts_; }
  void reset() noexcept;

 private:
  Rule rule_;
  double step_;
  std::vector<cf64> weights_;
  std::vector<cf64> start_;
  std::vector<cf64> snapshot_;
  std::uint64_t skipped_ = 0;
  std::uint64_t restarts_ = 0;
};

}  // namespace boresight::beam
