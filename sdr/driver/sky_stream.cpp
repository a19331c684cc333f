#include "sky_stream.h"

#include <SoapySDR/Constants.h>
#include <SoapySDR/Errors.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace boresight::sdr {

namespace {

using std::chrono::nanoseconds;

constexpr double device_buffer_s = 0.1;
// What one overflow may cost in making samples that nobody gets.
constexpr auto longest_making_up = std::chrono::milliseconds(100);
// Raw times beyond this (73 years) are refused, so that no sum of times overflows.
constexpr std::int64_t latest_start_ns = std::int64_t{1} << 61;
constexpr std::uint64_t endless = std::numeric_limits<std::uint64_t>::max();

std::uint64_t samples_in(double seconds, double rate_hz) {
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(seconds * rate_hz)));
}

template <typename Integer>
Integer quantize(float x, float scale) {
  constexpr float low = std::numeric_limits<Integer>::min();
  constexpr float high = std::numeric_limits<Integer>::max();
  return static_cast<Integer>(std::clamp(std::nearbyint(x * scale), low, high));
}

void convert(std::span<const cf32> from, cs8* to) {
  for (const cf32 x : from)
    *to++ = {quantize<std::int8_t>(x.real(), 128), quantize<std::int8_t>(x.imag(), 128)};
}
void convert(std::span<const cf32> from, cs16* to) {
  for (const cf32 x : from) {
    *to++ = {quantize<std::int16_t>(x.real(), 32768), quantize<std::int16_t>(x.imag(), 32768)};
  }
}
void convert(std::span<const cf32> from, cf32* to) {
  std::copy(from.begin(), from.end(), to);
}

}  // namespace

SkyStream::SkyStream(const sim::Scenario& scenario, bool real_time, std::optional<double> duration_s)
    : scenario_(scenario),
      real_time_(real_time),
      rate_hz_(scenario.sample_rate_hz),
      total_samples_(duration_s ? samples_in(*duration_s, rate_hz_) : endless),
      buffer_samples_(samples_in(device_buffer_s, rate_hz_)),
      sky_(scenario),
      chunk_(sky_.channels(), mtu_samples),
      chunk_at_(mtu_samples) {}

std::int64_t SkyStream::steady_raw_ns() const {
  return std::chrono::duration_cast<nanoseconds>(Clock::now() - opened_at_).count() - slowness_ns_;
}

std::int64_t SkyStream::duration_ns(std::uint64_t samples) const {
  return std::llround(static_cast<double>(samples) * 1e9 / rate_hz_);
}

std::int64_t SkyStream::raw_ns() const {
  return active_ && !real_time_ ? start_raw_ns_ + duration_ns(position_) : steady_raw_ns();
}

// How many samples since the activation the device has taken by now.
std::uint64_t SkyStream::samples_due() const {
  if (!real_time_) return endless;
  const std::int64_t since_ns = steady_raw_ns() - start_raw_ns_;
  return since_ns <= 0 ? 0 : static_cast<std::uint64_t>(static_cast<double>(since_ns) * 1e-9 * rate_hz_);
}

std::uint64_t SkyStream::samples_left() const {
  return std::min(total_samples_ - used_, burst_left_);
}

void SkyStream::open(Format format, const std::vector<std::size_t>& channels) {
  const std::lock_guard lock(mutex_);
  if (open_) throw std::runtime_error("boresight: the device has one stream, and it is open already");
  if (sky_.samples_generated() > 0) {
    const double gain_db = sky_.gain_db();
    sky_ = sim::Sky(scenario_);
    sky_.set_gain_db(gain_db);
  }
  chunk_at_ = mtu_samples;
  format_ = format;
  channels_ = channels;
  used_ = 0;
  open_ = true;
}

void SkyStream::close() {
  deactivate();
  const std::lock_guard lock(mutex_);
  open_ = false;
}

int SkyStream::activate(std::optional<std::int64_t> start_ns, std::uint64_t burst_samples) {
  const std::lock_guard lock(mutex_);
  if (!open_) return SOAPY_SDR_STREAM_ERROR;
  if (active_) return 0;
  const std::int64_t now_raw_ns = raw_ns();
  clock_.time_ns(now_raw_ns);  // a pulse that has come counts
  const std::int64_t start_raw_ns = start_ns ? clock_.raw_ns(*start_ns) : now_raw_ns;
  if (start_raw_ns < now_raw_ns || start_raw_ns > latest_start_ns) return SOAPY_SDR_TIME_ERROR;
  start_raw_ns_ = start_raw_ns;
  position_ = 0;
  burst_left_ = burst_samples == 0 ? endless : burst_samples;
  active_ = true;
  changed_.notify_all();
  return 0;
}

int SkyStream::deactivate() {
  const std::lock_guard lock(mutex_);
  if (active_ && !real_time_) {
    // Raw time goes on from the last sample, and never back.
    slowness_ns_ += steady_raw_ns() - raw_ns();
  }
  active_ = false;
  changed_.notify_all();
  return 0;
}

// The next chunk of the sky. A machine that takes longer than real time for it holds the device's clock back;
// if the clock went on while lost samples are made up, making them up would lose the next ones.
void SkyStream::refill(bool thrown_away) {
  const Clock::time_point before = Clock::now();
  sky_.generate(chunk_.view());
  chunk_at_ = 0;
  const std::int64_t took_ns = std::chrono::duration_cast<nanoseconds>(Clock::now() - before).count();
  const std::int64_t clock_may_advance_ns = thrown_away ? 0 : duration_ns(mtu_samples);
  if (real_time_) slowness_ns_ += std::max<std::int64_t>(0, took_ns - clock_may_advance_ns);
}

// Makes and throws away what the reader lost, as much as can be had by the deadline. For the rest the sky has
// stood still: a reader that was away for long gets samples again at once.
void SkyStream::move_sky(std::uint64_t lost, Clock::time_point deadline) {
  while (lost > 0) {
    if (chunk_at_ == mtu_samples) {
      if (Clock::now() >= deadline) return;
      refill(true);
    }
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(lost, mtu_samples - chunk_at_));
    chunk_at_ += count;
    lost -= count;
  }
}

void SkyStream::copy(void* const* buffers, std::size_t to, std::size_t count) {
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    const std::span<const cf32> from = chunk_.row(channels_[i]).subspan(chunk_at_, count);
    switch (format_) {
      case Format::cs8:
        convert(from, static_cast<cs8*>(buffers[i]) + to);
        break;
      case Format::cs16:
        convert(from, static_cast<cs16*>(buffers[i]) + to);
        break;
      case Format::cf32:
        convert(from, static_cast<cf32*>(buffers[i]) + to);
        break;
    }
  }
  chunk_at_ += count;
}

int SkyStream::read(void* const* buffers, std::size_t samples, int& flags, long long& time_ns,
                    std::chrono::microseconds timeout) {
  const Clock::time_point deadline =
      Clock::now() +
      std::clamp(timeout, std::chrono::microseconds(0), std::chrono::microseconds(std::chrono::hours(1)));
  flags = 0;
  std::unique_lock lock(mutex_);
  std::uint64_t ready = 0;
  // Wait for as many samples as asked for, or as one packet of the device holds.
  for (;;) {
    const bool running = active_ && samples_left() > 0;
    const std::uint64_t due = running ? samples_due() : position_;
    // The device takes nothing after the end, so that what an overflow leaves has the end in it.
    ready = due > position_ ? std::min(due - position_, samples_left()) : 0;
    if (running && real_time_ && ready > buffer_samples_) {
      const std::uint64_t lost = ready - std::max<std::uint64_t>(1, buffer_samples_ / 2);
      position_ += lost;
      used_ += lost;
      if (burst_left_ != endless) burst_left_ -= lost;
      move_sky(lost, std::min(deadline, Clock::now() + longest_making_up));
      return SOAPY_SDR_OVERFLOW;
    }
    const std::uint64_t wanted =
        running ? std::min<std::uint64_t>({samples, mtu_samples, samples_left()}) : endless;
    if (ready >= wanted || Clock::now() >= deadline) break;
    Clock::time_point wake = deadline;
    if (running) {
      const std::int64_t wait_ns = start_raw_ns_ + duration_ns(position_ + wanted) - steady_raw_ns();
      wake = std::min(wake, Clock::now() + nanoseconds(std::max<std::int64_t>(wait_ns, 1000)));
    }
    changed_.wait_until(lock, wake);
  }
  if (samples == 0) return 0;
  if (!active_ || ready == 0) return SOAPY_SDR_TIMEOUT;

  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(samples, ready));
  flags = SOAPY_SDR_HAS_TIME;
  time_ns = clock_.time_ns(start_raw_ns_ + duration_ns(position_));
  std::size_t done = 0;
  while (done < count) {
    if (chunk_at_ == mtu_samples) refill(false);
    const std::size_t piece = std::min(count - done, mtu_samples - chunk_at_);
    copy(buffers, done, piece);
    done += piece;
  }
  position_ += count;
  used_ += count;
  if (burst_left_ != endless) burst_left_ -= count;
  if (samples_left() == 0) flags |= SOAPY_SDR_END_BURST;
  return static_cast<int>(count);
}

std::int64_t SkyStream::time_ns(const std::string& what) {
  const std::lock_guard lock(mutex_);
  return what == "PPS" ? clock_.time_at_last_pulse_ns(raw_ns()) : clock_.time_ns(raw_ns());
}

void SkyStream::set_time_ns(std::int64_t time_ns, const std::string& what) {
  const std::lock_guard lock(mutex_);
  if (what == "PPS") {
    clock_.set_at_next_pulse(raw_ns(), time_ns);
  } else {
    clock_.set(raw_ns(), time_ns);
  }
}

sim::Truth SkyStream::truth() {
  const std::lock_guard lock(mutex_);
  return sky_.truth();
}
double SkyStream::gain_db() {
  const std::lock_guard lock(mutex_);
  return sky_.gain_db();
}
void SkyStream::set_gain_db(double gain_db) {
  const std::lock_guard lock(mutex_);
  sky_.set_gain_db(gain_db);
}
std::uint64_t SkyStream::samples_read() {
  const std::lock_guard lock(mutex_);
  return used_;
}

}  // namespace boresight::sdr
