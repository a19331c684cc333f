// The clock of the core this thread runs on, for figures in cycles that hold on any clock.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace boresight {

/// Cycles per second, from a chain of dependent 64-bit multiplications, 3 cycles each on every x86-64 core
/// since Nehalem and on Zen; the best of sixteen runs of a millisecond, so that what else the machine does
/// hardly counts. 0 on other processors.
inline double core_clock_hz() {
#if defined(__x86_64__)
  constexpr int rounds = 120'000;
  double best_hz = 0;
  std::uint64_t x = 3;
  for (int run = 0; run < 16; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i) {
      asm volatile(
          "imul %0, %0\n imul %0, %0\n imul %0, %0\n imul %0, %0\n imul %0, %0\n"
          "imul %0, %0\n imul %0, %0\n imul %0, %0\n imul %0, %0\n imul %0, %0"
          : "+r"(x));
    }
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    best_hz = std::max(best_hz, 10.0 * 3.0 * rounds / time.count());
  }
  return best_hz;
#else
  return 0;
#endif
}

}  // namespace boresight
