// How long waits for samples let Ctrl-C through.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "bindings.h"
#include "boresight/sdr/source.h"

namespace boresight::python {

inline std::chrono::microseconds microseconds(double seconds) {
  require(seconds >= 0 && seconds <= 86400, "timeout_s: must be 0 to 86400");
  return std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6));
}

inline constexpr auto signal_interval = std::chrono::milliseconds(100);

// wait(timeout) over and over until it says something else than `timeout` or the time is over, with a look at
// Ctrl-C in between. A wait that returns early has its reasons: it is not asked again.
template <typename F>
auto wait_patiently(LongCall& call, std::chrono::microseconds timeout, F&& wait) {
  using sdr::Read;
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + timeout;
  for (;;) {
    const auto now = Clock::now();
    const auto left = std::max(std::chrono::duration_cast<std::chrono::microseconds>(end - now),
                               std::chrono::microseconds(0));
    const auto slice = std::min<std::chrono::microseconds>(left, signal_interval);
    auto result = wait(slice);
    if (result.status != Read::Status::timeout || slice == left || Clock::now() < now + slice / 2) {
      return result;
    }
    call.check_signals();
  }
}

}  // namespace boresight::python
