// The sample covariance: what every adaptive weight and every direction finder starts from.
#pragma once

#include <cstddef>

#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::doa {

/// R = (1/K) sum over t of x(t) x(t)^H, with exponential forgetting between calls (Van Trees 2002,
/// section 7.2).
///
/// Precision. A jammer 60 dB above the noise leaves the noise six decimal digits down, where a float sum over
/// many thousand snapshots has nothing left. Products are therefore summed in float over runs of 128
/// snapshots only, in several independent partial sums, and the runs are summed in double. The rounding of a
/// run is independent from run to run and averages out like noise: with K snapshots about
/// 1.2e-7 / sqrt(K / 128) of the jammer's power (measured). Under a 60 dB jammer that is 1.4 / sqrt(K) of the
/// noise, no more than what statistics spread the estimate by.
class SampleCovariance {
 public:
  struct Config {
    std::size_t elements = 0;  ///< 1 to 1024
    /// What every update() multiplies the past by first, in (0, 1]; 1 forgets nothing.
    double forgetting = 1.0;
  };

  /// Throws ConfigError when a value is out of range.
  explicit SampleCovariance(const Config& config);

  /// Adds the snapshots x [elements x n], any n; n = 0 adds and forgets nothing. No allocation.
  /// A NaN or infinite sample spoils R until reset(): clean at the door.
  void update(Grid<const cf32> x) noexcept;

  /// Multiplies the weight of the past by `factor` in (0, 1], for callers with their own clock.
  void forget(double factor) noexcept;

  /// R as a full Hermitian matrix [elements x elements]; all zero when there are no snapshots. No allocation.
  void matrix(Grid<cf64> out) const noexcept;

  /// The weight K of the sum: the number of snapshots, the past ones counted less by what was forgotten.
  double snapshots() const { return snapshots_; }
  std::size_t elements() const { return elements_; }

  /// Back to no snapshots.
  void reset() noexcept;

 private:
  void add_run(Grid<const cf32> run) noexcept;

  std::size_t elements_;
  double forgetting_;
  double snapshots_ = 0;
  GridBuffer<float> run_re_;  // one run, split by part, rows padded with silent elements to an even number
  GridBuffer<float> run_im_;
  GridBuffer<double> sum_re_;  // lower triangle of the sum
  GridBuffer<double> sum_im_;
};

}  // namespace boresight::doa
