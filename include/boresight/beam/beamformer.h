// The narrowband beamformer: elements in, beams out.
#pragma once

#include <cstddef>

#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::beam {

/// y[b][t] = sum over e of conj(w[b][e]) x[e][t], that is y = w^H x (Van Trees 2002, eq. 2.71).
class Beamformer {
 public:
  struct Config {
    std::size_t elements = 0;  ///< 1 to 1024
    std::size_t beams = 1;     ///< 1 to 1024
  };

  /// Throws ConfigError when a count is out of range. All weights start at zero.
  explicit Beamformer(const Config& config);

  /// @param weights  [beams x elements], taken over before the call returns. No allocation.
  void set_weights(Grid<const cf32> weights) noexcept;

  /// @param in   [elements x n], any n, any row stride
  /// @param out  [beams x n], must not overlap `in`
  /// A sample that is NaN or infinite spoils that sample of the beams and no other. No allocation.
  void process(Grid<const cf32> in, Grid<cf32> out) noexcept;

  std::size_t elements() const { return elements_; }
  std::size_t beams() const { return beams_; }

 private:
  std::size_t elements_;
  std::size_t beams_;
  aligned_vector<float> weights_;  // as the kernel reads them
  aligned_vector<float> scratch_;
};

}  // namespace boresight::beam
