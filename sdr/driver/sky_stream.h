// The receive stream of the simulated device: paces the sky, keeps the device's clock, converts formats.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/sim/sky.h"
#include "device_clock.h"

namespace boresight::sdr {

/// All of it may be called from any thread; reads and changes of state exclude each other, waiting does not
/// keep others out.
///
/// Clock. Without a stream running, and with realtime=1, raw time follows this machine's steady clock; with
/// realtime=0 a running stream's raw time is that of its next sample. Where this machine is too slow to make
/// samples in real time, raw time runs slower with it: only a late reader ever loses samples.
///
/// Overflow. A reader that lost samples hears of it once; the samples after them carry the time at which they
/// come. The lost part of the sky is made and thrown away, while raw time stands still, for at most a tenth
/// of a second and the timeout of that read; for the rest of it the sky has stood still while raw time went
/// on. The last samples before the end of a burst or of the stream are never lost.
///
/// The sky stands still while no stream runs. Each new stream begins with sample 0 of the same sky.
class SkyStream {
 public:
  enum class Format { cs8, cs16, cf32 };

  SkyStream(const sim::Scenario& scenario, bool real_time, std::optional<double> duration_s);

  static constexpr std::size_t mtu_samples = 8192;

  // For one stream at a time; code < 0 is SoapySDR's.
  void open(Format format, const std::vector<std::size_t>& channels);  ///< throws: there is one already
  void close();
  int activate(std::optional<std::int64_t> start_ns, std::uint64_t burst_samples);
  int deactivate();
  int read(void* const* buffers, std::size_t samples, int& flags, long long& time_ns,
           std::chrono::microseconds timeout);

  bool has_time(const std::string& what) const { return what.empty() || what == "PPS"; }
  std::int64_t time_ns(const std::string& what);
  void set_time_ns(std::int64_t time_ns, const std::string& what);  ///< throws: see DeviceClock

  sim::Truth truth();
  double gain_db();
  void set_gain_db(double gain_db);
  std::uint64_t samples_read();
  const sim::Sky& sky() const { return sky_; }  ///< only before the first open(), which may replace it

 private:
  using Clock = std::chrono::steady_clock;

  std::int64_t steady_raw_ns() const;
  std::int64_t raw_ns() const;
  std::int64_t duration_ns(std::uint64_t samples) const;
  std::uint64_t samples_due() const;
  std::uint64_t samples_left() const;
  void refill(bool thrown_away);
  void move_sky(std::uint64_t lost, Clock::time_point deadline);
  void copy(void* const* buffers, std::size_t to, std::size_t count);

  const sim::Scenario scenario_;
  const bool real_time_;
  const double rate_hz_;
  const std::uint64_t total_samples_;   // of a stream; the largest number: endless
  const std::uint64_t buffer_samples_;  // what the device keeps for a late reader

  std::mutex mutex_;
  std::condition_variable changed_;
  sim::Sky sky_;
  GridBuffer<cf32> chunk_;
  std::size_t chunk_at_ = 0;
  DeviceClock clock_;
  const Clock::time_point opened_at_ = Clock::now();
  std::int64_t slowness_ns_ = 0;  // how far raw time is behind the steady clock

  bool open_ = false;
  bool active_ = false;
  Format format_ = Format::cs16;
  std::vector<std::size_t> channels_;
  std::int64_t start_raw_ns_ = 0;  // of the sample `position_` = 0
  std::uint64_t position_ = 0;     // samples since the activation, lost ones included
  std::uint64_t used_ = 0;         // samples since the stream was opened, lost ones included
  std::uint64_t burst_left_ = 0;   // of a finite activation; the largest number: endless
};

}  // namespace boresight::sdr
