// The stretch of the stream that the Wi-Fi receiver still needs. Private.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "boresight/core/aligned.h"
#include "boresight/core/types.h"

namespace boresight::rx {

/// Samples have absolute numbers that count `lead_in` zeros in front of the stream.
class WifiStream {
 public:
  WifiStream(std::size_t capacity, std::size_t lead_in);

  void begin() noexcept;
  std::uint64_t end() const noexcept { return base_ + size_; }
  /// [first, first + count) has to be there.
  std::span<const cf32> at(std::uint64_t first, std::size_t count) const noexcept;
  /// Takes what fits and returns how much that was, at least one sample if any is offered and not more than
  /// half of the capacity is needed still. `first_needed`: everything before it may go. Samples that are not
  /// finite or beyond +-1e9 (powers of powers would leave single precision) become zero and are counted.
  std::size_t append(std::span<const cf32> samples, std::uint64_t first_needed,
                     std::uint64_t& cleaned) noexcept;

 private:
  void compact(std::uint64_t keep) noexcept;

  aligned_vector<cf32> buffer_;
  std::size_t lead_in_;
  std::uint64_t base_ = 0;  // number of buffer_[0]
  std::size_t size_ = 0;
};

}  // namespace boresight::rx
