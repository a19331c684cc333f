// Counts heap allocations of this thread, from operator new and from malloc alike, to prove that a call makes
// none.
#pragma once

#include <cstddef>

namespace boresight {

class AllocationCounter {
 public:
  AllocationCounter();
  /// Allocations by this thread since construction.
  std::size_t count() const;

 private:
  std::size_t start_;
};

}  // namespace boresight
