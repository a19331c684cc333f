#include "boresight/sdr/soapy_source.h"

#include <SoapySDR/Constants.h>
#include <SoapySDR/Errors.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <thread>

#include "boresight/core/error.h"
#include "soapy_setup.h"
#include "timeline.h"

namespace boresight::sdr {

namespace {

using Clock = Timeline::Clock;
using std::chrono::microseconds;

constexpr double longest_backoff_s = 1.0;
constexpr auto status_period = std::chrono::seconds(1);

Clock::duration seconds(double s) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(s));
}

// Counted by the reading thread, looked at by any.
struct Counters {
  std::atomic<std::uint64_t> overflows{0}, timeouts{0}, stream_errors{0}, restarts{0}, lost_samples{0},
      known_gaps{0}, unknown_gaps{0}, bad_timestamps{0};

  SourceStats snapshot() const {
    return {overflows.load(),    timeouts.load(),   stream_errors.load(), restarts.load(),
            lost_samples.load(), known_gaps.load(), unknown_gaps.load(),  bad_timestamps.load()};
  }
};

void check(const SoapySourceConfig& config) {
  const auto positive = [](double s, const char* name) {
    require(std::isfinite(s) && s > 0 && s <= 3600,
            std::string(name) + " " + std::to_string(s) + " must be above 0 and at most 3600");
  };
  positive(config.start_delay_s, "start_delay_s");
  positive(config.dead_after_overflow_s, "dead_after_overflow_s");
  positive(config.dead_s, "dead_s");
  positive(config.restart_backoff_s, "restart_backoff_s");
}

}  // namespace

struct SoapySource::Impl {
  explicit Impl(const SoapySourceConfig& wanted) : config(wanted) {}
  ~Impl();

  void open();
  void start();
  void stop() noexcept;
  Read read(std::span<void* const> buffers, std::size_t max_samples, microseconds timeout);

  std::optional<std::string> gain_text() const;
  int activate();
  int activate_at_once() { return device->activateStream(stream); }
  void deactivate() noexcept;
  void poll_status(Clock::time_point now);
  bool bring_back(Clock::time_point deadline);
  void schedule_restart(const std::string& reason);
  void on_error(int code);
  void on_silence(Clock::time_point now);
  Read on_samples(std::size_t samples, int flags, long long time_ns, Clock::time_point now);

  SoapySourceConfig config;
  DevicePtr device;
  SoapySDR::Stream* stream = nullptr;
  DeviceSetup setup;
  std::size_t mtu = 0;
  std::vector<std::string> sensors;
  Counters counters;
  std::optional<Timeline> timeline;

  bool active = false;
  bool overflowed = false;   // since the last samples
  bool burst_ended = false;  // the last samples carried END_BURST
  bool polls_status = true;  // until the driver says that it has none
  int possible_losses = 0;   // errors in a row that usually cost samples, not the stream
  std::size_t attempts = 0;  // restarts since the last samples
  std::optional<Clock::time_point> restart_at;
  Clock::time_point alive_at;  // last samples, the overflow after them, or the (re)start
  Clock::time_point polled_at;
  std::optional<Read::Status> finished;
  std::string reason;
};

SoapySource::Impl::~Impl() {
  deactivate();
  try {
    if (stream != nullptr) device->closeStream(stream);
  } catch (...) {  // NOLINT(bugprone-empty-catch): a device that vanished; nobody to tell
  }
}

void SoapySource::Impl::open() {
  check(config);
  device = open_device(config.args);
  try {
    setup = set_up_device(*device, config);
    timeline.emplace(setup.info.sample_rate_hz);
    stream = device->setupStream(SOAPY_SDR_RX, setup.stream_format, setup.channels,
                                 SoapySDR::KwargsFromString(config.stream_args));
    if (stream == nullptr) throw IoError("the driver gave no stream");
    mtu = std::max<std::size_t>(1, device->getStreamMTU(stream));
    sensors = device->listSensors();
  } catch (const ConfigError&) {
    throw;
  } catch (const std::exception& error) {
    throw IoError("cannot set up '" + config.args + "': " + error.what());
  }
}

// Nothing while the device changes it by itself.
std::optional<std::string> SoapySource::Impl::gain_text() const {
  const std::size_t first = setup.channels.front();
  if (device->hasGainMode(SOAPY_SDR_RX, first) && device->getGainMode(SOAPY_SDR_RX, first))
    return std::nullopt;
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, device->getGain(SOAPY_SDR_RX, first));
  return std::string(text, end.ptr);
}

// One channel may start at once. Several start by the clock: UHD refuses anything else, and only so do they
// begin with the same sample.
int SoapySource::Impl::activate() {
  alive_at = Clock::now();
  if (setup.channels.size() < 2 || !device->hasHardwareTime()) return activate_at_once();
  // A loaded machine can make the first try late; the second has more time.
  for (const double delay_s : {config.start_delay_s, 2.5 * config.start_delay_s}) {
    const long long start_ns = device->getHardwareTime() + std::llround(delay_s * 1e9);
    const int code = device->activateStream(stream, SOAPY_SDR_HAS_TIME, start_ns);
    if (code == 0) {
      alive_at = Clock::now() + seconds(delay_s);
      return 0;
    }
    if (code == SOAPY_SDR_NOT_SUPPORTED) break;
  }
  return activate_at_once();
}

void SoapySource::Impl::start() {
  if (active) return;
  try {
    const int code = activate();
    if (code != 0) throw IoError(SoapySDR::errToStr(code));
  } catch (const std::exception& error) {
    throw IoError("cannot start '" + config.args + "': " + error.what());
  }
  active = true;
  overflowed = burst_ended = false;
  attempts = 0;
  possible_losses = 0;
  restart_at.reset();
  finished.reset();
  reason.clear();
  polled_at = Clock::now();
}

void SoapySource::Impl::deactivate() noexcept {
  try {
    if (stream != nullptr && active) device->deactivateStream(stream);
  } catch (...) {  // NOLINT(bugprone-empty-catch): the restart or the end that follows is the answer
  }
  active = false;
}

void SoapySource::Impl::stop() noexcept {
  deactivate();
  restart_at.reset();
  timeline->mark_loss();
}

// LimeSDR and others tell of losses here and nowhere else.
void SoapySource::Impl::poll_status(Clock::time_point now) {
  if (!polls_status || now - polled_at < status_period) return;
  polled_at = now;
  std::size_t channel_mask = 0;
  int flags = 0;
  long long time_ns = 0;
  const int code = device->readStreamStatus(stream, channel_mask, flags, time_ns, 0);
  if (code == SOAPY_SDR_NOT_SUPPORTED) polls_status = false;
  if (code == SOAPY_SDR_OVERFLOW || code == SOAPY_SDR_TIME_ERROR || code == SOAPY_SDR_CORRUPTION) {
    ++counters.overflows;
    timeline->mark_loss();
  }
}

void SoapySource::Impl::schedule_restart(const std::string& why) {
  reason = why;
  deactivate();
  timeline->mark_loss();
  if (attempts >= config.restart_limit) {
    finished = Read::Status::failed;
    reason = "'" + config.args + "' gave nothing after " + std::to_string(attempts) + " restarts: " + why;
    return;
  }
  const double backoff_s =
      std::min(longest_backoff_s,
               std::ldexp(config.restart_backoff_s, static_cast<int>(std::min<std::size_t>(attempts, 30))));
  restart_at = Clock::now() + seconds(backoff_s);
}

// Waits for the restart, at most until the deadline. True: the stream is active again.
bool SoapySource::Impl::bring_back(Clock::time_point deadline) {
  if (*restart_at > deadline) {
    std::this_thread::sleep_until(deadline);
    return false;
  }
  std::this_thread::sleep_until(*restart_at);
  restart_at.reset();
  ++attempts;
  ++counters.restarts;
  overflowed = burst_ended = false;
  possible_losses = 0;
  int code = SOAPY_SDR_STREAM_ERROR;
  std::string why;
  try {
    code = activate();
    why = SoapySDR::errToStr(code);
  } catch (const std::exception& error) {
    why = error.what();
  }
  active = code == 0;
  if (!active) schedule_restart("it does not start: " + why);
  return active;
}

void SoapySource::Impl::on_error(int code) {
  timeline->mark_loss();
  if (code == SOAPY_SDR_OVERFLOW) {
    ++counters.overflows;
    if (!overflowed) alive_at = Clock::now();  // silent from now on, however long nobody read before
    overflowed = true;
    burst_ended = false;
    return;
  }
  ++counters.stream_errors;
  // Nobody agrees what these mean (SoapySDR #350), but a stream that lost a packet goes on; one that says
  // nothing else does not.
  const bool may_go_on = code == SOAPY_SDR_CORRUPTION || code == SOAPY_SDR_TIME_ERROR;
  if (may_go_on && ++possible_losses < 8) return;
  schedule_restart(SoapySDR::errToStr(code));
}

void SoapySource::Impl::on_silence(Clock::time_point now) {
  ++counters.timeouts;
  if (burst_ended) {
    finished = Read::Status::end;
    return;
  }
  const double limit_s = overflowed ? config.dead_after_overflow_s : config.dead_s;
  if (now - alive_at > seconds(limit_s)) schedule_restart("no samples for " + std::to_string(limit_s) + " s");
}

Read SoapySource::Impl::on_samples(std::size_t samples, int flags, long long time_ns, Clock::time_point now) {
  const bool stamped = (flags & SOAPY_SDR_HAS_TIME) != 0;
  const Timeline::Placement placement =
      timeline->place(stamped ? std::optional<std::int64_t>(time_ns) : std::nullopt, samples, now);
  if (placement.bad_timestamp) ++counters.bad_timestamps;
  if (placement.gap && placement.lost_samples > 0) {
    ++counters.known_gaps;
    counters.lost_samples += placement.lost_samples;
  } else if (placement.gap) {
    ++counters.unknown_gaps;
  }

  alive_at = now;
  overflowed = false;
  attempts = 0;
  possible_losses = 0;
  burst_ended = (flags & SOAPY_SDR_END_BURST) != 0;
  if ((flags & SOAPY_SDR_END_ABRUPT) != 0) {  // the overflow comes right after these samples
    ++counters.overflows;
    overflowed = true;
    burst_ended = false;
    timeline->mark_loss();
  }
  return {Read::Status::ok, samples, placement.time_ns, placement.lost_samples, placement.gap};
}

Read SoapySource::Impl::read(std::span<void* const> buffers, std::size_t max_samples, microseconds timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  const std::size_t wanted = std::min(max_samples, mtu);
  for (Clock::time_point now = Clock::now();; now = Clock::now()) {
    if (finished) return {.status = *finished};
    if (restart_at && !bring_back(deadline)) return {.status = finished.value_or(Read::Status::timeout)};
    if (!active) {
      std::this_thread::sleep_until(deadline);
      return {.status = Read::Status::timeout};
    }
    int got = SOAPY_SDR_STREAM_ERROR;
    int flags = 0;  // in and out: what is left from the last call would be read as a request
    long long time_ns = 0;
    const microseconds left =
        std::max(microseconds(0), std::chrono::duration_cast<microseconds>(deadline - now));
    try {
      poll_status(now);
      got =
          device->readStream(stream, buffers.data(), wanted, flags, time_ns, static_cast<long>(left.count()));
    } catch (const std::exception&) {
      got = SOAPY_SDR_STREAM_ERROR;
    }
    now = Clock::now();
    if (got > 0) return on_samples(std::min<std::size_t>(got, wanted), flags, time_ns, now);
    if (got == 0 || got == SOAPY_SDR_TIMEOUT) {
      if ((flags & SOAPY_SDR_END_BURST) != 0) burst_ended = true;
      on_silence(now);
    } else {
      on_error(got);
    }
    if (now >= deadline) return {.status = finished.value_or(Read::Status::timeout)};
  }
}

SoapySource::SoapySource(const SoapySourceConfig& config) : impl_(std::make_unique<Impl>(config)) {
  impl_->open();
}
SoapySource::~SoapySource() = default;

const SourceInfo& SoapySource::info() const {
  return impl_->setup.info;
}
void SoapySource::start() {
  impl_->start();
}
void SoapySource::stop() noexcept {
  impl_->stop();
}
SourceStats SoapySource::stats() const {
  return impl_->counters.snapshot();
}
std::string SoapySource::error() const {
  return impl_->finished == Read::Status::failed ? impl_->reason : std::string();
}
std::size_t SoapySource::mtu() const {
  return impl_->mtu;
}

Read SoapySource::read(std::span<void* const> channel_buffers, std::size_t max_samples,
                       microseconds timeout) {
  return impl_->read(channel_buffers, max_samples, timeout);
}

std::optional<std::string> SoapySource::sensor_text(std::string_view key) {
  const std::string name(key);
  const bool told = std::find(impl_->sensors.begin(), impl_->sensors.end(), name) != impl_->sensors.end();
  if (!told && name != "gain_db") return std::nullopt;
  try {
    if (!told) return impl_->gain_text();
    return impl_->device->readSensor(name);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace boresight::sdr
