// The one interface behind which a radio, a recording and the simulated sky look alike.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "boresight/core/vec3.h"

namespace boresight::sdr {

/// How one complex sample lies in memory: interleaved I, Q in the byte order of the machine.
enum class SampleFormat {
  cs8,   ///< boresight::cs8, full scale 128
  cs16,  ///< boresight::cs16, full scale 32768
  cf32,  ///< boresight::cf32, full scale 1.0
};

std::size_t bytes_per_sample(SampleFormat format);
/// The component value that stands for 1.0 unless the device says otherwise.
double default_full_scale(SampleFormat format);
/// "cs8", "cs16" or "cf32".
std::string_view to_string(SampleFormat format);

/// What a source delivers. Fixed once the source is open.
struct SourceInfo {
  std::size_t channels = 0;
  double sample_rate_hz = 0;
  double center_frequency_hz = 0;
  SampleFormat format = SampleFormat::cs16;
  /// The component value that stands for 1.0; some radios deliver 12 bits in cs16 (2048).
  double full_scale = 32768.0;
  /// True: samples arrive by the clock whether they are read or not, so that a slow reader loses some.
  /// False: the source waits (recordings, the simulated sky with realtime=0).
  bool real_time = true;
  /// Where the elements are, in the array frame (boresight +z); one per channel, or empty when not known.
  std::vector<Vec3> element_positions_m{};
  std::string description{};  ///< one line for people
};

/// What one read() gave.
struct Read {
  enum class Status {
    ok,       ///< `samples` >= 1 samples were written to every channel buffer
    timeout,  ///< nothing within the time given; read again
    end,      ///< the source is over; every later read says the same
    failed,   ///< the source does not recover; every later read says the same
  };
  Status status = Status::timeout;
  std::size_t samples = 0;  ///< per channel; 0 unless status is ok
  /// Time of the first sample in the source's own clock; absent when the source has none worth trusting.
  std::optional<std::int64_t> time_ns = std::nullopt;
  std::uint64_t lost_samples = 0;  ///< gap of known size right before these samples
  bool gap = false;                ///< a discontinuity right before these samples, of known size or not
};

/// Counters since the source was opened.
struct SourceStats {
  std::uint64_t overflows = 0;       ///< the device said that it had lost samples
  std::uint64_t timeouts = 0;        ///< reads that gave nothing in time
  std::uint64_t stream_errors = 0;   ///< every other error the device reported
  std::uint64_t restarts = 0;        ///< times the stream was stopped and started again
  std::uint64_t lost_samples = 0;    ///< sum of the gaps of known size
  std::uint64_t known_gaps = 0;      ///< gaps whose size is known
  std::uint64_t unknown_gaps = 0;    ///< gaps whose size nobody knows
  std::uint64_t bad_timestamps = 0;  ///< timestamps that could not be true, and were ignored
};

/// A stream of samples on `channels` coherent channels.
///
/// One thread calls start(), read() and stop(). stats(), sensor() and sensor_text() may be called from any
/// thread at any time between construction and destruction.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  virtual const SourceInfo& info() const = 0;

  /// Begins to stream. Starting a started source does nothing. Throws IoError.
  virtual void start() {}
  /// Ends streaming; start() may follow. Never throws.
  virtual void stop() noexcept {}

  /// Reads at most `max_samples` samples into every channel buffer, each of which has room for
  /// max_samples * bytes_per_sample(info().format) bytes. Fewer samples than asked is normal.
  /// A gap never lies inside the samples of one read. Does not throw: what goes wrong is in the status.
  /// Precondition: channel_buffers.size() == info().channels and max_samples >= 1.
  virtual Read read(std::span<void* const> channel_buffers, std::size_t max_samples,
                    std::chrono::microseconds timeout) = 0;

  virtual SourceStats stats() const { return {}; }

  /// One line: why read() says `failed`. Empty before that; call it in the thread that reads.
  virtual std::string error() const { return {}; }

  /// The text of a named sensor now (at the samples read last); nothing when there is no such sensor.
  /// Known names: azimuth_deg, elevation_deg, doppler_hz, snr_db, jammer_to_noise_db, payload_sha256,
  /// payload_bytes, array_positions_m, waveform, gain_db (the setting of a radio's first
  /// channel, unless the radio changes it by itself); a device may have its own.
  virtual std::optional<std::string> sensor_text(std::string_view key);

  /// The number in sensor_text(key); nothing when there is none or it is not a finite number.
  std::optional<double> sensor(std::string_view key);
};

}  // namespace boresight::sdr
