#include "acquire/run.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <iostream>
#include <limits>
#include <optional>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/convert.h"
#include "boresight/rx/pilot_receiver.h"
#include "boresight/rx/preamble_receiver.h"
#include "boresight/rx/tone_receiver.h"
#include "boresight/sdr/sample_stream.h"

namespace boresight::acquire {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// On a terminal a line that is rewritten, elsewhere one every ten seconds.
class Progress {
 public:
  explicit Progress(bool quiet) : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) == 1) {
    next_ = Clock::now() + (terminal_ ? milliseconds(0) : milliseconds(10'000));
  }
  ~Progress() {
    if (shown_) std::cerr << "\r\033[K" << std::flush;
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const Findings& findings, double duration_s) {
    if (quiet_ || Clock::now() < next_) return;
    next_ = Clock::now() + (terminal_ ? milliseconds(200) : milliseconds(10'000));
    if (terminal_) {
      std::cerr << "\r" << findings.status(duration_s).substr(0, 79) << "\033[K" << std::flush;
      shown_ = true;
    } else {
      std::cerr << findings.status(duration_s) << std::endl;
    }
  }

 private:
  bool quiet_, terminal_;
  bool shown_ = false;
  Clock::time_point next_;
};

std::size_t to_samples(const sdr::SampleBlock& block, std::size_t channel, std::span<cf32> out) {
  switch (block.format()) {
    case sdr::SampleFormat::cs8:
      return to_cf32(block.as<cs8>().row(channel).first(out.size()), out);
    case sdr::SampleFormat::cs16:
      return to_cf32(block.as<cs16>().row(channel).first(out.size()), out);
    case sdr::SampleFormat::cf32:
      return to_cf32(block.as<cf32>().row(channel).first(out.size()), out);
  }
  return 0;
}

/// One of the three receivers behind one interface.
class Receiver {
 public:
  Receiver(const Options& options, const Setup& setup, Findings& findings) {
    const double center_hz = setup.center_hz();
    const double rate_hz = setup.sample_rate_hz;
    if (setup.mode == Mode::preamble) {
      rx::PreambleReceiver::Config config;
      config.search.sample_rate_hz = rate_hz;
      config.search.center_hz = center_hz;
      config.search.carrier_offset_hz = options.carrier_offset_hz;
      config.search.max_carrier_offset_hz = options.max_doppler_hz;
      config.tuned_hz = setup.tuned_hz;
      config.false_alarm = options.false_alarm;
      config.clock_tolerance = options.clock_ppm * 1e-6;
      config.accumulate_frames = options.accumulate_frames;
      preamble_.emplace(config);
    } else if (setup.mode == Mode::pilots) {
      rx::PilotReceiver::Config config;
      config.search.sample_rate_hz = rate_hz;
      config.search.center_hz = center_hz;
      config.search.edge = center_hz > 0 ? sync::ChannelEdge::upper : sync::ChannelEdge::lower;
      config.search.carrier_offset_hz = options.carrier_offset_hz;
      config.search.max_carrier_offset_hz = options.max_doppler_hz;
      config.search.false_alarm = options.false_alarm;
      config.tuned_hz = setup.tuned_hz;
      config.search_every = options.search_every;
      pilots_.emplace(config);
    } else {
      rx::ToneReceiver::Config config;
      config.search.sample_rate_hz = rate_hz;
      config.search.center_hz = center_hz;
      config.search.carrier_offset_hz = options.carrier_offset_hz;
      config.search.max_carrier_offset_hz = options.max_doppler_hz;
      config.search.false_alarm = options.false_alarm;
      tones_.emplace(config);
    }
    const char* kind = setup.mode == Mode::preamble ? "preamble"
                       : setup.mode == Mode::pilots ? "pilots"
                                                    : "tone";
    handler_ = [&findings, kind](const rx::KuDetection& detection) { findings.add(detection, kind); };
  }

  void push(std::span<const cf32> x) {
    if (preamble_) preamble_->push(x, handler_);
    if (pilots_) pilots_->push(x, handler_);
    if (tones_) tones_->push(x, handler_);
  }
  void skip(std::uint64_t lost) {
    if (preamble_) preamble_->skip(lost);
    if (pilots_) pilots_->skip(lost);
    if (tones_) tones_->skip(lost);
  }

 private:
  std::optional<rx::PreambleReceiver> preamble_;
  std::optional<rx::PilotReceiver> pilots_;
  std::optional<rx::ToneReceiver> tones_;
  std::function<void(const rx::KuDetection&)> handler_;
};

}  // namespace

Run run(const Options& options, Setup& setup, Findings& findings, const std::atomic<bool>& interrupted) {
  Receiver receiver(options, setup, findings);

  Run result;
  const std::uint64_t last_sample =
      options.duration_s ? static_cast<std::uint64_t>(std::ceil(*options.duration_s * setup.sample_rate_hz))
                         : std::numeric_limits<std::uint64_t>::max();
  const Clock::time_point began = Clock::now();
  Progress progress(options.quiet);
  sdr::SampleStream stream(*setup.source);
  aligned_vector<cf32> samples(stream.block_samples());
  const std::size_t channel = options.device.empty() ? options.antenna_channel : 0;
  stream.start();
  while (!interrupted) {
    sdr::SampleStream::Next next = stream.next(milliseconds(100));
    if (next.status == sdr::Read::Status::end) break;
    if (next.status == sdr::Read::Status::failed) {
      result.source_failure = setup.source->error();
      break;
    }
    progress.show(findings, static_cast<double>(result.samples) / setup.sample_rate_hz);
    if (next.status != sdr::Read::Status::ok) continue;
    const sdr::SampleBlock& block = *next.block;
    if (block.first_sample() >= last_sample) break;
    if (block.gap()) {
      result.lost_samples += block.lost_samples();
      receiver.skip(block.lost_samples());
    }
    const auto count = static_cast<std::size_t>(
        std::min<std::uint64_t>(block.samples(), last_sample - block.first_sample()));
    const std::span<cf32> x = std::span(samples).first(count);
    result.cleaned_samples += to_samples(block, channel, x);
    receiver.push(x);
    result.samples = block.first_sample() + count;
  }
  stream.stop();
  result.run_time_s = std::chrono::duration<double>(Clock::now() - began).count();
  return result;
}

}  // namespace boresight::acquire
