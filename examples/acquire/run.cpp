#include "acquire/run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/rx/pilot_receiver.h"
#include "boresight/rx/preamble_receiver.h"
#include "boresight/rx/tone_receiver.h"
#include "boresight/sdr/sample_stream.h"
#include "common/progress.h"
#include "common/samples.h"

namespace boresight::acquire {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

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
      config.clock_tolerance = options.clock_ppm.value_or(2) * 1e-6;
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
      config.search_every = options.search_every.value_or(32);
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
  program::Progress progress(options.quiet);
  sdr::SampleStream stream(*setup.source);
  aligned_vector<cf32> samples(stream.block_samples());
  const std::size_t channel = options.source.recording() ? options.antenna_channel : 0;
  stream.start();
  while (!interrupted) {
    sdr::SampleStream::Next next = stream.next(milliseconds(100));
    if (next.status == sdr::Read::Status::end) break;
    if (next.status == sdr::Read::Status::failed) {
      result.source_failure = setup.source->error();
      break;
    }
    progress.show(
        [&] { return findings.status(static_cast<double>(result.samples) / setup.sample_rate_hz); });
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
    result.cleaned_samples += program::to_samples(block, channel, x);
    receiver.push(x);
    result.samples = block.first_sample() + count;
  }
  stream.stop();
  result.run_time_s = std::chrono::duration<double>(Clock::now() - began).count();
  return result;
}

}  // namespace boresight::acquire
