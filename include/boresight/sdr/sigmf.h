// Recordings in the Signal Metadata Format, SigMF 1.2.x (github.com/sigmf/SigMF, sigmf-spec).
//
// Read: cf32_le, ci16_le and ci8 datasets, several channels interleaved (core:num_channels), or a collection
// of one-channel recordings (core:streams). Written: interleaved.
// Namespace "boresight", declared in core:extensions as optional:
//   global   boresight:element_positions_m  [[x, y, z], ...], array frame, one per channel
//   global   boresight:full_scale           component value that stands for 1.0, when it is not the usual one
//   global   boresight:pointing_track       [{sample_start, azimuth_deg, elevation_deg}, ...]
//   global   boresight:samples              samples per channel in the dataset: fewer there, and it was cut
//   captures boresight:unknown_gap          true: samples of unknown number are missing before this segment
// A gap of known size is a new capture segment whose core:global_index jumps, as the specification has it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "boresight/sdr/source.h"

namespace boresight::sdr {

/// Where the antenna looked from `sample_start` on; azimuth clockwise from true north.
struct SigmfPointing {
  std::uint64_t sample_start = 0;
  double azimuth_deg = 0;
  double elevation_deg = 0;
  bool operator==(const SigmfPointing&) const = default;
};

struct SigmfCapture {
  std::uint64_t sample_start = 0;  ///< absolute: core:offset is the first sample of the dataset
  std::optional<std::uint64_t> global_index{};
  std::optional<double> frequency_hz{};
  std::optional<std::int64_t> utc_ns{};  ///< core:datetime, nanoseconds since 1970-01-01T00:00:00Z
  std::uint64_t header_bytes = 0;
  bool unknown_gap = false;
  bool operator==(const SigmfCapture&) const = default;
};

struct SigmfAnnotation {
  std::uint64_t sample_start = 0;
  std::optional<std::uint64_t> sample_count{};
  std::string label{};
  std::string comment{};
  bool operator==(const SigmfAnnotation&) const = default;
};

struct SigmfMeta {
  SampleFormat format = SampleFormat::cs16;
  std::size_t channels = 1;
  double sample_rate_hz = 0;
  double full_scale = 32768.0;
  std::optional<std::uint64_t> samples{};  ///< boresight:samples, per channel; recordings of others have none
  std::uint64_t offset = 0;                ///< core:offset
  std::uint64_t trailing_bytes = 0;        ///< core:trailing_bytes
  std::string dataset{};                   ///< core:dataset; empty: <name>.sigmf-data
  std::string description{}, author{}, hw{}, recorder{}, license{};
  std::vector<SigmfCapture> captures{};
  std::vector<SigmfAnnotation> annotations{};
  std::vector<Vec3> element_positions_m{};
  std::vector<SigmfPointing> pointing{};
};

/// Limits a hostile file meets before it costs memory or time.
struct SigmfLimits {
  static constexpr std::size_t meta_bytes = std::size_t{8} << 20;
  static constexpr std::size_t values = 400'000;  ///< JSON values of any kind: some 100 bytes of memory each
  static constexpr std::size_t nesting = 32;
  static constexpr std::size_t channels = 1024;
  static constexpr std::size_t entries = 100'000;  ///< captures, annotations, pointing; each
  static constexpr double lowest_rate_hz = 1e3;
  static constexpr double highest_rate_hz = 1e9;
  static constexpr double highest_frequency_hz = 1e12;
  static constexpr double farthest_element_m = 1e4;  ///< each coordinate
};

/// Parses the text of a .sigmf-meta file. `name` stands for the file in errors.
/// Throws IoError, one line that names the file, the field and its value, for everything that is not a
/// recording this library can read; unknown namespaces are ignored.
SigmfMeta parse_sigmf_meta(std::string_view json, std::string_view name);

struct SigmfStream {
  std::string name{};  ///< of the recording, without extension
  std::string hash{};  ///< SHA-512 of its .sigmf-meta, lower case; empty when not given
};
/// Parses the text of a .sigmf-collection file: its core:streams in order. Throws IoError likewise.
std::vector<SigmfStream> parse_sigmf_collection(std::string_view json, std::string_view name);

/// The text of a .sigmf-meta file.
std::string to_json(const SigmfMeta& meta);

/// "2026-01-02T03:04:05.678901234Z" and back; RFC 3339, UTC only. Throws IoError.
std::string format_utc(std::int64_t utc_ns);
std::int64_t parse_utc(std::string_view text);

/// Plays a recording. Never real-time; reads in pieces; sensors azimuth_deg and elevation_deg come from the
/// pointing track (straight lines between entries, held before the first and after the last),
/// array_positions_m from the element positions.
class SigmfSource final : public Source {
 public:
  /// `path`: .sigmf-meta, .sigmf-data, .sigmf-collection, or the name without extension.
  /// Throws IoError: not there, not parsed, or a dataset that does not fit the metadata: not a whole number
  /// of samples, not the number announced, none at all, a capture or annotation that begins after the last.
  explicit SigmfSource(const std::filesystem::path& path);
  ~SigmfSource() override;

  const SourceInfo& info() const override;
  void start() override;  ///< from the first sample, also again
  Read read(std::span<void* const> channel_buffers, std::size_t max_samples,
            std::chrono::microseconds timeout) override;
  SourceStats stats() const override;
  std::optional<std::string> sensor_text(std::string_view key) override;

  std::uint64_t total_samples() const;  ///< per channel
  std::string error() const override;
  const SigmfMeta& meta() const;  ///< of the first recording of a collection
  /// All that it is read from: metadata, samples, and the collection itself if it is one.
  std::vector<std::filesystem::path> files() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct SigmfWriterConfig {
  std::filesystem::path path{};  ///< <name> or <name>.sigmf-meta or .sigmf-data
  SourceInfo source{};           ///< channels, rate, frequency, format, element positions
  std::string description{}, author{}, hw{};
  std::int64_t start_utc_ns = 0;  ///< time of the first sample; 0: the time of the first write
  bool overwrite = false;         ///< false: a recording that is there is an IoError
};

/// Writes <name>.sigmf-data.part as samples come, and on close() renames it to <name>.sigmf-data and writes
/// <name>.sigmf-meta, so that a recording that was cut short never poses as a whole one; until then one that
/// is overwritten stays as it is. Failures (disk full, ...) are IoErrors that name path and bytes. A process
/// that is killed leaves the .part file; the next recording of that name takes its place.
class SigmfWriter {
 public:
  /// Throws ConfigError for a source beyond SigmfLimits or with other positions than channels; IoError when
  /// the files cannot be, are there already, or are being written by another writer.
  explicit SigmfWriter(const SigmfWriterConfig& config);
  SigmfWriter(SigmfWriter&&) noexcept;
  SigmfWriter& operator=(SigmfWriter&&) noexcept;
  ~SigmfWriter();  ///< without close(), or after a failure: nothing stays

  /// Appends samples of every channel in the source's format. `lost_samples` were lost right before them;
  /// `gap` without a number: some were, nobody knows how many. A loss before no more samples is not written.
  void write(std::span<const void* const> channel_buffers, std::size_t samples,
             std::uint64_t lost_samples = 0, bool gap = false);
  /// From the next sample written on, the antenna looks there. Of more than 10,000 every other one is kept,
  /// and so on.
  void point(double azimuth_deg, double elevation_deg);
  /// Marks the samples [sample_start, sample_start + sample_count) of the file; left out by close() when
  /// fewer were written than sample_start.
  void annotate(const SigmfAnnotation& annotation);
  void close();

  std::uint64_t samples_written() const;  ///< per channel
  std::filesystem::path meta_path() const;
  std::filesystem::path data_path() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace boresight::sdr
