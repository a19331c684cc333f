// Covariances of the bins of FFTs, summed bin by bin and pooled into subbands when they are wanted. Private.
#pragma once

#include <cstddef>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::beam {

class BinCovariance {
 public:
  BinCovariance(std::size_t elements, std::size_t bins);

  /// Adds one FFT's bins [E x K], FFT order. False, and nothing added, when they are not all finite.
  bool add(Grid<const cf32> bins) noexcept;
  /// FFTs that went in, the forgotten ones counted less.
  double snapshots() const { return snapshots_; }
  void forget(double factor) noexcept;
  void reset() noexcept;

  /// @param out  [subbands x E*E], lowest frequency first: the mean over the snapshots and a subband's bins,
  ///             lower triangle. The number of subbands divides K.
  void mean(Grid<cf64> out) const noexcept;

 private:
  double snapshots_ = 0;
  // Bins in the order of frequency, in single precision: products are summed in double.
  GridBuffer<float> re_;
  GridBuffer<float> im_;
  GridBuffer<double> sum_re_;  // [pair of elements x bins]
  GridBuffer<double> sum_im_;
};

}  // namespace boresight::beam
