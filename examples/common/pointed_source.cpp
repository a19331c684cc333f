#include "common/pointed_source.h"

#include <algorithm>
#include <string>

#include "boresight/core/error.h"

namespace boresight::program {
namespace {

constexpr double polls_per_second = 10;
constexpr std::size_t longest_read_samples = 65536;  // of a source with unwanted channels

}  // namespace

PointedSource::PointedSource(sdr::Source& inner, const std::vector<std::size_t>& channels, bool poll_sensors)
    : inner_(inner), info_(inner.info()), channels_(channels), poll_(poll_sensors) {
  poll_interval_ = static_cast<std::uint64_t>(info_.sample_rate_hz / polls_per_second);
  if (channels_.empty()) return;
  const std::size_t available = info_.channels;
  for (const std::size_t channel : channels_) {
    require(channel < available, "--channels: " + std::to_string(channel) +
                                     ": the recording has channels 0 to " + std::to_string(available - 1));
  }
  info_.channels = channels_.size();
  if (!info_.element_positions_m.empty()) {
    info_.element_positions_m.clear();
    for (const std::size_t channel : channels_) {
      info_.element_positions_m.push_back(inner_.info().element_positions_m[channel]);
    }
  }
  unwanted_.resize(available);
  pointers_.resize(available);
  const std::size_t bytes = longest_read_samples * sdr::bytes_per_sample(info_.format);
  for (std::size_t c = 0; c < available; ++c) {
    if (std::find(channels_.begin(), channels_.end(), c) != channels_.end()) continue;
    unwanted_[c].resize(bytes);
    pointers_[c] = unwanted_[c].data();
  }
}

void PointedSource::start() {
  position_ = 0;
  next_poll_ = 0;
  inner_.start();
}

void PointedSource::poll() {
  const std::optional<double> azimuth_deg = inner_.sensor("azimuth_deg");
  const std::optional<double> elevation_deg = inner_.sensor("elevation_deg");
  next_poll_ = position_ + poll_interval_;
  if (!azimuth_deg || !elevation_deg) return;
  const std::lock_guard lock(mutex_);
  track_.push_back({position_, *azimuth_deg, *elevation_deg});
}

sdr::Read PointedSource::read(std::span<void* const> channel_buffers, std::size_t max_samples,
                              std::chrono::microseconds timeout) {
  // Sensors tell of the next sample that will be read.
  if (poll_ && position_ >= next_poll_) poll();
  sdr::Read result;
  if (channels_.empty()) {
    result = inner_.read(channel_buffers, max_samples, timeout);
  } else {
    for (std::size_t i = 0; i < channels_.size(); ++i) pointers_[channels_[i]] = channel_buffers[i];
    result = inner_.read(pointers_, std::min(max_samples, longest_read_samples), timeout);
  }
  if (result.status == sdr::Read::Status::ok) position_ += result.lost_samples + result.samples;
  return result;
}

std::optional<Pointing> PointedSource::pointing_at(std::uint64_t sample) {
  const std::lock_guard lock(mutex_);
  std::optional<Pointing> newest;
  while (!track_.empty() && track_.front().sample <= sample) {
    newest = track_.front();
    track_.pop_front();
  }
  return newest;
}

}  // namespace boresight::program
