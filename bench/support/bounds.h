// What the machine can do at most, measured in the same run as the code that is held against it.
#pragma once

#include <time.h>

#include <algorithm>
#include <cstddef>

#include "boresight/core/huge_pages.h"

namespace boresight {

/// The shortest time that `work` has taken so far, in seconds of this thread: what else runs on the machine
/// takes turns with it, but is not counted.
struct Best {
  double seconds = 1e30;
  template <typename Work>
  void run(int repeats, const Work& work) {
    const double begin = thread_seconds();
    for (int i = 0; i < repeats; ++i) work();
    seconds = std::min(seconds, (thread_seconds() - begin) / repeats);
  }

 private:
  static double thread_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
  }
};

/// Floating-point operations per second (2 for a multiply-add) of independent single-precision multiply-adds
/// in registers, through the best SIMD target. Measured in turn with the code that is held against it: the
/// clock and the neighbors of a shared machine are then the same for both.
class PeakFlops {
 public:
  void run();
  double rate() const { return operations_ / best_.seconds; }

 private:
  double operations_ = 0;
  Best best_;
};

/// Bytes per second that one core reads from memory: a sum over 256 MiB, of which each run takes the next 16.
class MemoryRead {
 public:
  MemoryRead();
  void run();
  double rate() const { return static_cast<double>(window * sizeof(float)) / best_.seconds; }

 private:
  static constexpr std::size_t window = std::size_t{4} << 20;
  huge_vector<float> x_;
  std::size_t next_ = 0;
  Best best_;
};

}  // namespace boresight
