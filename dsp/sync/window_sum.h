// The sum of the last n values of a stream, by additions only.
#pragma once

#include <cstddef>
#include <vector>

namespace boresight::sync {

/// Two blocks of n values meet in every window: sums from each place to the end of the older block, and from
/// the start of the newer one (van Herk 1992; Gil and Werman 1993, for sums). Nothing is ever subtracted, so
/// a strong signal leaves no rounding behind once it is out of the window, and a NaN no NaN. Three additions
/// per value.
template <typename T>
class WindowSum {
 public:
  explicit WindowSum(std::size_t n) : block_(n), suffix_(n + 1) {}

  void reset() {
    suffix_.assign(suffix_.size(), T{});
    prefix_ = T{};
    next_ = 0;
  }

  /// Takes a value; the sum of it and the n - 1 before, of which those that never came count as zero.
  T push(T x) {
    block_[next_] = x;
    prefix_ += x;
    ++next_;
    const T sum = prefix_ + suffix_[next_];
    if (next_ == block_.size()) {
      for (std::size_t i = block_.size(); i-- > 0;) suffix_[i] = suffix_[i + 1] + block_[i];
      prefix_ = T{};
      next_ = 0;
    }
    return sum;
  }

 private:
  std::vector<T> block_;
  std::vector<T> suffix_;  // of the block before; the last one stays zero
  T prefix_{};
  std::size_t next_ = 0;
};

}  // namespace boresight::sync
