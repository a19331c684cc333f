// A source that remembers where its antenna looked, sample by sample.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "boresight/sdr/source.h"

namespace boresight::program {

struct Pointing {
  std::uint64_t sample = 0;  ///< from this sample of the stream on, lost ones counted
  double azimuth_deg = 0;
  double elevation_deg = 0;
};

/// Reads the sensors azimuth_deg and elevation_deg about ten times per second of samples, in the thread that
/// reads the samples. The main thread, which is up to half a second behind, thus finds the direction that
/// belongs to the samples it works on. Also leaves out the channels of a recording that are not wanted.
class PointedSource final : public sdr::Source {
 public:
  /// `inner` must outlive this. `channels`: the rows wanted, in order; empty: all.
  PointedSource(sdr::Source& inner, const std::vector<std::size_t>& channels, bool poll_sensors);

  const sdr::SourceInfo& info() const override { return info_; }
  void start() override;
  void stop() noexcept override { inner_.stop(); }
  sdr::Read read(std::span<void* const> channel_buffers, std::size_t max_samples,
                 std::chrono::microseconds timeout) override;
  sdr::SourceStats stats() const override { return inner_.stats(); }
  std::string error() const override { return inner_.error(); }
  std::optional<std::string> sensor_text(std::string_view key) override { return inner_.sensor_text(key); }

  /// The newest direction that holds at `sample`, once; nothing when there is no newer one than last time.
  std::optional<Pointing> pointing_at(std::uint64_t sample);

 private:
  void poll();

  sdr::Source& inner_;
  sdr::SourceInfo info_;
  std::vector<std::size_t> channels_;
  std::vector<std::vector<std::byte>> unwanted_;  // where the samples of channels not wanted go
  std::vector<void*> pointers_;
  bool poll_;
  std::uint64_t poll_interval_ = 0;
  std::uint64_t next_poll_ = 0;
  std::uint64_t position_ = 0;
  std::mutex mutex_;
  std::deque<Pointing> track_;
};

}  // namespace boresight::program
