// The sample covariance: what every adaptive weight and every direction finder starts from.
#pragma once

#include <cstddef>
#include <vector>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::doa {

/// R = (1/K) sum over t of x(t) x(t)^H, with exponential forgetting between calls (Van Trees 2002,
/// section 7.2).
///
/// Precision. A jammer 60 dB above the noise leaves the noise six decimal digits down, where a float sum over
/// many thousand snapshots has nothing left. Products are therefore summed in float over short runs only (256
/// snapshots with vectors of 512 bits, fewer with shorter ones), in as many independent partial sums as a
/// vector has lanes, of 32 products each at most, and the runs are summed in double. The rounding of a run is
/// independent from run to run and averages out like noise: with K snapshots less than 1.2e-7 / sqrt(K / 128)
/// of the jammer's power (measured). Under a 60 dB jammer that is 1.4 / sqrt(K) of the noise, no more than
/// what statistics spread the estimate by.
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
  /// The same for integer samples; full scale is 1.0, as in core/convert.h.
  void update(Grid<const cs16> x) noexcept;
  void update(Grid<const cs8> x) noexcept;

  /// As update(), but forgets nothing: for a block that comes in parts.
  void add(Grid<const cf32> x) noexcept;
  void add(Grid<const cs16> x) noexcept;
  void add(Grid<const cs8> x) noexcept;

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
  template <typename Sample>
  void add_runs(Grid<const Sample> x) noexcept;
  template <typename Sample>
  void add_run(Grid<const Sample> run, Grid<const Sample> next) noexcept;

  std::size_t elements_;
  double forgetting_;
  double snapshots_ = 0;
  GridBuffer<cf32> run_;            // one run, where samples are not read as they lie
  std::vector<const float*> rows_;  // of one run, a silent one added to make their number even
  GridBuffer<cf64> sum_;            // the lower triangle counts
};

}  // namespace boresight::doa
