// The stretch of all antennas' streams that the burst receiver still needs. Private.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/sync/tone_canceller.h"

namespace boresight::rx {

/// Samples have absolute numbers that count from the first one after construction or begin().
class OfdmStream {
 public:
  OfdmStream(std::size_t antennas, std::size_t capacity, const sync::ToneCanceller::Config& canceller);

  void begin() noexcept;
  std::uint64_t first() const noexcept { return base_; }
  std::uint64_t end() const noexcept { return base_ + size_; }
  /// [first, first + count) has to be there.
  Grid<const cf32> at(std::uint64_t first, std::size_t count) const noexcept;
  /// Takes what fits of samples [antennas x n] and returns how much that was, at least one sample if any is
  /// offered and not more than half of the capacity is needed still. `first_needed`: everything before it may
  /// go. What is no number becomes zero and is counted; carriers are taken out.
  std::size_t append(Grid<const cf32> samples, std::uint64_t first_needed, std::uint64_t& cleaned) noexcept;

 private:
  GridBuffer<cf32> buffer_;
  std::vector<sync::ToneCanceller> cancellers_;
  std::uint64_t base_ = 0;  // number of column 0
  std::size_t size_ = 0;
};

}  // namespace boresight::rx
