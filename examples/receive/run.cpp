#include "run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include "boresight/core/digest.h"
#include "boresight/core/units.h"
#include "boresight/sdr/atomic_file.h"
#include "boresight/sdr/sample_stream.h"
#include "boresight/sdr/sigmf.h"
#include "report_data.h"
#include "status_line.h"

namespace boresight::receive {
namespace {

using Clock = std::chrono::steady_clock;

/// --record: the samples as they came.
class Recorder {
 public:
  Recorder(const Options& options, const Setup& setup) {
    if (options.record.empty()) return;
    sdr::SigmfWriterConfig config;
    config.path = options.record;
    config.source = setup.source->info();
    config.source.element_positions_m = setup.geometry.positions_m;
    config.source.center_frequency_hz = setup.carrier_known ? setup.carrier_hz : 0;
    config.description = setup.source->info().description;
    writer_.emplace(config);
    pointers_.resize(config.source.channels);
    if (setup.fixed_direction) {
      writer_->point(deg_from_rad(setup.fixed_direction->azimuth_rad),
                     deg_from_rad(setup.fixed_direction->elevation_rad));
    }
  }
  void point(const program::Pointing& pointing) {
    if (writer_) writer_->point(pointing.azimuth_deg, pointing.elevation_deg);
  }
  void write(const sdr::SampleBlock& block, std::size_t samples) {
    if (!writer_) return;
    for (std::size_t c = 0; c < pointers_.size(); ++c) pointers_[c] = block.channel_data(c);
    writer_->write(pointers_, samples, block.lost_samples(), block.gap());
  }
  void close() {
    if (writer_) writer_->close();
  }

 private:
  std::optional<sdr::SigmfWriter> writer_;
  std::vector<const void*> pointers_;
};

void push(Chain& chain, const sdr::SampleBlock& block, std::size_t samples) {
  switch (block.format()) {
    case sdr::SampleFormat::cs8:
      return chain.push(block.as<cs8>().columns(0, samples));
    case sdr::SampleFormat::cs16:
      return chain.push(block.as<cs16>().columns(0, samples));
    case sdr::SampleFormat::cf32:
      return chain.push(block.as<cf32>().columns(0, samples));
  }
}

/// Notes the file when it has become complete, and writes it.
void deliver(const Options& options, const frame::CarouselReceiver& carousel, Results& results) {
  if (carousel.started()) {
    results.payload_started = true;
    results.payload_bytes = carousel.file_bytes();
    results.announced_sha256 = to_hex(carousel.announced_digest());
  }
  if (!carousel.complete() || results.payload_complete) return;
  results.payload_complete = true;
  results.payload_sha256 = to_hex(sha256(carousel.file()));
  results.complete_at_s = results.duration_s();
  if (options.output.empty()) return;
  sdr::AtomicFile file(options.output);
  file.write(carousel.file());
  file.commit();
}

void ask_for_truth(sdr::Source& source, Results& results) {
  results.true_payload_sha256 = source.sensor_text("payload_sha256");
  results.true_snr_db = source.sensor("snr_db");
  results.true_doppler_hz = source.sensor("doppler_hz");
  results.true_jammer_to_noise_db = source.sensor("jammer_to_noise_db");
}

}  // namespace

void run(const Options& options, Setup& setup, Chain& chain, ReportData* report_data, Results& results,
         const std::atomic<bool>& interrupted) {
  const bool until_complete = options.until_complete || (!options.duration_s && !options.frames);
  const std::uint64_t last_sample =
      options.duration_s ? static_cast<std::uint64_t>(std::ceil(*options.duration_s * setup.sample_rate_hz))
                         : std::numeric_limits<std::uint64_t>::max();
  const Clock::time_point began = Clock::now();
  Recorder recorder(options, setup);
  StatusLine status(options.quiet);
  sdr::SampleStream stream(*setup.source);
  stream.start();

  bool done = false;
  while (!done && !interrupted) {
    sdr::SampleStream::Next next = stream.next(std::chrono::milliseconds(100));
    if (next.status == sdr::Read::Status::end) break;
    if (next.status == sdr::Read::Status::failed) {
      results.source_failure = setup.source->error();
      break;
    }
    status.show(results);
    if (next.status != sdr::Read::Status::ok) continue;

    const sdr::SampleBlock& block = *next.block;
    if (block.first_sample() >= last_sample) break;
    const auto samples = static_cast<std::size_t>(
        std::min<std::uint64_t>(block.samples(), last_sample - block.first_sample()));
    if (block.gap()) {
      ++results.gaps;
      results.samples_lost += block.lost_samples();
      chain.skip(block.lost_samples());
    }
    if (const std::optional<program::Pointing> pointing = setup.source->pointing_at(block.first_sample())) {
      chain.look_at({rad_from_deg(pointing->azimuth_deg), rad_from_deg(pointing->elevation_deg)});
      recorder.point(*pointing);
    }
    recorder.write(block, samples);
    push(chain, block, samples);
    results.samples += samples;
    if (report_data) report_data->look(chain, results);
    deliver(options, chain.carousel(), results);

    done = block.first_sample() + samples >= last_sample ||
           (options.frames && results.frames_detected >= *options.frames) ||
           (until_complete && results.payload_complete);
  }
  results.interrupted = interrupted;
  stream.stop();
  chain.flush();
  deliver(options, chain.carousel(), results);
  recorder.close();
  ask_for_truth(*setup.source, results);
  results.source_stats = setup.source->stats();
  results.stream_stats = stream.stats();
  results.run_time_s = std::chrono::duration<double>(Clock::now() - began).count();
}

}  // namespace boresight::receive
