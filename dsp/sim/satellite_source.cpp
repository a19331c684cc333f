#include "sim/satellite_source.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "boresight/core/assert.h"
#include "boresight/core/units.h"
#include "sim/phasor.h"

namespace boresight::sim {
namespace {

// The delay moves by less than this many fine samples within one chunk: 7424 x (100 + 200) ppm is 2.3.
constexpr std::size_t drift_margin = 8;
constexpr std::size_t window_samples = chunk_samples + Interpolator::taps + 2 * drift_margin;

}  // namespace

FrameStream::FrameStream(Signal signal, double occupancy, Random random, std::size_t max_window)
    : signal_(std::move(signal)),
      occupancy_(occupancy),
      random_(random),
      buffer_(2 * max_window + signal_.frame_samples),
      base_(-static_cast<std::int64_t>(max_window)),
      size_(max_window) {}

void FrameStream::append_frame() {
  const std::span<cf32> frame(buffer_.data() + size_, signal_.frame_samples);
  if (random_.uniform() < occupancy_) {
    signal_.fill_frame(frames_sent_++, frame);
  } else {
    std::fill(frame.begin(), frame.end(), cf32{});
  }
  size_ += signal_.frame_samples;
}

const cf32* FrameStream::window(std::int64_t first, std::size_t count) {
  BORESIGHT_ASSERT(first >= base_);
  while (base_ + static_cast<std::int64_t>(size_) < first + static_cast<std::int64_t>(count)) {
    if (size_ + signal_.frame_samples > buffer_.size()) {
      const std::size_t gone = std::min(static_cast<std::size_t>(first - base_), size_);
      std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(gone),
                buffer_.begin() + static_cast<std::ptrdiff_t>(size_), buffer_.begin());
      base_ += static_cast<std::int64_t>(gone);
      size_ -= gone;
    }
    append_frame();
  }
  return buffer_.data() + (first - base_);
}

SatelliteSource::SatelliteSource(const Satellite& satellite, Signal signal, const TimeBase& time_base,
                                 double carrier_hz, Random random)
    : motion_(satellite.motion),
      snr_db_(satellite.snr_db),
      amplitude_(amplitude_from_db(satellite.snr_db)),
      time_base_(time_base),
      carrier_hz_(carrier_hz),
      delay_at_start_s_(state_at(satellite.motion, 0).delay_s),
      stream_offset_(
          static_cast<std::int64_t>(satellite.frame_offset * static_cast<double>(signal.frame_samples))),
      stream_(std::move(signal), satellite.occupancy, random, window_samples) {}

void SatelliteSource::generate(std::int64_t first, std::span<cf32> out) {
  const auto length = static_cast<double>(out.size());
  const std::array<std::int64_t, 3> index = {first, first + static_cast<std::int64_t>(out.size() / 2),
                                             first + static_cast<std::int64_t>(out.size())};
  // Stream position of fine sample m is m + shift(m): the whole part stays an integer, so that hours of
  // samples lose no precision.
  const double slip = time_base_.clock_offset / (1.0 + time_base_.clock_offset);
  const double stream_rate_hz = signal_oversampling * time_base_.sample_rate_hz;
  std::array<double, 3> shift{};
  std::array<double, 3> cycles{};
  for (std::size_t i = 0; i < index.size(); ++i) {
    const double delay = delay_since_start(time_base_.time_s(index[i]));
    shift[i] = -static_cast<double>(index[i]) * slip - delay * stream_rate_hz;
    cycles[i] = -carrier_hz_ * delay;
  }
  const double whole = std::floor(shift[0]);
  const auto position = Quadratic::through(shift[0] - whole, shift[1] - whole, shift[2] - whole, length);
  const auto phase = Quadratic::through(cycles[0], cycles[1], cycles[2], length);

  const std::size_t lead = Interpolator::before + drift_margin;
  const cf32* window = stream_.window(
      first + static_cast<std::int64_t>(whole) + stream_offset_ - static_cast<std::int64_t>(lead),
      window_samples);
  const bool visible = state(time_base_.time_s(index[1])).direction.z > 0;
  Phasor carrier(visible ? amplitude_ : 0.0, phase);
  for (std::size_t k = 0; k < out.size(); ++k) {
    const double p = position(static_cast<double>(k)) + static_cast<double>(lead + k);
    const auto at = static_cast<std::size_t>(p);
    const cf64 turn = carrier.next();
    out[k] = multiply(interpolator_.at(window + at, p - static_cast<double>(at)),
                      cf32(static_cast<float>(turn.real()), static_cast<float>(turn.imag())));
  }
}

}  // namespace boresight::sim
