// A SoapySDR device for tests, registered in the test's own process as driver=boresight_fake. It counts
// samples up, so that what arrived tells what was lost, and does to the stream what a script says.
#pragma once

#include <SoapySDR/Device.hpp>

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace boresight::sdr {

/// One thing that happens at a read.
struct FakeStep {
  std::size_t samples = 0;           ///< delivered, when code is 0
  std::uint64_t lost_before = 0;     ///< the count and the clock go on, the samples do not come
  bool stamped = true;               ///< with HAS_TIME
  std::optional<long long> stamp{};  ///< instead of the true time
  int code = 0;                      ///< returned instead of samples
  int flags = 0;                     ///< besides HAS_TIME
  bool dead = false;                 ///< TIMEOUT until the stream is activated again
  bool throws = false;
  std::size_t times = 1;
};

/// What all devices opened next do; reset() before each test.
struct Fake {
  std::size_t channels = 1;
  double rate_hz = 1e6;
  double rate_becomes_hz = 0;  ///< what any rate becomes, if not 0
  std::vector<std::string> formats{"CS8", "CS16", "CF32"};
  std::string native = "CS16";
  double native_full_scale = 32768;
  std::size_t mtu = 1000;
  bool has_time = true;
  bool timed_start_required = false;  ///< with more than one channel, as UHD
  std::deque<int> activate_codes;     ///< returned by the next activations; then 0
  std::deque<int> status_codes;       ///< returned by readStreamStatus; then TIMEOUT
  bool has_status = true;
  std::deque<FakeStep> steps;  ///< then TIMEOUT

  // What was done to it.
  struct Activation {
    int flags;
    long long lead_ns;  ///< start time minus the clock at the call
  };
  std::vector<Activation> activations;
  std::size_t deactivations = 0;
  std::size_t reads_with_flags_left = 0;
  std::size_t open_streams = 0;
  std::size_t largest_read = 0;
  double gain_db = 0;
  bool automatic_gain = true;
  std::string antenna = "A";

  static Fake& get();
  static void reset() { get() = Fake(); }
};

}  // namespace boresight::sdr
